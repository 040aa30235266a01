package engine_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestHashFieldsExpire follows what Redis 8 documents; redis-server 7 does not
// have these commands. Each line is a command, or +n: n milliseconds go by, with the
// answer behind =>.
func TestHashFieldsExpire(t *testing.T) {
	const script = `
HSET h a 1 b 2 c 3 => (integer) 3
HEXPIRE h 10 FIELDS 3 a b nope => [(integer) 1, (integer) 1, (integer) -2]
HTTL h FIELDS 4 a b c nope => [(integer) 10, (integer) 10, (integer) -1, (integer) -2]
HPTTL h FIELDS 1 a => [(integer) 10000]
HEXPIRETIME h FIELDS 2 a c => [(integer) 1700000010, (integer) -1]
HPEXPIRETIME h FIELDS 1 a => [(integer) 1700000010000]
HEXPIRE h 20 NX FIELDS 2 a c => [(integer) 0, (integer) 1]
HEXPIRE h 5 GT FIELDS 1 a => [(integer) 0]
HEXPIRE h 5 LT FIELDS 1 a => [(integer) 1]
HPERSIST h FIELDS 3 c b nope => [(integer) 1, (integer) 1, (integer) -2]
HPERSIST h FIELDS 1 c => [(integer) -1]
HEXPIRE h 9 XX FIELDS 2 a c => [(integer) 1, (integer) 0]
HEXPIRE h 9 GT FIELDS 1 c => [(integer) 0]
HEXPIRE h 9 LT FIELDS 1 c => [(integer) 1]
+9001
HGET h a => (nil)
HLEN h => (integer) 1
HGETALL h => map["b", "2"]
HPEXPIRE h 0 FIELDS 1 b => [(integer) 2]
EXISTS h => (integer) 0
HSET h a 1 n 5 => (integer) 2
HPEXPIRE h 100 FIELDS 2 a n => [(integer) 1, (integer) 1]
HSET h a 2 => (integer) 0
HINCRBY h n 1 => (integer) 6
HTTL h FIELDS 2 a n => [(integer) -1, (integer) 1]
+200
HKEYS h => ["a"]
DEL h => (integer) 1
HSETEX h EX 10 FIELDS 2 a 1 b 2 => (integer) 1
HSETEX h FNX FIELDS 2 b 3 c 3 => (integer) 0
HSETEX h FXX KEEPTTL FIELDS 1 b 4 => (integer) 1
HTTL h FIELDS 2 a b => [(integer) 10, (integer) 10]
HSETEX h FIELDS 1 b 5 => (integer) 1
HTTL h FIELDS 2 a b => [(integer) 10, (integer) -1]
HGETEX h FIELDS 3 a b nope => ["1", "5", (nil)]
HGETEX h PX 500 FIELDS 1 b => ["5"]
HPTTL h FIELDS 1 b => [(integer) 500]
HGETEX h PERSIST FIELDS 1 b => ["5"]
HPTTL h FIELDS 1 b => [(integer) -1]
HGETEX h EXAT 1 FIELDS 1 b => ["5"]
HEXISTS h b => (integer) 0
HGETDEL h FIELDS 2 a b => ["1", (nil)]
EXISTS h => (integer) 0
HGETDEL h FIELDS 2 a b => [(nil), (nil)]
HTTL h FIELDS 1 a => [(integer) -2]
HEXPIRE h 10 FIELDS 1 a => [(integer) -2]
HSET h a 1 b 2 => (integer) 2
HEXPIRE h 10 FIELDS 1 a => [(integer) 1]
RENAME h g => +OK
COPY g k => (integer) 1
+10001
HGETALL g => map["b", "2"]
HGETALL k => map["b", "2"]
HEXPIREAT g 1700009999 FIELDS 1 b => [(integer) 1]
HPEXPIREAT g 1700009999001 GT FIELDS 1 b => [(integer) 1]
HEXPIRE g -1 FIELDS 1 b => (error) ERR invalid expire time, must be >= 0
HEXPIRE g x FIELDS 1 b => (error) ERR value is not an integer or out of range
HEXPIRE g 9223372036854775807 FIELDS 1 b => (error) ERR invalid expire time in 'hexpire' command
HEXPIRE g 10 NX XX FIELDS 1 b => (error) ERR Mandatory argument FIELDS is missing or not at the right position
HEXPIRE g 10 FIELDS 0 b => (error) ERR Parameter ` + "`numFields`" + ` should be greater than 0
HEXPIRE g 10 FIELDS 2 b => (error) ERR The ` + "`numfields`" + ` parameter must match the number of arguments
HTTL g FIELDS 1 b c => (error) ERR The ` + "`numfields`" + ` parameter must match the number of arguments
SET s v => +OK
HTTL s FIELDS 1 a => (error) WRONGTYPE Operation against a key holding the wrong kind of value
HSETEX s FIELDS 1 a 1 => (error) WRONGTYPE Operation against a key holding the wrong kind of value`
	for _, reopens := range []bool{false, true} {
		u := &undone{t: t, rows: memory.NewRows()}
		u.store = u.rows
		u.open()
		now := int64(1_700_000_000_000_000)
		for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
			if strings.HasPrefix(line, "+") {
				ms := int64(0)
				for _, c := range line[1:] {
					ms = ms*10 + int64(c-'0')
				}
				now += ms * 1000
				continue
			}
			text, want, _ := strings.Cut(line, " => ")
			out := u.e.Exec(now, 1, engine.Frame{Session: u.session, Commands: []resp.Command{strings.Fields(text)}})
			if out.Err != nil {
				t.Fatal(out.Err)
			}
			if out.Change != nil {
				if err := u.rows.Commit(out.Change); err != nil {
					t.Fatal(err)
				}
			}
			if got := difftest.Show(out.Replies[0]); got != want {
				t.Errorf("reopened %v, %s: got %s, want %s", reopens, text, got, want)
			}
			if reopens {
				u.open()
			}
		}
	}
}

// TestTickRemovesExpiredFields in batches, without a command that reads them.
func TestTickRemovesExpiredFields(t *testing.T) {
	e, err := engine.Open(memory.Volatile{}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	now := int64(1_700_000_000_000_000)
	cmd := resp.Command{"HSETEX", "h", "PX", "50", "FIELDS", "700"}
	for i := 0; i < 700; i++ {
		cmd = append(cmd, "f"+strings.Repeat("x", i), "v")
	}
	out := e.Exec(now, 1, engine.Frame{Session: s, Commands: []resp.Command{cmd, {"HSET", "k", "a", "1"}, {"DBSIZE"}}})
	if out.Deadline != now+51_000 {
		t.Errorf("the deadline is %d µs away, want 51000", out.Deadline-now)
	}
	ticks := 0
	for out.Deadline != 0 && ticks < 10 {
		now = out.Deadline
		out = e.Tick(now, 1)
		ticks++
	}
	if r := e.Exec(now, 1, engine.Frame{Session: s, Commands: []resp.Command{{"DBSIZE"}}}).Replies[0]; r.Int != 1 || ticks != 2 {
		t.Errorf("%d ticks left %d keys, want 2 and 1", ticks, r.Int)
	}
}
