package runtime

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// Hook stands between a client and the store. The first hook that is added is
// the outermost.
type Hook interface {
	// DialHook is part of go-redis's interface. There are no connections to
	// dial, so what it returns is never called.
	DialHook(next DialHook) DialHook
	ProcessHook(next ProcessHook) ProcessHook
	ProcessPipelineHook(next ProcessPipelineHook) ProcessPipelineHook
}

// The functions that hooks wrap.
type (
	// DialHook opens a connection.
	DialHook func(ctx context.Context, network, addr string) (net.Conn, error)
	// ProcessHook sends one command.
	ProcessHook func(ctx context.Context, cmd Cmder) error
	// ProcessPipelineHook sends several commands as one; a transaction's start
	// with MULTI and end with EXEC.
	ProcessPipelineHook func(ctx context.Context, cmds []Cmder) error
)

// chain is what a client calls: its own functions, wrapped by its hooks.
type chain struct {
	process    ProcessHook
	pipeline   ProcessPipelineHook
	txPipeline ProcessPipelineHook
}

// hooked is the hooks of one client. Adding one replaces the state, so that
// calls under way keep theirs.
type hooked struct {
	mu    sync.Mutex
	state atomic.Pointer[hookState]
}

type hookState struct {
	hooks []Hook
	own   chain
	chain
}

// set gives the functions that the hooks wrap.
func (h *hooked) set(own chain, hooks []Hook) {
	h.state.Store(wrap(own, hooks))
}

// AddHook adds a hook inside of those that are there.
func (h *hooked) AddHook(hook Hook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.state.Load()
	h.state.Store(wrap(old.own, append(old.hooks[:len(old.hooks):len(old.hooks)], hook)))
}

func (h *hooked) hooks() []Hook { return h.state.Load().hooks }

func wrap(own chain, hooks []Hook) *hookState {
	s := &hookState{hooks: hooks, own: own, chain: own}
	dial := DialHook(func(context.Context, string, string) (net.Conn, error) { return nil, errNoConn })
	for i := len(hooks) - 1; i >= 0; i-- {
		// A hook may keep state in DialHook that its other functions need.
		if f := hooks[i].DialHook(dial); f != nil {
			dial = f
		}
		if f := hooks[i].ProcessHook(s.process); f != nil {
			s.process = f
		}
		if f := hooks[i].ProcessPipelineHook(s.pipeline); f != nil {
			s.pipeline = f
		}
		if f := hooks[i].ProcessPipelineHook(s.txPipeline); f != nil {
			s.txPipeline = f
		}
	}
	return s
}
