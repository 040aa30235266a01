package object_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// data is all rows of the object but those of sessions.
func (r *rig) data() string {
	r.t.Helper()
	r.settleJournal()
	tables, err := r.db.DB().Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sessions', 'session_parts', 'journal', 'settled', 'blob_sweep') ORDER BY name")
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			r.t.Fatal(err)
		}
		names = append(names, name)
	}
	_ = tables.Close()
	var all []string
	for _, name := range names {
		rows, err := r.db.DB().Query("SELECT * FROM " + name)
		if err != nil {
			r.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			r.t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				r.t.Fatal(err)
			}
			line := name
			for _, v := range values {
				b, _ := (*v.(*any)).([]byte)
				if len(b) > 16 && string(b[:4]) == "HYLL" {
					clear(b[8:16]) // PFCOUNT keeps what it counted there, as Redis does
				}
				line += fmt.Sprintf(" %q", fmt.Sprint(*v.(*any)))
			}
			all = append(all, line)
		}
		_ = rows.Close()
	}
	sort.Strings(all)
	return strings.Join(all, "\n")
}

// reader is a lane whose token may only read.
func (r *rig) reader(conn uint64) *lane {
	r.t.Helper()
	l := &lane{r: r, conn: conn, id: frame.SessionID{2, byte(conn)}}
	l.connect()
	return l
}

// Whatever a token that may only read sends, no row of data changes, and nobody hears
// anything.
func TestRandomCommandsOfAReaderChangeNothing(t *testing.T) {
	commands := *commandsFlag
	if testing.Short() {
		commands = min(commands, 3000)
	}
	t.Logf("seed %d, %d commands", *seedFlag, commands)
	r := newRig(t)
	l := r.lane(1)
	gen, err := difftest.NewGen(*seedFlag, r.now/1000, engine.Served)
	if err != nil {
		t.Fatal(err)
	}
	run := func(l *lane, n int) (refused, served int) {
		for n > 0 {
			cmds := gen.Next()
			n -= len(cmds)
			for _, reply := range l.frame(frame.Group{Client: 1, Protocol: 3, Commands: cmds})[0].Replies {
				if reply.Kind != resp.Error {
					served++
				} else if strings.HasPrefix(reply.Str, "NOPERM") {
					refused++
				}
			}
			delete(r.came, l.conn)
		}
		return refused, served
	}
	run(l, commands/3)
	r.now += 1000 // nothing expires while the reader is at work
	for r.last.Flags&2 != 0 {
		r.take(r.object().Sweep(1000))
	}
	ear := r.lane(3)
	ear.do("PSUBSCRIBE *", "CONFIG SET notify-keyspace-events KEA")
	r.messages(3)
	before := r.data()
	refused, served := run(r.reader(2), commands)
	if refused < commands/10 || served < commands/10 {
		t.Errorf("of %d commands %d were refused and %d served: the test proves nothing", commands, refused, served)
	}
	if after := r.data(); after != before {
		missing, extra := objecttest.Difference(strings.Split(before, "\n"), strings.Split(after, "\n"))
		t.Errorf("rows that went:\n%.2000q\nand came:\n%.2000q", missing, extra)
	}
	if heard := r.messages(3); len(heard) > 0 {
		t.Errorf("others heard %q", heard)
	}
}

