package engine_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// bucket is R2 and the client before it: values that are large enough are uploaded,
// and the replies that stand for them are fetched.
type bucket struct {
	t     testing.TB
	bytes map[string]string
	n     int
}

func newBucket(t testing.TB) *bucket { return &bucket{t: t, bytes: map[string]string{}} }

// put uploads a value at a time in Unix milliseconds.
func (b *bucket) put(now int64, value string) engine.Ref {
	b.n++
	id := fmt.Sprintf("%012x7%03x8%015x", now, b.n%0xfff, b.n)
	b.bytes[id] = value
	return engine.Ref{ID: id, Size: int64(len(value))}
}

// upload is the command line with references for its large values.
func (b *bucket) upload(now int64, line resp.Command) resp.Command {
	refs := map[int]engine.Ref{}
	for _, i := range engine.RefPlaces(line) {
		if len(line[i]) >= engine.MinRef {
			refs[i] = b.put(now, line[i])
		}
	}
	if len(refs) == 0 {
		return line
	}
	return engine.WithRefs(line, refs)
}

// fetch puts the bytes into a reply.
func (b *bucket) fetch(r resp.Reply) resp.Reply {
	if r.Kind == resp.Blob {
		id, at, _ := strings.Cut(r.Str, "@")
		from, _ := strconv.ParseInt(at, 10, 64)
		value, ok := b.bytes[id]
		if !ok || from+r.Int > int64(len(value)) {
			b.t.Fatalf("%+v names nothing that was uploaded", r)
		}
		if at == "" && int(r.Int) != len(value) {
			b.t.Fatalf("%+v stands for %d bytes", r, len(value))
		}
		return resp.NewBulk(value[from : from+r.Int])
	}
	elems := r.Elems
	r.Elems = nil
	for _, e := range elems {
		r.Elems = append(r.Elems, b.fetch(e))
	}
	return r
}

// large is an engine with values in R2, over rows.
type large struct {
	*bucket
	e     *engine.Engine
	rows  engine.Store
	s     uint64
	now   int64 // Unix microseconds
	moved bool  // the last change said that references moved
}

func newLarge(t testing.TB, opt engine.Options) *large {
	l := &large{bucket: newBucket(t), rows: memory.NewRows(), now: 1_700_000_000_000_000}
	l.open(opt)
	return l
}

func (l *large) open(opt engine.Options) {
	opt.Blobs = true
	e, err := engine.Open(l.rows, opt)
	if err != nil {
		l.t.Fatal(err)
	}
	l.e, l.s = e, e.NewSession(0, 3, "")
}

// raw runs a command as it is.
func (l *large) raw(line ...string) resp.Reply {
	out := l.e.Exec(l.now, 1, engine.Frame{Session: l.s, Commands: []resp.Command{line}})
	if out.Err != nil {
		l.t.Fatal(out.Err)
	}
	l.moved = false
	if out.Change != nil {
		l.moved = out.Change.Refs
		if err := l.rows.Commit(out.Change); err != nil {
			l.t.Fatal(err)
		}
	}
	if len(out.Replies) == 0 {
		l.t.Fatalf("%q waits", line)
	}
	return out.Replies[0]
}

func (l *large) run(line ...string) resp.Reply {
	return l.fetch(l.raw(l.upload(l.now/1000, line)...))
}

