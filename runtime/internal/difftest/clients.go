package difftest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Clients is an implementation with several clients, whose commands may block
// and who may hear of each other's.
type Clients interface {
	// ResetClients empties it and starts clients of a version of the protocol.
	ResetClients(n, proto int)
	// Send runs one command of a client that is not blocked. What comes for it and
	// for others is kept for Came.
	Send(client int, now int64, seed uint64, cmd resp.Command)
	// Blocked reports whether a client waits for the answer to a command.
	Blocked(client int) bool
	// TimeOut ends a client's blocked command as if its time were up.
	TimeOut(client int, now int64)
	// Came returns what has come for a client since the last call, in order.
	Came(client int) []resp.Reply
}

// TimeIsUp in place of a command ends what a client waits for.
const TimeIsUp = "@timeout"

// patience is how long a reply of redis-server may take that should be there.
const patience = 300 * time.Millisecond

// RunClients is Run with several clients at once: commands that block, are
// served by others or give up, transactions that are interleaved, messages. A
// script's line begins with the client's number, "@2 BLPOP list:1 0".
func RunClients(t testing.TB, subject Clients, clients int, opt Options) {
	t.Helper()
	if opt.Round == 0 {
		opt.Round = 500
	}
	served, err := known(opt)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for round := int64(0); sent < opt.Commands; round++ {
		seed := opt.Seed + round*1_000_003
		gen, err := NewGen(seed, time.Now().UnixMilli(), served)
		if err != nil {
			t.Fatal(err)
		}
		gen.among = true
		steps := gen.steps(clients, min(opt.Round, opt.Commands-sent), opt.Proto)
		sent += len(steps)
		d, err := ReplayClients(subject, clients, opt, steps)
		if err != nil {
			t.Fatalf("after about %d commands (RESP%d, -seed %d, round seed %d): %v", sent, opt.Proto, opt.Seed, seed, err)
		}
		if d != nil {
			t.Logf("before it is cut down:\n%s", d)
			d = Shrink(d, func(steps []resp.Command) (*Difference, error) { return ReplayClients(subject, clients, opt, steps) })
			t.Fatalf("after about %d commands (RESP%d, -seed %d, round seed %d):\n%s", sent, opt.Proto, opt.Seed, seed, d)
		}
	}
	t.Logf("%d commands of %d clients, RESP%d, seed %d: no difference", sent, clients, opt.Proto, opt.Seed)
}

// steps makes commands of several clients. Each goes on with what it began, a
// transaction for one, while others come between.
func (g *Gen) steps(clients, n, proto int) []resp.Command {
	begun := make([][]resp.Command, clients)
	var steps []resp.Command
	for len(steps) < n {
		c := g.rnd.Intn(clients)
		at := "@" + strconv.Itoa(c)
		if len(begun[c]) == 0 {
			switch {
			case g.chance(8):
				steps = append(steps, resp.Command{at, TimeIsUp})
				continue
			case proto == 3 && g.chance(6):
				begun[c] = []resp.Command{g.subscription()}
			default:
				begun[c] = g.Next()
			}
		}
		steps = append(steps, append(resp.Command{at}, begun[c][0]...))
		begun[c] = begun[c][1:]
	}
	return steps
}

func (g *Gen) subscription() resp.Command {
	name := pickOf(g.rnd, "SUBSCRIBE", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "PUBLISH", "PUBLISH", "PUBLISH", "SPUBLISH")
	topic := pickOf(g.rnd, "m1", "m2", "m11", "n")
	switch {
	case strings.HasSuffix(name, "PUBLISH"):
		return resp.Command{name, topic, g.value()}
	case name[0] == 'P':
		return resp.Command{name, pickOf(g.rnd, "m*", "m1", "*", "n?")}
	}
	return resp.Command{name, topic}
}

// A panel is both sides of a run with several clients.
type panel struct {
	subject Clients
	redis   []*Conn
	ids     []string
	control *Conn
	pairs   []*pairing // follows each client's transactions
	seed    uint64
	done    []resp.Command
}

