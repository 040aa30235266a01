package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultAutoPipelineOptions are the options of AsyncAutoPipeline.
func DefaultAutoPipelineOptions() *AutoPipelineOptions {
	return &AutoPipelineOptions{MaxBatchSize: 200, MaxConcurrentBatches: 1}
}

// DefaultBlockingAutoPipelineOptions are the options of AutoPipeline.
func DefaultBlockingAutoPipelineOptions() *AutoPipelineOptions {
	return &AutoPipelineOptions{MaxBatchSize: 300, MaxConcurrentBatches: 1}
}

// Validate finds options that contradict each other.
func (cfg *AutoPipelineOptions) Validate() error {
	if cfg.MaxConcurrentBatches > 1 && !cfg.Unordered {
		return fmt.Errorf("redis: AutoPipelineOptions.MaxConcurrentBatches=%d requires Unordered:true: batches side by side keep no order; "+
			"set it, or leave MaxConcurrentBatches at 1", cfg.MaxConcurrentBatches)
	}
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MaxBatchSize", int64(cfg.MaxBatchSize)}, {"MaxBatchBytes", int64(cfg.MaxBatchBytes)},
		{"MaxConcurrentBatches", int64(cfg.MaxConcurrentBatches)}, {"MaxFlushDelay", int64(cfg.MaxFlushDelay)}, {"NumShards", int64(cfg.NumShards)},
	} {
		if f.value < 0 {
			return fmt.Errorf("redis: AutoPipelineOptions.%s=%d must be >= 0", f.name, f.value)
		}
	}
	if cfg.AdaptiveDelay && cfg.MaxFlushDelay <= 0 {
		return errors.New("redis: AutoPipelineOptions.AdaptiveDelay requires MaxFlushDelay > 0")
	}
	return nil
}

// The errors of automatic pipelines.
var (
	// ErrAutoPipelineTimeout is there for programs that compare with it. No batch
	// waits for a permit here.
	ErrAutoPipelineTimeout = errors.New("redis: autopipeline: no batch permit within the internal backstop (engine overloaded or a batch is wedged)")
	// ErrRingAutoPipelineUnsupported is what a Ring answers, as in go-redis.
	ErrRingAutoPipelineUnsupported = errors.New("redis: AutoPipeline is not supported by Ring")
	// ErrSubmitBlockingFace is the error of Submit on AutoPipeline's pipeliner.
	ErrSubmitBlockingFace = errors.New("redis: Submit requires the deferred autopipeliner (AsyncAutoPipeline); on the blocking face use the typed methods or Do")

	errZeroAutoFuture = errors.New("redis: Wait on a zero AutoFuture")
)

// divertedBackstop is how long Close waits for commands that wait for data. Then
// it ends them: go-redis leaves them running.
var divertedBackstop = 30 * time.Second

// AutoPipeliner sends the commands of many goroutines as few frames: what is
// called while a frame is under way goes with the next. That of AutoPipeline
// returns from each call with the result; that of AsyncAutoPipeline at once, and
// the command's methods (Val, Result, Err) wait. Commands of one goroutine run in
// the order of their calls unless the options say Unordered. NumShards means
// nothing: there is one queue. It is safe for concurrent use.
type AutoPipeliner struct {
	cmdable
	client   pipelined
	config   AutoPipelineOptions
	blocking bool

	mu     sync.Mutex
	queue  []Cmder
	bytes  int
	next   *flight // of what is in the queue
	crews  int     // goroutines that send
	full   chan struct{}
	closed atomic.Bool
	ended  chan struct{} // closed by Close

	diverted context.Context // ends what runs outside of batches
	divert   context.CancelFunc
	sending  sync.WaitGroup
	outside  sync.WaitGroup
}

// pipelined is a client with automatic pipelines.
type pipelined interface {
	UniversalClient
	linked
	hooks() []Hook
	runPipeline(ctx context.Context, cmds []Cmder) error
}

func (c *baseClient) runPipeline(ctx context.Context, cmds []Cmder) error {
	return c.state.Load().pipeline(ctx, cmds)
}

// autoKey is what a client's pipeliners are attached to its link under.
type autoKey struct {
	client   pipelined
	blocking bool
}

// autoPipeline returns a client's pipeliner, made at the first call or after it
// was closed; the first call's options hold.
func autoPipeline(c pipelined, given, own *AutoPipelineOptions, blocking bool) (*AutoPipeliner, error) {
	l, key := c.clientLink(), autoKey{c, blocking}
	l.attach.Lock()
	if ap, ok := l.attached[key].(*AutoPipeliner); ok && ap.IsClosed() {
		delete(l.attached, key)
	}
	l.attach.Unlock()
	cfg := given
	if cfg == nil {
		cfg = own
	}
	if cfg == nil && blocking {
		cfg = DefaultBlockingAutoPipelineOptions()
	} else if cfg == nil {
		cfg = DefaultAutoPipelineOptions()
	}
	var invalid error
	have, err := Attach(c, key, func() io.Closer {
		ap, err := newAutoPipeliner(c, *cfg, blocking)
		if invalid = err; err != nil {
			return nil
		}
		return ap
	})
	switch {
	case err != nil:
		return nil, err
	case invalid != nil:
		return nil, invalid
	}
	return have.(*AutoPipeliner), nil
}

