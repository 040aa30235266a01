package subject

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// Clients is the engine in memory with several clients. It is a
// difftest.Clients.
type Clients struct {
	T        testing.TB
	e        *engine.Engine
	sessions []uint64
	tickets  map[uint64]int // client by the ticket of what it waits for
	waiting  []uint64       // a client's ticket, 0: it does not wait
	came     [][]resp.Reply
}

// ResetClients starts an empty engine with clients.
func (s *Clients) ResetClients(n, proto int) {
	e, err := engine.Open(memory.Volatile{}, engine.Options{})
	if err != nil {
		s.T.Fatal(err)
	}
	s.e, s.sessions, s.tickets = e, nil, map[uint64]int{}
	s.waiting, s.came = make([]uint64, n), make([][]resp.Reply, n)
	for i := 0; i < n; i++ {
		s.sessions = append(s.sessions, e.NewSession(0, proto, ""))
	}
}

// Send runs a command.
func (s *Clients) Send(client int, now int64, seed uint64, cmd resp.Command) {
	out := s.e.Exec(now, seed, engine.Frame{Session: s.sessions[client], Commands: []resp.Command{cmd}})
	if out.Ticket != 0 {
		s.tickets[out.Ticket], s.waiting[client] = client, out.Ticket
	}
	for _, r := range out.Replies {
		if r.Kind != resp.None {
			s.came[client] = append(s.came[client], r)
		}
	}
	s.take(out)
}

func (s *Clients) take(out engine.Outcome) {
	if out.Err != nil {
		s.T.Fatal(out.Err)
	}
	for _, w := range out.Wakes {
		client, ok := s.tickets[w.Ticket]
		if !ok {
			s.T.Fatalf("ticket %d belongs to no client", w.Ticket)
		}
		delete(s.tickets, w.Ticket)
		s.waiting[client] = 0
		s.came[client] = append(s.came[client], w.Reply)
	}
	for _, p := range out.Pushes {
		for client, session := range s.sessions {
			if session == p.Session {
				s.came[client] = append(s.came[client], p.Reply)
			}
		}
	}
}

// Blocked reports whether a client waits.
func (s *Clients) Blocked(client int) bool { return s.waiting[client] != 0 }

// TimeOut ends what a client waits for.
func (s *Clients) TimeOut(client int, now int64) {
	s.take(s.e.TimeOut(now, 1, s.waiting[client]))
}

// Came returns what has come for a client.
func (s *Clients) Came(client int) []resp.Reply {
	r := s.came[client]
	s.came[client] = nil
	return r
}
