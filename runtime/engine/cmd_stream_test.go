package engine

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

const streamNow = 1_700_000_000_000_000

// streamFrame runs commands, each written with spaces, in one frame.
func streamFrame(t *testing.T, e *Engine, s uint64, now int64, lines ...string) Outcome {
	t.Helper()
	f := Frame{Session: s}
	for _, line := range lines {
		f.Commands = append(f.Commands, strings.Fields(line))
	}
	out := e.Exec(now, 1, f)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	return out
}

// plainText writes a reply with brackets alone.
func plainText(r resp.Reply) string {
	switch r.Kind {
	case resp.Array, resp.Map:
		parts := make([]string, len(r.Elems))
		for i, e := range r.Elems {
			parts[i] = plainText(e)
		}
		return map[resp.Kind]string{resp.Array: "[", resp.Map: "{"}[r.Kind] + strings.Join(parts, " ") + map[resp.Kind]string{resp.Array: "]", resp.Map: "}"}[r.Kind]
	case resp.Int:
		return fmt.Sprint(r.Int)
	case resp.Nil, resp.NilArray:
		return "nil"
	}
	return r.Str
}

func TestBlockedStreamReadersAreServedAsByRedis(t *testing.T) {
	group := []string{"XGROUP CREATE s g $ MKSTREAM"}
	reader, plain := "XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XREAD BLOCK 0 STREAMS s $"
	for _, c := range []struct {
		name   string
		before []string
		wait   string
		then   []string
		want   string // empty: it goes on waiting
	}{
		{"an entry", group, reader, []string{"XADD s 1-1 a b"}, "{s [[1-1 [a b]]]}"},
		{"an entry for XREAD", nil, plain, []string{"XADD s 1-1 a b"}, "{s [[1-1 [a b]]]}"},
		{"what came before is not read", []string{"XADD s 1-1 a b"}, plain, []string{"XADD s 2-1 c d"}, "{s [[2-1 [c d]]]}"},
		{"the key goes", group, reader, []string{"DEL s"}, "UNBLOCKED the stream key no longer exists"},
		{"the key goes and comes back in between", group, reader, []string{"DEL s", "XADD s 1-1 a b"}, "UNBLOCKED the stream key no longer exists"},
		{"the key becomes a string", group, reader, []string{"SET s x"}, "UNBLOCKED the stream key no longer exists"},
		{"everything goes", group, reader, []string{"FLUSHALL"}, "UNBLOCKED the stream key no longer exists"},
		{"the key gets another name", group, reader, []string{"RENAME s t"}, "UNBLOCKED the stream key no longer exists"},
		{"XREAD goes on without the key", []string{"XADD s 1-1 a b"}, plain, []string{"DEL s", "SET s x", "DEL s"}, ""},
		{"the group goes", group, reader, []string{"XGROUP DESTROY s g"}, "NOGROUP the consumer group this client was blocked on no longer exists"},
		{"another group goes", append(group, "XGROUP CREATE s h $"), reader, []string{"XGROUP DESTROY s h"}, ""},
		{"added and removed at once", group, reader, []string{"MULTI", "XADD s 1-1 a b", "XDEL s 1-1", "EXEC"}, "{s []}"},
		{"the last id moves", []string{"XADD s 1-1 a b"}, plain, []string{"XSETID s 5-1"}, ""},
		{"the group is set back", []string{"XADD s 1-1 a b", group[0]}, reader, []string{"XGROUP SETID s g 0"}, ""},
		{"a copy takes the name", []string{"XADD t 1-1 a b"}, plain, []string{"COPY t s"}, "{s [[1-1 [a b]]]}"},
		{"a stream without entries", nil, plain, []string{"XGROUP CREATE s g $ MKSTREAM"}, ""},
		{"the first of two keys that changed", []string{"XADD s 1-1 a b", "XADD t 1-1 a b"}, "XREAD BLOCK 0 STREAMS s t $ $",
			[]string{"MULTI", "XADD t 2-1 a b", "XADD s 2-1 a b", "EXEC"}, "{t [[2-1 [a b]]]}"},
	} {
		e, writer := newTestEngine(t)
		blocked := e.NewSession(0, 3, "")
		streamFrame(t, e, writer, streamNow, c.before...)
		out := streamFrame(t, e, blocked, streamNow, c.wait)
		if out.Ticket == 0 {
			t.Errorf("%s: %s answered %s at once", c.name, c.wait, plainText(out.Replies[0]))
			continue
		}
		wakes := streamFrame(t, e, writer, streamNow, c.then...).Wakes
		got := ""
		if len(wakes) == 1 {
			got = plainText(wakes[0].Reply)
		}
		if got != c.want || len(wakes) > 1 || len(wakes) == 1 && wakes[0].Ticket != out.Ticket {
			t.Errorf("%s: woken by %v with %q, want %q", c.name, c.then, got, c.want)
		}
	}
}