// An object that nobody wrote to has no tables and no rows, whatever a reader asks of it
// and whatever calls it: who may only read makes none by naming it.
func TestAReaderLeavesNothingWhereNothingIs(t *testing.T) {
	commands := min(*commandsFlag, 3000)
	t.Logf("seed %d, %d commands", *seedFlag, commands)
	r := newRig(t)
	tables := func() (n int) {
		t.Helper()
		if err := r.db.DB().QueryRow("SELECT count(*) FROM sqlite_master").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	reader := r.reader(2)
	gen, err := difftest.NewGen(*seedFlag, r.now/1000, engine.Served)
	if err != nil {
		t.Fatal(err)
	}
	for commands > 0 {
		cmds := gen.Next()
		commands -= len(cmds)
		reader.frame(frame.Group{Client: 1, Protocol: 3, Commands: cmds})
		delete(r.came, 2)
		if n := tables(); n > 0 {
			t.Fatalf("%q made %d tables", cmds, n)
		}
	}
	if got := reader.do("GET k", "KEYS *", "DBSIZE", "SCAN 0", "HGETALL h", "LRANGE l 0 -1", "OBJECT ENCODING k", "INFO keyspace", "EVAL return(redis.call('EXISTS','k')) 0"); strings.Contains(got, "ERR") {
		t.Error(got)
	}
	if a := reader.frame(frame.Group{Client: 2, Protocol: 3, Ticket: 1, Commands: []resp.Command{words("XREAD BLOCK 10 STREAMS s 0")}})[0]; a.Status != frame.StatusBlocked {
		t.Errorf("%+v", a)
	}
	r.now += 3 * 3600_000_000
	r.take(r.object().Tick(r.now, 1))
	r.take(r.object().Sweep(100))
	r.start() // as after hibernation
	reader = r.reader(4)
	reader.do("GET k")
	r.take(r.object().Closed(4, r.now, 2))
	if n := tables(); n > 0 {
		t.Errorf("there are %d tables", n)
	}
	if r.last.Alarm != 0 {
		t.Error("an alarm is to call the object")
	}
	// With the first write they come, in its transaction's event, and all goes on.
	reader = r.reader(5)
	l := r.lane(6)
	if got := l.do("SET k v", "GET k"); got != `+OK "v"` {
		t.Error(got)
	}
	if got := reader.do("GET k", "DBSIZE"); got != `"v" (integer) 1` {
		t.Error(got)
	}
	r.start()
	if got := r.reader(7).do("GET k"); got != `"v"` || tables() == 0 {
		t.Errorf("%s, %d tables", got, tables())
	}
}

func TestAReaderIsRefused(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET k v", "RPUSH l a", "XADD s 1-1 f v", "SADD set a", "ZADD z 1 a")
	load := resp.Command{"FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('w', function() return redis.call('SET', 'k', 'f') end)\n" +
		"redis.register_function{function_name='ro', callback=function() return redis.call('GET', 'k') end, flags={'no-writes'}}"}
	if got := show(l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{load, {"SCRIPT", "LOAD", "return redis.call('SET','k','s')"}}})[0].Replies); strings.Contains(got, "ERR") {
		t.Fatal(got)
	}
	before := r.data()
	reader := r.reader(2)
	var cmds []resp.Command
	for _, line := range []string{
		"SET k x", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "MOVE k 1", "COPY k k2", "RENAME k k2", "RESTORE k2 0 x", "GETDEL k", "GETEX k PERSIST", "SORT l STORE k2",
		"SORT l BY nosort STORE k2", "GEORADIUS g 1 1 1 m STORE k2", "BITFIELD k SET u8 0 1", "SPOP set", "LMPOP 1 l LEFT", "BLMPOP 0.01 1 l LEFT", "BLPOP l 0.01", "BZPOPMIN z 0.01",
		"XREADGROUP GROUP g c STREAMS s >", "XAUTOCLAIM s g c 0 0", "XGROUP CREATE s g 0", "PFADD h a", "PFCOUNT k2 h", "PFMERGE h h2",
		"EVALSHA 0 0", "FCALL w 0", "FUNCTION DELETE lib", "FUNCTION FLUSH", "FUNCTION KILL", "FUNCTION RESTORE x", "SCRIPT FLUSH", "SCRIPT LOAD return", "SCRIPT KILL",
		"PUBLISH c m", "SPUBLISH c m", "CLIENT KILL ID 1", "CLIENT KILL TYPE normal", "CLIENT PAUSE 100000 ALL", "CLIENT UNPAUSE", "CLIENT UNBLOCK 1", "CLIENT NO-EVICT on",
		"CONFIG SET maxmemory 1", "CONFIG RESETSTAT", "CONFIG REWRITE", "SLOWLOG RESET", "LATENCY RESET", "MEMORY PURGE", "DEBUG SLEEP 1", "DEBUG RELOAD", "SHUTDOWN", "SAVE", "BGSAVE",
		"REPLICAOF no one", "ACL SETUSER x", "ACL LOG RESET", "MONITOR", "FAILOVER", "MODULE LOAD x", "CLUSTER RESET", "JSON.SET j $ 1",
	} {
		cmds = append(cmds, words(line))
	}
	for _, body := range []string{
		"return redis.call('SET', 'k', 'x')", "return redis.pcall('DEL', 'k')", "return redis.call('EVAL', 'return 1', 0)", "redis.call('PUBLISH', 'c', 'm')",
		"return redis.call('SORT', 'l', 'STORE', 'k2')", "return redis.call('FLUSHALL')", "return redis.call('CONFIG', 'SET', 'maxmemory', '1')", "return redis.call('SCRIPT', 'FLUSH')",
		"redis.setresp(3); return redis.call('getdel', 'k')", "return load and load('return 1') or redis.call('FUNCTION', 'FLUSH')",
	} {
		cmds = append(cmds, resp.Command{"EVAL", body, "0"}, resp.Command{"EVAL_RO", body, "0"}, resp.Command{"EVAL", "#!lua\n" + body, "0"})
	}
	cmds = append(cmds, load, resp.Command{"EVALSHA", "f2d9b7bd9e4d1fb3dcb7e2b3a3e8e6b6c5a0d9e1", "0"}, resp.Command{"FCALL_RO", "w", "0"})
	replies := reader.frame(frame.Group{Client: 1, Protocol: 3, Commands: cmds})[0].Replies
	for i, reply := range replies {
		switch cmds[i].Name() {
		case "PFCOUNT", "EVAL", "EVAL_RO", "MEMORY":
			continue // some only read, or give an error as a value: what counts is that nothing changed
		}
		if reply.Kind != resp.Error {
			t.Errorf("%v is answered with %s", cmds[i], difftest.Show(reply))
		}
	}
	// The same commands one after the other in a transaction, and their own functions.
	for _, cmd := range cmds {
		reader.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"MULTI"}, {"GET", "k"}, cmd, {"EXEC"}}})
	}
	if got := reader.do("FCALL ro 0", "GET k", "EXISTS k2 j h"); got != `"v" "v" (integer) 0` {
		t.Error(got)
	}
	if after := r.data(); after != before {
		t.Errorf("rows changed:\n%s\nbefore:\n%s", after, before)
	}
	if got := l.do("GET k", "CONFIG GET maxmemory", "CLIENT ID"); strings.Contains(got, `"1"`) {
		t.Error(got)
	}
}