// ReplayClients runs steps from empty databases and returns the first difference.
func ReplayClients(subject Clients, clients int, opt Options, steps []resp.Command) (*Difference, error) {
	p := &panel{subject: subject}
	defer func() {
		for _, c := range append(p.redis, p.control) {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	var err error
	if p.control, err = Dial(opt.Addr, 2); err != nil {
		return nil, err
	}
	if _, err := p.control.Do([]resp.Command{{"FLUSHALL"}, {"SCRIPT", "FLUSH"}, {"FUNCTION", "FLUSH"}}); err != nil {
		return nil, err
	}
	subject.ResetClients(clients, opt.Proto)
	for i := 0; i < clients; i++ {
		c, err := Dial(opt.Addr, opt.Proto)
		if err != nil {
			return nil, err
		}
		p.redis = append(p.redis, c)
		r, err := c.Do([]resp.Command{{"CLIENT", "ID"}})
		if err != nil {
			return nil, err
		}
		p.ids = append(p.ids, strconv.FormatInt(r[0].Int, 10))
		p.pairs = append(p.pairs, &pairing{subject: oneClient{subject, i}, redis: c, proto: opt.Proto})
	}
	for _, step := range steps {
		c, err := strconv.Atoi(strings.TrimPrefix(step[0], "@"))
		if err != nil || c >= clients {
			return nil, fmt.Errorf("step %q names no client", step)
		}
		if len(step) < 2 {
			continue
		}
		if d, err := p.step(c, step[1:]); d != nil || err != nil {
			return d, err
		}
	}
	sent := len(p.done)
	for c := range p.redis { // who waits gives up, what is queued is dropped
		for _, cmd := range []resp.Command{{TimeIsUp}, {"DISCARD"}, {"UNSUBSCRIBE"}, {"PUNSUBSCRIBE"}, {"SUNSUBSCRIBE"}} {
			if opt.Proto == 2 && strings.HasSuffix(cmd[0], "UNSUBSCRIBE") {
				continue
			}
			if d, err := p.step(c, cmd); d != nil || err != nil {
				if d != nil {
					d.What = Line(cmd) + " at the end, " + d.What
					d.Cmds = d.Cmds[:sent]
				}
				return d, err
			}
		}
	}
	if err := p.redis[0].c.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	p.pairs[0].done = p.done[:sent]
	return p.pairs[0].state()
}

// step runs one command of one client on both sides and compares all that comes.
func (p *panel) step(c int, cmd resp.Command) (*Difference, error) {
	waits := p.subject.Blocked(c)
	if waits != (cmd[0] == TimeIsUp) {
		return nil, nil // nothing can be sent, or there is nothing to end
	}
	p.done = append(p.done, append(resp.Command{"@" + strconv.Itoa(c)}, cmd...))
	now := time.Now().UnixMicro()
	if waits {
		cmd = p.pairs[c].done[0]
		if _, err := p.control.Do([]resp.Command{{"CLIENT", "UNBLOCK", p.ids[c], "TIMEOUT"}}); err != nil {
			return nil, err
		}
		p.subject.TimeOut(c, now)
	} else {
		if err := p.redis[c].send([]resp.Command{cmd}); err != nil {
			return nil, err
		}
		p.seed++
		p.subject.Send(c, now, p.seed*0x9e3779b97f4a7c15, cmd)
		p.pairs[c].done = []resp.Command{cmd}
	}
	// Others first: their commands were sent before.
	order := []int{}
	for i := range p.redis {
		if i != c {
			order = append(order, i)
		}
	}
	for _, i := range append(order, c) {
		if d, err := p.came(i); d != nil || err != nil {
			return d, err
		}
	}
	return p.blocked()
}

// came compares what has come for a client.
func (p *panel) came(i int) (*Difference, error) {
	got := p.subject.Came(i)
	want := make([]resp.Reply, 0, len(got))
	for len(want) < len(got) {
		if err := p.redis[i].c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return nil, err
		}
		r, err := p.redis[i].read()
		switch {
		case os.IsTimeout(err):
			return p.differ(i, "what comes", resp.NewError("(nothing)"), resp.NewArray(got...)), nil
		case err != nil:
			return nil, err
		}
		want = append(append(want, p.redis[i].aside...), r)
		p.redis[i].aside = nil
	}
	replies := func(all []resp.Reply, pushed bool) (out []resp.Reply) {
		for _, r := range all {
			if (r.Kind == resp.Push) == pushed {
				out = append(out, r)
			}
		}
		return out
	}
	// Messages of several patterns come in any order, and before or after a reply.
	w, g := resp.NewArray(messages(replies(want, true))...), resp.NewArray(messages(replies(got, true))...)
	if !equalStrings(flat(w, 1), flat(g, 1)) {
		return p.differ(i, "messages", w, g), nil
	}
	ws, gs := replies(want, false), replies(got, false)
	if len(ws) != len(gs) || len(ws) > 1 {
		return p.differ(i, "replies", resp.NewArray(ws...), resp.NewArray(gs...)), nil
	}
	if len(ws) == 1 {
		r := onWire(gs[0], p.pairs[i].proto)
		if !p.pairs[i].compare(p.pairs[i].done[0], ws[0], r) {
			return p.differ(i, "the reply", ws[0], r), nil
		}
	}
	return nil, nil
}

// messages are pushes without the counts of those that end subscriptions: who
// ends all of them is told in any order.
func messages(pushes []resp.Reply) []resp.Reply {
	out := slices.Clone(pushes)
	for i, r := range out {
		if len(r.Elems) == 3 && strings.HasSuffix(r.Elems[0].Str, "unsubscribe") {
			out[i].Elems = r.Elems[:2]
		}
	}
	return out
}

// blocked compares who waits.
func (p *panel) blocked() (*Difference, error) {
	want := 0
	for i := range p.redis {
		if p.subject.Blocked(i) {
			want++
		}
	}
	if want == 0 {
		return nil, nil
	}
	// A command that was just sent may not have been read yet.
	for end := time.Now().Add(patience); ; {
		r, err := p.control.Do([]resp.Command{{"INFO", "clients"}})
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(r[0].Str, "blocked_clients:")
		have, _, _ := strings.Cut(rest, "\r")
		if have == strconv.Itoa(want) {
			return nil, nil
		}
		if time.Now().After(end) {
			return p.differ(-1, "the number of clients that wait", resp.NewBulk(have), resp.NewInt(int64(want))), nil
		}
	}
}

func (p *panel) differ(client int, what string, want, got resp.Reply) *Difference {
	if client >= 0 {
		what += " for client " + strconv.Itoa(client)
	}
	return &Difference{Cmds: slices.Clone(p.done), What: what, Redis: want, Got: got}
}

// oneClient is one of several clients, for comparing the state.
type oneClient struct {
	Clients
	client int
}

func (oneClient) Reset(int) {}
func (oneClient) Settle()   {}

func (s oneClient) Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	var replies []resp.Reply
	for _, cmd := range cmds {
		s.Send(s.client, now, seed, cmd)
		replies = append(replies, s.Came(s.client)...)
	}
	return replies
}