func TestBlockedStreamReadersTimeOut(t *testing.T) {
	e, s := newTestEngine(t)
	out := streamFrame(t, e, s, streamNow, "XREAD BLOCK 20 STREAMS s $")
	if want := int64(streamNow + 20_000); out.Deadline != want {
		t.Errorf("deadline %d, want %d", out.Deadline, want)
	}
	if out := e.Tick(streamNow+19_999, 1); len(out.Wakes) != 0 {
		t.Errorf("woken early: %v", out.Wakes)
	}
	if out := e.Tick(streamNow+20_000, 1); len(out.Wakes) != 1 || out.Wakes[0].Reply.Kind != resp.NilArray {
		t.Errorf("woken with %v", out.Wakes)
	}
}

func TestTwoConsumersThatWaitShareNothing(t *testing.T) {
	e, writer := newTestEngine(t)
	streamFrame(t, e, writer, streamNow, "XGROUP CREATE s g $ MKSTREAM")
	var tickets []uint64
	for _, name := range []string{"c1", "c2"} {
		s := e.NewSession(0, 2, "")
		tickets = append(tickets, streamFrame(t, e, s, streamNow, "XREADGROUP GROUP g "+name+" BLOCK 0 COUNT 1 STREAMS s >").Ticket)
	}
	for i, want := range []string{"[[s [[1-1 [a b]]]]]", "[[s [[2-1 [a b]]]]]"} {
		wakes := streamFrame(t, e, writer, streamNow, fmt.Sprintf("XADD s %d-1 a b", i+1)).Wakes
		if len(wakes) != 1 || wakes[0].Ticket != tickets[i] || plainText(wakes[0].Reply) != want {
			t.Errorf("entry %d: woken %+v, want %s for ticket %d", i+1, wakes, want, tickets[i])
		}
	}
	r := streamFrame(t, e, writer, streamNow, "XPENDING s g").Replies[0]
	if got := plainText(r); got != "[2 1-1 2-1 [[c1 1] [c2 1]]]" {
		t.Errorf("pending %s", got)
	}
}

func TestIDsComeFromTheFrameAndNeverGoBack(t *testing.T) {
	e, s := newTestEngine(t)
	for _, c := range []struct {
		now  int64
		id   string
		want string
	}{
		{5_000_000, "*", "5000-0"}, {5_000_999, "*", "5000-1"}, {5_001_000, "*", "5001-0"},
		{4_000_000, "*", "5001-1"}, {4_000_000, "5001-*", "5001-2"}, {4_000_000, "9000-*", "9000-0"},
		{6_000_000, "*", "9000-1"}, {6_000_000, "9000-18446744073709551615", "9000-18446744073709551615"}, {6_000_000, "*", "9001-0"},
		{6_000_000, "9001-0", "ERR The ID specified in XADD is equal or smaller than the target stream top item"},
		{6_000_000, "18446744073709551615-18446744073709551615", "18446744073709551615-18446744073709551615"},
		{6_000_000, "*", "ERR The stream has exhausted the last possible ID, unable to add more items"},
	} {
		if got := plainText(streamFrame(t, e, s, c.now, "XADD s "+c.id+" f v").Replies[0]); got != c.want {
			t.Errorf("XADD s %s at %d: %s, want %s", c.id, c.now, got, c.want)
		}
	}
}

