package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/arg"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// sender sends commands over a link: over the shared session, or over one that
// belongs to a Conn or Tx.
type sender struct {
	link    *link
	opt     *Options
	private *private // nil: the shared session
	hasty   bool     // see Options.hasty
}

// frame is the memory of commands on their way and of their replies. It is used
// again once the replies are read.
type frame struct {
	cmds     []resp.Command
	words    []string
	scratch  resp.Scratch
	kept     bool // somebody may still hold the slices
	patience patience
}

// maxFrame bounds how many words a frame keeps memory for.
const maxFrame = 4096

var frames = sync.Pool{New: func() interface{} {
	return &frame{cmds: make([]resp.Command, 1), words: make([]string, 8)}
}}

// newFrame returns a frame for so many commands of so many words in all.
func newFrame(cmds, words int) *frame {
	f := frames.Get().(*frame)
	if cap(f.cmds) < cmds {
		f.cmds = make([]resp.Command, cmds)
	}
	if cap(f.words) < words {
		f.words = make([]string, words)
	}
	f.cmds, f.words = f.cmds[:cmds], f.words[:words]
	return f
}

// release lets the frame be used again, unless somebody may hold parts of it. It
// forgets what is in it, so that values are not kept alive.
func (f *frame) release() {
	if f.kept || cap(f.words) > maxFrame || cap(f.cmds) > maxFrame {
		return
	}
	clear(f.cmds)
	clear(f.words)
	f.scratch.Reset()
	frames.Put(f)
}

// runFor is run for a frame that does not wait for data: if something holds it up
// nevertheless, as CLIENT PAUSE does, limit ends it. 0 is no limit.
func (f *frame) runFor(ctx context.Context, limit time.Duration, s *linkSession) (replies []resp.Reply, err error) {
	if limit <= 0 {
		return f.run(ctx, s)
	}
	p := &f.patience
	if s.in == nil || f.kept { // somebody may look at it later
		p = &patience{}
	}
	p.Context, p.limit = ctx, limit
	replies, err = f.run(p, s)
	if p.end() {
		f.kept = true
	}
	if !f.kept {
		p.Context = nil
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = &timeoutError{fmt.Sprintf("redis2cf: %s did not answer within %v, the read timeout and its retries", f.cmds[0].Name(), limit)}
	}
	return replies, err
}

// run sends the frame over a session.
func (f *frame) run(ctx context.Context, s *linkSession) (replies []resp.Reply, err error) {
	if s.in != nil {
		replies, err = s.in.ExecuteIn(ctx, &f.scratch, f.cmds)
	} else {
		replies, err = s.Execute(ctx, f.cmds)
	}
	f.kept = f.kept || s.in == nil || err != nil
	return replies, err
}

// marshal turns a command's arguments into words, of which there is room for as many.
func marshal(args []interface{}, words []string) (err error) {
	for i, a := range args {
		s, ok := a.(string)
		if !ok {
			if s, err = arg.String(a); err != nil {
				return err
			}
		}
		words[i] = s
	}
	return nil
}

// process sends one command and reads its reply. The error is the command's.
func (s *sender) process(ctx context.Context, cmd Cmder) (err error) {
	if l := s.opt.Limiter; l != nil {
		if err := l.Allow(); err != nil {
			return err
		}
		defer func() { l.ReportResult(err) }()
	}
	b := cmd.base()
	f := newFrame(1, len(b.args))
	if err := marshal(b.args, f.words); err != nil {
		f.release()
		return err
	}
	f.cmds[0] = f.words
	var replies []resp.Reply
	if !b.blocks && waits(f.words) {
		replies, err = s.executeFor(ctx, f)
	} else {
		replies, err = s.execute(ctx, f, b.blocks)
	}
	if err != nil {
		return err
	}
	b.stale = replies[0].Stale
	err = cmd.readReply(replies[0], s.opt.Protocol)
	f.release()
	return err
}

// executeFor sends a command of Do that waits for data. go-redis's methods give a
// connection the time that their command may wait, but of Do it knows nothing, so
// that ReadTimeout ends such a command, which is then sent again MaxRetries times.
// Here it waits as long in one go.
func (s *sender) executeFor(ctx context.Context, f *frame) ([]resp.Reply, error) {
	limit := s.patience()
	if limit <= 0 {
		return s.execute(ctx, f, true)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	replies, err := s.execute(limited, f, true)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = &timeoutError{fmt.Sprintf("redis2cf: %s did not answer within %v, the read timeout and its retries", f.cmds[0].Name(), limit)}
	}
	return replies, err
}

// patience is how long a command may be held up: ReadTimeout once for each time that
// go-redis would send it. 0 is for ever.
func (s *sender) patience() time.Duration {
	if s.opt.ReadTimeout <= 0 {
		return 0
	}
	return s.opt.ReadTimeout * time.Duration(1+max(s.opt.MaxRetries, 0))
}

// execute sends one frame. It ends when ctx does, whatever ContextTimeoutEnabled
// says: go-redis needs that option because giving up costs it a connection.
func (s *sender) execute(ctx context.Context, f *frame, wait bool) ([]resp.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.hasty {
		return nil, s.opt.tooHasty()
	}
	replies, err := s.attempt(ctx, f, wait)
	if errors.Is(err, store.ErrClosed) && s.private == nil && s.opt.MaxRetries > 0 && !s.link.closed.Load() {
		// Nothing was run: the store was closed, and may be open again by now.
		f.scratch = resp.Scratch{}
		replies, err = s.attempt(ctx, f, wait)
	}
	if err != nil {
		return nil, err
	}
	if len(replies) != len(f.cmds) {
		return nil, fmt.Errorf("redis2cf: the store answered %d of %d commands", len(replies), len(f.cmds))
	}
	return replies, nil
}

