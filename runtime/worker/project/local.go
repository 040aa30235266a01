package project

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How long a local run may take.
const (
	startWithin = 60 * time.Second
	endWithin   = time.Second // after that workerd is killed, which loses nothing that was answered
	keptLog     = 4096        // bytes of it, for errors
)

// Options say what to run.
type Options struct {
	// Dir is a project, as Write makes it: wrangler.jsonc with the modules, the
	// engine and plan.json beside its main module.
	Dir string
	// State is the directory with everything that is stored. It is made when it is not there;
	// see CheckState for one that is.
	State string
	// Addr is host:port to listen on; port 0 takes a free one, "" is 127.0.0.1:0. Without a
	// host it is all of this machine's addresses.
	Addr string
	// Tokens are the Worker's; with none, programs of this machine need no token,
	// and Addr must be a loopback address.
	Tokens []Token
	// Tools are workerd and the simulators; empty ones mean those of FindTools.
	Tools Tools
	// Log gets what workerd and the Worker write; nil discards it.
	Log io.Writer
}

// A Local is a Worker on a local workerd.
type Local struct {
	o       Options
	config  localConfig
	project *localProject
	run     string // directory of the configuration

	mu   sync.Mutex // held while it starts and ends
	proc *process   // nil when it does not run
	addr string     // of the Worker, as Options.Addr has it but with a port; stays over restarts
	lock *fileLock  // of the state; nil after Stop
}

// A process is one run of workerd.
type process struct {
	cmd     *exec.Cmd
	inspect string // address
	ended   chan struct{}
	err     error // of Wait, after ended
	last    *lastLines
}

// Start runs a project on workerd and returns when it answers and the project's D1
// migrations are applied. The state in Options.State persists; one run at a time
// may use it. The context is for the start alone.
func Start(ctx context.Context, o Options) (*Local, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Tools == (Tools{}) {
		tools, err := FindTools()
		if err != nil {
			return nil, err
		}
		o.Tools = tools
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	open := len(o.Tokens) == 0
	if open {
		if err := CheckLoopback(o.Addr); err != nil {
			return nil, err
		}
		o.Tokens = []Token{noToken}
	}
	tokens, err := encodeTokens(o.Tokens, open)
	if err != nil {
		return nil, err
	}
	p, err := readProject(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.State, err = filepath.Abs(o.State); err != nil {
		return nil, err
	}
	var secret [16]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, err
	}
	l := &Local{o: o, project: p, addr: o.Addr, run: filepath.Join(o.State, runDir)}
	l.config = localConfig{project: p, tokens: string(tokens), secret: hex.EncodeToString(secret[:])}
	if l.lock, err = openState(o.State); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.start(ctx, false); err != nil {
		l.lock.free()
		return nil, err
	}
	return l, nil
}

// An AddressError is an address that is none.
type AddressError struct {
	Addr string
	Err  error
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("%s is not an address to listen on: %v; write HOST:PORT", e.Addr, e.Err)
}

func (e *AddressError) Unwrap() error { return e.Err }

// CheckLoopback refuses an address that others can reach. The error is an
// *AddressError when it is no address.
func CheckLoopback(addr string) error {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return &AddressError{addr, err}
	}
	if !tcp.IP.IsLoopback() {
		return fmt.Errorf("%s can be reached from other machines, and there is no token: make one with redis2cf worker token, or listen on 127.0.0.1", addr)
	}
	return nil
}

// URL is what $CFSTORE_URL names to use this Worker on this machine. It stays over restarts.
func (l *Local) URL() string {
	host, port, err := net.SplitHostPort(l.addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		// An address to listen on is none to call.
		if host = "127.0.0.1"; ip != nil && ip.To4() == nil {
			host = "::1"
		}
		return "http://" + net.JoinHostPort(host, port)
	}
	return "http://" + l.addr
}

// PID is the process id of workerd, 0 when it does not run.
func (l *Local) PID() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proc == nil {
		return 0
	}
	return l.proc.cmd.Process.Pid
}

// Ended is closed when the workerd that runs now ends, for whatever reason; Err
// then says how.
func (l *Local) Ended() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proc == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return l.proc.ended
}

// Err is how a workerd ended that nobody stopped, with its last lines.
func (l *Local) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proc == nil {
		return nil
	}
	select {
	case <-l.proc.ended:
		return l.proc.failure()
	default:
		return nil
	}
}

// Kill ends workerd at once, as a crash does. Restart goes on.
func (l *Local) Kill() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end(0)
}

// Stop ends workerd, after requests that it answers, and frees the state.
func (l *Local) Stop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.end(endWithin)
	if l.lock != nil {
		l.lock.free()
		l.lock = nil
	}
	return err
}

// Restart starts workerd again, on the same address, ending it first if it runs.
func (l *Local) Restart(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil {
		return errors.New("restarting a local Worker that was stopped: start a new one")
	}
	if err := l.end(endWithin); err != nil {
		return err
	}
	return l.start(ctx, true)
}

// end ends the process; grace is how long it may take by itself.
func (l *Local) end(grace time.Duration) error {
	p := l.proc
	if p == nil {
		return nil
	}
	l.proc = nil
	if grace > 0 && terminate(p.cmd) == nil {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-p.ended:
			return nil
		case <-timer.C:
		}
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}