func TestStreamsWriteTheRowsThatChanged(t *testing.T) {
	e, err := Open(keeping{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	for _, c := range []struct{ line, want string }{
		{"XADD s 1-1 a b", "key put:0"},
		{"XADD s 2-1 a b", "put:0"},
		{"XADD s 3-1 a b", "put:0"},
		{"XGROUP CREATE s g 0", "put:2"},
		{"XREADGROUP GROUP g c COUNT 2 STREAMS s >", "put:2 put:3 put:4 put:4"},
		{"XREADGROUP GROUP g c COUNT 1 STREAMS s 0", "put:4"},
		{"XREADGROUP GROUP g d NOACK STREAMS s >", "put:2 put:3"},
		{"XACK s g 1-1 9-9", "del:4"},
		{"XCLAIM s g d 0 2-1 JUSTID", "put:4"},
		{"XADD s MAXLEN 3 4-1 a b", "del:0 put:0"},
		{"XDEL s 4-1", "del:0 put:1"},
		{"XADD s 5-1 a b", "put:0"},
		{"XLEN s", ""},
		{"XTRIM s MAXLEN 9", ""},
		{"XGROUP DELCONSUMER s g d", "del:3 del:4"},
		{"XGROUP DESTROY s g", "del:2 del:3"},
		{"RENAME s t", "key gone"},
		{"XSETID t 9-9", "put:1"},
		{"DEL t", "gone"},
	} {
		out := streamFrame(t, e, s, streamNow, c.line)
		if out.Replies[0].Kind == resp.Error {
			t.Fatalf("%s: %s", c.line, out.Replies[0].Str)
		}
		var got []string
		if out.Change != nil {
			for _, op := range out.Change.Ops {
				got = append(got, map[OpKind]string{
					OpPutKey: "key", OpDelKey: "gone", OpPutItem: fmt.Sprintf("put:%d", op.Item.Kind), OpDelItem: fmt.Sprintf("del:%d", op.Item.Kind),
				}[op.Kind])
			}
		}
		if sorted(got) != sorted(strings.Fields(c.want)) {
			t.Errorf("%s wrote %v, want %s", c.line, got, c.want)
		}
	}
}

// keeping is an empty store that keeps nothing but is asked to.
type keeping struct{ Store }

func (keeping) Open() (State, error)   { return State{}, nil }
func (keeping) DBs() ([]uint32, error) { return nil, nil }

func sorted(words []string) string {
	m := map[string]int{}
	for _, w := range words {
		m[w]++
	}
	return fmt.Sprint(m)
}

func TestPendingListsStayInOrder(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	var l pendingList
	want := map[streamID]*pendingEntry{}
	for i := 0; i < 20_000; i++ {
		id := streamID{uint64(rnd.Intn(3000)), uint64(rnd.Intn(2))}
		if p := want[id]; p != nil {
			if l.find(id) != p || l.remove(id) != p {
				t.Fatalf("%v is not in the list", id)
			}
			delete(want, id)
		} else {
			if l.find(id) != nil || l.remove(id) != nil {
				t.Fatalf("%v is in the list", id)
			}
			want[id] = &pendingEntry{id: id}
			l.insert(want[id])
		}
	}
	page := l.page(streamID{}, maxStreamID, pendingAll, nil)
	if len(page) != len(want) || l.n != len(want) {
		t.Fatalf("%d and %d entries, want %d", len(page), l.n, len(want))
	}
	for i, p := range page {
		if want[p.id] != p || i > 0 && !page[i-1].id.less(p.id) {
			t.Fatalf("entry %d is %v", i, p.id)
		}
	}
}

func millionEntries(b *testing.B) (*Engine, uint64) {
	e, s := newTestEngine(b)
	for i := 0; i < 1_000_000; i++ {
		run(e, s, "XADD", "s", fmt.Sprintf("%d-0", i+1), "name", "value", "n", "5")
	}
	b.ReportAllocs()
	b.ResetTimer()
	return e, s
}

func BenchmarkXAddToAMillion(b *testing.B) {
	e, s := millionEntries(b)
	for i := 0; i < b.N; i++ {
		run(e, s, "XADD", "s", "*", "name", "value", "n", "5")
	}
}

func BenchmarkXAddTrimmedToAMillion(b *testing.B) {
	e, s := millionEntries(b)
	for i := 0; i < b.N; i++ {
		run(e, s, "XADD", "s", "MAXLEN", "1000000", "*", "name", "value", "n", "5")
	}
}

func BenchmarkXRangeOfTenInAMillion(b *testing.B) {
	e, s := millionEntries(b)
	for i := 0; i < b.N; i++ {
		run(e, s, "XRANGE", "s", "777777", "+", "COUNT", "10")
	}
}

func BenchmarkXReadGroupAndXAckInAMillion(b *testing.B) {
	e, s := millionEntries(b)
	run(e, s, "XGROUP", "CREATE", "s", "g", "0")
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		r := run(e, s, "XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">")
		if r.Kind == resp.Map && i%2 == 0 {
			run(e, s, "XACK", "s", "g", r.Elems[1].Elems[0].Elems[0].Str)
		}
	}
}
