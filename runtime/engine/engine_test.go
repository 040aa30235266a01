package engine

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

type nothing struct{ Store }

func (nothing) Open() (State, error) { return State{Volatile: true}, nil }

func newTestEngine(t testing.TB) (*Engine, uint64) {
	t.Helper()
	e, err := Open(nothing{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e, e.NewSession(0, 3, "")
}

// run executes one command at a fixed time.
func run(e *Engine, s uint64, args ...string) resp.Reply {
	out := e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: []resp.Command{args}})
	if out.Err != nil {
		panic(out.Err)
	}
	return out.Replies[0]
}

func TestStringsAndKeysAnswerLikeRedis(t *testing.T) {
	e, s := newTestEngine(t)
	for _, step := range []struct {
		args []string
		want resp.Reply
	}{
		{[]string{"SET", "k", "v"}, resp.OK},
		{[]string{"get", "k"}, resp.NewBulk("v")},
		{[]string{"APPEND", "k", "w"}, resp.NewInt(2)},
		{[]string{"GET", "k"}, resp.NewBulk("vw")},
		{[]string{"INCR", "k"}, errNotInt},
		{[]string{"INCRBYFLOAT", "f", "10.5"}, resp.NewBulk("10.5")},
		{[]string{"INCRBYFLOAT", "f", "0.1"}, resp.NewBulk("10.6")},
		{[]string{"RENAME", "k", "l"}, resp.OK},
		{[]string{"EXISTS", "k", "l"}, resp.NewInt(1)},
		{[]string{"GET"}, errArity("get")},
		{[]string{"NOPE", "a"}, resp.NewError("ERR unknown command 'NOPE', with args beginning with: 'a' ")},
	} {
		if got := run(e, s, step.args...); fmt.Sprint(got) != fmt.Sprint(step.want) {
			t.Errorf("%q: got %+v, want %+v", step.args, got, step.want)
		}
	}
}

func TestScanReturnsEveryKeyThatStays(t *testing.T) {
	e, s := newTestEngine(t)
	const n = 5000
	for i := 0; i < n; i++ {
		run(e, s, "SET", fmt.Sprint("key:", i), "x")
	}
	seen := map[string]int{}
	cursor, rnd := "0", rand.New(rand.NewSource(1))
	for extra := n; ; {
		r := run(e, s, "SCAN", cursor, "COUNT", "17")
		for _, k := range r.Elems[1].Elems {
			seen[k.Str]++
		}
		// Growth and removal while the scan runs.
		for j := 0; j < 20; j++ {
			run(e, s, "SET", fmt.Sprint("key:", extra), "x")
			extra++
			run(e, s, "DEL", fmt.Sprint("key:", n+rnd.Intn(extra-n)))
		}
		if cursor = r.Elems[0].Str; cursor == "0" {
			break
		}
	}
	for i := 0; i < n; i++ {
		if seen[fmt.Sprint("key:", i)] != 1 {
			t.Fatalf("key:%d was returned %d times", i, seen[fmt.Sprint("key:", i)])
		}
	}
}

func BenchmarkSet(b *testing.B) {
	e, s := newTestEngine(b)
	cmds := make([]resp.Command, 1)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		cmds[0] = resp.Command{"set", "key", "value"}
		e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: cmds})
	}
}

func BenchmarkGet(b *testing.B) {
	e, s := newTestEngine(b)
	for i := 0; i < 100000; i++ {
		run(e, s, "SET", fmt.Sprint("key:", i), "x")
	}
	cmds := []resp.Command{{"get", "key:77"}}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: cmds})
	}
}
