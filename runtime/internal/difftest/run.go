package difftest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Subject is the implementation that is compared with redis-server.
type Subject interface {
	// Reset empties it and starts a new client with a version of the protocol.
	Reset(proto int)
	// Exec runs commands of the one client and returns a reply for each. now is
	// Unix time in microseconds. Nothing may block.
	Exec(now int64, seed uint64, cmds []resp.Command) []resp.Reply
	// Settle is called between two commands: the subject may write its state
	// out and read it again.
	Settle()
}

// Options say what a run does.
type Options struct {
	Addr     string // of redis-server, which the run may empty
	Seed     int64
	Commands int // about so many
	Proto    int
	Round    int // commands in a round; 0: 2000
	Settle   int // commands between two calls of Subject.Settle; 0: a whole round
	Served   func(name string) bool
}

const batch = 100

// Run compares a subject with redis-server and fails the test at the first
// difference.
func Run(t testing.TB, subject Subject, opt Options) {
	t.Helper()
	if opt.Round == 0 {
		opt.Round = 2000
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
		if reopens(subject) {
			gen.WithoutNodes()
		}
		var cmds []resp.Command
		for len(cmds) < min(opt.Round, opt.Commands-sent) {
			cmds = append(cmds, gen.Next()...)
		}
		sent += len(cmds)
		opt := opt
		d, err := Replay(subject, opt, cmds)
		if err != nil {
			t.Fatalf("after about %d commands (RESP%d, -seed %d, round seed %d): %v", sent, opt.Proto, opt.Seed, seed, err)
		}
		if d != nil {
			if opt.Settle > 0 { // shorter scripts settle more often, if that shows it
				often := opt
				often.Settle = 1
				if d2, err := Replay(subject, often, d.Cmds); err == nil && d2 != nil {
					d, opt = d2, often
				}
			}
			d = Shrink(d, func(cmds []resp.Command) (*Difference, error) {
				if blocks(cmds) {
					return nil, nil
				}
				return Replay(subject, opt, cmds)
			})
			t.Fatalf("after about %d commands (RESP%d, -seed %d, round seed %d):\n%s", sent, opt.Proto, opt.Seed, seed, d)
		}
	}
	t.Logf("%d commands, RESP%d, seed %d: no difference", sent, opt.Proto, opt.Seed)
}

// known lets through what the subject serves and the server knows.
func known(opt Options) (func(name string) bool, error) {
	redis, err := Dial(opt.Addr, 2)
	if err != nil {
		return nil, err
	}
	defer func() { _ = redis.Close() }()
	r, err := redis.Do([]resp.Command{{"COMMAND", "LIST"}})
	if err != nil {
		return nil, err
	}
	list := map[string]bool{}
	for _, e := range r[0].Elems {
		list[e.Str] = true
	}
	return func(name string) bool {
		word, _, _ := strings.Cut(name, "|")
		return list[word] && opt.Served(name)
	}, nil
}

// A Difference is a sequence of commands after which the two differ.
type Difference struct {
	Cmds  []resp.Command // the last one shows it
	What  string         // what was compared, when it is not the last command's reply
	Redis resp.Reply
	Got   resp.Reply
}

// String is a script for redis-cli with the two answers.
func (d *Difference) String() string {
	var b strings.Builder
	for _, cmd := range d.Cmds {
		b.WriteString(Line(cmd) + "\n")
	}
	if d.What != "" {
		b.WriteString("# then " + d.What + "\n")
	}
	fmt.Fprintf(&b, "# redis-server: %s\n# got:          %s", Show(d.Redis), Show(d.Got))
	return b.String()
}

func reopens(s Subject) bool {
	r, ok := s.(Reopener)
	return ok && r.Reopens()
}

// A pairing is the two sides during one round.
type pairing struct {
	subject   Subject
	redis     *Conn
	proto     int
	seed      uint64
	queue     []resp.Command // inside MULTI
	multi     bool
	done      []resp.Command
	functions bool                 // the commands have to do with functions
	dumps     map[string][2]string // payloads by their placeholder, of redis-server and of the subject
}

