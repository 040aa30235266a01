package object_test

import (
	"errors"
	"fmt"
	"math/rand"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

// fickle is an executor that fails now and then: before it stores a program, or when
// it has stored it.
type fickle struct {
	object.Executor
	rnd    *rand.Rand
	odds   int // one program of so many fails, 0: none
	faults int
}

func (f *fickle) Exec(p []byte) error {
	if f.odds == 0 || f.rnd.Intn(f.odds) > 0 {
		return f.Executor.Exec(p)
	}
	f.faults++
	if f.rnd.Intn(2) == 0 {
		return errors.New("disk on fire")
	}
	if err := f.Executor.Exec(p); err != nil {
		return err
	}
	return errors.New("answer lost")
}

func (f *fickle) Query(p []byte, rows int) ([]byte, error) {
	if f.odds > 0 && f.rnd.Intn(4*f.odds) == 0 {
		f.faults++
		return nil, errors.New("disk on fire")
	}
	return f.Executor.Query(p, rows)
}

// A sender is a program with one lane, over a network that loses, repeats and delays.
type sender struct {
	t     *testing.T
	r     *rig
	rnd   *rand.Rand
	l     *lane
	old   [][]byte // frames that it has sent, to come again late
	since int      // where those begin that were sent since the object was opened last
	http  bool
	posts uint64 // connection of the last request
}

// deliver brings a message to the object, which may lose its memory before and after.
func (s *sender) deliver(b []byte) (messages [][]byte) {
	s.chaos()
	if s.http {
		messages = s.post(b)
	} else {
		s.r.messages(s.l.conn)
		s.r.send(s.l.conn, b)
		messages = s.r.messages(s.l.conn)
	}
	if s.r.gone[s.l.conn] != 0 {
		delete(s.r.gone, s.l.conn)
		s.reconnect()
	}
	if s.rnd.Intn(4) == 0 {
		return nil // lost
	}
	return messages
}

// post sends a message as a request.
func (s *sender) post(b []byte) [][]byte {
	s.posts++
	conn := s.l.conn<<32 + s.posts
	s.r.take(s.r.object().Attach(conn, 3, nil))
	hello := frame.Hello{Version: frame.Version, Session: s.l.id}
	s.r.seed++
	s.r.take(s.r.object().Post(conn, s.r.now, s.r.seed, frame.AppendPart(frame.AppendPart(nil, hello.Append(nil)), b), false))
	if s.r.gone[conn] == 0 {
		s.t.Fatalf("a response stays open")
	}
	delete(s.r.gone, conn)
	return s.r.messages(conn)
}

// reconnect brings a hello through, whatever happens.
func (s *sender) reconnect() (messages [][]byte) {
	if s.http {
		return nil
	}
	for i := 0; i < 50; i++ {
		s.l.conn += 100
		s.r.take(s.r.object().Attach(s.l.conn, 1, nil))
		hello := frame.Hello{Version: frame.Version, Session: s.l.id}
		s.r.send(s.l.conn, hello.Append(nil))
		messages = s.r.messages(s.l.conn)
		if s.r.gone[s.l.conn] == 0 {
			return messages
		}
	}
	s.t.Fatal("no hello came through")
	return nil
}

func (s *sender) chaos() {
	switch s.rnd.Intn(8) {
	case 0: // the object was out of memory; its sockets are attached or gone
		kept := s.r.kept[s.l.conn]
		s.r.start()
		s.r.starts++
		if kept != nil && s.rnd.Intn(2) == 0 {
			s.r.take(s.r.object().Attach(s.l.conn, 1, kept))
		}
		if out := s.r.object(); out != nil {
			s.reconnect()
		}
	case 1:
		s.reconnect()
	case 2: // an old frame comes late; over a socket it cannot after the object was opened
		switch {
		case len(s.old) == 0:
		case s.http:
			s.post(s.old[s.rnd.Intn(len(s.old))])
		case s.since == s.r.starts:
			s.r.send(s.l.conn, s.old[s.rnd.Intn(len(s.old))])
			if s.r.gone[s.l.conn] != 0 {
				s.reconnect()
			}
		}
	case 3:
		s.r.now += int64(s.rnd.Intn(2_000_000))
		s.r.take(s.r.object().Tick(s.r.now, s.rnd.Uint64()>>11))
	case 4:
		s.r.take(s.r.object().Sweep(10))
	}
}

// keep keeps a frame that is sent, to come again.
func (s *sender) keep(b []byte) {
	if s.since != s.r.starts && !s.http {
		s.old, s.since = nil, s.r.starts
	}
	s.old = append(s.old, b)
}

// frame has commands run and returns their replies, sending again as long as it takes.
func (s *sender) frame(cmds ...resp.Command) []resp.Reply {
	s.l.seq++
	f := frame.Frame{Seq: s.l.seq, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: cmds}}}
	for try := 0; try < 300; try++ {
		f.Again = try > 0
		b := f.Append(nil)
		if try == 0 {
			s.keep(b)
		}
		for _, m := range s.deliver(b) {
			var a frame.Answer
			var e frame.Error
			switch {
			case a.Decode(m) == nil && a.Seq == f.Seq:
				return a.Results[0].Replies
			case frame.Kind(m) == frame.KindAnswer:
				s.t.Fatalf("the frame %d is answered with what the frame %d was", f.Seq, a.Seq)
			case e.Decode(m) == nil && e.Seq == f.Seq && e.Code != frame.CodeFault:
				s.t.Fatalf("frame %d: %+v", f.Seq, e)
			}
		}
	}
	s.t.Fatal("no answer came")
	return nil
}

