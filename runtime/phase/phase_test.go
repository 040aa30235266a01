package phase

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	"github.com/redis2cf/redis2cf/runtime/value"
)

var seed = flag.Int64("seed", time.Now().UnixNano(), "of random commands")

var stores atomic.Int64

// two are two stores, one of which plays Redis.
type two struct {
	t            *testing.T
	redis, store string
	apart        bool // the sides do not keep the order of a frame
	compare      time.Duration
}

func newTwo(t *testing.T) *two {
	n := stores.Add(1)
	w := &two{t: t, redis: fmt.Sprintf("memory://phase-redis-%d", n), store: fmt.Sprintf("memory://phase-store-%d", n)}
	for _, url := range []string{w.redis, w.store} { // they last as long as somebody uses them
		b, err := store.Open(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
	}
	return w
}

const testLease = 1500 * time.Millisecond

// process opens a program's backend.
func (w *two) process() *Backend {
	w.t.Helper()
	a, err := store.Open(w.redis)
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := store.Open(w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := Open(context.Background(), Side{a, !w.apart}, Side{b, !w.apart}, Options{Lease: testLease, Follow: 5 * time.Millisecond, Compare: w.compare,
		Report: func(err error) { w.t.Log(err) }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { p.Close() })
	return p
}

func (w *two) end(url string) func(db int) (value.End, error) {
	return func(db int) (value.End, error) {
		b, err := store.Open(url)
		if err != nil {
			return nil, err
		}
		s, err := b.NewSession(store.SessionOptions{DB: db, Protocol: 2})
		if err != nil {
			return nil, err
		}
		w.t.Cleanup(func() { s.Close(); b.Close() })
		return sessionEnd{sessionDoer{s}, url}, nil
	}
}

func (w *two) switchTo(p Phase) error {
	return Switch(context.Background(), SwitchOptions{Redis: w.end(w.redis), Store: w.end(w.store), To: p})
}

func (w *two) switchFamilies(p Phase, families []Family) error {
	return Switch(context.Background(), SwitchOptions{Redis: w.end(w.redis), Store: w.end(w.store), To: p, Families: families})
}

func (w *two) mustSwitch(p Phase) {
	w.t.Helper()
	if err := w.switchTo(p); err != nil {
		w.t.Fatal(err)
	}
}

// sessionEnd is a session as an end.
type sessionEnd struct {
	sessionDoer
	name string
}

func (e sessionEnd) Name() string { return e.name }

// run runs a command on a session; an error reply is an error.
func run(s store.Session, words ...string) (resp.Reply, error) {
	return value.One(context.Background(), sessionDoer{s}, words...)
}

func must(t *testing.T, s store.Session, line string) string {
	t.Helper()
	r, err := run(s, strings.Fields(line)...)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if len(r.Elems) > 0 {
		return strings.Join(value.Texts(r), " ")
	}
	return value.Text(r)
}

func newSession(t *testing.T, b *Backend) store.Session {
	t.Helper()
	s, err := b.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// raw is a session at one side.
func (w *two) raw(url string) store.Session {
	e, err := w.end(url)(0)
	if err != nil {
		w.t.Fatal(err)
	}
	return e.(sessionEnd).sessionDoer.Session
}

// same holds both sides against each other.
func (w *two) same(dbs ...int) {
	w.t.Helper()
	ctx := context.Background()
	if len(dbs) == 0 {
		dbs = []int{0}
	}
	for _, db := range dbs {
		a, _ := w.end(w.redis)(db)
		b, _ := w.end(w.store)(db)
		names := map[string]bool{}
		for _, e := range []value.End{a, b} {
			r, err := value.One(ctx, e, "KEYS", "*")
			if err != nil {
				w.t.Fatal(err)
			}
			for _, k := range value.Texts(r) {
				if !Own(k) {
					names[k] = true
				}
			}
		}
		ra, _ := value.NewReader(ctx, a)
		rb, _ := value.NewReader(ctx, b)
		for k := range names {
			ha, da, err := ra.State(ctx, k)
			if err != nil {
				w.t.Fatal(err)
			}
			hb, db, err := rb.State(ctx, k)
			if err != nil {
				w.t.Fatal(err)
			}
			if ha.Type != hb.Type || ha.Expire != hb.Expire || da != db {
				w.t.Errorf("key %s: %s %d %x at Redis, %s %d %x in the store", k, ha.Type, ha.Expire, da, hb.Type, hb.Expire, db)
			}
		}
	}
}

// quiet waits until nothing is marked at a side.
func (w *two) quiet(url string) {
	w.t.Helper()
	for _, db := range []int{0, 3} {
		e, err := w.end(url)(db)
		if err != nil {
			w.t.Fatal(err)
		}
		s := e.(sessionEnd).sessionDoer.Session
		eventually(w.t, "no marks", func() bool { return must(w.t, s, "ZCARD "+marksKey) == "0" })
	}
}

func TestTheOtherSideFollows(t *testing.T) {
	for _, apart := range []bool{false, true} {
		w := newTwo(t)
		w.apart = apart
		p := w.process()
		s := newSession(t, p)
		commands := []string{
			"SET a 1 PX 100000", "INCR n", "RPUSH l 1 2 3", "LPOP l", "HSET h f 1 g 2", "SADD s 1 2 3", "SPOP s", "ZADD z 1.5 m",
			"XADD x * f v", "XGROUP CREATE x g 0", "XREADGROUP GROUP g c STREAMS x >", "SET gone 1", "DEL gone", "RENAME h h2", "COPY h2 h3",
			"EVAL redis.call('SET',KEYS[1],'x') 1 script", "SETEX e 100 v", "PERSIST e", "EXPIRE l 100", "SORT l STORE sorted", "MOVE a 3", "JSON.SET j $ {\"a\":1}",
			"SELECT 3", "SET three 3", "SELECT 0",
		}
		for _, c := range commands {
			must(t, s, c)
		}
		w.quiet(w.redis)
		w.same(0, 3)
		if got := must(t, w.raw(w.store), "GET n"); got != "1" {
			t.Fatalf("n is %q in the store", got)
		}
		w.mustSwitch(Cloudflare)
		for _, c := range commands {
			if !strings.HasPrefix(c, "XGROUP") && !strings.HasPrefix(c, "MOVE") {
				must(t, s, c)
			}
		}
		if got := must(t, w.raw(w.store), "GET n"); got != "2" {
			t.Fatalf("n is %q in the store", got)
		}
		w.quiet(w.store)
		w.same(0, 3)
		must(t, s, "FLUSHALL")
		w.quiet(w.store)
		w.same(0, 3)
		if got := must(t, w.raw(w.redis), "KEYS *"); got != "" && got != marksKey {
			t.Errorf("left at Redis: %q", got)
		}
		w.mustSwitch(Only)
		must(t, s, "SET only 1")
		if got := must(t, w.raw(w.redis), "EXISTS only"); got != "0" {
			t.Error("phase only writes to Redis")
		}
	}
}

// What waits, watches and subscribes goes through a switch.
func TestSessionsGoThroughASwitch(t *testing.T) {
	w := newTwo(t)
	p, q := w.process(), w.process()
	waiting, watching, other := newSession(t, p), newSession(t, p), newSession(t, q)
	messages := make(chan resp.Reply, 10)
	subscriber, err := p.NewSession(store.SessionOptions{Protocol: 2, Push: func(r resp.Reply) { messages <- r }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := subscriber.Execute(context.Background(), []resp.Command{{"SUBSCRIBE", "news"}}); err != nil {
		t.Fatal(err)
	}
	<-messages
	popped := make(chan string, 2)
	blpop := func() { popped <- must(t, waiting, "BLPOP queue 0") }
	go blpop()
	read := make(chan string, 1)
	must(t, other, "XADD stream 1-1 f v")
	reader := newSession(t, q)
	go func() { read <- must(t, reader, "XREAD BLOCK 0 STREAMS stream $") }()
	must(t, watching, "SET watched 1")
	must(t, watching, "WATCH watched")
	eventually(t, "they wait", func() bool {
		return strings.Count(must(t, w.raw(w.redis), "CLIENT LIST"), "flags=b") == 2
	})
	w.mustSwitch(Cloudflare)
	must(t, other, "RPUSH queue a")
	if got := <-popped; got != "queue a" {
		t.Errorf("popped %q", got)
	}
	must(t, other, "XADD stream 1-2 f v")
	if got := <-read; got != "stream 1-2 f v" {
		t.Errorf("read %q", got)
	}
	replies, err := watching.Execute(context.Background(), []resp.Command{{"MULTI"}, {"SET", "watched", "2"}, {"EXEC"}})
	if err != nil || len(replies) != 3 || !replies[2].IsNil() {
		t.Errorf("EXEC after a switch: %v %v", replies, err)
	}
	replies, err = watching.Execute(context.Background(), []resp.Command{{"MULTI"}, {"SET", "watched", "2"}, {"EXEC"}})
	if err != nil || len(replies) != 3 || replies[2].IsNil() {
		t.Errorf("the next EXEC: %v %v", replies, err)
	}
	must(t, other, "PUBLISH news hello")
	if m := <-messages; value.Texts(m)[2] != "hello" {
		t.Errorf("message %v", m)
	}
	w.quiet(w.store)
	w.same()
	// With a time: what is left of it.
	if _, err := run(waiting, "BLPOP", "queue", "0.05"); err != nil {
		t.Error(err)
	}
}

// die ends a process as kill -9 does: nothing is settled, nothing given back.
func (b *Backend) die() {
	b.member.end()
	b.member.over.Wait()
	b.end()
	b.over.Wait()
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
}

// A process that died with writes marked and not brought loses nothing, and holds up a
// switch no longer than its lease.
func TestAProcessThatDies(t *testing.T) {
	w := newTwo(t)
	w.apart = true
	p := w.process()
	must(t, newSession(t, p), "SET before 1")
	w.quiet(w.redis)
	p.die() // it follows, too
	// It has written, and has not said so.
	raw := w.raw(w.redis)
	must(t, raw, "SET late 1")
	if _, err := run(raw, "ZADD", marksKey, "1", member(p.member.id+".zz", "late")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(raw, "ZADD", marksKey, "0", member(p.member.id+".zy", "settled")); err != nil {
		t.Fatal(err)
	}
	must(t, raw, "SET settled 1")
	q := w.process()
	eventually(t, "another follows", q.member.follows)
	eventually(t, "what it wrote is brought", func() bool { return must(t, w.raw(w.store), "GET late") == "1" })
	w.same()
}

// A process whose lease is over writes nothing, and one whose lease ends while it writes
// is told so.
func TestWithoutALease(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	s := newSession(t, p)
	must(t, s, "SET k 1")
	p.member.end() // it does not renew any more, as one that is stopped
	p.member.over.Wait()
	w.mustSwitch(Cloudflare) // waits for the lease
	if _, err := run(s, "SET", "k", "2"); !errors.Is(err, ErrNoLease) {
		t.Errorf("a write without a lease: %v", err)
	}
	if got := must(t, s, "GET k"); got != "1" {
		t.Errorf("a read: %q", got)
	}
	if got := must(t, w.raw(w.redis), "GET k"); got != "1" {
		t.Errorf("k is %q at Redis", got)
	}
	if err := p.member.exit(turn{}, true); !errors.Is(err, ErrUnknown) {
		t.Errorf("a write that ends now: %v", err)
	}
	p.member.running++
	// It comes back, and finds the new phase.
	ctx, end := context.WithCancel(context.Background())
	p.member.end = end
	p.member.over.Add(1)
	go func() { defer p.member.over.Done(); p.member.keep(ctx) }()
	eventually(t, "it has a lease again", func() bool { _, err := run(s, "SET", "k", "3"); return err == nil })
	if got := must(t, w.raw(w.store), "GET k"); got != "3" {
		t.Errorf("k is %q in the store", got)
	}
}

// What cannot be switched says why, and leaves the old phase.
func TestSwitchesThatFail(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	s := newSession(t, p)
	if err := w.switchTo(Only); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("redis to only: %v", err)
	}
	// Who switches ends in between.
	r := p.record
	if _, err := r.begin(context.Background(), newDivision(Cloudflare, nil), 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	p.member.hurry()
	eventually(t, "the gate is closed", func() bool { _, closed := p.member.current(); return closed })
	if err := w.switchTo(Cloudflare); err == nil || !strings.Contains(err.Error(), "under way") {
		t.Errorf("a second switch: %v", err)
	}
	must(t, s, "SET k 1") // waits until the switch is void
	if got := must(t, w.raw(w.redis), "GET k"); got != "1" {
		t.Errorf("k is %q", got)
	}
	if done, err := r.finish(context.Background(), 2, true); done || err != nil {
		t.Errorf("a void switch is committed: %v %v", done, err)
	}
	// Who was late does not commit or end the switch of somebody else.
	late, err := r.begin(context.Background(), newDivision(Cloudflare, nil), -time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.begin(context.Background(), newDivision(Cloudflare, nil), time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{true, false} {
		if done, err := r.finish(context.Background(), late, commit); done || err != nil {
			t.Errorf("a switch is ended by who was late: %v %v", done, err)
		}
	}
	state, err := r.State(context.Background())
	if err != nil || state.Phase != Redis || state.Next != Cloudflare {
		t.Fatalf("%+v %v", state, err)
	}
	if done, err := r.finish(context.Background(), state.Epoch, false); !done || err != nil {
		t.Fatal(done, err)
	}
	// Its time passes while changes are brought.
	slow := w.end(w.redis)
	err = Switch(context.Background(), SwitchOptions{Store: w.end(w.store), To: Cloudflare, Limit: 500 * time.Millisecond, Redis: func(db int) (value.End, error) {
		eventually(t, "its time is over", func() bool { s, err := r.State(context.Background()); return err == nil && s.Next == "" })
		return slow(db)
	}})
	if err == nil || !strings.Contains(err.Error(), "is void; the phase is still redis") {
		t.Errorf("a switch that takes too long: %v", err)
	}
	// The context ends.
	ctx, cancel := context.WithCancel(context.Background())
	must(t, w.raw(w.redis), "ZADD "+marksKey+" 1 nobody.1\x00k")
	go func() {
		eventually(t, "the gate is closed", func() bool { _, closed := p.member.current(); return closed })
		cancel()
	}()
	err = Switch(ctx, SwitchOptions{Redis: w.end(w.redis), Store: w.end(w.store), To: Cloudflare})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a switch that was ended: %v", err)
	}
	must(t, s, "SET k 2")
	if got := must(t, w.raw(w.redis), "GET k"); got != "2" {
		t.Errorf("k is %q", got)
	}
	// The record is lost.
	must(t, w.raw(w.store), "DEL "+RecordKey)
	p.member.hurry()
	eventually(t, "writes are refused", func() bool {
		_, err := run(s, "SET", "k", "3")
		return errors.Is(err, ErrNoLease) && strings.Contains(err.Error(), RecordKey)
	})
}

// Random commands of several processes, with switches and a death in between: what was
// answered is there, counters are exact, and both sides are equal in the end.
func TestRandomCommandsThroughSwitches(t *testing.T) {
	t.Run("everything", func(t *testing.T) {
		randomCommands(t, func(n int) (Phase, []Family) { return []Phase{Cloudflare, Redis}[n%2], nil })
	})
	t.Run("families", func(t *testing.T) {
		rnd := rand.New(rand.NewSource(*seed))
		randomCommands(t, func(int) (Phase, []Family) {
			any := func() Phase { return Phases[rnd.Intn(2)] }
			return any(), []Family{{"Nought", "count0", any()}, {"Count", "count*", any()}, {"Text", "text*", any()}}
		})
	})
}

// randomCommands is one of them; next says what is switched to.
func randomCommands(t *testing.T, next func(n int) (Phase, []Family)) {
	t.Logf("-seed %d", *seed)
	w := newTwo(t)
	w.apart = *seed%2 == 0
	length := 2 * time.Second
	if testing.Short() {
		length = time.Second
	}
	ctx, stop := context.WithTimeout(context.Background(), length)
	defer stop()
	var counted [8]atomic.Int64
	var pushed, popped sync.Map
	var pushes atomic.Int64
	var all sync.WaitGroup
	var unknown, ran, aborted atomic.Int64
	for n := 0; n < 3; n++ {
		p := w.process()
		for c := 0; c < 3; c++ {
			s := newSession(t, p)
			rnd := rand.New(rand.NewSource(*seed + int64(n*10+c)))
			all.Add(1)
			go func() {
				defer all.Done()
				for ctx.Err() == nil {
					i := rnd.Intn(len(counted))
					var err error
					switch rnd.Intn(8) {
					case 0:
						v := strconv.FormatInt(pushes.Add(1), 10)
						if _, err = run(s, "RPUSH", "queue", v); err == nil {
							pushed.Store(v, true)
						}
					case 1:
						var r resp.Reply
						if r, err = run(s, "BLPOP", "queue", "0.01"); err == nil && !r.IsNil() {
							if _, twice := popped.LoadOrStore(value.Texts(r)[1], true); twice {
								t.Errorf("%s was popped twice", value.Texts(r)[1])
							}
						}
					case 2:
						_, err = run(s, "EVAL", "return redis.call('INCR', KEYS[1])", "1", fmt.Sprint("count", i))
						if err == nil {
							counted[i].Add(1)
						}
					case 3:
						var r []resp.Reply
						r, err = s.Execute(context.Background(), []resp.Command{{"MULTI"}, {"INCR", fmt.Sprint("count", i)}, {"SADD", "set", strconv.Itoa(rnd.Intn(100))}, {"EXEC"}})
						if err == nil && len(r[3].Elems) == 2 {
							counted[i].Add(1)
						} else if err == nil && !strings.HasPrefix(r[3].Str, "EXECABORT Transaction discarded because a transaction has keys at both sides") {
							t.Errorf("EXEC: %v", r[3])
						} else {
							aborted.Add(1)
						}
					case 4:
						_, err = run(s, "SPOP", "set")
					case 5:
						_, err = run(s, "SET", fmt.Sprint("text", i), strconv.Itoa(rnd.Int()), "PX", strconv.Itoa(1000+rnd.Intn(100000)))
					case 6:
						_, err = run(s, "DEL", fmt.Sprint("text", i))
					default:
						if _, err = run(s, "INCR", fmt.Sprint("count", i)); err == nil {
							counted[i].Add(1)
						}
					}
					ran.Add(1)
					if err != nil {
						if !errors.Is(err, ErrUnknown) {
							t.Error(err)
						}
						unknown.Add(1)
					}
				}
			}()
		}
	}
	switches := 0
	for ctx.Err() == nil {
		to, families := next(switches)
		if err := w.switchFamilies(to, families); err != nil {
			t.Error(err)
			break
		}
		switches++
		for before := ran.Load(); ran.Load() < before+100 && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		}
	}
	all.Wait()
	t.Logf("%d commands, %d switches, %d pushes, %d outcomes not known, %d transactions refused", ran.Load(), switches, pushes.Load(), unknown.Load(), aborted.Load())
	if switches < 3 {
		t.Errorf("only %d switches", switches)
	}
	record, err := w.end(w.store)(0)
	if err != nil {
		t.Fatal(err)
	}
	state, err := NewRecord(record).State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for truth, url := range map[Phase]string{Redis: w.redis, Cloudflare: w.store} {
		if state.Has(truth) { // a mark whose settling failed may be at the other one, and brings nothing
			w.quiet(url)
		}
	}
	w.same()
	w.mustSwitch(Cloudflare)
	truth := w.store
	w.quiet(truth)
	w.same()
	s := w.raw(truth)
	if unknown.Load() == 0 {
		for i := range counted {
			if counted[i].Load() == 0 {
				continue
			}
			if got := must(t, s, fmt.Sprint("GET count", i)); got != strconv.FormatInt(counted[i].Load(), 10) {
				t.Errorf("count%d is %q, not %d", i, got, counted[i].Load())
			}
		}
	}
	left := map[string]bool{}
	for _, v := range strings.Fields(must(t, s, "LRANGE queue 0 -1")) {
		left[v] = true
	}
	pushed.Range(func(k, _ any) bool {
		if _, ok := popped.Load(k); !ok && !left[k.(string)] {
			t.Errorf("%v was pushed, and is lost", k)
		} else if ok && left[k.(string)] {
			t.Errorf("%v was popped, and is there", k)
		}
		return true
	})
}
