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
	queueing bool // MULTI was sent
	selected int  // by a SELECT in the queue; -1: none
}

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
	db    int
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
	runs := s.split(cmds)
	if len(runs) == 1 && runs[0].way == toInner && runs[0].texts == nil {
		if b, ok := s.opt.Inner.(store.Borrower); ok && scratch != nil {
			return b.ExecuteIn(ctx, scratch, cmds)
		}
		return s.opt.Inner.Execute(ctx, cmds)
	}
	replies := make([]resp.Reply, 0, len(cmds))
	for i := range runs {
		got, err := s.run(ctx, &runs[i])
		replies = append(replies, got...)
		if err != nil {
			if i > 0 && errors.Is(err, store.ErrClosed) {
				err = errHalfway
			}
			return replies, err
		}
	}
	return replies, nil
}

func (s *Session) run(ctx context.Context, r *run) ([]resp.Reply, error) {
	var replies []resp.Reply
	var err error
	switch r.way {
	case toKV:
		return s.opt.Client.Execute(ctx, r.db, r.lines)
	case toNobody:
		replies = make([]resp.Reply, len(r.lines))
	default:
		replies, err = s.opt.Inner.Execute(ctx, r.lines)
	}
	for i, text := range r.texts {
		if i < len(replies) {
			replies[i] = resp.NewError(text)
		}
	}
	return replies, err
}

// split finds out who runs what.
func (s *Session) split(cmds []resp.Command) []run {
	families := s.opt.Families()
	s.mu.Lock()
	defer s.mu.Unlock()
	var runs []run
	add := func(w way, line resp.Command, text string) {
		n := len(runs)
		if n == 0 || runs[n-1].way != w || runs[n-1].db != s.db {
			runs = append(runs, run{way: w, db: s.db})
			n++
		}
		r := &runs[n-1]
		if text != "" {
			if r.texts == nil {
				r.texts = map[int]string{}
			}
			r.texts[len(r.lines)] = text
		}
		r.lines = append(r.lines, line)
	}
	for _, line := range cmds {
		verdict, text := s.route(families, line)
		switch {
		case verdict == kvprimary.Elsewhere:
			add(toInner, line, "")
			s.note(line)
		case s.queueing:
			if text == "" {
				text = fmt.Sprintf("ERR unsupported command '%.40s' in a transaction: its keys are in KV alone (consistency: primary)", line.Name())
			}
			// GET without a key is an error as well, so that EXEC discards the queue.
			add(toInner, resp.Command{"GET"}, text)
		case verdict == kvprimary.Here:
			add(toKV, line, "")
		default:
			add(toNobody, line, text)
		}
	}
	return runs
}

// route says who serves a command line.
func (s *Session) route(families *kvprimary.Families, line resp.Command) (kvprimary.Verdict, string) {
	if len(line) == 0 {
		return kvprimary.Elsewhere, ""
	}
	_, ok := kvprimary.Lookup(line[0])
	switch {
	case families == nil:
		if ok && !s.queueing {
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

// note follows what the session's database is. The caller holds mu.
func (s *Session) note(line resp.Command) {
	switch line.Name() {
	case "SELECT":
		n := -1
		if len(line) == 2 {
			if v, err := strconv.Atoi(line[1]); err == nil && v >= 0 {
				n = v
			}
		}
		switch {
		case n < 0:
		case s.queueing:
			s.selected = n
		default:
			s.db = n
		}
	case "MULTI":
		s.queueing, s.selected = true, -1
	case "EXEC":
		if s.queueing && s.selected >= 0 {
			s.db = s.selected
		}
		s.queueing = false
	case "DISCARD":
		s.queueing = false
	case "RESET":
		s.queueing, s.db = false, 0
	}
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
