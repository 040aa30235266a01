package bridge

import (
	"context"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// session is one user of the client. It shares the client's pool until a command
// leaves something behind on its connection; from then on it has its own.
type session struct {
	backend *backend
	push    func(resp.Reply)

	mu     sync.Mutex // held while commands run on the session's own connection
	own    *connection
	sub    *subscription
	closed bool
}

// Execute runs the commands in order.
func (s *session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, runtime.ErrClosed
	}
	if len(cmds) == 1 && subscribes(cmds[0]) {
		defer s.mu.Unlock()
		return s.subscribe(ctx, cmds[0])
	}
	if s.own == nil && !leavesState(cmds) {
		s.mu.Unlock()
		return s.backend.run(ctx, nil, cmds)
	}
	defer s.mu.Unlock()
	if s.own == nil {
		own, err := s.backend.connect(ctx, cmds)
		if err != nil {
			if r, ok := s.backend.answered(err); ok {
				return fill(cmds, r), nil
			}
			return nil, err
		}
		s.own = own
	}
	return s.backend.run(ctx, s.own, cmds)
}

// Close gives back the session's connection and ends its subscriptions.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.sub != nil {
		s.sub.close()
	}
	if s.own != nil {
		s.own.release()
	}
	return nil
}

// fill answers all commands with one reply.
func fill(cmds []resp.Command, r resp.Reply) []resp.Reply {
	replies := make([]resp.Reply, len(cmds))
	for i := range replies {
		replies[i] = r
	}
	return replies
}

// leavesState reports whether a command changes what its connection does next. A
// MULTI that is closed in the same frame does not.
func leavesState(cmds []resp.Command) bool {
	for i := 0; i < len(cmds); i++ {
		switch cmds[i].Name() {
		case "WATCH", "SELECT", "HELLO", "AUTH", "RESET", "READONLY", "READWRITE", "ASKING", "EXEC", "DISCARD":
			return true
		case "CLIENT":
			if len(cmds[i]) > 1 {
				switch strings.ToUpper(cmds[i][1]) {
				case "SETNAME", "SETINFO", "REPLY", "TRACKING", "CACHING", "NO-EVICT", "NO-TOUCH":
					return true
				}
			}
		case "MULTI":
			n := transaction(cmds[i:])
			if n == 0 {
				return true
			}
			i += n - 1
		}
	}
	return false
}

// transaction is the number of commands from MULTI to EXEC, 0 if either is missing.
func transaction(cmds []resp.Command) int {
	if cmds[0].Name() != "MULTI" {
		return 0
	}
	for i, cmd := range cmds {
		switch cmd.Name() {
		case "EXEC":
			return i + 1
		case "DISCARD":
			return 0
		}
	}
	return 0
}

// run sends commands, over the session's own connection if it has one: those that
// wait for data one by one, whole transactions as such, what is between them as
// pipelines.
func (b *backend) run(ctx context.Context, own *connection, cmds []resp.Command) ([]resp.Reply, error) {
	var on Sender = b.client
	if own != nil {
		on = own.Sender
	}
	replies := make([]resp.Reply, 0, len(cmds))
	start := 0
	flush := func(end int) error {
		if start == end {
			return nil
		}
		got, err := b.pipeline(ctx, on, cmds[start:end])
		replies = append(replies, got...)
		start = end
		return err
	}
	for i := 0; i < len(cmds); {
		if n := transaction(cmds[i:]); n > 0 {
			if own == nil && b.single == nil { // several servers
				if err := flush(i); err != nil {
					return replies, err
				}
				got, err := b.txPipeline(ctx, on, cmds[i:i+n])
				if err != nil {
					return replies, err
				}
				replies = append(replies, got...)
				start = i + n
			}
			i += n
			continue
		}
		if w, ok := waiting(cmds[i]); ok {
			if err := flush(i); err != nil {
				return replies, err
			}
			r, err := b.wait(ctx, own, w)
			if err != nil {
				return replies, err
			}
			replies = append(replies, r)
			start = i + 1
		}
		i++
	}
	return replies, flush(len(cmds))
}

// pipeline sends commands at once; go-redis keeps them together on a connection
// where it has only one server.
func (b *backend) pipeline(ctx context.Context, on Sender, cmds []resp.Command) ([]resp.Reply, error) {
	if len(cmds) == 1 {
		return b.replies([]Result{on.Do(ctx, arguments(cmds[0]))})
	}
	return b.replies(on.Pipeline(ctx, allArguments(cmds)))
}

func (b *backend) replies(results []Result) ([]resp.Reply, error) {
	replies := make([]resp.Reply, len(results))
	for i, res := range results {
		var err error
		if replies[i], err = b.replyOf(res); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// txPipeline sends a transaction, MULTI and EXEC included, through a client that
// must see it as such to find its server.
func (b *backend) txPipeline(ctx context.Context, on Sender, cmds []resp.Command) ([]resp.Reply, error) {
	inner := cmds[1 : len(cmds)-1]
	replies := append([]resp.Reply{resp.OK}, fill(inner, resp.NewStatus("QUEUED"))...)
	if len(inner) == 0 {
		return append(replies, resp.NewArray()), nil
	}
	results, err := on.TxPipeline(ctx, allArguments(inner))
	if whole, ok := b.refused(err); ok {
		return append(replies, whole), nil
	}
	elems, err := b.replies(results)
	if err != nil {
		return nil, err
	}
	return append(replies, resp.NewArray(elems...)), nil
}

// refused is the reply of EXEC when nothing of the transaction ran.
func (b *backend) refused(err error) (resp.Reply, bool) {
	if err == nil {
		return resp.Reply{}, false
	}
	r, ok := b.answered(err)
	if ok && (r.Kind == resp.NilArray || r.Kind == resp.Error && strings.HasPrefix(r.Str, "EXECABORT")) {
		return r, true
	}
	return resp.Reply{}, false
}