func newAutoPipeliner(c pipelined, cfg AutoPipelineOptions, blocking bool) (*AutoPipeliner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.NumShards > 1 && !cfg.Unordered && !blocking {
		return nil, fmt.Errorf("redis: AutoPipelineOptions.NumShards=%d requires Unordered:true on the deferred (async) face", cfg.NumShards)
	}
	if cfg.MaxBatchSize == 0 {
		cfg.MaxBatchSize = 200
	}
	cfg.MaxConcurrentBatches = max(cfg.MaxConcurrentBatches, 1)
	ap := &AutoPipeliner{
		client: c, config: cfg, blocking: blocking,
		next: newFlight(), full: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	ap.diverted, ap.divert = context.WithCancel(context.Background())
	ap.cmdable = ap.Process
	return ap, nil
}

// Process sends a command with the next batch.
func (ap *AutoPipeliner) Process(ctx context.Context, cmd Cmder) error {
	f := ap.submit(ctx, cmd)
	if !ap.blocking && f != landed {
		return nil
	}
	f.wait()
	return cmd.base().err
}

// Submit sends a command with the next batch and returns at once.
func (ap *AutoPipeliner) Submit(ctx context.Context, cmd Cmder) AutoFuture {
	if ap.blocking {
		cmd.SetErr(ErrSubmitBlockingFace)
		return AutoFuture{cmd, landed}
	}
	return AutoFuture{cmd, ap.submit(ctx, cmd)}
}

func (ap *AutoPipeliner) submit(ctx context.Context, cmd Cmder) *flight {
	if outsideBatches(cmd) {
		return ap.runOutside(ctx, cmd)
	}
	return ap.enqueue(cmd)
}

// AutoFuture is a command that Submit sent.
type AutoFuture struct {
	cmd    Cmder
	flight *flight
}

// Cmd is the command.
func (f AutoFuture) Cmd() Cmder { return f.cmd }

// Wait waits for the command and returns its error.
func (f AutoFuture) Wait() error {
	if f.cmd == nil {
		return errZeroAutoFuture
	}
	f.flight.wait()
	return f.cmd.base().err
}

// WaitContext is Wait that gives up when ctx ends; the command runs on.
func (f AutoFuture) WaitContext(ctx context.Context) error {
	if f.cmd == nil {
		return errZeroAutoFuture
	}
	select {
	case <-f.flight.done:
		return f.cmd.base().err
	default:
	}
	if crew := f.flight.crew.Load(); crew != 0 && crew == goroutineID() {
		return f.cmd.base().err
	}
	select {
	case <-f.flight.done:
		return f.cmd.base().err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone are commands that change the connection or subscribe: they run by
// themselves, as in go-redis.
var alone = map[string]bool{
	"shutdown": true, "monitor": true, "select": true, "auth": true, "hello": true, "reset": true, "quit": true,
	"multi": true, "exec": true, "discard": true, "watch": true, "unwatch": true,
	"subscribe": true, "unsubscribe": true, "psubscribe": true, "punsubscribe": true, "ssubscribe": true, "sunsubscribe": true,
	"client": true, "readonly": true, "readwrite": true, "asking": true,
	"blpop": true, "brpop": true, "brpoplpush": true, "blmove": true, "blmpop": true,
	"bzpopmin": true, "bzpopmax": true, "bzmpop": true, "wait": true, "waitaof": true,
}

func outsideBatches(cmd Cmder) bool {
	b, name := cmd.base(), cmd.Name()
	if b.blocks || alone[name] {
		return true
	}
	if name == "xread" || name == "xreadgroup" {
		for i := range b.args {
			if strings.EqualFold(b.stringArg(i), "block") {
				return true
			}
		}
	}
	return false
}

// Do sends a command of any name. It does not wait for a batch.
func (ap *AutoPipeliner) Do(ctx context.Context, args ...interface{}) *Cmd {
	cmd := NewCmd(ctx, args...)
	ap.do(ctx, cmd)
	return cmd
}

// DoRaw is Do with the reply as bytes.
func (ap *AutoPipeliner) DoRaw(ctx context.Context, args ...interface{}) *RawCmd {
	cmd := NewRawCmd(ctx, args...)
	ap.do(ctx, cmd)
	return cmd
}

// DoRawWriteTo is Do with the reply written to w.
func (ap *AutoPipeliner) DoRawWriteTo(ctx context.Context, w io.Writer, args ...interface{}) *RawWriteToCmd {
	cmd := NewRawWriteToCmd(ctx, w, args...)
	ap.do(ctx, cmd)
	return cmd
}

func (ap *AutoPipeliner) do(ctx context.Context, cmd Cmder) {
	if len(cmd.Args()) == 0 {
		cmd.SetErr(errors.New("redis: AutoPipeliner.Do requires at least one argument"))
		return
	}
	ap.runOutside(ctx, cmd)
}

// IsBlocking reports whether calls return with the result.
func (ap *AutoPipeliner) IsBlocking() bool { return ap.blocking }

// Config are the options in use.
func (ap *AutoPipeliner) Config() AutoPipelineOptions { return ap.config }

// IsClosed reports whether the pipeliner or its client was closed.
func (ap *AutoPipeliner) IsClosed() bool {
	return ap.closed.Load() || ap.client.clientLink().closed.Load()
}

// Len is the number of commands that are not under way yet.
func (ap *AutoPipeliner) Len() int {
	ap.mu.Lock()
	defer ap.mu.Unlock()
	return len(ap.queue)
}