// Over HTTP what may have changed something leaves a row of its session, so that it does not
// run when it comes late. What was refused because of the token leaves none.
func TestAReaderLeavesNothingOverHTTP(t *testing.T) {
	r := newRig(t)
	for seq, lines := range [][]string{{"GET k"}, {"SET k v"}, {"SET k v", "EVAL return(redis.call('INCR','n')) 0", "BLPOP q 0"}, {"EVAL return(1) 0", "PFCOUNT h", "GETEX k"}} {
		conn := uint64(100 + seq)
		r.take(r.object().Attach(conn, 2, nil))
		body := frame.AppendPart(nil, (&frame.Hello{Version: frame.Version, Session: frame.SessionID{7}}).Append(nil))
		body = frame.AppendPart(body, (&frame.Frame{Seq: uint64(seq + 1), Groups: []frame.Group{{Client: 1, Protocol: 3, Ticket: uint64(seq + 1), Commands: commands(lines...)}}}).Append(nil))
		r.seed++
		r.take(r.object().Post(conn, r.now, r.seed, body, false))
		(&lane{r: r, conn: conn}).answer()
		if n := count(t, r.db.DB(), "SELECT count(*) FROM sqlite_master"); n > 0 {
			t.Fatalf("%q made %d tables", lines, n)
		}
	}
}

// A session over HTTP goes on with each request, each of which brings a token. What
// was queued with one that writes is not run with one that only reads.
func TestWhatWasQueuedEndsWithTheRightToWrite(t *testing.T) {
	r := newRig(t)
	l := r.lane(9)
	id, seq := frame.SessionID{7}, uint64(0)
	post := func(scope int, g frame.Group) frame.Result {
		seq++
		conn := 100 + seq
		r.take(r.object().Attach(conn, scope|2, nil))
		body := frame.AppendPart(nil, (&frame.Hello{Version: frame.Version, Session: id}).Append(nil))
		body = frame.AppendPart(body, (&frame.Frame{Seq: seq, Groups: []frame.Group{g}}).Append(nil))
		r.seed++
		r.take(r.object().Post(conn, r.now, r.seed, body, false))
		return (&lane{r: r, conn: conn}).answer()[0]
	}
	post(1, group(1, "MULTI", "SET k x"))
	g := group(1, "EXEC")
	g.Epoch = l.epoch
	if res := post(0, g); res.Status == frame.StatusDone && res.Replies[0].Kind != resp.Error {
		t.Errorf("EXEC is answered with %s", show(res.Replies))
	}
	post(1, frame.Group{Client: 2, Protocol: 3, Ticket: 1, Commands: commands("BLPOP q 0")})
	post(0, group(3, "PING"))
	if got := l.do("EXISTS k", "RPUSH q a", "LLEN q"); got != "(integer) 0 (integer) 1 (integer) 1" {
		t.Error(got)
	}
}

// An error says what was wrong, and repeats little of it.
func TestErrorsRepeatLittleOfWhatWasSent(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	long := strings.Repeat("secret", 500)
	l.do("SET k v", "RPUSH l a")
	names := l.frame(group(1, "COMMAND LIST"))[0].Replies[0].Elems
	if len(names) < 200 {
		t.Fatalf("%d commands", len(names))
	}
	for _, elem := range names {
		name := elem.Str
		for n := 0; n < 5; n++ {
			cmd := append(resp.Command(strings.Fields(strings.ReplaceAll(name, "|", " "))), []string{"k", "l", "1", "x"}[:min(n, 4)]...)
			cmd = append(cmd, long, long)
			switch cmd.Name() {
			case "EVAL", "EVAL_RO", "FUNCTION":
				continue // a script's error is in its own words
			}
			for _, reply := range l.frame(frame.Group{Client: uint64(2 + n), Protocol: 3, Commands: []resp.Command{cmd}})[0].Replies {
				if strings.HasPrefix(reply.Str, "NOGROUP") || cmd.Name() == "XCLAIM" {
					continue // Redis's own text has all of a name
				}
				if reply.Kind == resp.Error && len(reply.Str) > 500 {
					t.Errorf("%s with %d arguments: an error of %d bytes: %.200s", name, n+2, len(reply.Str), reply.Str)
				}
			}
		}
		delete(r.came, 1)
	}
	for _, line := range r.logs {
		if strings.Contains(line, "secret") {
			t.Errorf("the log has %.300s", line)
		}
	}
}
