package object_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// rows counts the rows of a table of the object.
func (r *rig) rows(table string) (n int) {
	r.t.Helper()
	r.settleJournal()
	if err := r.db.DB().QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// stranger is a session of its own over HTTP, with one message.
func (r *rig) stranger(n uint64, scope int, groups ...frame.Group) []frame.Result {
	r.t.Helper()
	var id frame.SessionID
	binary.BigEndian.PutUint64(id[:], n)
	id[15] = 9
	conn := 1_000_000 + n
	r.take(r.object().Attach(conn, scope|2, nil))
	body := frame.AppendPart(nil, (&frame.Hello{Version: frame.Version, Session: id}).Append(nil))
	body = frame.AppendPart(body, (&frame.Frame{Seq: 1, Groups: groups}).Append(nil))
	r.seed++
	r.take(r.object().Post(conn, r.now, r.seed, body, false))
	l := lane{r: r, conn: conn}
	results := l.answer()
	delete(r.came, conn)
	delete(r.gone, conn)
	return results
}

// Whoever has a token can say hello as often as he likes. What is remembered of
// those who are gone does not grow.
func TestSessionsThatAreGoneTakeNoMemory(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET large " + strings.Repeat("x", 1_000_000))
	meet := func(from, to uint64) {
		for n := from; n < to; n++ {
			lines := []string{"GET k"}
			if n%50 == 0 {
				lines = append(lines, "GET large") // its answer may be wanted again
			}
			r.stranger(n, 0, group(1, lines...))
			if n%64 == 0 { // the clients of sessions over HTTP live for a minute
				r.now += 61_000_000
				r.take(r.object().Tick(r.now, r.seed))
			}
		}
	}
	meet(0, 1000)
	before := heap()
	meet(1000, 6000)
	if grown := heap() - before; grown > 512<<10 {
		t.Errorf("5,000 sessions left %d bytes", grown)
	}
	if n := r.rows("sessions"); n > 2 {
		t.Errorf("%d rows of sessions that only read", n)
	}
	if got := l.do("STRLEN large"); got != "(integer) 1000000" {
		t.Error(got)
	}
}

// An object that leaves memory often never is in it for the hour between two looks
// at its sessions.
func TestOldSessionsGoFromAnObjectThatHibernates(t *testing.T) {
	r := newRig(t)
	for n := uint64(0); n < 250; n++ {
		r.stranger(n, 1, group(1, "INCR n"))
	}
	if n := r.rows("sessions"); n < 250 {
		t.Fatalf("%d rows of sessions", n)
	}
	for day := 0; day < 3; day++ {
		r.now += 25 * 3600_000_000
		r.restart()
		r.lane(uint64(10 + day)).do("INCR n")
		for r.last.Flags&2 != 0 {
			r.take(r.object().Sweep(128))
		}
	}
	if n := r.rows("sessions"); n > 2 {
		t.Errorf("%d rows of sessions after three days", n)
	}
	if got := r.lane(20).do("GET n"); got != `"253"` {
		t.Error(got)
	}
}

// A client that waited and never came back leaves a reply that nobody acknowledges.
func TestRepliesThatNobodyFetchesGo(t *testing.T) {
	r := newRig(t)
	l, p := r.lane(1), r.lane(2)
	l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 7, Commands: commands("BLPOP q 0")})
	p.do("RPUSH q x")
	if n := r.rows("wakes"); n != 1 {
		t.Fatalf("%d rows of replies", n)
	}
	r.take(r.object().Closed(1, r.now, 1))
	r.now += 25 * 3600_000_000
	r.restart(2)
	for r.last.Flags&2 != 0 {
		r.take(r.object().Sweep(128))
	}
	if n := r.rows("wakes"); n != 0 {
		t.Errorf("%d rows of replies stay for ever", n)
	}
}

