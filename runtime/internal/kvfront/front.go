// Package kvfront puts families in KV alone before a session of a store that has the
// others: commands of such a family go to a kvprimary.Client, those of other families to
// the session, in the order of the frame. It never decides what a command means.
package kvfront

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Options are what a Session stands between.
type Options struct {
	Inner  store.Session
	Client *kvprimary.Client
	// Families are the plan's at the moment; nil says that no plan is known: the table's
	// commands are then KV's on every key, outside of transactions.
	Families func() *kvprimary.Families
	// Keys are the keys of a command that the table does not have.
	Keys func(line resp.Command) []string
	DB   int
	// Closed is called once, by Close.
	Closed func()
}

// A Session is a client's session.
type Session struct {
	opt  Options
	once sync.Once

	mu       sync.Mutex
	db       int
	queueing bool // MULTI was answered
	queued   int  // commands since then
	selects  []selected
}

// selected is a SELECT in the queue.
type selected struct{ place, db int }

var _ store.Borrower = (*Session)(nil)

// New makes a session.
func New(opt Options) *Session { return &Session{opt: opt, db: opt.DB} }

// errHalfway is the error of a frame that had begun when its session was closed.
var errHalfway = errors.New("kvfront: the session was closed in the middle of a frame")

// A run is consecutive commands that go the same way.
type run struct {
	way   way
	lines []resp.Command
	texts map[int]string // errors that are answered in place of the replies, by place
}

type way uint8

const (
	toInner way = iota
	toKV
	toNobody // refused
)

// Execute runs a frame.
func (s *Session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return s.ExecuteIn(ctx, nil, cmds)
}

// ExecuteIn runs a frame in memory that is lent where nothing of it is KV's.
func (s *Session) ExecuteIn(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	families := s.opt.Families()
	first := s.next(families, cmds)
	if len(first.lines) == len(cmds) && first.way == toInner && first.texts == nil {
		replies, err := s.inner(ctx, scratch, cmds)
		s.note(cmds, replies)
		return replies, err
	}
	replies := make([]resp.Reply, 0, len(cmds))
	for r := first; ; r = s.next(families, cmds[len(replies):]) {
		got, err := s.run(ctx, &r)
		begun := len(replies) > 0
		replies = append(replies, got...)
		switch {
		case err != nil && begun && errors.Is(err, store.ErrClosed):
			return replies, errHalfway
		case err != nil || len(replies) >= len(cmds) || len(got) < len(r.lines):
			return replies, err
		}
	}
}

func (s *Session) inner(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	if b, ok := s.opt.Inner.(store.Borrower); ok && scratch != nil {
		return b.ExecuteIn(ctx, scratch, cmds)
	}
	return s.opt.Inner.Execute(ctx, cmds)
}

func (s *Session) run(ctx context.Context, r *run) ([]resp.Reply, error) {
	var replies []resp.Reply
	var err error
	switch r.way {
	case toKV:
		s.mu.Lock()
		db := s.db
		s.mu.Unlock()
		return s.opt.Client.Execute(ctx, db, r.lines)
	case toNobody:
		replies = make([]resp.Reply, len(r.lines))
	default:
		replies, err = s.inner(ctx, nil, r.lines)
		s.note(r.lines, replies)
	}
	for i, text := range r.texts {
		if i < len(replies) {
			replies[i] = resp.NewError(text)
		}
	}
	return replies, err
}

// next is the first commands that go the same way.
func (s *Session) next(families *kvprimary.Families, cmds []resp.Command) run {
	s.mu.Lock()
	queueing := s.queueing
	s.mu.Unlock()
	var r run
	for i, line := range cmds {
		w := toInner
		verdict, text := s.route(families, line, queueing)
		switch {
		case verdict == kvprimary.Elsewhere:
			queueing = queues(line, queueing)
		case queueing:
			if text == "" {
				text = fmt.Sprintf("ERR unsupported command '%.40s' in a transaction: its keys are in KV alone (consistency: primary)", line.Name())
			}
			// GET without a key is an error as well, so that EXEC discards the queue.
			line = resp.Command{"GET"}
		case verdict == kvprimary.Here:
			w = toKV
		default:
			w = toNobody
		}
		if i > 0 && w != r.way {
			break
		}
		if r.way = w; text != "" {
			if r.texts == nil {
				r.texts = map[int]string{}
			}
			r.texts[i] = text
		}
		r.lines = append(r.lines, line)
	}
	return r
}

// queues reports whether commands are queued after a line, if it does what it says.
func queues(line resp.Command, before bool) bool {
	if len(line) != 1 {
		return before
	}
	switch line.Name() {
	case "MULTI":
		return true
	case "EXEC", "DISCARD", "RESET":
		return false
	}
	return before
}

// route says who serves a command line.
func (s *Session) route(families *kvprimary.Families, line resp.Command, queueing bool) (kvprimary.Verdict, string) {
	if len(line) == 0 {
		return kvprimary.Elsewhere, ""
	}
	_, ok := kvprimary.Lookup(line[0])
	switch {
	case families == nil:
		if ok && !queueing {
			return kvprimary.Here, ""
		}
		return kvprimary.Elsewhere, ""
	case !families.Any():
		return kvprimary.Elsewhere, ""
	case ok:
		return families.Route(line, nil)
	}
	return families.Route(line, s.opt.Keys(line))
}

// note follows, by the replies, what the session's database is and whether commands are
// queued.
func (s *Session) note(lines []resp.Command, replies []resp.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, line := range lines[:min(len(lines), len(replies))] {
		if len(line) == 0 {
			continue
		}
		reply := &replies[i]
		done := reply.Kind == resp.Status
		switch name := line.Name(); {
		case s.queueing && done && reply.Str == "QUEUED":
			if n, ok := database(line); ok && name == "SELECT" {
				s.selects = append(s.selects, selected{s.queued, n})
			}
			s.queued++
		case name == "SELECT" && done:
			if n, ok := database(line); ok {
				s.db = n
			}
		case name == "MULTI" && done:
			s.queueing, s.queued, s.selects = true, 0, nil
		case name == "EXEC" && len(line) == 1: // an error of it ends a transaction as well
			for _, sel := range s.selects {
				if reply.Kind == resp.Array && sel.place < len(reply.Elems) && reply.Elems[sel.place].Kind == resp.Status {
					s.db = sel.db
				}
			}
			s.queueing, s.selects = false, nil
		case name == "DISCARD" && done:
			s.queueing, s.selects = false, nil
		case name == "RESET" && done:
			s.queueing, s.selects, s.db = false, nil, 0
		}
	}
}

// database is the number in a SELECT that was answered well.
func database(line resp.Command) (int, bool) {
	if len(line) != 2 {
		return 0, false
	}
	n, err := strconv.Atoi(line[1])
	return n, err == nil
}

// SetUser says who the client is from now on.
func (s *Session) SetUser(name string) {
	if u, ok := s.opt.Inner.(store.UserSetter); ok {
		u.SetUser(name)
	}
}

// Close ends the session.
func (s *Session) Close() error {
	s.once.Do(func() {
		if s.opt.Closed != nil {
			s.opt.Closed()
		}
	})
	return s.opt.Inner.Close()
}
