package conformance

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// several drives the gateway with clients that block, serve each other and listen;
// half of them have a connection of their own. It is a difftest.Clients.
type several struct {
	t       testing.TB
	r       *rig
	places  [2]place
	clients []*person
}

// A place is where half of the clients are: a store with its own connections.
type place struct {
	b       store.Backend
	control store.Session // whose commands come behind what came before
}

// A person is a client.
type person struct {
	s   store.Session
	ids []string // its numbers in the object

	mu      sync.Mutex
	came    []resp.Reply
	waiting bool // for an answer
}

func (s *several) ResetClients(n, proto int) {
	s.close()
	space := s.r.space()
	for i := range s.places {
		// What tells the two apart is the spelling of the host.
		b, err := store.Open(strings.Replace(s.r.URL(), "127.0.0.1", []string{"127.0.0.1", "localhost"}[i], 1) + "?namespace=" + space)
		if err != nil {
			s.t.Fatal(err)
		}
		control, err := b.NewSession(store.SessionOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		s.places[i] = place{b, control}
	}
	for i := 0; i < n; i++ {
		p := &person{}
		var err error
		p.s, err = s.places[i%2].b.NewSession(store.SessionOptions{Protocol: proto, Push: p.push})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, lane := range [][]resp.Command{{{"CLIENT", "ID"}}, {{"EVAL", "return 1", "0"}, {"CLIENT", "ID"}}} {
			replies := s.do(p.s, lane...)
			p.ids = append(p.ids, strconv.FormatInt(replies[len(replies)-1].Int, 10))
		}
		s.clients = append(s.clients, p)
	}
}

func (s *several) close() {
	for _, p := range s.clients {
		if err := p.s.Close(); err != nil {
			s.t.Error(err)
		}
	}
	s.clients = nil
	for i := range s.places {
		if s.places[i].b == nil {
			continue
		}
		if err := s.places[i].b.Close(); err != nil {
			s.t.Error(err)
		}
		s.places[i].b = nil
	}
}

func (s *several) do(session store.Session, cmds ...resp.Command) []resp.Reply {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), answersWithin)
	defer cancel()
	replies, err := session.Execute(ctx, cmds)
	if err != nil {
		s.t.Fatalf("%q: %v", cmds, err)
	}
	return replies
}

func (p *person) push(r resp.Reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.came = append(p.came, r)
}

func (s *several) Send(client int, _ int64, _ uint64, cmd resp.Command) {
	p := s.clients[client]
	p.mu.Lock()
	p.waiting = true
	p.mu.Unlock()
	go func() {
		replies, err := p.s.Execute(context.Background(), []resp.Command{cmd})
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			replies = []resp.Reply{resp.NewError("(the gateway's) " + err.Error())}
		}
		for _, r := range replies {
			if r.Kind != resp.None {
				p.came = append(p.came, r)
			}
		}
		p.waiting = false
	}()
	s.settle(fmt.Sprintf("%q of client %d", cmd, client))
}

// settle waits until those who have no answer are those that wait in the object, and
// until what was sent to anybody before that is here.
func (s *several) settle(after string) {
	s.t.Helper()
	for end := time.Now().Add(answersWithin); ; {
		blocked := s.blocked()
		waiting := 0
		for i := range s.clients {
			if s.Blocked(i) {
				waiting++
			}
		}
		if waiting == blocked {
			break
		}
		if time.Now().After(end) {
			s.t.Fatalf("after %s %d clients have no answer, and %d wait in the object", after, waiting, blocked)
		}
	}
	for _, p := range s.places {
		s.do(p.control, resp.Command{"PING"})
	}
}

// blocked is how many clients wait in the object.
func (s *several) blocked() int {
	info := s.do(s.places[0].control, resp.Command{"INFO", "clients"})[0].Str
	_, rest, _ := strings.Cut(info, "blocked_clients:")
	number, _, _ := strings.Cut(rest, "\r")
	n, err := strconv.Atoi(number)
	if err != nil {
		s.t.Fatalf("INFO clients: %q", info)
	}
	return n
}

func (s *several) Blocked(client int) bool {
	p := s.clients[client]
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting
}

func (s *several) TimeOut(client int, _ int64) {
	unblocked := int64(0)
	for _, id := range s.clients[client].ids {
		unblocked += s.do(s.places[0].control, resp.Command{"CLIENT", "UNBLOCK", id, "TIMEOUT"})[0].Int
	}
	if unblocked != 1 {
		s.t.Errorf("%d clients stopped waiting, want 1", unblocked)
	}
	s.settle(fmt.Sprintf("client %d stopped waiting", client))
}

func (s *several) Came(client int) []resp.Reply {
	p := s.clients[client]
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.came
	p.came = nil
	return r
}