// After a crash nobody says that a socket is closed: what it listened to has rows.
func TestSubscribersThatNeverComeBackLeaveNoRows(t *testing.T) {
	r := newRig(t)
	l, other := r.lane(1), r.lane(2)
	l.do("SUBSCRIBE a b c")
	other.do("SUBSCRIBE a")
	r.restart(2) // the first one's socket is gone
	for r.last.Flags&2 != 0 {
		r.take(r.object().Sweep(128))
	}
	if n := r.rows("subscriptions"); n != 1 {
		t.Errorf("%d rows of subscriptions", n)
	}
	r.messages(2)
	r.stranger(1, 1, group(1, "PUBLISH a x"))
	if got := pushes(t, r.messages(2), 1); got != `push["message", "a", "x"]` {
		t.Errorf("who is there hears %s", got)
	}
}

func TestClientsAreAsManyAsRedisTakes(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	last := ""
	client := uint64(0)
	for i := 0; i < 21; i++ {
		groups := make([]frame.Group, frame.MaxCommands)
		for j := range groups {
			client++
			groups[j] = group(client, "CLIENT ID")
		}
		results := l.frame(groups...)
		last = show(results[len(results)-1].Replies)
	}
	if last != "(error) ERR max number of clients reached" {
		t.Error(last)
	}
	l.seq++
	r.send(1, (&frame.Frame{Seq: l.seq, Closed: []uint64{1}, Groups: []frame.Group{group(client, "PING")}}).Append(nil))
	if got := show(l.answer()[0].Replies); got != "+PONG" {
		t.Errorf("when another one has gone: %s", got)
	}
}

func TestCommandsThatWaitAreBounded(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	ticket := uint64(0)
	last := frame.Result{}
	for i := 0; i < 20; i++ {
		groups := make([]frame.Group, frame.MaxCommands)
		for j := range groups {
			ticket++
			groups[j] = frame.Group{Client: uint64(j + 1), Protocol: 3, Ticket: ticket, Commands: commands(fmt.Sprint("BLPOP q", ticket, " 0"))}
		}
		results := l.frame(groups...)
		last = results[len(results)-1]
	}
	if got := show(last.Replies); !strings.HasPrefix(got, "(error) ERR not run: too many commands wait") {
		t.Errorf("status %d: %s", last.Status, got)
	}
	// What need not wait is served, in the same session too.
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: ticket + 1, Commands: commands("SET k v", "BLPOP q0 0", "SET k w"), DB: 0}, frame.Group{Client: 2, Protocol: 3, Ticket: ticket + 2, Commands: commands("GET k")})
	if got := show(res[0].Replies); res[0].Status != frame.StatusDone || strings.Count(got, "not run") != 2 || len(res[0].Replies) != 3 || show(res[1].Replies) != `"v"` {
		t.Errorf("%s, %s", got, show(res[1].Replies))
	}
	r.now += 1_000_000
	r.take(r.object().Tick(r.now, 1))
	if got := r.lane(2).do("RPUSH q0 x", "LLEN q0"); got != "(integer) 1 (integer) 1" {
		t.Errorf("what was refused waits: %s", got)
	}
	if got := r.lane(3).do("RPUSH q1 x", "LLEN q1"); got != "(integer) 1 (integer) 0" {
		t.Errorf("the first that waits: %s", got)
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	cmd := resp.Command{"SUBSCRIBE"}
	for i := 0; i < 20_000; i++ {
		cmd = append(cmd, fmt.Sprintf("channel:%d:%0700d", i, i))
	}
	got := show(l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{cmd[:2], cmd[1:], cmd}})[0].Replies[2:])
	if got != "(error) ERR max number of subscriptions reached" {
		t.Error(got)
	}
	if n := r.rows("subscriptions"); n != 1 {
		t.Errorf("%d rows", n)
	}
	for i := 0; i < 100; i++ { // what ends makes room
		half := append(resp.Command{"SUBSCRIBE"}, cmd[1:5000]...)
		if got := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{half, {"UNSUBSCRIBE"}}})[0].Replies; got[0].Kind == resp.Error {
			t.Fatal(show(got))
		}
		r.messages(1)
		if i == 3 {
			break
		}
	}
}

