package memory

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

// staleSession is a client's session: what belongs to KV alone goes to the imitation, the
// rest to the host.
type staleSession struct {
	inner store.Session
	c     *staleClient
	once  sync.Once

	mu       sync.Mutex
	db       int
	queueing bool // MULTI was sent
	selected int  // by a SELECT in the queue; -1: none
}

// errHalfway is the error of a frame that had begun when its session was closed.
var errHalfway = errors.New("memory: the session was closed in the middle of a frame")

// a run is consecutive commands that go the same way.
type run struct {
	way   way
	lines []resp.Command
	// texts are what is answered in place of the replies, by place; nil: the replies are.
	texts map[int]string
	db    int
}

type way uint8

const (
	toHost way = iota
	toKV
	toNobody // refused
)

// Execute runs a frame.
func (s *staleSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	runs := s.split(ctx, cmds)
	replies := make([]resp.Reply, 0, len(cmds))
	for i := range runs {
		got, err := s.run(ctx, &runs[i])
		replies = append(replies, got...)
		if err != nil {
			if len(replies) > 0 && errors.Is(err, store.ErrClosed) {
				err = errHalfway
			}
			return replies, err
		}
	}
	return replies, nil
}

func (s *staleSession) run(ctx context.Context, r *run) ([]resp.Reply, error) {
	switch r.way {
	case toKV:
		return s.c.kv.Execute(ctx, r.db, r.lines)
	case toNobody:
		replies := make([]resp.Reply, len(r.lines))
		for i := range replies {
			replies[i] = resp.NewError(r.texts[i])
		}
		return replies, nil
	}
	replies, err := s.inner.Execute(ctx, r.lines)
	for i, text := range r.texts {
		if i < len(replies) {
			replies[i] = resp.NewError(text)
		}
	}
	return replies, err
}

// split finds out who runs what.
func (s *staleSession) split(ctx context.Context, cmds []resp.Command) []run {
	families := s.c.s.plan()
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
		verdict, text := s.route(ctx, families, line)
		switch {
		case verdict == kvprimary.Elsewhere:
			add(toHost, line, "")
			s.note(line)
		case s.queueing:
			if text == "" {
				text = fmt.Sprintf("ERR unsupported command '%.40s' in a transaction: its keys are in KV alone (consistency: primary)", line.Name())
			}
			// GET without a key is an error as well, so that EXEC discards the queue.
			add(toHost, resp.Command{"GET"}, text)
		case verdict == kvprimary.Here:
			add(toKV, line, "")
		default:
			add(toNobody, line, text)
		}
	}
	return runs
}

// route says who serves a command line. Without a plan the table's commands are KV's,
// outside of transactions.
func (s *staleSession) route(ctx context.Context, families *kvprimary.Families, line resp.Command) (kvprimary.Verdict, string) {
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
	return families.Route(line, s.c.s.keysOf(ctx, line))
}

// note follows what the session's database is. The caller holds mu.
func (s *staleSession) note(line resp.Command) {
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
func (s *staleSession) SetUser(name string) {
	if u, ok := s.inner.(store.UserSetter); ok {
		u.SetUser(name)
	}
}

// Close ends the session.
func (s *staleSession) Close() error {
	s.once.Do(s.c.leave)
	return s.inner.Close()
}
