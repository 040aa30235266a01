package object_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Sessions that only read keep their connections for days. Rows of those that are gone
// stand behind theirs.
func TestOldSessionsGoAlthoughMoreThanAHundredStay(t *testing.T) {
	r := newRig(t)
	for c := uint64(1); c <= 150; c++ {
		r.lane(c).do("INCR n")
	}
	for n := 0; n < 150; n++ {
		l := &lane{r: r, conn: uint64(1000 + n), id: frame.SessionID{2, byte(n)}, scope: 1}
		l.connect()
		l.do("INCR n")
		r.take(r.object().Closed(l.conn, r.now, 1))
	}
	if n := r.rows("sessions"); n < 300 {
		t.Fatalf("%d rows of sessions", n)
	}
	r.now += 25 * 3600_000_000
	r.take(r.object().Tick(r.now, r.seed))
	for i := 0; r.last.Flags&2 != 0; i++ {
		r.take(r.object().Sweep(128))
		if i == 1000 {
			t.Fatal("it sweeps for ever")
		}
	}
	if n := r.rows("sessions"); n > 151 {
		t.Errorf("%d rows of sessions, and 150 are connected", n)
	}
	if got := r.lane(200).do("GET n"); got != `"300"` {
		t.Error(got)
	}
}

// A few commands that wait for keys with long names fill memory as well as many do.
func TestCommandsThatWaitAreBoundedByTheirSize(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	refused := 0
	for i := uint64(1); i <= 20; i++ {
		key := fmt.Sprint("q", i, strings.Repeat("x", 1_000_000))
		res := l.frame(frame.Group{Client: i, Protocol: 3, Ticket: i, Commands: []resp.Command{{"BLPOP", key, "0"}}})[0]
		if strings.HasPrefix(show(res.Replies), "(error) ERR not run: too many commands wait") {
			refused++
		}
	}
	if refused < 8 || refused > 14 {
		t.Errorf("%d of 20 were refused", refused)
	}
	r.send(1, (&frame.Frame{Seq: l.seq + 1, Cancels: []uint64{1, 2, 3}}).Append(nil))
	l.seq++
	l.answer()
	if res := l.frame(frame.Group{Client: 30, Protocol: 3, Ticket: 30, Commands: commands("BLPOP q 0")})[0]; res.Status != frame.StatusBlocked {
		t.Errorf("when others have ended: %s", show(res.Replies))
	}
}

// Who comes back finds what he was served, and until then it takes no memory.
func TestRepliesOfThoseWhoAreGoneAreInRowsAlone(t *testing.T) {
	r := newRig(t)
	p := r.lane(1)
	value := strings.Repeat("x", 1_000_000)
	var gone []*lane
	before := heap()
	for c := uint64(2); c < 42; c++ {
		l := r.lane(c)
		l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 7, Commands: commands("BLPOP q 0")})
		p.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"RPUSH", "q", fmt.Sprint(c, value)}}})
		r.messages(c)
		r.take(r.object().Closed(c, r.now, 1))
		gone = append(gone, l)
	}
	if grown := heap() - before; grown > 12<<20 {
		t.Errorf("40 replies of 1 MB take %d MB", grown>>20)
	}
	if res := p.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 9, Commands: commands("BLPOP other 0")})[0]; res.Status != frame.StatusBlocked {
		t.Errorf("who is there: %s", show(res.Replies))
	}
	for _, l := range gone {
		l.connect()
		if got := wakes(r.messages(l.conn)); !strings.HasPrefix(got, fmt.Sprintf(`7 ["q", "%dxxx`, l.conn)) {
			t.Errorf("%d: %.40s", l.conn, got)
		}
		r.send(l.conn, frame.AppendBye(nil))
	}
	if n := r.rows("wakes"); n != 0 {
		t.Errorf("%d replies are kept of those who said goodbye", n)
	}
}

// What waits for polls that never come is bounded for all sessions together.
func TestMessagesForPollsAreBoundedTogether(t *testing.T) {
	r := newRig(t)
	for n := uint64(1); n <= 30; n++ {
		r.stranger(n, 1, group(1, fmt.Sprint("SUBSCRIBE c", n)))
	}
	p := r.lane(1)
	message := strings.Repeat("x", 1_000_000)
	before := heap()
	for n := 1; n <= 30; n++ {
		for i := 0; i < 3; i++ {
			p.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"PUBLISH", fmt.Sprint("c", n), message}}})
		}
	}
	if grown := heap() - before; grown > 20<<20 {
		t.Errorf("messages that nobody fetches take %d MB", grown>>20)
	}
	if got := p.do("PUBSUB NUMSUB c1 c30"); got != `["c1", (integer) 1, "c30", (integer) 0]` {
		t.Error(got)
	}
	r.now += 61_000_000
	r.take(r.object().Tick(r.now, 1)) // they are gone, and there is room again
	r.stranger(40, 1, group(1, "SUBSCRIBE c40"))
	for i := 0; i < 3; i++ {
		p.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"PUBLISH", "c40", message}}})
	}
	if got := p.do("PUBSUB NUMSUB c40"); got != `["c40", (integer) 1]` {
		t.Error(got)
	}
}

// A client's held command runs in the database that it was sent to.
func TestADatabaseThatIsNoneMovesNobody(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("CLIENT PAUSE 100000")
	l.frame(frame.Group{Client: 2, Protocol: 3, Ticket: 7, Commands: commands("SET k v")})
	res := l.frame(frame.Group{Client: 2, DB: 1 << 20, Protocol: 3, Commands: commands("PING")})
	if got := show(res[0].Replies); got != "(error) ERR DB index is out of range" {
		t.Error(got)
	}
	l.frame(frame.Group{Client: 1, Protocol: 3, Commands: commands("CLIENT UNPAUSE")})
	if got := l.do("GET k"); got != `"v"` {
		t.Error(got)
	}
}

// Each of many keys is not compared with each.
func TestWaitingForManyKeysTakesAsLongAsThereAreKeys(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	cmd := resp.Command{"BLPOP"}
	for i := 0; i < 40_000; i++ {
		cmd = append(cmd, fmt.Sprint("q", i%39_999))
	}
	began := time.Now()
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 7, Commands: []resp.Command{append(cmd, "0")}})
	if took := time.Since(began); res[0].Status != frame.StatusBlocked || took > time.Second {
		t.Errorf("status %d after %v", res[0].Status, took)
	}
	r.lane(2).do("RPUSH q39998 x")
	if got := wakes(r.messages(1)); got != `7 ["q39998", "x"]` {
		t.Error(got)
	}
}