// A client says who he is, and others read it in CLIENT LIST.
func TestIdentitiesAddNoLines(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	g := group(1, "CLIENT LIST")
	evil := "x\nid=99 addr=10.0.0.1:1 user=root"
	g.Identity = &frame.Identity{Name: evil, LibName: evil, LibVer: evil, Username: evil, Addr: evil, LocalAddr: strings.Repeat("y", 1<<20)}
	got := l.frame(g)[0].Replies[0].Str
	if strings.Count(got, "\n") > 1 || strings.Contains(got, "root") || len(got) > 1000 {
		t.Errorf("%.2000q", got)
	}
}

// Numbers that no row keeps as they are would let a frame run twice.
func TestFramesHaveNumbersThatRowsKeep(t *testing.T) {
	for _, seq := range []uint64{0, 1<<53 + 1, 1 << 63, 1<<64 - 1} {
		r := newRig(t)
		r.lane(1)
		r.send(1, (&frame.Frame{Seq: seq, Groups: []frame.Group{group(1, "INCR n")}}).Append(nil))
		var e frame.Error
		if came := r.messages(1); len(came) != 1 || e.Decode(came[0]) != nil || e.Code != frame.CodeProtocol {
			t.Errorf("frame %d: %q", seq, came)
		}
		if got := r.lane(2).do("EXISTS n"); got != "(integer) 0" {
			t.Errorf("frame %d ran", seq)
		}
	}
	r := newRig(t)
	l := r.lane(1)
	l.seq = 1<<53 - 2
	l.do("INCR n")
	first := l.do("INCR n")
	r.restart()
	l.connect()
	if got := show(l.repeat(group(1, "INCR n"))[0].Replies); got != first {
		t.Errorf("the frame %d is answered with %s and then with %s", l.seq, first, got)
	}
}

// Tickets and epochs are numbers of a session: those of another one mean nothing.
func TestNumbersOfAnotherSessionMeanNothing(t *testing.T) {
	r := newRig(t)
	l, thief := r.lane(1), r.lane(2)
	l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 7, Commands: commands("BLPOP q 0")})
	thief.seq++
	r.send(2, (&frame.Frame{Seq: thief.seq, Acks: []uint64{7}, Cancels: []uint64{7}, Closed: []uint64{1}, Groups: []frame.Group{
		{Client: 1, Protocol: 3, Ticket: 7, Commands: commands("BLPOP q 0.1")}}}).Append(nil))
	thief.answer()
	r.lane(3).do("RPUSH q x")
	if got := wakes(r.messages(1)); got != `7 ["q", "x"]` {
		t.Errorf("who waited first gets %q", got)
	}
	thief.seq++
	r.send(2, (&frame.Frame{Seq: thief.seq, Acks: []uint64{7}}).Append(nil))
	thief.answer()
	if n := r.rows("wakes"); n != 1 {
		t.Errorf("%d replies are kept after another session acknowledged them", n)
	}
	res := thief.frame(frame.Group{Client: 5, Protocol: 3, Epoch: l.epoch, Commands: commands("EXEC")})
	if res[0].Status != frame.StatusStale {
		t.Errorf("a client that was never heard of: status %d", res[0].Status)
	}
}

// A session's id is known to its program alone. Somebody who has it and may only
// read, may only read.
func TestATokenThatMayOnlyReadWritesInNoSession(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET k v")
	r.take(r.object().Attach(2, 0, nil))
	r.send(2, (&frame.Hello{Version: frame.Version, Session: l.id}).Append(nil))
	r.messages(2)
	l.conn, l.scope = 2, 0
	if got := l.do("SET k x", "EVAL return(redis.call('DEL','k')) 0", "GET k"); !strings.Contains(got, "NOPERM") || !strings.HasSuffix(got, `"v"`) {
		t.Error(got)
	}
	if r.gone[1] == 0 {
		t.Error("the session has two connections")
	}
}