// start starts workerd and waits until the Worker answers. The address was ours
// before when it is started again.
func (l *Local) start(ctx context.Context, again bool) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	l.config.address = l.addr
	if strings.HasPrefix(l.addr, ":") {
		l.config.address = "*" + l.addr // as workerd writes it
	}
	if err := l.config.write(l.run, l.o.State, l.o.Tools); err != nil {
		return fmt.Errorf("preparing a local run: %w", err)
	}
	p, ports, err := l.startProcess(ctx)
	// A client that dials the port while nobody listens may have been given the very
	// same port by the system, and holds it until it gives up.
	for again && errors.Is(err, errInUse) && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		p, ports, err = l.startProcess(ctx)
	}
	if errors.Is(err, errInUse) {
		return fmt.Errorf("listening on %s: %w", l.addr, err)
	}
	if err != nil {
		return err
	}
	l.proc = p
	host, _, err := net.SplitHostPort(l.addr)
	if err != nil {
		host = "127.0.0.1"
	}
	l.addr = net.JoinHostPort(host, strconv.Itoa(ports[mainSocket]))
	p.inspect = net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[inspectSocket]))
	err = l.answers(ctx)
	if err == nil {
		err = l.migrate(ctx)
	}
	if err != nil {
		if eerr := l.end(0); eerr != nil {
			err = fmt.Errorf("%w (and ending workerd: %v)", err, eerr)
		}
		return fmt.Errorf("starting the Worker on workerd: %w", err)
	}
	return nil
}

// startProcess runs workerd until it has said on which ports it listens.
func (l *Local) startProcess(ctx context.Context) (*process, map[string]int, error) {
	program := l.o.Tools.Workerd
	// The simulators need --experimental; the events of --control-fd tell the ports.
	cmd := exec.Command(program, "serve", "--experimental", "--control-fd=1", filepath.Join(l.run, configFile))
	cmd.Dir = l.o.State
	alone(cmd)
	l.lock.share(cmd)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	p := &process{cmd: cmd, ended: make(chan struct{}), last: &lastLines{to: l.o.Log}}
	cmd.Stderr = p.last
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("running %s: %w", program, err)
	}
	listening := make(chan map[string]int, 1)
	go func() {
		readEvents(stdout, p.last, listening)
		p.err = cmd.Wait()
		close(p.ended)
	}()
	select {
	case ports := <-listening:
		return p, ports, nil
	case <-p.ended:
		return nil, nil, p.failure()
	case <-ctx.Done():
		_ = cmd.Process.Kill() // the context says what went wrong
		<-p.ended
		return nil, nil, fmt.Errorf("workerd did not listen: %w: %s", ctx.Err(), p.last)
	}
}

// errInUse says that workerd could not listen.
var errInUse = errors.New("the address is in use by another process: stop that one, or choose another port (0 takes a free one)")

// failure is how a process ended.
func (p *process) failure() error {
	text := p.last.String()
	if strings.Contains(text, "ddress already in use") {
		return errInUse
	}
	if p.err == nil {
		return fmt.Errorf("workerd ended: %s", text)
	}
	return fmt.Errorf("workerd ended: %w: %s", p.err, text)
}

// readEvents reads workerd's standard output: events are for us, the rest, which
// the Worker wrote, goes to the log.
func readEvents(r io.Reader, log io.Writer, listening chan<- map[string]int) {
	ports := map[string]int{}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		var event struct {
			Event  string `json:"event"`
			Socket string `json:"socket"`
			Port   int    `json:"port"`
		}
		if strings.HasPrefix(line, `{"event":`) && json.Unmarshal([]byte(line), &event) == nil && event.Event != "" {
			if event.Event == "listen" && len(ports) < 2 {
				if ports[event.Socket] = event.Port; len(ports) == 2 {
					listening <- ports
				}
			}
		} else if line != "" {
			_, _ = io.WriteString(log, line) // a log that cannot be written to ends nothing
		}
		if err != nil {
			return
		}
	}
}

// answers asks the Worker until it answers anything; it loads its modules first.
func (l *Local) answers(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var last error
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL()+"/v1/info", nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close() // nothing of it is needed
			if res.StatusCode < 500 {
				return nil
			}
			err = fmt.Errorf("it answers %s", res.Status)
		}
		last = err
		select {
		case <-l.proc.ended:
			return l.proc.failure()
		case <-ctx.Done():
			return fmt.Errorf("%w: %w: %s", ctx.Err(), last, l.proc.last)
		case <-time.After(20 * time.Millisecond):
		}
		if strings.Contains(l.proc.last.String(), "Uncaught") {
			return fmt.Errorf("%w: %s", last, l.proc.last)
		}
	}
}

// lastLines passes on what a program writes and keeps the end of it for errors.
type lastLines struct {
	mu  sync.Mutex
	to  io.Writer
	end []byte
}

func (w *lastLines) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = append(w.end, p...)
	if len(w.end) > keptLog {
		w.end = append(w.end[:0:0], w.end[len(w.end)-keptLog:]...)
	}
	_, _ = w.to.Write(p) // a log that cannot be written to ends nothing
	return len(p), nil
}

func (w *lastLines) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return tail(w.end)
}
