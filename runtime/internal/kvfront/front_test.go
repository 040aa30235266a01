package kvfront_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/kvfront"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/resptest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// names is a KV that keeps names and values.
type names map[string]string

func (k names) Read(_ context.Context, read []string) ([]kvprimary.Value, error) {
	out := make([]kvprimary.Value, len(read))
	for i, n := range read {
		out[i].Data, out[i].Found = k[n]
	}
	return out, nil
}

func (k names) Write(_ context.Context, writes []kvprimary.Write) ([]error, error) {
	for _, w := range writes {
		k[w.Name] = w.Data
	}
	return nil, nil
}

// frames counts what reaches the inner session, and may end it.
type frames struct {
	store.Session
	n   int
	end int // from this one on it is closed; 0: never
}

func (f *frames) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if f.n++; f.end > 0 && f.n >= f.end {
		return nil, store.ErrClosed
	}
	return f.Session.Execute(ctx, cmds)
}

type rig struct {
	t     *testing.T
	kv    names
	inner *frames
	s     *kvfront.Session
}

func newRig(t *testing.T, plan ...store.Family) *rig {
	t.Helper()
	host, err := memory.New(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	inner, err := host.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var known kvfront.Plan
	if len(plan) > 0 {
		known.Add(plan)
	}
	r := &rig{t: t, kv: names{}, inner: &frames{Session: inner}}
	r.s = kvfront.New(kvfront.Options{Inner: r.inner, Client: kvprimary.NewClient(r.kv, kvprimary.Options{}), Families: known.Families, Keys: engine.Keys})
	return r
}

var session = store.Family{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv", Consistency: "primary"}

func (r *rig) do(lines ...string) string {
	r.t.Helper()
	return resptest.Do(r.t, r.s, lines...)
}

const (
	abort   = "!EXECABORT Transaction discarded because of previous errors."
	inQueue = "!ERR unsupported command 'SET' in a transaction: its keys are in KV alone (consistency: primary)"
)

func refused(command string) string {
	return "!" + kvprimary.Unsupported(command, kvprimary.Family{Pattern: session.Pattern, Name: session.Name})
}

// The database of what goes to KV is the one that the session is in, whatever was asked for.
func TestDatabaseIsTheInnerSessions(t *testing.T) {
	for _, c := range []struct {
		lines, replies, name string
	}{
		{"SELECT 3", "OK", "@/3/session:1"},
		{"SELECT 99", "!ERR DB index is out of range", "session:1"},
		{"SELECT +3", "!ERR value is not an integer or out of range", "session:1"},
		{"SELECT 3|SELECT 99", "OK !ERR DB index is out of range", "@/3/session:1"},
		{"SELECT 3|RESET", "OK RESET", "session:1"},
		{"MULTI|SELECT 3|EXEC", "OK QUEUED [OK]", "@/3/session:1"},
		{"MULTI|INCR n|SELECT 3|SELECT 99|EXEC", "OK QUEUED QUEUED QUEUED [:1 OK !ERR DB index is out of range]", "@/3/session:1"},
		{"MULTI|SELECT 3|MULTI|EXEC", "OK QUEUED !ERR MULTI calls can not be nested [OK]", "@/3/session:1"},
		{"MULTI|SELECT 3|NOSUCH|EXEC", "OK QUEUED !ERR unknown command 'NOSUCH', with args beginning with:  " + abort, "session:1"},
		{"MULTI|SELECT 3|DISCARD", "OK QUEUED OK", "session:1"},
		{"SET l 1|WATCH l|SET l 2|MULTI|SELECT 3|EXEC", "OK OK OK OK QUEUED nil", "session:1"},
		{"EXEC", "!ERR EXEC without MULTI", "session:1"},
	} {
		for _, apart := range []bool{false, true} {
			r := newRig(t, session)
			lines := strings.Split(c.lines, "|")
			got := ""
			if apart {
				var all []string
				for _, l := range lines {
					all = append(all, r.do(l))
				}
				got = strings.Join(append(all, r.do("SET session:1 v")), " ")
			} else {
				got = r.do(append(lines, "SET session:1 v")...)
			}
			if want := c.replies + " OK"; got != want {
				t.Errorf("%s: %s, want %s", c.lines, got, want)
			}
			if _, ok := r.kv[c.name]; !ok || len(r.kv) != 1 {
				t.Errorf("%s: KV has %v, want %s", c.lines, r.kv, c.name)
			}
		}
	}
}

func TestTransactionIsQueuedUntilItIsAnsweredOtherwise(t *testing.T) {
	for _, c := range []struct{ lines, replies string }{
		{"MULTI|SET session:1 v|EXEC", "OK " + inQueue + " " + abort},
		{"MULTI x|SET session:1 v", "!ERR wrong number of arguments for 'multi' command OK"},
		{"MULTI|EXEC x|SET session:1 v|EXEC", "OK !ERR wrong number of arguments for 'exec' command " + inQueue + " " + abort},
		{"MULTI|INCR session:1|INCR n|EXEC|GET n", "OK " + refused("incr") + " QUEUED " + abort + " nil"},
		{"MULTI|DISCARD|SET session:1 v", "OK OK OK"},
		{"WATCH session:1|MULTI|INCR n|EXEC", refused("watch") + " OK QUEUED [:1]"},
	} {
		r := newRig(t, session)
		lines := strings.Split(c.lines, "|")
		if got := r.do(lines...); got != c.replies {
			t.Errorf("%s: %s, want %s", c.lines, got, c.replies)
		}
		r = newRig(t, session)
		var all []string
		for _, l := range lines {
			all = append(all, r.do(l))
		}
		if got := strings.Join(all, " "); got != c.replies {
			t.Errorf("%s, one by one: %s, want %s", c.lines, got, c.replies)
		}
	}
}

func TestFrameOfOneWayStaysOne(t *testing.T) {
	r := newRig(t, session)
	r.do("MULTI", "INCR n", "SELECT 1", "EXEC", "SELECT 0", "GET n")
	if r.inner.n != 1 {
		t.Errorf("%d frames", r.inner.n)
	}
	r.do("INCR n", "MULTI", "INCR n", "EXEC", "GET session:1", "GET session:2", "GET n")
	if r.inner.n != 3 {
		t.Errorf("%d frames, want 2 more", r.inner.n)
	}
}

// A caller that would repeat a frame must not repeat one that has begun.
func TestFrameThatHadBegunIsNotSaidToBeClosed(t *testing.T) {
	r := newRig(t, session)
	r.inner.end = 1
	if _, err := r.s.Execute(context.Background(), []resp.Command{{"INCR", "n"}, {"SET", "session:1", "v"}}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("nothing was done: %v", err)
	}
	if replies, err := r.s.Execute(context.Background(), []resp.Command{{"SET", "session:1", "v"}, {"INCR", "n"}}); err == nil || errors.Is(err, store.ErrClosed) || len(replies) != 1 {
		t.Errorf("%d replies, %v", len(replies), err)
	}
}

func TestPlanKeepsTheFirstOfTwoFamilies(t *testing.T) {
	var p kvfront.Plan
	if p.Families() != nil {
		t.Error("a plan is known")
	}
	p.Add([]store.Family{session})
	p.Add([]store.Family{{Pattern: "session:*", Name: "Other", Store: "do"}, {Pattern: "page:*", Name: "Page", Store: "kv", Consistency: "follow"}})
	if f, ok := p.Families().Of("session:1"); !ok || f.Name != "Session" || !f.Primary {
		t.Errorf("%+v", f)
	}
	if f, ok := p.Families().Of("page:1"); !ok || f.Primary {
		t.Errorf("%+v", f)
	}
}
