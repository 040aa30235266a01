package object_test

import (
	"errors"
	"fmt"
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

var radix = regexp.MustCompile(`"radix-tree-(keys|nodes)", \(integer\) \d+`)

// once is an executor that fails once between two calls of allow, somewhere: before it
// stores a program, when it has stored it, or while it is read. What happens once is no
// fault of a command.
type once struct {
	object.Executor
	rnd    *rand.Rand
	left   int // programs and queries until it fails; negative: it does not
	faults int
}

func (o *once) allow() {
	if o.left = -1; o.rnd.Intn(4) == 0 {
		o.left = o.rnd.Intn(8)
	}
}

func (o *once) due() bool {
	if o.left--; o.left == -1 {
		o.faults++
		return true
	}
	return false
}

func (o *once) Exec(p []byte) error {
	if !o.due() {
		return o.Executor.Exec(p)
	}
	if o.rnd.Intn(2) == 0 {
		if err := o.Executor.Exec(p); err != nil {
			return err
		}
	}
	return errors.New("answer lost")
}

func (o *once) Query(p []byte, rows int) ([]byte, error) {
	if o.due() {
		return nil, errors.New("disk on fire")
	}
	return o.Executor.Query(p, rows)
}

// asked draws a command that reads.
func asked(rnd *rand.Rand) string {
	n := rnd.Intn
	k := func(typ string) string { return fmt.Sprintf("%s%d", typ, n(4)) }
	any := func() string { return k([]string{"s", "h", "l", "e", "z", "x", "j"}[n(7)]) }
	return []string{
		"DBSIZE", "GET " + k("s"), "GET " + k("n"), "HMGET " + k("h") + " f0 f1 f2 f3 f4 f5 f6 f200", fmt.Sprintf("HGET %s f%d", k("h"), n(9)), "LRANGE " + k("l") + " 0 -1", "LLEN " + k("l"),
		"SORT " + k("e") + " ALPHA", "SCARD " + k("e"), "ZRANGE " + k("z") + " 0 -1 WITHSCORES", fmt.Sprintf("ZRANK %s m%d", k("z"), n(9)), "XLEN " + k("x"), "XRANGE " + k("x") + " - +",
		"JSON.GET " + k("j"), "TYPE " + any(), "PEXPIRETIME " + any(), "EXISTS " + any() + " " + any(), "SCAN 0 COUNT 1000", "SCAN 0 TYPE hash COUNT 1000",
		"ZRANGEBYSCORE " + k("z") + " 10 60", "LINDEX " + k("l") + " -1", "XINFO STREAM " + k("x"), "HLEN " + k("h"), "XPENDING " + k("x") + " g", "ZCOUNT " + k("z") + " 5 50",
	}[n(25)]
}

// changed draws a command that writes, among them those that mixed has not.
func changed(rnd *rand.Rand) []resp.Command {
	n := rnd.Intn
	k := func(typ string) string { return fmt.Sprintf("%s%d", typ, n(4)) }
	line := ""
	switch n(26) {
	case 0:
		line = fmt.Sprintf("XGROUP CREATE %s g 0 MKSTREAM", k("x"))
	case 1:
		line = fmt.Sprintf("XREADGROUP GROUP g c%d COUNT 2 STREAMS %s >", n(2), k("x"))
	case 2:
		line = fmt.Sprintf("XGROUP DESTROY %s g", k("x"))
	case 3:
		line = fmt.Sprintf("HPEXPIRE %s %d FIELDS 1 f%d", k("h"), 1+n(5e6), n(9))
	case 4:
		line = fmt.Sprintf("ZRANGESTORE %s %s 0 -1", k("z"), k("z"))
	case 5:
		line = fmt.Sprintf("SUNIONSTORE %s %s %s", k("e"), k("e"), k("e"))
	case 6:
		line = fmt.Sprintf("LMOVE %s %s LEFT RIGHT", k("l"), k("l"))
	case 7:
		line = fmt.Sprintf("ZADD %s -0 m%d inf m%d -inf m%d", k("z"), n(9), n(9), n(9))
	case 8: // too large for the journal
		return []resp.Command{{"SET", k("s"), strings.Repeat("v", 70_000+n(1000))}}
	case 9: // an answer of more than one row
		if n(5) > 0 {
			return nil
		}
		return []resp.Command{{"SETRANGE", "s9", "1600000", "x"}, {"GET", "s9"}}
	case 10: // large, and too large to be packed
		cmd := resp.Command{"HSET", k("h")}
		for i := 0; i < 300; i++ {
			cmd = append(cmd, fmt.Sprintf("f%d", i), strings.Repeat("w", n(90)))
		}
		return []resp.Command{cmd}
	case 11:
		cmd := resp.Command{"ZADD", k("z")}
		for i := 0; i < 200; i++ {
			cmd = append(cmd, fmt.Sprint(n(1e6)), fmt.Sprintf("m%d", i))
		}
		return []resp.Command{cmd}
	case 12:
		return []resp.Command{{"EVAL", "redis.call('SELECT', '1') redis.call('SET', KEYS[1], ARGV[1]) return redis.call('DBSIZE')", "1", k("s"), fmt.Sprint(n(1e6))}}
	case 13:
		return []resp.Command{{"FUNCTION", "LOAD", "REPLACE", fmt.Sprintf("#!lua name=lib%d\nredis.register_function('f%d', function() return %d end)", n(3), n(3), n(9))}}
	case 14:
		if n(3) == 0 {
			return []resp.Command{{"FUNCTION", "FLUSH"}}
		}
		return []resp.Command{{"SCRIPT", "LOAD", fmt.Sprintf("return %d", n(20))}}
	case 15:
		return []resp.Command{{"MULTI"}, words(mixed(rnd)), words(mixed(rnd)), {"EXEC"}}
	default:
		line = mixed(rnd)
	}
	return []resp.Command{words(line)}
}

// TestNobodyTellsTheJournalFromRows compares every reply of an object that has next to nothing in
// memory, and whose store fails, whose memory and whose journal's memory are lost, with that of one
// that commits rows and keeps everything. Several sessions come, one of them by HTTP.
func TestNobodyTellsTheJournalFromRows(t *testing.T) {
	for round := int64(0); round < 3; round++ {
		seed := *seedFlag + round
		rnd := rand.New(rand.NewSource(seed))
		frames := 400
		if testing.Short() {
			frames = 100
		}
		a, b := newRig(t), newRig(t)
		a.exec = &cramped{a.db, 10_000_000_000}
		a.start()
		f := &once{Executor: b.db, rnd: rnd, left: -1}
		b.exec = f
		b.opt, b.memory = object.Options{ResidentRows: []int{1, 50, 1}[round]}, []int64{3000, 60_000, 0}[round]
		b.start()
		var pairs [3][2]*sender
		for i := range pairs {
			pairs[i] = [2]*sender{{t: t, r: a, rnd: rnd, l: a.lane(uint64(i + 1)), http: i == 2}, {t: t, r: b, rnd: rnd, l: b.lane(uint64(i + 1)), http: i == 2}}
		}
		restarts, releases, direct := 0, 0, 0
		restart := func() {
			restarts++
			b.restart(pairs[0][1].l.conn, pairs[1][1].l.conn)
			b.messages(pairs[0][1].l.conn)
			b.messages(pairs[1][1].l.conn)
		}
		exchange := func(s *sender, cmds []resp.Command, again int) string {
			s.l.seq++
			m := frame.Frame{Seq: s.l.seq, Groups: []frame.Group{{Client: 1, Protocol: 3, Commands: cmds}}}
			var came [][]byte
			for try := 0; try < 20; try++ {
				if s.http {
					came = s.post(m.Append(nil))
				} else {
					s.r.send(s.l.conn, m.Append(nil))
					came = s.r.messages(s.l.conn)
					if s.r.gone[s.l.conn] != 0 {
						s.reconnect()
						s.r.messages(s.l.conn)
					}
				}
				for _, b := range came {
					var answer frame.Answer
					if answer.Decode(b) == nil && answer.Seq == m.Seq {
						if again--; again >= 0 { // as if it had been lost
							m.Again = true
							if rnd.Intn(2) == 0 {
								restart()
							}
							break
						}
						return show(answer.Results[0].Replies)
					}
				}
			}
			t.Fatalf("seed %d: no answer came for %q, but %q; the log ends with %q", seed, cmds, came, s.r.logs[max(len(s.r.logs)-9, 0):])
			return ""
		}
		for i := 0; i < frames; i++ {
			var cmds []resp.Command
			for j := 1 + rnd.Intn(6); j > 0; j-- {
				if rnd.Intn(3) == 0 {
					cmds = append(cmds, words(asked(rnd)))
				} else {
					cmds = append(cmds, changed(rnd)...)
				}
			}
			step := int64(rnd.Intn(300_000))
			a.now, b.now = a.now+step, b.now+step
			pair := pairs[rnd.Intn(3)]
			writes := false
			for _, cmd := range cmds {
				writes = writes || cmd.Name() == "INCR" || cmd.Name() == "SET"
			}
			again := 0
			if writes && rnd.Intn(5) == 0 {
				again = 1 + rnd.Intn(2)
			}
			b.seed = a.seed
			want := exchange(pair[0], cmds, 0)
			f.allow()
			got := exchange(pair[1], cmds, again)
			f.left = -1
			// Radix trees have other sizes when entries were read from rows, see difftest.
			if radix.ReplaceAllString(got, "") != radix.ReplaceAllString(want, "") {
				t.Fatalf("seed %d, frame %d: %.500q\nrows    %.2000s\njournal %.2000s\nlog %q", seed, i, cmds, want, got, b.logs)
			}
			f.allow()
			switch rnd.Intn(25) {
			case 0:
				restart()
			case 1, 2:
				releases++
				b.object().ReleaseJournal()
			case 3:
				b.take(b.object().Sweep(1 + rnd.Intn(20)))
			case 4:
				f.left = -1 // both are to remove the same
				a.seed++
				b.seed = a.seed
				a.take(a.object().Tick(a.now, a.seed))
				b.take(b.object().Tick(b.now, b.seed))
			case 5:
				_ = b.object().Settle()
			}
			f.left = -1
			if b.object() == nil {
				t.Fatal("the object is gone")
			}
			if count(t, b.db.DB(), "SELECT count(*) FROM sqlite_master WHERE name = 'journal'") > 0 &&
				count(t, b.db.DB(), "SELECT count(*) FROM journal WHERE pass = (SELECT pass FROM settled)") == 0 {
				direct++
			}
			if i%200 == 199 || i == frames-1 {
				if missing, extra := objecttest.Difference(a.allRows(), b.allRows()); len(missing)+len(extra) > 0 {
					t.Fatalf("seed %d, frame %d: of the rows\nmissing %.3000q\nmore    %.3000q", seed, i, missing, extra)
				}
				for _, table := range []string{"session_parts", "wakes", "garbage", "garbage_spaces"} {
					if x, y := count(t, a.db.DB(), "SELECT count(*) FROM "+table), count(t, b.db.DB(), "SELECT count(*) FROM "+table); x != y {
						t.Fatalf("seed %d, frame %d: %d and %d rows of %s", seed, i, x, y, table)
					}
				}
			}
		}
		if f.faults == 0 || direct == frames || releases+restarts == 0 {
			t.Errorf("%d faults, %d of %d commits left nothing in the journal: nothing was tested", f.faults, direct, frames)
		}
		t.Logf("seed %d: %d frames, %d faults, %d restarts, %d releases, %d of rows", seed, frames, f.faults, restarts, releases, direct)
	}
}