// Replay runs commands from empty databases on both sides and returns the first
// difference, nil when there is none.
func Replay(subject Subject, opt Options, cmds []resp.Command) (*Difference, error) {
	redis, err := Dial(opt.Addr, opt.Proto)
	if err != nil {
		return nil, err
	}
	defer func() { _ = redis.Close() }()
	if _, err := redis.Do([]resp.Command{{"FLUSHALL"}, {"SCRIPT", "FLUSH"}, {"FUNCTION", "FLUSH"}}); err != nil {
		return nil, err
	}
	subject.Reset(opt.Proto)
	p := &pairing{subject: subject, redis: redis, proto: opt.Proto, dumps: map[string][2]string{}}
	p.functions = slices.ContainsFunc(cmds, func(cmd resp.Command) bool { return cmd.Name() == "FUNCTION" })
	most := batch
	if opt.Settle > 0 {
		most = min(batch, opt.Settle)
	}
	for settled := 0; len(cmds) > 0; {
		n := 1
		if !alone(cmds[0]) {
			for n < min(most, len(cmds)) && !alone(cmds[n]) {
				n++
			}
		}
		d, err := p.batch(cmds[:n])
		if d != nil || err != nil {
			return d, err
		}
		cmds = cmds[n:]
		if settled += n; opt.Settle > 0 && settled >= opt.Settle {
			settled = 0
			subject.Settle()
		}
	}
	return p.state()
}

// random reports whether a command changes data at random.
func random(cmd resp.Command) bool { return cmd.Name() == "SPOP" }

// alone reports whether a command is sent by itself: what follows depends on its
// replies, which differ.
func alone(cmd resp.Command) bool {
	return random(cmd) || cmd.Name() == "DUMP" || cmd.Name() == "FUNCTION" || placeholder(cmd) != ""
}

// placeholder is the place for a payload that a command has, "" when there is none.
func placeholder(cmd resp.Command) string {
	for _, a := range cmd {
		if a == Dumped || a == DumpedLibraries {
			return a
		}
	}
	return ""
}

// fill puts a side's own payload where a command asks for it.
func (p *pairing) fill(cmds []resp.Command, side int) []resp.Command {
	if len(cmds) != 1 {
		return cmds
	}
	place := placeholder(cmds[0])
	if place == "" {
		return cmds
	}
	cmd := slices.Clone(cmds[0])
	cmd[slices.Index(cmd, place)] = p.dumps[place][side]
	return []resp.Command{cmd}
}

// keepDump remembers a payload.
func (p *pairing) keepDump(cmd resp.Command, want, got resp.Reply) {
	place := ""
	switch {
	case want.Kind != resp.Bulk || got.Kind != resp.Bulk:
	case cmd.Name() == "DUMP":
		place = Dumped
	case cmd.Name() == "FUNCTION" && len(cmd) > 1 && strings.EqualFold(cmd[1], "DUMP"):
		place = DumpedLibraries
	}
	if place != "" {
		p.dumps[place] = [2]string{want.Str, got.Str}
	}
}

// blocking are the commands that wait unless they are in a transaction.
var blocking = map[string]bool{
	"BLPOP": true, "BRPOP": true, "BLMOVE": true, "BRPOPLPUSH": true, "BLMPOP": true,
	"BZPOPMIN": true, "BZPOPMAX": true, "BZMPOP": true,
}

// blocks reports whether one of the commands could wait.
func blocks(cmds []resp.Command) bool {
	multi := false
	for _, cmd := range cmds {
		switch name := cmd.Name(); {
		case name == "MULTI":
			multi = true
		case name == "EXEC" || name == "DISCARD":
			multi = false
		case !multi && (blocking[name] || (name == "XREAD" || name == "XREADGROUP") && slices.Contains(cmd, "BLOCK")):
			return true
		}
	}
	return false
}

func (p *pairing) exec(cmds []resp.Command) []resp.Reply {
	p.seed++
	return p.subject.Exec(time.Now().UnixMicro(), p.seed*0x9e3779b97f4a7c15, cmds)
}