// referenced are the ids that rows refer to.
func (l *large) referenced() map[string]bool {
	ids := map[string]bool{}
	dbs, err := l.rows.DBs()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, db := range dbs {
		err := l.rows.Keys(db, 0, false, func(h engine.Header) bool {
			if h.Type == engine.TypeString && h.Packed {
				r, ok := engine.ParseRef(h.Value)
				if !ok {
					l.t.Fatalf("a row has the reference %q", h.Value)
				}
				ids[r.ID] = true
			}
			return true
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
	return ids
}

var big = strings.Repeat("0123456789abcdef", engine.MinRef/16+10)

func TestLargeValuesAreSetAndAnsweredByReference(t *testing.T) {
	l := newLarge(t, engine.Options{})
	is := func(want resp.Reply, line ...string) {
		t.Helper()
		if got := l.run(line...); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%.40q: %.80q, want %.80q", line, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
	str, ok, null := resp.NewBulk, resp.OK, resp.Reply{}
	other := "x" + big
	is(ok, "SET", "k", big)
	if r := l.raw("GET", "k"); r.Kind != resp.Blob || r.Int != int64(len(big)) {
		t.Errorf("GET answers %+v", r)
	}
	is(str(big), "GET", "k")
	is(resp.NewInt(int64(len(big))), "STRLEN", "k")
	is(str(big), "SET", "k", other, "GET", "EX", "100")
	is(resp.NewInt(100), "TTL", "k")
	is(str(other), "GETSET", "k", big)
	is(resp.NewInt(-1), "TTL", "k")
	is(str(big), "GETEX", "k", "PX", "5000")
	is(resp.NewInt(5000), "PTTL", "k")
	is(null, "SET", "k", other, "NX")
	is(str(big), "GET", "k")
	is(ok, "SET", "k", other, "XX", "KEEPTTL")
	is(resp.NewInt(5000), "PTTL", "k")
	is(ok, "SETEX", "e", "10", big)
	is(ok, "PSETEX", "p", "10000", big)
	is(resp.NewInt(10), "TTL", "e")
	is(resp.NewInt(0), "SETNX", "e", other)
	is(resp.NewInt(1), "SETNX", "n", other)
	is(ok, "MSET", "m1", big, "m2", "small", "m3", other)
	is(resp.NewInt(0), "MSETNX", "m4", big, "m3", big)
	is(resp.NewInt(1), "MSETNX", "m4", big, "m5", "v"+other)
	is(resp.NewArray(str(big), str("small"), str(other), null, str(big), str("v"+other)), "MGET", "m1", "m2", "m3", "none", "m4", "m5")
	is(str(big[5:21]), "GETRANGE", "m1", "5", "20")
	is(str(big[len(big)-3:]), "SUBSTR", "m1", "-3", "-1")
	is(str(""), "GETRANGE", "m1", "9", "3")
	is(str(big), "GETDEL", "m1")
	is(null, "GET", "m1")
	is(resp.NewStatus("string"), "TYPE", "m3")
	is(str("raw"), "OBJECT", "ENCODING", "m3")
	is(ok, "RENAME", "m3", "moved")
	is(resp.NewInt(1), "COPY", "moved", "copy")
	is(resp.NewInt(1), "COPY", "moved", "copy", "DB", "3")
	is(resp.NewInt(1), "MOVE", "copy", "4")
	is(resp.NewInt(1), "DEL", "moved")
	is(ok, "SELECT", "3")
	is(str(other), "GET", "copy")
	is(ok, "SWAPDB", "3", "4")
	is(str(other), "GET", "copy")
	is(ok, "SET", "copy", "small again")
	is(str("small again"), "GET", "copy")
	is(resp.NewInt(14), "APPEND", "copy", "...")
	is(ok, "SELECT", "0")
	is(ok, "MULTI")
	is(resp.NewStatus("QUEUED"), "SET", "k", big)
	is(resp.NewStatus("QUEUED"), "GET", "k")
	is(resp.NewArray(ok, str(big)), "EXEC")
	// It is in the rows.
	l.open(engine.Options{Cold: true})
	is(str(big), "GET", "k")
	is(resp.NewInt(int64(len(big))), "STRLEN", "p")
	l.now += 10_001_000
	is(null, "GET", "p")
}

// Nothing but the first word of a command line makes a reference, and only where
// the host says so.
func TestNoValueIsTakenForAReference(t *testing.T) {
	l := newLarge(t, engine.Options{})
	ref := l.put(l.now/1000, big)
	look := []string{ref.String(), "r" + ref.String(), engine.BlobCommand, "v" + engine.BlobCommand}
	for _, v := range look {
		for _, line := range [][]string{{"SET", "k", v}, {"MSET", "k", v}, {"EVAL", "return redis.call('set', KEYS[1], ARGV[1])", "1", "k", v}} {
			l.run(line...)
			if r := l.raw("GET", "k"); r.Kind != resp.Bulk || r.Str != v {
				t.Errorf("%q: %+v", line, r)
			}
		}
		// Beside a reference in one command as well.
		l.raw(engine.WithRefs(resp.Command{"MSET", "a", big, "k", v}, map[int]engine.Ref{2: ref})...)
		if r := l.raw("MGET", "k", "a"); r.Elems[0].Kind != resp.Bulk || r.Elems[0].Str != v || r.Elems[1].Kind != resp.Blob {
			t.Errorf("%q: %+v", v, r)
		}
	}
	l.run("SET", "k", "v")
	for _, line := range [][]string{
		{"EVAL", "return redis.call(ARGV[1], 'SET', 'k', ARGV[2])", "0", engine.BlobCommand, "r" + ref.String()},
		{"COMMAND", "GETKEYS", engine.BlobCommand, "SET", "k", "r" + ref.String()},
		{engine.BlobCommand},
		{engine.BlobCommand, engine.BlobCommand, "SET", "k", "r" + ref.String()},
		{engine.BlobCommand, "APPEND", "k", "r" + ref.String()},
		{engine.BlobCommand, "HSET", "h", "f", "r" + ref.String()},
		{engine.BlobCommand, "SET", "k", ref.String()},
		{engine.BlobCommand, "SET", "k", ""},
		{engine.BlobCommand, "SET", "k", "r"},
		{engine.BlobCommand, "SET", "k", "r" + ref.ID + ":12"},
		{engine.BlobCommand, "SET", "k", "r" + strings.ToUpper(ref.String())},
		{engine.BlobCommand, "SET", "k", "r../" + ref.String()[3:]},
		{engine.BlobCommand, "MSET", "k", "r" + ref.String(), "l"},
		{engine.BlobCommand, "SET", "k"},
	} {
		if r := l.raw(line...); r.Kind != resp.Error {
			t.Errorf("%q: %+v", line, r)
		}
		if r := l.raw("GET", "k"); r.Str != "v" {
			t.Fatalf("%q set %+v", line, r)
		}
	}
	if strings.Contains(fmt.Sprint(l.raw("COMMAND", "LIST")), "blob") || engine.Served(engine.BlobCommand) {
		t.Error("the hidden command is listed")
	}
	e, err := engine.Open(memory.NewRows(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := e.Exec(l.now, 1, engine.Frame{Session: e.NewSession(0, 3, ""), Commands: []resp.Command{engine.WithRefs(resp.Command{"SET", "k", big}, map[int]engine.Ref{2: ref})}})
	if r := out.Replies[0]; r.Kind != resp.Error || !strings.HasPrefix(r.Str, "ERR unknown command") {
		t.Errorf("an engine without values in R2: %+v", r)
	}
}

// Every command that there is meets a key whose value is a reference. Nobody sees
// the reference, and nobody works on it as if it were the bytes.
func TestEveryCommandLeavesAReferenceAlone(t *testing.T) {
	inR2, redis := "kept in R2", "like Redis"
	special := map[string][]string{
		"append": {inR2, "APPEND", "k", "x"}, "setrange": {inR2, "SETRANGE", "k", "3", "x"}, "setbit": {inR2, "SETBIT", "k", "3", "1"},
		"getbit": {inR2, "GETBIT", "k", "3"}, "bitcount": {inR2, "BITCOUNT", "k"}, "bitpos": {inR2, "BITPOS", "k", "1"},
		"bitop": {inR2, "BITOP", "NOT", "to", "k"}, "bitfield": {inR2, "BITFIELD", "k", "INCRBY", "u8", "0", "1"},
		"bitfield_ro": {inR2, "BITFIELD_RO", "k", "GET", "u8", "0"}, "lcs": {inR2, "LCS", "small", "k"}, "dump": {inR2, "DUMP", "k"},
		"sort": {inR2, "SORT", "list", "BY", "k*", "ALPHA"}, "sort_ro": {inR2, "SORT_RO", "list", "BY", "nosort", "GET", "k*"},
		"incr": {redis, "INCR", "k"}, "decr": {redis, "DECR", "k"}, "incrby": {redis, "INCRBY", "k", "1"}, "decrby": {redis, "DECRBY", "k", "1"},
		"incrbyfloat": {redis, "INCRBYFLOAT", "k", "1"}, "pfadd": {redis, "PFADD", "k", "x"}, "pfcount": {redis, "PFCOUNT", "hll", "k"},
		"pfmerge": {redis, "PFMERGE", "to", "k"},
	}
	l := newLarge(t, engine.Options{})
	plain, err := engine.Open(memory.Volatile{}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ps := plain.NewSession(0, 3, "")
	onPlain := func(line ...string) resp.Reply {
		return plain.Exec(l.now, 1, engine.Frame{Session: ps, Commands: []resp.Command{line}, NoBlock: true}).Replies[0]
	}
	ref := ""
	setup := func() {
		for _, line := range [][]string{{"FLUSHALL"}, {"SET", "small", "x"}, {"RPUSH", "list", "", "a"}, {"PFADD", "hll", "a"}, {"SET", "k", big}} {
			l.run(line...)
			onPlain(line...)
		}
		ref = l.raw("GET", "k").Str
	}
	for name, c := range special {
		setup()
		before := fmt.Sprint(l.run("GET", "k"), l.raw("KEYS", "*"))
		r := l.run(c[1:]...)
		if r.Kind != resp.Error {
			t.Errorf("%s: %.80q", name, fmt.Sprint(r))
		}
		if c[0] == redis {
			if want := onPlain(c[1:]...); !reflect.DeepEqual(r, want) {
				t.Errorf("%s: %+v, want %+v", name, r, want)
			}
		} else if !strings.Contains(r.Str, strings.ToUpper(name)+" ") || !strings.Contains(r.Str, inR2) {
			t.Errorf("%s: %q", name, r.Str)
		}
		if after := fmt.Sprint(l.run("GET", "k"), l.raw("KEYS", "*")); after != before {
			t.Errorf("%s changed something", name)
		}
		if after := l.raw("GET", "k").Str; after != ref {
			t.Errorf("%s left another reference", name)
		}
	}
	// All others, with the key at each place.
	for _, entry := range l.raw("COMMAND", "LIST").Elems {
		name := entry.Str
		if special[name] != nil || name == "quit" || name == "monitor" || strings.Contains(name, "subscribe") || name == "reset" || strings.HasPrefix(name, "client") {
			continue
		}
		for words := 1; words < 5; words++ {
			for at := 1; at < words; at++ {
				setup()
				line := append(strings.Split(name, "|"), "1", "1", "1", "1")[:words]
				if at >= len(strings.Split(name, "|")) {
					line[at] = "k"
				}
				out := l.e.Exec(l.now, 1, engine.Frame{Session: l.s, Commands: []resp.Command{line}, NoBlock: true})
				if out.Err != nil {
					t.Fatalf("%q: %v", line, out.Err)
				}
				if out.Change != nil {
					if err := l.rows.Commit(out.Change); err != nil {
						t.Fatal(err)
					}
				}
				if len(out.Replies) == 0 {
					continue
				}
				if s := fmt.Sprint(out.Replies[0]); out.Replies[0].Kind != resp.Blob && strings.Contains(s, ref) && !strings.Contains(name, "get") && name != "slowlog|get" {
					t.Errorf("%q answers the reference: %.100q", line, s)
				}
				if strings.Contains(fmt.Sprint(out.Replies[0]), ref+":") {
					t.Errorf("%q answers the reference: %.100q", line, fmt.Sprint(out.Replies[0]))
				}
			}
		}
	}
}

func TestScriptsMayMoveReferencesButNotReadThem(t *testing.T) {
	l := newLarge(t, engine.Options{ScriptSteps: 100_000})
	l.run("SET", "k", big)
	l.run("SET", "d", big)
	for _, script := range []string{
		"return redis.call('get', 'k')", "return redis.call('getdel', 'k')", "return redis.call('getset', 'k', 'x')", "return redis.call('mget', 'k')",
		"return redis.call('set', 'k', 'x', 'get')", "return redis.call('getex', 'k', 'ex', '1')", "return redis.call('getrange', 'k', 0, 1)",
	} {
		r := l.run("EVAL", script, "0")
		if r.Kind != resp.Error || !strings.Contains(r.Str, "kept in R2") {
			t.Errorf("%s: %.80q", script, fmt.Sprint(r))
		}
		if r := l.run("GET", "k"); r.Str != big {
			t.Fatalf("%s changed the value", script)
		}
	}
	r := l.run("EVAL", `redis.call('rename', 'k', 'l'); redis.call('copy', 'l', 'm'); redis.call('expire', 'm', 100)
		return {redis.call('strlen', 'm'), redis.call('exists', 'k', 'l', 'm'), redis.pcall('get', 'm').err ~= nil, redis.call('del', 'l')}`, "0")
	if fmt.Sprint(r.Elems) != fmt.Sprint([]resp.Reply{resp.NewInt(int64(len(big))), resp.NewInt(2), resp.NewInt(1), resp.NewInt(1)}) {
		t.Errorf("%+v", r)
	}
	// A script that is ended has not touched them either.
	for _, script := range []string{
		"redis.call('set', 'd', 'x')", "redis.call('del', 'd')", "redis.call('rename', 'd', 'e')", "redis.call('flushall')",
		"redis.call('set', 'd', 'x'); redis.call('append', 'd', 'y'); redis.call('set', 'm', 'z')", "redis.call('copy', 'm', 'd', 'replace')",
		"redis.call('del', 'd'); redis.call('rpush', 'd', 'x')",
	} {
		if r := l.run("EVAL", script+"; while true do end", "0"); r.Kind != resp.Error {
			t.Errorf("%s: %+v", script, r)
		}
		if r := l.run("MGET", "d", "m", "e"); r.Elems[0].Str != big || r.Elems[1].Str != big || !r.Elems[2].IsNil() {
			t.Errorf("%s was not taken back", script)
		}
		l.open(engine.Options{ScriptSteps: 100_000})
		if r := l.run("MGET", "d", "m", "e"); r.Elems[0].Str != big || r.Elems[1].Str != big || !r.Elems[2].IsNil() {
			t.Errorf("%s: the rows were not taken back", script)
		}
	}
}

// A reference whose bytes may be gone by now does not come in, wherever it waited.
func TestReferencesAreTakenForHalfAnHour(t *testing.T) {
	l := newLarge(t, engine.Options{})
	set := engine.WithRefs(resp.Command{"SET", "k", big}, map[int]engine.Ref{2: l.put(l.now/1000, big)})
	mset := engine.WithRefs(resp.Command{"MSET", "a", "1", "b", big}, map[int]engine.Ref{4: l.put(l.now/1000, big)})
	l.now += engine.RefLife * 1000
	if r := l.raw(set...); r.Str != "OK" {
		t.Fatalf("%+v", r)
	}
	l.raw("MULTI")
	for _, line := range []resp.Command{mset, {"INCR", "n"}} {
		if r := l.raw(line...); r.Str != "QUEUED" {
			t.Fatalf("%+v", r)
		}
	}
	l.now += 1000
	r := l.raw("EXEC")
	if len(r.Elems) != 2 || r.Elems[0].Kind != resp.Error || !strings.Contains(r.Elems[0].Str, "send it again") || r.Elems[1].Int != 1 {
		t.Errorf("%+v", r)
	}
	if r := l.raw("EXISTS", "a", "b"); r.Int != 0 {
		t.Error("half of the MSET was done")
	}
	if r := l.raw("GET", "k"); r.Kind != resp.Blob {
		t.Errorf("what a key has stays: %+v", r)
	}
}

// CLIENT PAUSE holds a command with a reference like any other; when its time is over
// the reference is looked at again.
func TestReferencesWaitWhileClientsArePaused(t *testing.T) {
	for _, c := range []struct {
		pause int64 // milliseconds
		ok    bool
	}{{1000, true}, {engine.RefLife + 1000, false}} {
		l := newLarge(t, engine.Options{})
		set := engine.WithRefs(resp.Command{"SET", "k", big}, map[int]engine.Ref{2: l.put(l.now/1000, big)})
		l.raw("CLIENT", "PAUSE", strconv.FormatInt(c.pause, 10), "WRITE")
		out := l.e.Exec(l.now, 1, engine.Frame{Session: l.s, Commands: []resp.Command{set}})
		if out.Err != nil || out.Ticket == 0 {
			t.Fatalf("%+v", out)
		}
		l.now += c.pause*1000 + 1000
		out = l.e.Tick(l.now, 1)
		if out.Change != nil {
			if err := l.rows.Commit(out.Change); err != nil {
				t.Fatal(err)
			}
		}
		if len(out.Wakes) != 1 || (out.Wakes[0].Reply.Str == "OK") != c.ok {
			t.Errorf("after a pause of %d ms: %+v", c.pause, out.Wakes)
		}
		if r := l.raw("GET", "k"); (r.Kind == resp.Blob) != c.ok {
			t.Errorf("after a pause of %d ms: %+v", c.pause, r)
		}
	}
}

// Whenever a row ceases to refer to something, the change says so.
func TestChangesTellThatReferencesMoved(t *testing.T) {
	for _, c := range []struct {
		line  []string
		moved bool
	}{
		{[]string{"SET", "new", big}, true},
		{[]string{"SET", "k", "small"}, true},
		{[]string{"SET", "small", "other"}, false},
		{[]string{"DEL", "k"}, true},
		{[]string{"DEL", "small"}, false},
		{[]string{"GETDEL", "k"}, true},
		{[]string{"SETNX", "small2", "x"}, false},
		{[]string{"RENAME", "small", "k"}, true},
		{[]string{"RPUSH", "list", "a"}, false},
		{[]string{"EXPIRE", "k", "10"}, false},
		{[]string{"PEXPIREAT", "k", "1"}, true},
		{[]string{"SET", "k", "x", "PXAT", "1"}, true},
		{[]string{"SORT", "numbers", "STORE", "k"}, true},
		{[]string{"BITOP", "NOT", "k", "small"}, true},
		{[]string{"COPY", "small", "k", "REPLACE"}, true},
		{[]string{"FLUSHDB"}, true},
		{[]string{"SWAPDB", "0", "1"}, false},
		{[]string{"EVAL", "redis.call('del', 'k')", "0"}, true},
		{[]string{"EVAL", "redis.call('flushall')", "0"}, true},
	} {
		for _, cold := range []bool{false, true} {
			l := newLarge(t, engine.Options{})
			l.run("SET", "small", "x")
			l.run("RPUSH", "numbers", "2", "1")
			l.run("SET", "k", big)
			if cold {
				l.open(engine.Options{Cold: true})
			}
			l.run(c.line...)
			if l.moved != c.moved {
				t.Errorf("%.60q, cold %v: moved %v, want %v", c.line, cold, l.moved, c.moved)
			}
		}
	}
	// Time as well.
	l := newLarge(t, engine.Options{})
	l.run("SET", "k", big, "PX", "10")
	l.open(engine.Options{Cold: true})
	out := l.e.Tick(l.now+20_000, 1)
	if out.Change == nil || !out.Change.Refs {
		t.Errorf("an expired reference: %+v", out.Change)
	}
}
