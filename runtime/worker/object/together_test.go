package object_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// callers are groups of one command each, as callers that share a client send them.
func callers(lines ...string) (groups []frame.Group) {
	for i, line := range lines {
		groups = append(groups, frame.Group{Client: 1, Protocol: 3, Ticket: uint64(i + 1), Commands: commands(line)})
	}
	return groups
}

func showResults(results []frame.Result) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%d/%d/%d %s; ", r.Status, r.DB, r.Protocol, show(r.Replies))
	}
	return b.String()
}

// Whatever a caller does to the client that it shares with others, each of the groups of
// a frame is answered as if it were a frame of its own.
func TestCallersOfOneFrameAreAnsweredAsIfTheyWereAlone(t *testing.T) {
	for _, lines := range []string{
		"SET a 1|GET a|INCR a|GET a|LPUSH l x y|LRANGE l 0 -1|HSET h f v|HGETALL h|GET l|NOSUCH|GET",
		"SET a 1|SELECT 3|SET a 2|GET a|HELLO 2|HGETALL h|RESET|GET a",
		"MULTI|SET a 1|EXEC|GET a|WATCH a|MULTI|DISCARD|MULTI|NOSUCH|GET a",
		"BLPOP none 0|LPUSH l x|BLPOP l 0|BLPOP l 0|RPUSH other y|BLMOVE none l LEFT LEFT 0|GET a",
		"SUBSCRIBE c|PUBLISH c hello|CLIENT SETNAME me|CLIENT GETNAME|FLUSHALL|DBSIZE|SET a 1|DBSIZE|SWAPDB 0 1|DBSIZE",
		"SET a 1|HSET h f v|SET b 2|HSET h g w|DEL a|SET a 3|RPUSH l 1 2 3|RENAME h i|SET h 4|HSET i f x|DEL l|RPUSH l 4|GET a|HGETALL i|LRANGE l 0 -1|KEYS *",
	} {
		groups := callers(strings.Split(lines, "|")...)
		one, many := newRig(t), newRig(t)
		l := one.lane(1)
		var want []frame.Result
		for i := range groups {
			want = append(want, l.frame(groups[i])...)
		}
		m := many.lane(1)
		got := m.frame(groups...)
		if a, b := showResults(got), showResults(want); a != b {
			t.Errorf("%s\n%s\n%s", lines, a, b)
		}
		// The rows are the same too.
		one.restart(1)
		many.restart(1)
		look := callers("GET a", "GET b", "GET h", "HGETALL i", "HGETALL h", "LRANGE l 0 -1", "DBSIZE")
		l.seq, m.seq = l.seq+1, m.seq+1
		if a, b := showResults(m.frame(look...)), showResults(l.frame(look...)); a != b {
			t.Errorf("after it was opened anew: %s\n%s\n%s", lines, a, b)
		}
	}
}

// What alternates in a frame is written by few statements.
func TestAFrameOfManyCallersIsFewStatements(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	var lines []string
	for i := 0; i < 60; i += 3 {
		lines = append(lines, fmt.Sprintf("SET s%d v", i), fmt.Sprintf("HSET h%d f v", i), fmt.Sprintf("LPUSH l%d v", i))
	}
	l.frame(callers(lines...)...)
	count := &counting{Executor: r.exec}
	r.exec = count
	r.restart(1)
	l.frame(callers(lines...)...)
	if count.statements != 1 { // the journal's row
		t.Errorf("%d statements, 1 is wanted", count.statements)
	}
	r.settleJournal()
	// 20 strings, 20 fields, 20 elements: each is one statement of 16 rows and one of 4;
	// the session's row, and that the journal is settled.
	if count.statements != 1+8 {
		t.Errorf("%d statements, 8 are wanted", count.statements-1)
	}
	if got := showResults(l.frame(callers("LRANGE l3 0 -1", "HGETALL h57", "GET s30")...)); !strings.Contains(got, "v") {
		t.Error(got)
	}
}

// counting counts the statements of programs.
type counting struct {
	object.Executor
	statements uint32
}

func (c *counting) Exec(program []byte) error {
	c.statements += binary.LittleEndian.Uint32(program)
	return c.Executor.Exec(program)
}

// An answer that is large enough ends a frame among callers as well.
func TestCallersWhoseRepliesAreLargeComeAgain(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET k " + strings.Repeat("x", 1_500_000))
	if res := l.frame(callers("GET k", "GET k", "GET k", "INCR n", "INCR n")...); len(res) != 3 {
		t.Errorf("%d groups were run", len(res))
	}
	if got := l.do("EXISTS n"); !strings.Contains(got, "0") {
		t.Error(got)
	}
}