// TestNothingIsLostAndNothingRunsTwice counts with INCR and pushes numbers, over a
// network and a store that fail in every way.
func TestNothingIsLostAndNothingRunsTwice(t *testing.T) {
	for round, odds := range []int{0, 6, 0, 6} {
		rnd := rand.New(rand.NewSource(*seedFlag))
		r := newRig(t)
		f := &fickle{Executor: r.db, rnd: rnd}
		r.exec = f
		r.start()
		s := &sender{t: t, r: r, rnd: rnd, l: r.lane(1), http: round > 1}
		f.odds = odds
		frames := 600
		if testing.Short() {
			frames = 200
		}
		count, pushed, failed := 0, 0, 0
		var want []string
		for i := 0; i < frames; i++ {
			n := 1 + rnd.Intn(4)
			var cmds []resp.Command
			for j := 0; j < n; j++ {
				cmds = append(cmds, resp.Command{"INCR", "n"}, resp.Command{"RPUSH", "l", fmt.Sprint(pushed + j)})
			}
			if rnd.Intn(5) == 0 {
				cmds = append([]resp.Command{{"MULTI"}}, append(cmds, resp.Command{"EXEC"})...)
			}
			if rnd.Intn(10) == 0 { // an answer of several rows
				cmds = append(cmds, resp.Command{"SETRANGE", "big", "1700000", "x"}, resp.Command{"GET", "big"})
			}
			replies := s.frame(cmds...)
			if replies[0].Str == "OK" {
				for _, r := range replies {
					if r.Kind == resp.Error {
						failed += n
					}
				}
				replies = replies[2*n+1].Elems
			}
			for j := 0; j+1 < len(replies) && j < 2*n; j += 2 {
				if replies[j].Kind == resp.Error {
					failed++
				} else if count++; replies[j].Int != int64(count) {
					t.Fatalf("odds %d, frame %d: INCR answers %d, and %d were run", odds, i, replies[j].Int, count)
				}
				if replies[j+1].Kind != resp.Error {
					want = append(want, fmt.Sprint(pushed+j/2))
				}
			}
			pushed += n
		}
		if failed > pushed/5 {
			t.Errorf("odds %d: %d of %d commands were refused", odds, failed, pushed)
		}
		f.odds = 0
		got := s.frame(words("GET n"), words("LRANGE l 0 -1"))
		if got[0].Str != fmt.Sprint(count) || len(got[1].Elems) != len(want) {
			t.Fatalf("odds %d: %s and %d elements, not %d and %d", odds, got[0].Str, len(got[1].Elems), count, len(want))
		}
		for i, e := range got[1].Elems {
			if e.Str != want[i] {
				t.Fatalf("odds %d: element %d is %s", odds, i, e.Str)
			}
		}
		t.Logf("seed %d: %d frames, %d faults, %d of %d commands refused", *seedFlag, frames, f.faults, failed, pushed)
		if odds > 0 && f.faults == 0 {
			t.Error("nothing failed: nothing was tested")
		}
	}
}

