package phase

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// An EXEC that comes in a frame of its own writes what was queued before: it needs the
// lease as they did, and the marks of the transaction are settled with it.
func TestAnExecOfItsOwnNeedsTheLease(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	s := newSession(t, p)
	must(t, s, "MULTI")
	must(t, s, "SET k 1")
	must(t, s, "EXEC")
	w.quiet(w.redis) // and not only when the process has ended
	w.same()
	must(t, s, "MULTI")
	must(t, s, "SET k 2")
	p.member.end() // it does not renew any more, as one that is stopped
	p.member.over.Wait()
	w.mustSwitch(Cloudflare) // waits for the lease
	if r, err := run(s, "EXEC"); !errors.Is(err, ErrNoLease) {
		t.Errorf("EXEC without a lease: %v %v", r, err)
	}
	if got := must(t, w.raw(w.redis), "GET k"); got != "1" {
		t.Errorf("k is %q at Redis, which is no longer the truth", got)
	}
	if got, err := run(s, "EVAL", "return redis.call('SET', 'k', '3')", "0"); !errors.Is(err, ErrNoLease) {
		t.Errorf("a script that names no keys, without a lease: %v %v", got, err)
	}
}

// A process whose lease ends stops waiting for data, which it would take from a side that
// may be the truth no longer.
func TestWhoWaitsWithoutALease(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	s, reader := newSession(t, p), newSession(t, p)
	popped := make(chan error, 1)
	go func() {
		_, err := run(s, "BLPOP", "queue", "0")
		popped <- err
	}()
	read := make(chan string, 1)
	go func() { read <- must(t, reader, "XREAD BLOCK 0 STREAMS stream 0") }()
	eventually(t, "they wait", func() bool {
		return strings.Count(must(t, w.raw(w.redis), "CLIENT LIST"), "flags=b") == 2
	})
	p.member.end() // it does not renew any more, as one that does not reach the store
	p.member.over.Wait()
	select {
	case err := <-popped:
		if !errors.Is(err, ErrNoLease) {
			t.Errorf("BLPOP: %v", err)
		}
	case <-time.After(5 * testLease):
		t.Fatal("it still waits")
	}
	raw := w.raw(w.redis)
	must(t, raw, "RPUSH queue a")
	if got := must(t, raw, "LLEN queue"); got != "1" {
		t.Error("it has taken what was brought for the way back")
	}
	must(t, raw, "XADD stream 1-1 f v")
	if got := <-read; got != "stream 1-1 f v" { // who only reads goes on
		t.Errorf("read %q", got)
	}
}

// A process that has missed two switches, and finds the phase that it knew, does not say of
// what ran meanwhile that it was stored.
func TestASwitchAndBackThatWasMissed(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	turn, err := p.member.enter(context.Background(), true)
	if err != nil {
		t.Fatal(err)
	}
	p.member.end() // it does not renew any more, as one that is stopped
	p.member.over.Wait()
	w.mustSwitch(Cloudflare)
	w.mustSwitch(Redis)
	if err := p.member.renew(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := p.member.exit(turn, true); !errors.Is(err, ErrUnknown) {
		t.Errorf("a write that began before two switches: %v", err)
	}
	if turn, err = p.member.enter(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	if err := p.member.exit(turn, true); err != nil {
		t.Errorf("a write behind them: %v", err)
	}
}

// A command that goes on waiting behind a switch waits for what is left of its time.
func TestWhatIsLeftOfATime(t *testing.T) {
	for _, c := range []struct {
		line string
		over time.Duration
		want string // of the word that has the time; "" is that it is over
	}{
		{"BLPOP a b 10", 4 * time.Second, "6.000"},
		{"BLPOP a 0.5", 400 * time.Millisecond, "0.100"},
		{"BLPOP a 0.5", 500 * time.Millisecond, ""},
		{"BLPOP a 0", time.Hour, "0"},
		{"BLMPOP 2 1 a LEFT", 500 * time.Millisecond, "1.500"},
		{"XREAD COUNT 1 BLOCK 1500 STREAMS a 0", time.Second, "500"},
		{"XREAD BLOCK 1500 STREAMS a 0", 2 * time.Second, ""},
		{"XREADGROUP GROUP g c BLOCK 100 STREAMS a >", 10 * time.Millisecond, "90"},
	} {
		cmd := resp.Command(strings.Fields(c.line))
		w := waits(cmd)
		if w == nil {
			t.Errorf("%s does not wait", c.line)
			continue
		}
		more := w.shorten(cmd, c.over)
		if more != (c.want != "") || more && cmd[w.at] != c.want {
			t.Errorf("%s after %v: %v, %q, want %q", c.line, c.over, more, cmd, c.want)
		}
	}
}
