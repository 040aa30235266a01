package phase

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// Marks of a transaction that is given up are settled, however that is done.
func TestTransactionsThatAreGivenUp(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	for name, end := range map[string]func(s store.Session){
		"DISCARD": func(s store.Session) { must(t, s, "DISCARD") },
		"RESET":   func(s store.Session) { must(t, s, "RESET") },
		"Close":   func(s store.Session) { s.Close() },
	} {
		s := newSession(t, p)
		must(t, s, "MULTI")
		must(t, s, "SET k "+name)
		end(s)
		raw := w.raw(w.redis)
		for until := time.Now().Add(testLease * 3); must(t, raw, "ZCARD "+marksKey) != "0"; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("%s leaves its marks", name)
			}
		}
	}
}

// FLUSHALL leaves what the phases keep, in every phase and in transactions.
func TestFlushingLeavesTheRecord(t *testing.T) {
	for _, at := range []Phase{Redis, Cloudflare, Only} {
		w := newTwo(t)
		p := w.process()
		s := newSession(t, p)
		for _, to := range Phases {
			if to != Redis && !at.Before(to) {
				w.mustSwitch(to)
			}
		}
		must(t, s, "SET k 1")
		replies, err := s.Execute(context.Background(), []resp.Command{{"MULTI"}, {"SET", "k", "2"}, {"FLUSHALL"}, {"EXEC"}})
		if err != nil || len(replies) != 4 || !strings.HasPrefix(replies[3].Str, "EXECABORT") {
			t.Errorf("%s: FLUSHALL in a transaction: %v %v", at, replies, err)
		}
		must(t, s, "MULTI")
		if _, err := run(s, "FLUSHDB"); err != nil {
			t.Log(err) // or EXEC says it
		}
		if r, err := run(s, "EXEC"); err == nil || !strings.HasPrefix(err.Error(), "EXEC: EXECABORT") {
			t.Errorf("%s: FLUSHDB in an open transaction: %v %v", at, r, err)
		}
		if got := must(t, s, "GET k"); got != "1" {
			t.Errorf("%s: k is %q behind transactions that were refused", at, got)
		}
		truth := w.redis
		if at != Redis {
			truth = w.store
		}
		before, _ := w.end(truth)(5) // that no program has written
		if _, err := value.One(context.Background(), before, "SET", "old", "1"); err != nil {
			t.Fatal(err)
		}
		must(t, s, "FLUSHALL")
		must(t, s, "FLUSHDB")
		if v, err := value.One(context.Background(), before, "EXISTS", "old"); err != nil || v.Int != 0 {
			t.Errorf("%s: FLUSHALL leaves database 5: %v %v", at, v, err)
		}
		if got := must(t, s, "EXISTS k"); got != "0" {
			t.Errorf("%s: k is there", at)
		}
		if got := must(t, w.raw(w.store), "HGET "+RecordKey+" phase"); got != string(at) {
			t.Errorf("%s: the record says %q", at, got)
		}
		if err := p.member.renew(context.Background()); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// refusing is a side that answers some commands with an error.
type refusing struct {
	store.Backend
	why func(resp.Command) string
}

func (f refusing) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := f.Backend.NewSession(opt)
	return refusingSession{s, f.why}, err
}

type refusingSession struct {
	store.Session
	why func(resp.Command) string
}

func (s refusingSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	out := make([]resp.Reply, len(cmds))
	for i, c := range cmds {
		if why := s.why(c); why != "" {
			out[i] = resp.NewError(why)
			continue
		}
		r, err := s.Session.Execute(ctx, []resp.Command{c})
		if err != nil {
			return out[:i], err
		}
		out[i] = r[0]
	}
	return out, nil
}

// processWith opens a program's backend, one side of which refuses some commands.
func (w *two) processWith(side Phase, why func(resp.Command) string) (*Backend, error) {
	w.t.Helper()
	sides := map[Phase]Side{}
	for p, url := range map[Phase]string{Redis: w.redis, Cloudflare: w.store} {
		b, err := store.Open(url)
		if err != nil {
			w.t.Fatal(err)
		}
		if p == side {
			b = refusing{b, why}
		}
		sides[p] = Side{b, !w.apart}
	}
	p, err := Open(context.Background(), sides[Redis], sides[Cloudflare], Options{Lease: testLease, Follow: 5 * time.Millisecond, Compare: -1, Report: func(error) {}})
	if err == nil {
		w.t.Cleanup(func() { p.Close() })
	}
	return p, err
}

// A full server takes SET (of a key that is there) and no mark. The phase does not change
// before it is known which keys changed.
func TestMarksThatTheTruthDoesNotTake(t *testing.T) {
	w := newTwo(t)
	full := make(chan bool, 1)
	full <- false
	is := func() bool { f := <-full; full <- f; return f }
	p, err := w.processWith(Redis, func(c resp.Command) string {
		if c.Name() == "ZADD" && is() {
			return "OOM command not allowed when used memory > 'maxmemory'."
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, p)
	must(t, s, "SET k 1")
	w.quiet(w.redis)
	<-full
	full <- true
	must(t, s, "DEL k")
	ctx, cancel := context.WithTimeout(context.Background(), testLease)
	defer cancel()
	if err := Switch(ctx, SwitchOptions{Redis: w.end(w.redis), Store: w.end(w.store), To: Cloudflare}); err == nil {
		t.Errorf("a switch while changed keys have no marks: k is %q in the store, and was deleted", must(t, w.raw(w.store), "GET k"))
	}
	<-full
	full <- false
	w.mustSwitch(Cloudflare)
	if got := must(t, s, "EXISTS k"); got != "0" {
		t.Error("k is there again")
	}
}

// A key that the other side does not take, and is written again and again, holds up no
// other, and its marks do not pile up.
func TestAKeyThatIsRefusedHoldsUpNoOther(t *testing.T) {
	w := newTwo(t)
	p, err := w.processWith(Cloudflare, func(c resp.Command) string {
		if c.Name() == "SET" && c[1][0] == 'a' {
			return "ERR string exceeds maximum allowed size"
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, p)
	write := func(line ...string) {
		t.Helper()
		if _, err := run(s, line...); err != nil {
			t.Fatal(err)
		}
	}
	raw, at := w.raw(w.store), w.raw(w.redis)
	brought := func(key string) {
		t.Helper()
		for until := time.Now().Add(3 * testLease); must(t, raw, "EXISTS "+key) == "0"; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("%s is not brought", key)
			}
		}
	}
	for i := 0; i < lookMarks+100; i++ {
		write("SET", "a", fmt.Sprint(i))
	}
	write("SET", "b", "1")
	brought("b")
	eventually(t, "one mark of it is left", func() bool { return must(t, at, "ZCARD "+marksKey) == "1" })
	many := []string{"MSET"}
	for i := 0; i < lookMarks+100; i++ {
		many = append(many, "a"+fmt.Sprint(i), "1")
	}
	write(many...)
	write("SET", "c", "1")
	brought("c")
}

// A key that the truth does not let be read holds up no other either, and a switch says
// which one it is.
func TestAKeyThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	w := newTwo(t)
	p, err := w.processWith(Redis, func(c resp.Command) string {
		if c.Name() == "GET" && c[1] == "broken" {
			return "NOPERM No permissions to access a key"
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, p)
	must(t, s, "MSET a 1 broken 1 z 1")
	raw := w.raw(w.store)
	eventually(t, "the others are brought", func() bool { return must(t, raw, "EXISTS a z broken") == "2" })
	redis := refusing{p.redis.Backend.(refusing).Backend, p.redis.Backend.(refusing).why}
	err = Switch(context.Background(), SwitchOptions{To: Cloudflare, Store: w.end(w.store), Redis: func(db int) (value.End, error) {
		s, err := redis.NewSession(store.SessionOptions{DB: db, Protocol: 2})
		return sessionEnd{sessionDoer{s}, w.redis}, err
	}})
	if err == nil || !strings.Contains(err.Error(), `"broken"`) || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("the switch says: %v", err)
	}
	if got := must(t, s, "EXISTS broken"); got != "1" {
		t.Errorf("Redis is no longer the truth: %s", got)
	}
}
