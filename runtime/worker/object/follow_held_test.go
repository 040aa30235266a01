package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

var synced = append([]worker.Family{{Pattern: "order:*", Name: "Orders", Type: "hash", Store: "d1", Consistency: "sync"}, {Pattern: "queue:*", Name: "Queue", Type: "list", Store: "d1", Consistency: "sync"}}, followed...)

// again sends the last frame of a lane's session on another connection.
func (l *lane) again(conn uint64, groups ...frame.Group) {
	l.r.t.Helper()
	other := &lane{r: l.r, conn: conn, id: l.id}
	other.connect()
	f := frame.Frame{Seq: l.seq, Groups: groups}
	l.r.send(conn, f.Append(nil))
}

// An answer that waits for a copy waits for it on another connection, too, whatever D1
// has got in between.
func TestAnAnswerThatIsAskedForAgainWaitsForItsCopy(t *testing.T) {
	for _, restart := range []bool{false, true} {
		func() {
			defer object.LowLimits(5, 100, 12, 12)()
			r := newFollowRig(t, synced)
			l, other := r.lane(1), r.lane(2)
			for i := 0; i < 60; i++ {
				other.do(fmt.Sprintf("RPUSH list:%d a", i))
			}
			r.settle()
			l.seq = 1
			write := frame.Group{Client: 1, Protocol: 3, Commands: commands("HSET order:1 n 1")}
			f := frame.Frame{Seq: 1, Groups: []frame.Group{write}}
			r.send(1, f.Append(nil))
			r.take(r.object().Rebuild(1, r.now))
			r.step(1) // the row is asked for
			r.step(1) // the run begins
			f = frame.Frame{Seq: 100, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: commands("HSET order:2 n 1")}}}
			r.send(2, f.Append(nil))
			r.step(1)
			if restart {
				r.restart(1, 2)
				r.messages(1)
				r.step(1)
			}
			l.again(3, write)
			if r.object().Followers()["d1"].State != "copying" {
				t.Fatal("the copy is over")
			}
			if n := len(r.came[3]); n > 0 {
				t.Errorf("restart %v: the answer came before the copy did", restart)
			}
			r.settle()
			var a frame.Answer
			if got := r.messages(3); len(got) == 0 || a.Decode(got[len(got)-1]) != nil {
				t.Errorf("restart %v: no answer came", restart)
			}
			// One that never waited does not wait for a copy, unless nobody knows that.
			other.id, other.seq = frame.SessionID{77}, 0
			other.conn = 9
			other.connect()
			own := frame.Group{Client: 1, Protocol: 3, Commands: commands("RPUSH list:7 x")}
			other.frame(own)
			r.settle()
			r.take(r.object().Rebuild(1, r.now))
			other.again(10, own)
			if len(r.came[10]) == 0 {
				t.Error("an answer that waited for nothing waits for a copy")
			}
		}()
	}
}

// The reply of a blocked command that took something waits as its commit does.
func TestAWakeThatIsSentAgainWaitsForD1(t *testing.T) {
	r := newFollowRig(t, synced)
	l, other := r.lane(1), r.lane(2)
	other.do("RPUSH list:1 a")
	r.settle()
	l.seq++
	f := frame.Frame{Seq: l.seq, Groups: []frame.Group{{Client: 1, Ticket: 5, Protocol: 3, Commands: commands("BLPOP queue:1 0")}}}
	r.send(1, f.Append(nil))
	r.messages(1)
	f = frame.Frame{Seq: 50, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: commands("RPUSH queue:1 a b")}}}
	r.send(2, f.Append(nil))
	if len(r.came[1]) > 0 {
		t.Fatal("the wake came before D1 had the rows")
	}
	again := &lane{r: r.rig, conn: 3, id: l.id}
	again.connect()
	if len(r.came[3]) > 0 {
		t.Errorf("the wake came again before D1 had the rows")
	}
	r.settle()
	var m frame.Messages
	if got := r.messages(3); len(got) != 1 || m.Decode(got[0]) != nil || len(m.Wakes) != 1 {
		t.Errorf("%q came", got)
	}
}

// Who comes and goes while D1 does not answer leaves nothing behind.
func TestWhatIsHeldGoesWithItsConnection(t *testing.T) {
	r := newFollowRig(t, synced)
	l := r.lane(1)
	l.seq = 1
	write := frame.Group{Client: 1, Protocol: 3, Commands: commands("HSET order:1 n 1", "GET "+strings.Repeat("k", 1000))}
	f := frame.Frame{Seq: 1, Groups: []frame.Group{write}}
	r.send(1, f.Append(nil))
	for conn := uint64(2); conn < 50; conn++ {
		l.again(conn, write)
	}
	if n := r.object().Held(); n != 1 {
		t.Errorf("%d answers are held", n)
	}
	r.take(r.object().Closed(49, r.now, 1))
	if n := r.object().Held(); n != 0 {
		t.Errorf("%d answers are held for nobody", n)
	}
	r.settle()
}
