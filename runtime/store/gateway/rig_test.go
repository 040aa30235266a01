package gateway

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A rig is a Worker's surface in this process and a backend that talks to it.
type rig struct {
	t      testing.TB
	server *objectserver.Server
	url    string
	b      *Backend
}

func newRig(t testing.TB, opt objectserver.Options, query string) *rig {
	t.Helper()
	t.Setenv(TokenVariable, "")
	r := &rig{t: t, server: objectserver.New(opt)}
	u, stop, err := r.server.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	r.url = u + query
	r.b = open(t, r.url)
	return r
}

// open opens a backend of its own, which the registry does not know.
func open(t testing.TB, rawURL string) *Backend {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	b, err := driver{}.Open(u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b.(*Backend)
}

func (r *rig) session(opt store.SessionOptions) *Session {
	r.t.Helper()
	s, err := r.b.session(opt)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// soon is a context that ends a test that would hang.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// cmd makes a command of words.
func cmd(words ...string) resp.Command { return words }

// do runs commands and fails the test on an error.
func do(t testing.TB, s store.Session, cmds ...resp.Command) []resp.Reply {
	t.Helper()
	replies, err := s.Execute(soon(t), cmds)
	if err != nil {
		t.Fatalf("%v: %v", cmds, err)
	}
	if len(replies) != len(cmds) {
		t.Fatalf("%v: %d replies", cmds, len(replies))
	}
	return replies
}

// want runs one command and compares its reply as text.
func want(t testing.TB, s store.Session, text string, words ...string) {
	t.Helper()
	if got := show(do(t, s, cmd(words...))[0]); got != text {
		t.Errorf("%v: %s, want %s", words, got, text)
	}
}

// show writes a reply for comparison.
func show(r resp.Reply) string {
	switch r.Kind {
	case resp.Nil, resp.NilArray:
		return "nil"
	case resp.None:
		return "none"
	case resp.Int, resp.Bool:
		return fmt.Sprint(r.Int)
	case resp.Status:
		return r.Str
	case resp.Error:
		return "!" + r.Str
	case resp.Double:
		return fmt.Sprint(r.Float())
	case resp.Array, resp.Map, resp.Set, resp.Pairs, resp.Push:
		text := "["
		for i, e := range r.Elems {
			if i > 0 {
				text += " "
			}
			text += show(e)
		}
		return text + "]"
	}
	return fmt.Sprintf("%q", r.Str)
}

// inbox keeps what a session was pushed.
type inbox struct {
	mu   sync.Mutex
	all  []string
	more chan struct{}
}

func newInbox() *inbox { return &inbox{more: make(chan struct{}, 1)} }

func (b *inbox) push(r resp.Reply) {
	b.mu.Lock()
	b.all = append(b.all, show(r))
	b.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// take waits until so many messages have come, and forgets them.
func (b *inbox) take(t testing.TB, n int) []string {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		b.mu.Lock()
		if len(b.all) >= n {
			all := b.all
			b.all = nil
			b.mu.Unlock()
			return all
		}
		b.mu.Unlock()
		select {
		case <-b.more:
		case <-limit:
			t.Fatalf("%d messages did not come, but %q", n, b.all)
		}
	}
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

// parked counts the commands that are blocked in objects.
func (r *rig) parked() (n int) {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	for _, sp := range r.b.spaces {
		sp.mu.Lock()
		for _, o := range sp.objects {
			for _, l := range o.lanes {
				l.mu.Lock()
				n += len(l.parked)
				l.mu.Unlock()
			}
		}
		sp.mu.Unlock()
	}
	return n
}
