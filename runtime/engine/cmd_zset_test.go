package engine

import (
	"fmt"
	"math"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// expect runs commands and compares their replies.
func expect(t *testing.T, e *Engine, s uint64, steps []expectation) {
	t.Helper()
	for _, step := range steps {
		if got := run(e, s, step.args...); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", step.want) {
			t.Errorf("%q: got %+v, want %+v", step.args, got, step.want)
		}
	}
}

type expectation struct {
	args []string
	want resp.Reply
}

func TestSortedSetsKnowWhatRandomCommandsDoNotReach(t *testing.T) {
	e, s := newTestEngine(t)
	one := resp.NewInt(1)
	expect(t, e, s, []expectation{
		{[]string{"ZADD", "z", "1e-400", "a"}, errNotFloat},
		{[]string{"ZADD", "z", "1e999", "a"}, errNotFloat},
		{[]string{"ZADD", "z", "1", "a", "2", "b"}, resp.NewInt(2)},
		{[]string{"ZCOUNT", "z", "1e-400", "1e999"}, resp.NewInt(2)},
		{[]string{"ZSCAN", "z", "18446744073709551616"}, errBadScanCursor},
		{[]string{"ZRANK", "z", "b", "WITHSCORE"}, resp.NewArray(one, resp.NewDouble(2))},
		{[]string{"ZREVRANK", "z", "b", "withscore"}, resp.NewArray(resp.NewInt(0), resp.NewDouble(2))},
		{[]string{"ZRANK", "z", "c", "WITHSCORE"}, nilArray},
		{[]string{"ZRANK", "z", "b", "x"}, errArity("zrank")},
		{[]string{"ZRANK", "z"}, errArity("zrank")},
		{[]string{"ZRANDMEMBER", "z", "-99999999999"}, errTooMany},
		{[]string{"ZADD", "inf", "inf", "a"}, one},
		{[]string{"ZINCRBY", "inf", "-inf", "a"}, errScoreNaN},
		{[]string{"ZSCORE", "inf", "a"}, resp.NewDouble(math.Inf(1))},
	})
}

func TestSortLeavesListsAsTheyAreWhenAskedTo(t *testing.T) {
	e, s := newTestEngine(t)
	expect(t, e, s, []expectation{
		{[]string{"RPUSH", "l", "3", "1", "2"}, resp.NewInt(3)},
		{[]string{"SORT", "l", "BY", "nosort"}, resp.Bulks([]string{"3", "1", "2"})},
		{[]string{"SORT", "l", "BY", "nosort", "DESC", "LIMIT", "0", "2"}, resp.Bulks([]string{"2", "1"})},
		{[]string{"MSET", "w1", "9", "w2", "8", "w3", "7"}, resp.OK},
		{[]string{"SORT", "l", "BY", "w*", "GET", "#", "GET", "w*"}, resp.Bulks([]string{"3", "7", "2", "8", "1", "9"})},
		{[]string{"HSET", "h1", "f", "b"}, resp.NewInt(1)},
		{[]string{"HSET", "h2", "f", "a"}, resp.NewInt(1)},
		{[]string{"SORT", "l", "BY", "h*->f", "ALPHA"}, resp.Bulks([]string{"3", "2", "1"})},
		{[]string{"SORT", "l", "STORE", "to"}, resp.NewInt(3)},
		{[]string{"LRANGE", "to", "0", "-1"}, resp.Bulks([]string{"1", "2", "3"})},
		{[]string{"SORT", "nothing", "STORE", "to"}, resp.NewInt(0)},
		{[]string{"EXISTS", "to"}, resp.NewInt(0)},
	})
}

func TestBlockedPopsOfSortedSetsAreServedInTurn(t *testing.T) {
	const now = 1_700_000_000_000_000
	e, first := newTestEngine(t)
	second, writer := e.NewSession(0, 3, ""), e.NewSession(0, 3, "")
	blocked := func(s uint64, args ...string) uint64 {
		out := e.Exec(now, 1, Frame{Session: s, Commands: []resp.Command{args}})
		if out.Ticket == 0 {
			t.Fatalf("%q did not wait: %+v", args, out.Replies)
		}
		return out.Ticket
	}
	a := blocked(first, "BZPOPMIN", "other", "z", "0")
	b := blocked(second, "BZMPOP", "0", "2", "other", "z", "MAX", "COUNT", "2")
	out := e.Exec(now, 1, Frame{Session: writer, Commands: []resp.Command{{"ZADD", "z", "1", "x", "2", "y", "3", "w"}}})
	pair := func(name string, score float64) resp.Reply {
		return resp.NewArray(resp.NewBulk(name), resp.NewDouble(score))
	}
	want := []Wake{
		{a, resp.NewArray(resp.NewBulk("z"), resp.NewBulk("x"), resp.NewDouble(1))},
		{b, resp.NewArray(resp.NewBulk("z"), resp.NewArray(pair("w", 3), pair("y", 2)))},
	}
	if fmt.Sprintf("%+v", out.Wakes) != fmt.Sprintf("%+v", want) {
		t.Errorf("woken: %+v, want %+v", out.Wakes, want)
	}
	if r := run(e, writer, "EXISTS", "z"); r.Int != 0 {
		t.Errorf("an empty sorted set is left")
	}
	c := blocked(first, "BZPOPMAX", "z", "0.5")
	if out := e.Tick(now+400_000, 1); len(out.Wakes) != 0 {
		t.Errorf("woken before the time: %+v", out.Wakes)
	}
	if out := e.Tick(now+500_000, 1); fmt.Sprintf("%+v", out.Wakes) != fmt.Sprintf("%+v", []Wake{{c, nilArray}}) {
		t.Errorf("after the time: %+v", out.Wakes)
	}
}
