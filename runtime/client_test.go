package runtime_test

import (
	"context"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

func TestSessionStartsWithTheOptions(t *testing.T) {
	f, opt := newFake(t)
	opt.DB, opt.Protocol, opt.ClientName, opt.Username, opt.Password = 3, 2, "me", "u", "token"
	c := client(t, opt)
	c.Ping(ctx)
	got := f.opts[0]
	if got.DB != 3 || got.Protocol != 2 || got.Name != "me" || got.Username != "u" || got.Password != "token" {
		t.Errorf("session options %+v", got)
	}
	if o := c.Options(); o.DB != 3 || o.Addr != opt.Addr || o.ReadTimeout != 5*time.Second || o.MaxRetries != 3 {
		t.Errorf("Options() %+v", o)
	}
	if opt.ReadTimeout != 0 {
		t.Error("the caller's options were changed")
	}
}

func TestForbiddenOptionsAreErrorsOfEveryCommand(t *testing.T) {
	for field, set := range map[string]func(*runtime.Options){
		"Dialer": func(o *runtime.Options) {
			o.Dialer = func(context.Context, string, string) (net.Conn, error) { return nil, nil }
		},
		"OnConnect":           func(o *runtime.Options) { o.OnConnect = func(context.Context, *runtime.Conn) error { return nil } },
		"CredentialsProvider": func(o *runtime.Options) { o.CredentialsProvider = func() (string, string) { return "", "" } },
	} {
		f, opt := newFake(t)
		set(opt)
		c := client(t, opt)
		for _, err := range []error{
			c.Get(ctx, "k").Err(), c.Conn().Ping(ctx).Err(), c.Watch(ctx, func(*runtime.Tx) error { return nil }, "k"),
			c.Subscribe(ctx).Subscribe(ctx, "ch"),
		} {
			if err == nil || !strings.Contains(err.Error(), "option "+field+" ") {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := c.TxPipelined(ctx, func(p runtime.Pipeliner) error { p.Get(ctx, "k"); return nil }); err == nil {
			t.Errorf("%s: a transaction ran", field)
		}
		if len(f.sent()) != 0 {
			t.Errorf("%s: %q was sent", field, f.sent())
		}
	}
}

func TestClosedClient(t *testing.T) {
	_, opt := newFake(t)
	c := runtime.NewClient(opt)
	p := c.Subscribe(ctx, "ch")
	messages := p.Channel()
	c.Get(ctx, "k")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-messages; open {
		t.Error("the channel of a subscription outlived its client")
	}
	if err := c.Get(ctx, "k").Err(); err != runtime.ErrClosed {
		t.Errorf("Get: %v", err)
	}
	if _, err := p.Receive(ctx); err != runtime.ErrClosed {
		t.Errorf("Receive: %v", err)
	}
	if err := c.Close(); err != runtime.ErrClosed {
		t.Errorf("second Close: %v", err)
	}
}

func TestWaitingCommandDoesNotHoldUpTheOthers(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	first := true
	f.answer = func(frame []resp.Command) ([]resp.Reply, error) {
		if frame[0][0] != "get" && first { // while it waits
			first = false
			f.mu.Unlock()
			c.Get(ctx, "k")
			f.mu.Lock()
		}
		return []resp.Reply{resp.OK}, nil
	}
	c.Get(ctx, "k")
	c.BLPop(ctx, 0, "list")
	c.Do(ctx, "BRPOP", "list", 0)
	c.Do(ctx, "xread", "count", 1, "block", 0, "streams", "s", "$")
	c.Get(ctx, "k")
	if f.sessions != 2 {
		t.Errorf("%d sessions, want the shared one and one for what waits", f.sessions)
	}
	if s := c.PoolStats(); s.Hits != 4 || s.Misses != 2 || s.TotalConns != 2 || s.IdleConns != 2 {
		t.Errorf("PoolStats %+v", s)
	}
}

func TestFailedSessionIsReplaced(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	f.answer = func([]resp.Command) ([]resp.Reply, error) { return nil, errLost }
	if err := c.Get(ctx, "k").Err(); !errors.Is(err, errLost) {
		t.Errorf("%v", err)
	}
	f.answer = nil
	if err := c.Ping(ctx).Err(); err != nil || f.sessions != 2 {
		t.Errorf("%v on session %d", err, f.sessions)
	}
}

func TestEndedContextStopsBeforeTheStore(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.Get(ended, "k").Err(); err != context.Canceled || len(f.sent()) != 0 {
		t.Errorf("%v, sent %q", err, f.sent())
	}
}

type gate struct{ allowed, reported []error }

func (g *gate) Allow() error {
	err := g.allowed[0]
	g.allowed = g.allowed[1:]
	return err
}
func (g *gate) ReportResult(err error) { g.reported = append(g.reported, err) }

func TestLimiterIsAsked(t *testing.T) {
	f, opt := newFake(t)
	full := errors.New("full")
	g := &gate{allowed: []error{nil, full}}
	opt.Limiter = g
	c := client(t, opt)
	if c.Ping(ctx).Err() != nil || c.Ping(ctx).Err() != full || len(f.sent()) != 1 || !reflect.DeepEqual(g.reported, []error{nil}) {
		t.Errorf("sent %q, reported %v", f.sent(), g.reported)
	}
}

func TestScriptFallsBackToItsText(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	f.answer = replies([]resp.Reply{resp.NewError("NOSCRIPT No matching script. Please use EVAL.")}, []resp.Reply{resp.NewInt(7)})
	s := runtime.NewScript("return 7")
	if n, err := s.Run(ctx, c, []string{"k"}, 1).Int(); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	want := []string{"evalsha " + s.Hash() + " 1 k 1", "eval return 7 1 k 1"}
	if got := f.sent(); !reflect.DeepEqual(got, want) {
		t.Errorf("frames %q", got)
	}
}

func TestIteratorWalksOverPages(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	page := func(cursor string, keys ...string) []resp.Reply {
		return []resp.Reply{resp.NewArray(resp.NewBulk(cursor), resp.Bulks(keys))}
	}
	f.answer = replies(page("5", "a", "b"), page("9"), page("0", "c"))
	it := c.HScan(ctx, "h", 0, "*", 10).Iterator()
	var got []string
	for it.Next(ctx) {
		got = append(got, it.Val())
	}
	if it.Err() != nil || !reflect.DeepEqual(got, []string{"a", "b", "c"}) {
		t.Errorf("%q, %v", got, it.Err())
	}
	if frames := f.sent(); frames[2] != "hscan h 9 match * count 10" {
		t.Errorf("frames %q", frames)
	}
}

func TestUniversalClientChoosesItsKind(t *testing.T) {
	for want, opt := range map[string]*runtime.UniversalOptions{
		"*runtime.Client":        {Addrs: []string{"localhost:6379"}},
		"*runtime.ClusterClient": {Addrs: []string{"a:1", "b:2"}},
	} {
		c := runtime.NewUniversalClient(opt)
		if got := reflect.TypeOf(c).String(); got != want {
			t.Errorf("%v makes a %s", opt.Addrs, got)
		}
		_ = c.Close()
	}
	if _, ok := runtime.NewUniversalClient(&runtime.UniversalOptions{MasterName: "m"}).(*runtime.Client); !ok {
		t.Error("a master's name makes no Client")
	}
}