// What one call sends stands in memory at once. A subscriber who would get too much
// of it is ended, as in Redis, and who publishes is not disturbed.
func TestSubscribersWhoWouldGetTooMuchAreEnded(t *testing.T) {
	r := newRig(t)
	p, few, many := r.lane(1), r.lane(2), r.lane(3)
	few.do("SUBSCRIBE c")
	groups := make([]frame.Group, 100)
	for i := range groups {
		groups[i] = group(uint64(i+1), "SUBSCRIBE c")
	}
	many.frame(groups...)
	r.messages(2)
	r.messages(3)
	message := strings.Repeat("x", 500_000)
	publish := func() string {
		return show(p.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"INCR", "n"}, {"PUBLISH", "c", message}}})[0].Replies)
	}
	if got := publish(); got != "(integer) 1 (integer) 101" {
		t.Error(got)
	}
	if got := r.messages(2); len(got) != 1 || len(got[0]) < len(message) {
		t.Errorf("the one who gets little heard %d messages", len(got))
	}
	var m frame.Messages
	if came := r.messages(3); len(came) != 1 || m.Decode(came[0]) != nil || len(m.Ended) != 100 || len(m.Pushes) > 0 {
		t.Errorf("the one who would get 50 MB heard %d messages: %d clients ended", len(came), len(m.Ended))
	}
	if got := publish(); got != "(integer) 2 (integer) 1" {
		t.Error(got)
	}
}

// A command that waits takes what it is given at once. If that is more than a message
// holds, nothing is taken; it waits again, and is told.
func TestWhatIsTooMuchForAReplyIsNotTaken(t *testing.T) {
	r := newRig(t)
	l, p := r.lane(1), r.lane(2)
	value := strings.Repeat("x", 1_000_000)
	for i := 0; i < 14; i++ {
		p.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"RPUSH", "other", value}}})
	}
	waits := frame.Group{Client: 1, Protocol: 3, Ticket: 7, Commands: commands("BLMPOP 0 1 q LEFT COUNT 100")}
	l.frame(waits)
	if got := p.do("INCR n", "RENAME other q", "LLEN q"); got != "(integer) 1 +OK (integer) 14" {
		t.Error(got)
	}
	if epoch := welcomeOf(t, r.messages(1)); epoch == l.epoch {
		t.Error("who waits does not hear that he is to wait again")
	}
	if got := show(l.frame(waits)[0].Replies); !strings.HasPrefix(got, "(error) ERR a reply of ") {
		t.Errorf("%.200s", got)
	}
	if got := p.do("LLEN q", "GET n"); got != `(integer) 14 "1"` {
		t.Error(got)
	}
}

// Many commands of a frame may each be at fault: it is not run again for all of them.
func TestAFrameIsNotRunAgainForEver(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	deep := resp.Command{"EVAL", "redis.call('INCR', 'n') local t = {} for i = 1, 99 do t = {t} end return t", "0"}
	var cmds []resp.Command
	for i := 0; i < frame.MaxCommands; i++ {
		cmds = append(cmds, deep)
	}
	l.seq++
	r.send(1, (&frame.Frame{Seq: l.seq, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: cmds}}}).Append(nil))
	var e frame.Error
	for _, b := range r.messages(1) {
		_ = e.Decode(b) // others are welcomes
	}
	if e.Code != frame.CodeFault || e.Seq != l.seq || len(r.logs) > 100 {
		t.Errorf("%+v, %d lines of the log", e, len(r.logs))
	}
	if got := l.do("EXISTS n"); got != "(integer) 0" {
		t.Errorf("some of it was stored: %s", got)
	}
}