// attempt is execute without another try.
func (s *sender) attempt(ctx context.Context, f *frame, wait bool) ([]resp.Reply, error) {
	var replies []resp.Reply
	switch {
	case s.private != nil:
		own, err := s.private.session(s.link)
		if err != nil {
			return nil, err
		}
		limit := s.opt.ReadTimeout // a session of one's own is lost with it: there is no other try
		if wait {
			limit = 0
		}
		if replies, err = f.runFor(ctx, limit, own); err != nil {
			s.private.failed(err)
			return nil, s.failure(err)
		}
	case wait:
		own, done, err := s.link.waiting()
		if err != nil {
			return nil, err
		}
		replies, err = f.run(ctx, own)
		done(err)
		if err != nil {
			return nil, s.failure(err)
		}
	default:
		shared, err := s.link.session()
		if err != nil {
			return nil, err
		}
		if replies, err = f.runFor(ctx, s.patience(), shared); err != nil {
			switch {
			case errors.Is(err, store.ErrClosed):
				s.link.drop(shared)
			case !isContextError(err) && !isTimeout(err), f.cmds[0].Name() == "MULTI":
				// Another session serves the others: this one may be lost, or EXEC was given
				// up, and nobody else may be queued behind MULTI. The store stays open.
				s.link.retire(shared)
			}
			return nil, s.failure(err)
		}
		s.link.commands.Add(1)
	}
	return replies, nil
}

// failure is ErrClosed for what fails because the client was closed meanwhile.
func (s *sender) failure(err error) error {
	if s.link.closed.Load() {
		return ErrClosed
	}
	return err
}

// batch turns commands into one frame. An argument that cannot be marshalled
// stops all of them, as it does in go-redis.
func batch(cmds []Cmder) (f *frame, wait bool, err error) {
	n := 0
	for _, cmd := range cmds {
		n += len(cmd.base().args)
	}
	f = newFrame(len(cmds), n)
	words := f.words
	for i, cmd := range cmds {
		b := cmd.base()
		k := len(b.args)
		if err = marshal(b.args, words[:k]); err != nil {
			f.release()
			return nil, false, err
		}
		f.cmds[i] = words[:k:k]
		words = words[k:]
		wait = wait || b.blocks || waits(f.cmds[i])
	}
	return f, wait, nil
}

// processPipeline sends commands as one frame. The error is the first command's.
func (s *sender) processPipeline(ctx context.Context, cmds []Cmder) error {
	f, wait, err := batch(cmds)
	if err == nil {
		var replies []resp.Reply
		if replies, err = s.execute(ctx, f, wait); err == nil {
			s.read(cmds, replies)
			f.release()
			return firstErr(cmds)
		}
	}
	setErr(cmds, err)
	return err
}

func (s *sender) read(cmds []Cmder, replies []resp.Reply) {
	for i, cmd := range cmds {
		cmd.base().stale = replies[i].Stale
		cmd.SetErr(cmd.readReply(replies[i], s.opt.Protocol))
	}
}

// processTxPipeline sends a transaction, MULTI and EXEC included.
func (s *sender) processTxPipeline(ctx context.Context, cmds []Cmder) error {
	f, wait, err := batch(cmds)
	if err == nil {
		var replies []resp.Reply
		if replies, err = s.execute(ctx, f, wait); err == nil {
			err = s.readTx(cmds, replies)
			f.release()
			if err == nil {
				return firstErr(cmds)
			}
		}
	}
	setErr(cmds, err)
	return err
}

// readTx hands EXEC's replies to the commands between MULTI and EXEC. Its error
// is the transaction's: nothing was run.
func (s *sender) readTx(cmds []Cmder, replies []resp.Reply) error {
	last := len(cmds) - 1
	if err := replyError(replies[0]); err != nil {
		return err
	}
	for i, cmd := range cmds[1:last] {
		// QUEUED, or why the command was not queued.
		if err := replyError(replies[i+1]); err != nil {
			cmd.SetErr(err)
		}
	}
	exec := replies[last]
	if exec.IsNil() {
		return TxFailedErr
	}
	if err := replyError(exec); err != nil {
		return err
	}
	if exec.Kind != resp.Array || len(exec.Elems) != last-1 {
		return fmt.Errorf("redis: expected '*', but got line %s", describe(exec))
	}
	s.read(cmds[1:last], exec.Elems)
	return nil
}

// setErr gives an error to the commands that have none yet.
func setErr(cmds []Cmder, err error) {
	for _, cmd := range cmds {
		if cmd.base().err == nil {
			cmd.SetErr(err)
		}
	}
}

func firstErr(cmds []Cmder) error {
	for _, cmd := range cmds {
		if err := cmd.base().err; err != nil {
			return err
		}
	}
	return nil
}

// wrapTx puts MULTI and EXEC around commands.
func wrapTx(ctx context.Context, cmds []Cmder) []Cmder {
	all := make([]Cmder, 0, len(cmds)+2)
	all = append(all, NewStatusCmd(ctx, "multi"))
	all = append(all, cmds...)
	return append(all, NewSliceCmd(ctx, "exec"))
}