// A waiter is a program that takes elements with BLPOP.
type waiter struct {
	*sender
	ticket uint64
	waits  bool
	sent   bool // the blocking frame was sent, and its answer is not known
	acks   []uint64
	got    []string
}

// step sends the blocking command, or again what it does not know the outcome of.
func (w *waiter) step() {
	w.chaos()
	if !w.sent {
		w.l.seq++
		if !w.waits {
			w.ticket++
		}
		w.sent = true
	}
	f := frame.Frame{Seq: w.l.seq, Acks: w.acks, Groups: []frame.Group{{Client: 1, Protocol: 3, Ticket: w.ticket, Commands: commands("GET x", "BLPOP q 0")}}}
	b := f.Append(nil)
	w.keep(b)
	if w.http {
		w.read(w.post(b))
		return
	}
	w.r.send(w.l.conn, b)
	w.read(w.r.messages(w.l.conn))
	if w.r.gone[w.l.conn] != 0 {
		delete(w.r.gone, w.l.conn)
		w.reconnect()
	}
}

// read takes in what came, some of which is lost.
func (w *waiter) read(came [][]byte) {
	for _, m := range came {
		var a frame.Answer
		var e frame.Error
		var ms frame.Messages
		switch {
		case w.rnd.Intn(4) == 0: // lost
		case a.Decode(m) == nil && a.Seq == w.l.seq && w.sent:
			w.sent, w.acks = false, nil
			res := a.Results[0]
			if res.Status == frame.StatusBlocked {
				w.waits = true
				continue
			}
			w.waits = false
			w.take(res.Replies[1])
		case ms.Decode(m) == nil:
			for _, k := range ms.Wakes {
				if k.Ticket == w.ticket && (w.waits || w.sent) {
					w.take(k.Reply)
					w.waits, w.sent = false, false
				}
				w.acks = append(w.acks, k.Ticket)
			}
		case e.Decode(m) == nil && e.Seq == w.l.seq && e.Code == frame.CodeOutcome:
			w.t.Fatalf("%+v", e)
		}
	}
}

func (w *waiter) take(r resp.Reply) {
	if len(r.Elems) == 2 {
		w.got = append(w.got, r.Elems[1].Str)
	}
}

// TestNoPoppedElementIsLost has programs wait for elements while everything fails:
// each element comes to one of them, once.
func TestNoPoppedElementIsLost(t *testing.T) {
	for _, odds := range []int{0, 8} {
		rnd := rand.New(rand.NewSource(*seedFlag + 7))
		r := newRig(t)
		f := &fickle{Executor: r.db, rnd: rnd}
		r.exec = f
		r.start()
		push := &sender{t: t, r: r, rnd: rnd, l: r.lane(1)}
		var waiters []*waiter
		for i := uint64(2); i < 5; i++ {
			waiters = append(waiters, &waiter{sender: &sender{t: t, r: r, rnd: rnd, l: r.lane(i), http: i == 4}})
		}
		f.odds = odds
		rounds := 250
		if testing.Short() {
			rounds = 80
		}
		pushed := 0
		for i := 0; i < rounds; i++ {
			for _, w := range waiters {
				if rnd.Intn(3) > 0 {
					w.step()
				}
			}
			if rnd.Intn(2) == 0 {
				for push.frame(resp.Command{"RPUSH", "q", fmt.Sprint(pushed)}, resp.Command{"INCR", "n"})[0].Kind == resp.Error {
				}
				pushed++
			}
			for _, w := range waiters {
				w.read(w.r.messages(w.l.conn))
				if w.http && w.waits && rnd.Intn(2) == 0 {
					w.read(w.post((&frame.Poll{}).Append(nil)))
				}
			}
		}
		f.odds = 0
		for i := 0; i < 200; i++ {
			for _, w := range waiters {
				w.step()
				w.read(w.r.messages(w.l.conn))
			}
		}
		seen := map[string]int{}
		for _, w := range waiters {
			for _, e := range w.got {
				seen[e]++
			}
		}
		for i := 0; i < pushed; i++ {
			if n := seen[fmt.Sprint(i)]; n != 1 {
				t.Errorf("odds %d: element %d came %d times", odds, i, n)
			}
		}
		t.Logf("seed %d: %d elements, %d faults", *seedFlag+7, pushed, f.faults)
	}
}