// batch runs commands on both sides and compares their replies.
func (p *pairing) batch(cmds []resp.Command) (*Difference, error) {
	want, err := p.redis.Do(p.fill(cmds, 0))
	if err != nil {
		return nil, err
	}
	got := p.exec(p.fill(cmds, 1))
	for i, cmd := range cmds {
		p.done = append(p.done, cmd)
		if len(got) <= i {
			return nil, fmt.Errorf("%s was not answered", Line(cmd))
		}
		g := onWire(got[i], p.proto)
		if !p.compare(cmd, want[i], g) {
			return &Difference{Cmds: p.done, Redis: want[i], Got: g}, nil
		}
		p.keepDump(cmd, want[i], g)
	}
	if random(cmds[0]) && !p.multi {
		return p.repair(cmds[0], want[0], got[0])
	}
	return nil, nil
}

// compare compares one reply and follows transactions, whose replies come with
// EXEC.
func (p *pairing) compare(cmd resp.Command, want, got resp.Reply) bool {
	name := cmd.Name()
	if want.Kind == resp.Status && want.Str == "QUEUED" {
		p.queue = append(p.queue, cmd)
		return same(exact, want, got)
	}
	switch {
	case name == "MULTI" && want.Kind == resp.Status:
		p.multi, p.queue = true, nil
	case name == "EXEC" && p.multi:
		queue := p.queue
		p.multi, p.queue = false, nil
		if want.Kind != resp.Array || got.Kind != resp.Array {
			return same(exact, want, got)
		}
		if len(want.Elems) != len(queue) || len(got.Elems) != len(queue) {
			return false
		}
		for i, q := range queue {
			if !p.same(q, want.Elems[i], got.Elems[i]) {
				return false
			}
		}
		return true
	case name == "DISCARD" && p.multi:
		p.multi, p.queue = false, nil
	case name == "SPOP":
		return same(shapeOnly, want, got)
	}
	return p.same(cmd, want, got)
}

// same compares a command's replies by its rule.
func (p *pairing) same(cmd resp.Command, want, got resp.Reply) bool {
	got = level(cmd, want, got, reopens(p.subject))
	if reopens(p.subject) {
		want, got = plainZeros(want), plainZeros(got)
		if cmd.Name() == "ZSCAN" {
			want, got = plainScores(want), plainScores(got)
		}
	}
	return same(ruleOf(cmd), want, got)
}

// repair undoes what redis-server popped and removes what the subject did.
func (p *pairing) repair(cmd resp.Command, want, got resp.Reply) (*Difference, error) {
	back, out := resp.Command{"SADD", cmd[min(1, len(cmd)-1)]}, resp.Command{"SREM", cmd[min(1, len(cmd)-1)]}
	for _, side := range []struct {
		r   resp.Reply
		cmd *resp.Command
	}{{want, &back}, {got, &out}} {
		if side.r.Kind == resp.Bulk {
			*side.cmd = append(*side.cmd, side.r.Str)
		}
		for _, e := range side.r.Elems {
			*side.cmd = append(*side.cmd, e.Str)
		}
	}
	if len(back) == 2 {
		return nil, nil
	}
	exists, err := p.redis.Do([]resp.Command{{"EXISTS", cmd[1]}})
	if err != nil {
		return nil, err
	}
	if exists[0].Int == 0 { // both popped everything
		if want, got := flat(want, 1), flat(got, 1); !equalStrings(want, got) {
			return &Difference{Cmds: p.done, What: "what was popped", Redis: resp.Bulks(want), Got: resp.Bulks(got)}, nil
		}
		return nil, nil
	}
	fixed, err := p.redis.Do([]resp.Command{back, out})
	if err != nil {
		return nil, err
	}
	if n := resp.NewInt(int64(len(out) - 2)); !equal(n, fixed[1]) {
		return &Difference{Cmds: p.done, What: "the number of popped members that were in the set", Redis: fixed[1], Got: n}, nil
	}
	return nil, nil
}

// both runs commands on both sides and compares them by their rules.
func (p *pairing) both(cmds []resp.Command) (want []resp.Reply, d *Difference, err error) {
	if want, err = p.redis.Do(cmds); err != nil {
		return nil, nil, err
	}
	got := p.exec(cmds)
	for i, cmd := range cmds {
		if g := onWire(got[i], p.proto); !p.same(cmd, want[i], g) {
			return nil, &Difference{Cmds: p.done, What: Line(cmd), Redis: want[i], Got: g}, nil
		}
	}
	return want, nil, nil
}
