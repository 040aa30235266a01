package gateway

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

var (
	seed     = flag.Int64("seed", 1, "seed of the differential and fault tests")
	commands = flag.Int("commands", 4000, "commands that the differential test sends, a quarter of them with -short")
)

func differentialCommands() int {
	if testing.Short() {
		return *commands / 4
	}
	return *commands
}

// gateways is sessions through a gateway, as a difftest.Subject and difftest.Clients.
type gateways struct {
	r     *rig
	event func(n int) // between two commands; nil: nothing happens
	keeps bool        // what happens does not open the object anew
	n     int
	busy  bool // between WATCH or MULTI and their end

	s       *Session
	clients []*seat
	control *Session
}

// A seat is one of several clients.
type seat struct {
	s       *Session
	in      *inboxOf
	id      string
	result  chan resp.Reply // of the command that runs; nil: none does
	replies []resp.Reply
}

// inboxOf keeps pushes in order.
type inboxOf struct{ came chan resp.Reply }

func (g *gateways) clear(proto int) {
	g.control = g.r.session(store.SessionOptions{Protocol: proto})
	do(g.r.t, g.control, cmd("FLUSHALL"), cmd("SCRIPT", "FLUSH"), cmd("FUNCTION", "FLUSH"))
}

// Reset starts anew.
func (g *gateways) Reset(proto int) {
	if g.s != nil {
		_ = g.s.Close()
		_ = g.control.Close()
	}
	g.clear(proto)
	g.s, g.busy = g.r.session(store.SessionOptions{Protocol: proto}), false
}

// Exec runs commands.
func (g *gateways) Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	for _, c := range cmds {
		switch name := c.Name(); {
		case name == "WATCH" || name == "MULTI":
			g.busy = true
		case slices.Contains([]string{"EXEC", "DISCARD", "UNWATCH"}, name):
			g.busy = false
		}
	}
	return do(g.r.t, g.s, cmds...)
}

// Settle lets something happen to the object or the connections. What is watched would
// not survive that, as it would not survive a restart of redis-server.
func (g *gateways) Settle() {
	if g.event != nil && !g.busy {
		g.n++
		g.event(g.n)
	}
}

// Reopens tells that packing does not outlive an engine.
func (g *gateways) Reopens() bool { return !g.keeps }

func TestRandomCommandsThroughTheGatewayAnswerLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	for name, c := range map[string]struct {
		query string
		event func(s *objectserver.Server, n int)
	}{
		"undisturbed": {},
		"http":        {query: "?transport=http"},
		"disturbed": {event: func(s *objectserver.Server, n int) {
			[]func(*objectserver.Server){(*objectserver.Server).Cut, (*objectserver.Server).Trap, (*objectserver.Server).Deploy}[n%3](s)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, proto := range []int{2, 3} {
				r := newRig(t, objectserver.Options{}, c.query)
				g := &gateways{r: r}
				opt := difftest.Options{Addr: addr, Seed: *seed, Commands: differentialCommands() / 2, Proto: proto, Round: 500, Served: remembered}
				if c.event != nil {
					g.event, opt.Settle = func(n int) { c.event(r.server, n) }, 20
				}
				difftest.Run(t, g, opt)
			}
		})
	}
}

// remembered lets through what the object serves and remembers: SCRIPT and FUNCTION
// outlive an engine there, names of clients come from here.
func remembered(name string) bool { return subject.Remembered(name) && engine.Served(name) }

// ResetClients starts anew with several clients.
func (g *gateways) ResetClients(n, proto int) {
	for _, c := range g.clients {
		_ = c.s.Close()
	}
	g.clients = nil
	g.clear(proto)
	for i := 0; i < n; i++ {
		in := &inboxOf{make(chan resp.Reply, 10_000)}
		s := g.r.session(store.SessionOptions{Protocol: proto, Push: func(r resp.Reply) { in.came <- r }})
		g.clients = append(g.clients, &seat{s: s, in: in, id: show(do(g.r.t, s, cmd("CLIENT", "ID"))[0])})
	}
}

// Send runs a command of a client, and waits until it is answered or blocked.
func (g *gateways) Send(client int, now int64, seed uint64, c resp.Command) {
	seat := g.clients[client]
	result := make(chan resp.Reply, 1)
	seat.result = result
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		replies, err := seat.s.Execute(ctx, []resp.Command{c})
		if err != nil {
			replies = []resp.Reply{resp.NewError("the gateway failed: " + err.Error())}
		}
		result <- replies[0]
	}()
	until(g.r.t, "an answer or a blocked command", func() bool {
		return g.take(seat) || g.waits(seat)
	})
	g.settle()
}

// take takes the result of a client's command, if it is there.
func (g *gateways) take(c *seat) bool {
	if c.result == nil {
		return true
	}
	select {
	case r := <-c.result:
		if r.Kind != resp.None {
			c.replies = append(c.replies, r)
		}
		c.result = nil
		return true
	default:
		return false
	}
}

// waits reports whether a client's command is blocked in the object.
func (g *gateways) waits(c *seat) bool {
	for _, l := range g.r.b.lanes() {
		l.mu.Lock()
		for _, k := range l.parked {
			if k.c.s == c.s {
				l.mu.Unlock()
				return true
			}
		}
		l.mu.Unlock()
	}
	return false
}

// settle waits until everything that the last command brought others is there: an
// answer in each lane comes after it.
func (g *gateways) settle() {
	do(g.r.t, g.control, cmd("PING"))
	do(g.r.t, g.control, cmd("EVAL", "return 1", "0"))
	for _, c := range g.clients {
		until(g.r.t, "an answer or a blocked command", func() bool { return g.waits(c) || g.take(c) })
	}
}

// Blocked reports whether a client waits.
func (g *gateways) Blocked(client int) bool { return g.clients[client].result != nil }

// TimeOut ends what a client waits for.
func (g *gateways) TimeOut(client int, now int64) {
	do(g.r.t, g.control, cmd("CLIENT", "UNBLOCK", g.clients[client].id, "TIMEOUT"))
	g.settle()
}

// Came returns what has come for a client.
func (g *gateways) Came(client int) (all []resp.Reply) {
	c := g.clients[client]
	for {
		select {
		case r := <-c.in.came:
			all = append(all, r)
			continue
		default:
		}
		break
	}
	all = append(all, c.replies...)
	c.replies = nil
	return all
}

func TestRandomClientsOfTheGatewayAreAnsweredLikeByRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	for _, proto := range []int{2, 3} {
		g := &gateways{r: newRig(t, objectserver.Options{}, "")}
		difftest.RunClients(t, g, 4, difftest.Options{
			Addr: addr, Seed: *seed + 40, Commands: differentialCommands() / 4, Proto: proto, Round: 250,
			Served: func(name string) bool { return engine.Served(name) && !strings.HasPrefix(name, "client|") },
		})
	}
}

// lanes are all lanes of a backend.
func (b *Backend) lanes() (all []*lane) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, sp := range b.spaces {
		sp.mu.Lock()
		for _, o := range sp.objects {
			all = append(all, o.lanes[:]...)
		}
		sp.mu.Unlock()
	}
	return all
}
