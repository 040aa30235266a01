package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// gated is a store whose commits wait for the test.
type gated struct {
	*memory.Rows
	started chan int   // gets the number of changes of each commit
	finish  chan error // gives each commit its result
	after   bool       // an error comes after the rows are stored
}

func newGated() *gated {
	return &gated{Rows: memory.NewRows(), started: make(chan int), finish: make(chan error)}
}

func (g *gated) CommitAll(changes []*engine.Change) error {
	g.started <- len(changes)
	err := <-g.finish
	if err != nil && !g.after {
		return err
	}
	for _, ch := range changes {
		if err := g.Rows.Commit(ch); err != nil {
			return err
		}
	}
	return err
}

func newHost(t testing.TB, rows engine.Store, opt embedded.Options) *embedded.Host {
	t.Helper()
	opt.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	h, err := embedded.New(rows, opt)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func newSession(t testing.TB, h *embedded.Host) store.Session {
	t.Helper()
	s, err := h.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exec runs one command.
func exec(s store.Session, args ...string) (resp.Reply, error) {
	replies, err := s.Execute(context.Background(), []resp.Command{args})
	if err != nil {
		return resp.Reply{}, err
	}
	return replies[0], nil
}

type answer struct {
	reply resp.Reply
	err   error
}

// start runs one command in the background.
func start(s store.Session, args ...string) chan answer {
	ch := make(chan answer, 1)
	go func() {
		r, err := exec(s, args...)
		ch <- answer{r, err}
	}()
	return ch
}

func pending(t *testing.T, what string, ch chan answer) {
	t.Helper()
	select {
	case a := <-ch:
		t.Fatalf("%s was answered too early: %+v", what, a)
	default:
	}
}

func TestCallersShareACommitAndReadersWaitForIt(t *testing.T) {
	g := newGated()
	h := newHost(t, g, embedded.Options{})
	first := start(newSession(t, h), "SET", "a", "1")
	if n := <-g.started; n != 1 {
		t.Fatalf("first commit has %d changes", n)
	}
	// While the first is being stored, ten writers and a reader arrive.
	const writers = 10
	var later []chan answer
	for i := 0; i < writers; i++ {
		later = append(later, start(newSession(t, h), "INCR", "n"))
	}
	h.WaitQueued(writers)
	reader := start(newSession(t, h), "GET", "a")
	pending(t, "SET", first)
	pending(t, "GET", reader)
	g.finish <- nil
	if a := <-first; a.err != nil || a.reply.Str != "OK" {
		t.Fatalf("SET: %+v", a)
	}
	if n := <-g.started; n != writers {
		t.Errorf("second commit has %d changes, want all %d", n, writers)
	}
	for _, ch := range later {
		pending(t, "INCR", ch)
	}
	g.finish <- nil
	seen := map[int64]bool{}
	for _, ch := range later {
		a := <-ch
		seen[a.reply.Int] = a.err == nil
	}
	if len(seen) != writers {
		t.Errorf("counter answers %v", seen)
	}
	if a := <-reader; a.err != nil || a.reply.Str != "1" {
		t.Errorf("GET: %+v", a)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFailedCommitAnswersErrorsAndStartsOverFromTheRows(t *testing.T) {
	g := newGated()
	h := newHost(t, g, embedded.Options{})
	s, blocked := newSession(t, h), newSession(t, h)
	ok := start(s, "SET", "a", "1")
	<-g.started
	g.finish <- nil
	<-ok
	waiting := start(blocked, "BLPOP", "queue", "0")
	h.WaitBlocked(1)
	bad := start(s, "SET", "a", "2")
	<-g.started
	behind := start(newSession(t, h), "SET", "b", "3")
	h.WaitQueued(1)
	g.finish <- errors.New("disk on fire")
	for what, ch := range map[string]chan answer{"SET a": bad, "SET b": behind, "BLPOP": waiting} {
		if a := <-ch; a.err == nil || !strings.Contains(a.err.Error(), "disk on fire") {
			t.Errorf("%s: %+v", what, a)
		}
	}
	if r, err := exec(s, "GET", "a"); err != nil || r.Str != "1" {
		t.Errorf("GET a after the fault: %+v, %v", r, err)
	}
	if r, err := exec(s, "EXISTS", "b"); err != nil || r.Int != 0 {
		t.Errorf("EXISTS b after the fault: %+v, %v", r, err)
	}
	again := start(s, "SET", "a", "4")
	<-g.started
	g.finish <- nil
	if a := <-again; a.err != nil {
		t.Errorf("SET after the fault: %v", a.err)
	}
	h.Close()
}

func TestCommitThatFailedAfterStoringCountsAsStored(t *testing.T) {
	g := newGated()
	g.after = true
	h := newHost(t, g, embedded.Options{})
	s := newSession(t, h)
	set := start(s, "SET", "a", "1")
	<-g.started
	g.finish <- errors.New("answer lost")
	if a := <-set; a.err != nil || a.reply.Str != "OK" {
		t.Errorf("SET: %+v", a)
	}
	if r, err := exec(s, "GET", "a"); err != nil || r.Str != "1" {
		t.Errorf("GET: %+v, %v", r, err)
	}
	h.Close()
}

func TestFaultFailsTransactionsThatWatchAndKeepsSubscriptions(t *testing.T) {
	g := newGated()
	h := newHost(t, g, embedded.Options{})
	got := make(chan resp.Reply, 10)
	sub, err := h.NewSession(store.SessionOptions{Push: func(r resp.Reply) { got <- r }})
	if err != nil {
		t.Fatal(err)
	}
	exec(sub, "SUBSCRIBE", "news")
	<-got
	s := newSession(t, h)
	exec(s, "WATCH", "a")
	bad := start(newSession(t, h), "SET", "b", "2")
	<-g.started
	g.finish <- errors.New("disk on fire")
	<-bad
	replies, err := s.Execute(context.Background(), []resp.Command{{"MULTI"}, {"GET", "a"}, {"EXEC"}})
	if err != nil || replies[2].Kind != resp.NilArray {
		t.Errorf("EXEC after the fault: %+v, %v", replies, err)
	}
	if r, err := exec(s, "PUBLISH", "news", "x"); err != nil || r.Int != 1 {
		t.Errorf("PUBLISH: %+v, %v", r, err)
	}
	if r := <-got; r.Elems[2].Str != "x" {
		t.Errorf("message %+v", r)
	}
	h.Close()
}

func TestRepliesOfBlockedCommandsAndMessagesWaitForTheCommit(t *testing.T) {
	g := newGated()
	h := newHost(t, g, embedded.Options{})
	got := make(chan resp.Reply, 10)
	sub, err := h.NewSession(store.SessionOptions{Push: func(r resp.Reply) { got <- r }})
	if err != nil {
		t.Fatal(err)
	}
	exec(sub, "SUBSCRIBE", "news")
	<-got
	popped := start(newSession(t, h), "BLPOP", "queue", "0")
	h.WaitBlocked(1)
	pushed := start(newSession(t, h), "RPUSH", "queue", "x", "stays")
	<-g.started
	published := start(newSession(t, h), "PUBLISH", "news", "y")
	h.WaitQueued(0)
	pending(t, "BLPOP", popped)
	pending(t, "RPUSH", pushed)
	pending(t, "PUBLISH", published)
	if len(got) != 0 {
		t.Error("the message left before the commit")
	}
	g.finish <- nil
	if a := <-popped; a.err != nil || a.reply.Elems[1].Str != "x" {
		t.Errorf("BLPOP: %+v", a)
	}
	<-pushed
	<-published
	if r := <-got; r.Elems[2].Str != "y" {
		t.Errorf("message %+v", r)
	}
	h.Close()
}

func TestBehindAnswersFirstAndCloseStores(t *testing.T) {
	rows := memory.NewRows()
	h := newHost(t, rows, embedded.Options{Durability: embedded.Off})
	s := newSession(t, h)
	for i := 0; i < 100; i++ {
		if _, err := exec(s, "RPUSH", "l", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	again := newHost(t, rows, embedded.Options{})
	defer again.Close()
	if r, err := exec(newSession(t, again), "LLEN", "l"); err != nil || r.Int != 100 {
		t.Errorf("LLEN after Close: %+v, %v", r, err)
	}
}

func TestCancelledCommandTakesNothing(t *testing.T) {
	h := newHost(t, memory.Volatile{}, embedded.Options{})
	defer h.Close()
	s := newSession(t, h)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := s.Execute(ctx, []resp.Command{{"BLPOP", "queue", "0"}})
		done <- err
	}()
	h.WaitBlocked(1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	exec(s, "RPUSH", "queue", "x")
	if r, _ := exec(s, "LLEN", "queue"); r.Int != 1 {
		t.Errorf("LLEN %d", r.Int)
	}
}

func TestBlockedCommandInAPipelineHoldsWhatFollows(t *testing.T) {
	h := newHost(t, memory.Volatile{}, embedded.Options{})
	defer h.Close()
	s := newSession(t, h)
	done := make(chan []resp.Reply, 1)
	go func() {
		replies, _ := s.Execute(context.Background(), []resp.Command{{"SET", "a", "1"}, {"BLPOP", "queue", "0"}, {"INCR", "a"}})
		done <- replies
	}()
	h.WaitBlocked(1)
	other := newSession(t, h)
	if r, _ := exec(other, "GET", "a"); r.Str != "1" {
		t.Errorf("GET %q: the command before must have run, the one after not", r.Str)
	}
	exec(other, "RPUSH", "queue", "x")
	replies := <-done
	if len(replies) != 3 || replies[1].Elems[1].Str != "x" || replies[2].Int != 2 {
		t.Errorf("replies %+v", replies)
	}
}

func TestBlockedCommandTimesOutOnTheWallClock(t *testing.T) {
	h := newHost(t, memory.NewRows(), embedded.Options{})
	defer h.Close()
	begin := time.Now()
	r, err := exec(newSession(t, h), "BLPOP", "queue", "0.02")
	if err != nil || r.Kind != resp.NilArray {
		t.Errorf("%+v, %v", r, err)
	}
	if d := time.Since(begin); d < 20*time.Millisecond {
		t.Errorf("gave up after %v", d)
	}
}

func TestClosingASessionEndsItsBlockedCommand(t *testing.T) {
	h := newHost(t, memory.Volatile{}, embedded.Options{})
	defer h.Close()
	s := newSession(t, h)
	waiting := start(s, "BLPOP", "queue", "0")
	h.WaitBlocked(1)
	s.Close()
	if a := <-waiting; !errors.Is(a.err, embedded.ErrClosed) {
		t.Errorf("got %+v", a)
	}
	if _, err := exec(s, "PING"); !errors.Is(err, embedded.ErrClosed) {
		t.Errorf("PING on a closed session: %v", err)
	}
}

func TestMessagesArriveInOrder(t *testing.T) {
	h := newHost(t, memory.Volatile{}, embedded.Options{})
	defer h.Close()
	const n = 2000
	var mu sync.Mutex
	var got []string
	all := make(chan struct{})
	sub, err := h.NewSession(store.SessionOptions{Push: func(r resp.Reply) {
		mu.Lock()
		defer mu.Unlock()
		if r.Kind != resp.Error && r.Elems[0].Str == "message" { // an error says that the store was closed
			if got = append(got, r.Elems[2].Str); len(got) == n {
				close(all)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	exec(sub, "SUBSCRIBE", "c")
	s := newSession(t, h)
	for i := 0; i < n; i++ {
		exec(s, "PUBLISH", "c", fmt.Sprint(i))
	}
	<-all
	for i, m := range got {
		if m != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, m)
		}
	}
}

func TestExpiredKeysGoWithoutBeingAskedFor(t *testing.T) {
	g := newGated()
	clock := new(embedded.Clock)
	clock.Stop()
	h := newHost(t, g, embedded.Options{Clock: clock})
	set := start(newSession(t, h), "SET", "k", "v", "PX", "5")
	<-g.started
	g.finish <- nil
	<-set
	done := make(chan error, 1)
	go func() { done <- h.Advance(time.Second) }()
	if n := <-g.started; n != 1 {
		t.Errorf("%d changes", n)
	}
	g.finish <- nil
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := len(keys(t, g.Rows)); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	h.Close()
}

func keys(t *testing.T, rows *memory.Rows) (all []engine.Header) {
	t.Helper()
	if err := rows.Keys(0, 0, false, func(h engine.Header) bool { all = append(all, h); return true }); err != nil {
		t.Fatal(err)
	}
	return all
}

func BenchmarkGetThroughTheHost(b *testing.B) {
	h := newHost(b, memory.Volatile{}, embedded.Options{})
	defer h.Close()
	s := newSession(b, h)
	exec(s, "SET", "key", "value")
	ctx := context.Background()
	cmds := []resp.Command{{"GET", "key"}}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, err := s.Execute(ctx, cmds); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetWithoutTheHost(b *testing.B) {
	e, err := engine.Open(memory.Volatile{}, engine.Options{})
	if err != nil {
		b.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	cmds := []resp.Command{{"SET", "key", "value"}}
	e.Exec(1, 1, engine.Frame{Session: s, Commands: cmds})
	cmds = []resp.Command{{"GET", "key"}}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if out := e.Exec(1, 1, engine.Frame{Session: s, Commands: cmds}); out.Err != nil {
			b.Fatal(out.Err)
		}
	}
}
