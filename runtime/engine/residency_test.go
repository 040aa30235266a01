package engine_test

import (
	"flag"
	"fmt"
	"math/rand"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

var boundSeed = flag.Int64("boundseed", 0, "seed of the test of engines with little memory; 0 draws one")

// littleMemory are bounds that are far below what the random commands fill.
func littleMemory(n int) engine.Options {
	return engine.Options{MaxBytes: []int64{4_000, 20_000, 1, 64_000}[n%4], ResidentRows: []int{512, 4, 16, 64}[n/4%4]}
}

// TestWhatLeftMemoryAnswersLikeRedis compares an engine that keeps next to
// nothing in memory with redis-server.
func TestWhatLeftMemoryAnswersLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	s := &subject.Stored{
		T: t, Options: littleMemory, Every: 10,
		Fresh: func() engine.Store { return memory.NewRows() },
		Again: func(s engine.Store) engine.Store { return s },
	}
	difftest.Run(t, s, difftest.Options{
		Addr: addr, Seed: *seed + 23, Commands: *commands / 4, Proto: 3, Settle: 20, Served: subject.Remembered,
	})
}

// Answers without an order are compared sorted. Those that depend on what is in
// memory are left out: random ones, those that tell of memory, and where a cursor
// leads within small collections.
var (
	sorted = map[string]int{"SMEMBERS": 1, "HGETALL": 2, "HKEYS": 1, "HVALS": 1, "KEYS": 1, "SINTER": 1, "SUNION": 1, "SDIFF": 1}
	apart  = []string{"spop", "srandmember", "hrandfield", "zrandmember", "randomkey", "object", "memory", "info", "sscan", "hscan", "zscan",
		"sort", "sort_ro", "client", "eval", "evalsha", "eval_ro", "evalsha_ro", "script", "function", "fcall", "fcall_ro", "hello", "quit", "reset",
		"select", "dump", "command", "config", "slowlog", "latency", "monitor", "time", "lastsave", "debug", "acl", "module", "shutdown", "subscribe",
		"psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "publish", "spublish", "pubsub"}
	fieldTimes = []string{"hexpire", "hpexpire", "hexpireat", "hpexpireat", "hgetex", "hsetex"}
)

var packing = regexp.MustCompile(`"radix-tree-(keys|nodes)", \(integer\) \d+, `)

func shown(cmd resp.Command, r resp.Reply) string {
	step := sorted[cmd.Name()]
	if step == 0 || r.Kind == resp.Error {
		// Rows keep neither the sign of a score of 0 nor how a stream is packed.
		return packing.ReplaceAllString(strings.ReplaceAll(difftest.Show(r), "(double) -0", "(double) 0"), "")
	}
	var parts []string
	for i := 0; i+step <= len(r.Elems); i += step {
		part := ""
		for _, e := range r.Elems[i : i+step] {
			part += difftest.Show(e) + " "
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// bounded is an engine with little memory beside one that keeps everything.
type bounded struct {
	t        *testing.T
	rnd      *rand.Rand
	rows     *memory.Rows
	all, few *engine.Engine
	a, b     uint64 // their sessions
	now      int64
	history  []string
	queue    []resp.Command // between MULTI and EXEC
	db       int            // that SELECT chose
	evicted  int64
}

func (b *bounded) open() {
	opt := littleMemory(b.rnd.Intn(16))
	opt.ScriptSteps = 60_000
	few, err := engine.Open(b.rows, opt)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.few != nil {
		_, n, _ := b.few.Memory()
		b.evicted += n
	}
	b.few, b.b = few, few.NewSession(b.db, 3, "")
}

func (b *bounded) commit(out engine.Outcome) {
	b.t.Helper()
	if out.Err != nil {
		b.fatal("%v", out.Err)
	}
	if out.Change != nil {
		if err := b.rows.Commit(out.Change); err != nil {
			b.fatal("%v", err)
		}
	}
	if _, err := b.rows.Sweep(b.rnd.Intn(40)); err != nil {
		b.fatal("%v", err)
	}
	used, _, _ := b.few.Memory()
	if n, bad := b.few.Recount(); n != used || bad != "" {
		b.fatal("%d bytes are counted and %d are there; %s", used, n, bad)
	}
}

func (b *bounded) fatal(format string, args ...any) {
	b.t.Helper()
	b.t.Fatalf("%s\nbefore:\n%s", fmt.Sprintf(format, args...), strings.Join(b.history[max(0, len(b.history)-60):], "\n"))
}

// run sends one frame to both.
func (b *bounded) run(cmds ...resp.Command) []resp.Reply {
	b.t.Helper()
	for _, cmd := range cmds {
		b.history = append(b.history, difftest.Line(cmd))
	}
	bits := b.rnd.Uint64()
	want := b.all.Exec(b.now, bits, engine.Frame{Session: b.a, Commands: cmds, NoBlock: true})
	got := b.few.Exec(b.now, bits, engine.Frame{Session: b.b, Commands: cmds, NoBlock: true})
	if want.Err != nil {
		b.fatal("%v", want.Err)
	}
	b.commit(got)
	for i, cmd := range cmds {
		if x, y := b.shown(cmd, want.Replies[i]), b.shown(cmd, got.Replies[i]); x != y {
			b.fatal("%s:\nall in memory %s\nlittle memory %s", difftest.Line(cmd), x, y)
		}
		switch {
		case got.Replies[i].Str == "QUEUED":
			b.queue = append(b.queue, cmd)
		case cmd.Name() == "SELECT":
			b.db, _ = strconv.Atoi(cmd[1])
		case cmd.Name() == "EXEC" || cmd.Name() == "DISCARD":
			b.queue = nil
		}
	}
	return got.Replies
}

// shown is a reply for comparison, that of EXEC command by command.
func (b *bounded) shown(cmd resp.Command, r resp.Reply) string {
	if cmd.Name() != "EXEC" || len(r.Elems) != len(b.queue) {
		return shown(cmd, r)
	}
	text := ""
	for i, cmd := range b.queue {
		text += shown(cmd, r.Elems[i]) + "\n"
	}
	return text
}

// tick lets time pass, and both remove what is over.
func (b *bounded) tick() {
	b.now += int64(b.rnd.Intn(200_000_000))
	b.history = append(b.history, fmt.Sprint("time ", b.now))
	for i := 0; i < 3; i++ {
		b.now += 200_000
		b.all.Tick(b.now, 1)
		b.commit(b.few.Tick(b.now, 1))
	}
}

// contents is everything that both hold, read with commands.
func (b *bounded) contents() string {
	var all strings.Builder
	for _, db := range []string{"0", "1", "2"} {
		keys := b.run(resp.Command{"SELECT", db}, resp.Command{"DBSIZE"}, resp.Command{"KEYS", "*"})[2].Elems
		slices.SortFunc(keys, func(x, y resp.Reply) int { return strings.Compare(x.Str, y.Str) })
		for _, key := range keys {
			r := b.run(resp.Command{"TYPE", key.Str}, resp.Command{"PEXPIRETIME", key.Str})
			fmt.Fprintf(&all, "%s %q %s %d", db, key.Str, r[0].Str, r[1].Int)
			if read := readers[r[0].Str]; read != nil && r[0].Str != "stream" {
				cmd := append(resp.Command{read[0], key.Str}, read[1:]...)
				fmt.Fprintf(&all, " %s", shown(cmd, b.run(cmd)[0]))
			}
			all.WriteString("\n")
		}
	}
	b.run(resp.Command{"SELECT", "0"})
	return all.String()
}

// scan walks over a database with changes between the pages, and holds the keys
// that come against those that were there throughout.
func (b *bounded) scan(next func() []resp.Command) {
	keys := func() map[string]bool {
		names := map[string]bool{}
		for _, k := range b.run(resp.Command{"KEYS", "*"})[0].Elems {
			names[k.Str] = true
		}
		return names
	}
	stay, seen := keys(), map[string]bool{}
	for cursor, pages := "0", 0; ; pages++ {
		cmd := resp.Command{"SCAN", cursor, "COUNT", strconv.Itoa(1 + b.rnd.Intn(8))}
		r := b.run(cmd)[0] // and so cursors and pages are the same in both
		for _, k := range r.Elems[1].Elems {
			seen[k.Str] = true
		}
		if cursor = r.Elems[0].Str; cursor == "0" {
			break
		}
		b.run(next()...)
		now := keys()
		for k := range stay {
			if !now[k] {
				delete(stay, k)
			}
		}
		if pages > 10_000 {
			b.fatal("SCAN never ends")
		}
	}
	for k := range stay {
		if !seen[k] {
			b.fatal("SCAN did not return %q", k)
		}
	}
}

// TestLittleMemoryShowsInNoAnswer runs random frames on an engine that keeps next
// to nothing in memory and on one that keeps everything: with times that run out,
// scripts that are undone, restarts and walks in between.
func TestLittleMemoryShowsInNoAnswer(t *testing.T) {
	seed := *boundSeed
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	rounds, frames := 8, 1200
	if testing.Short() {
		rounds = 2
	}
	evicted := int64(0)
	for round := 0; round < rounds; round++ {
		evicted += boundedRound(t, seed+int64(round), frames)
	}
	if evicted == 0 {
		t.Fatal("nothing ever left memory")
	}
	t.Logf("%d keys left memory", evicted)
}

func boundedRound(t *testing.T, seed int64, frames int) int64 {
	t.Logf("seed %d (repeat with -boundseed)", seed)
	b := &bounded{t: t, rnd: rand.New(rand.NewSource(seed)), rows: memory.NewRows(), now: 1_700_000_000_000_000}
	withFieldTimes := b.rnd.Intn(2) == 0
	gen, err := difftest.NewGen(seed, b.now/1000, func(name string) bool {
		word, _, _ := strings.Cut(strings.ToLower(name), "|")
		return engine.Served(name) && !slices.Contains(apart, word) && (withFieldTimes || !slices.Contains(fieldTimes, word))
	})
	if err != nil {
		t.Fatal(err)
	}
	gen.WithoutNodes()
	if b.all, err = engine.Open(volatile{}, engine.Options{ScriptSteps: 60_000}); err != nil {
		t.Fatal(err)
	}
	b.a = b.all.NewSession(0, 3, "")
	b.open()
	next := func() (cmds []resp.Command) {
		for n := 1 + b.rnd.Intn(12); n > 0; n-- {
			cmds = append(cmds, gen.Next()...)
		}
		if withFieldTimes { // a hash in the store alone may have no field that lives
			cmds = slices.DeleteFunc(cmds, func(c resp.Command) bool {
				return slices.Contains([]string{"DBSIZE", "SCAN", "KEYS", "EXISTS"}, c.Name())
			})
		}
		return cmds
	}
	for i := 0; i < frames; i++ {
		b.run(next()...)
		switch b.rnd.Intn(40) {
		case 0:
			b.run(resp.Command{"DISCARD"}, resp.Command{"UNWATCH"})
			b.open()
		case 1, 2, 3:
			if !withFieldTimes {
				b.tick()
			} else {
				b.now += int64(b.rnd.Intn(2_000_000))
			}
		case 4:
			b.run(resp.Command{"SWAPDB", strconv.Itoa(b.rnd.Intn(3)), strconv.Itoa(b.rnd.Intn(3))})
		case 5:
			b.run(resp.Command{"SELECT", strconv.Itoa(b.rnd.Intn(3))})
		case 6:
			b.undo(next)
		case 7:
			if !withFieldTimes {
				b.scan(next)
			}
		case 8:
			if !withFieldTimes {
				b.contents()
			}
		case 9:
			if b.rnd.Intn(6) == 0 {
				b.run(resp.Command{"FLUSHDB"})
			}
		case 10: // a collection of more than a few rows
			cmd := resp.Command{[]string{"RPUSH", "SADD"}[b.rnd.Intn(2)], "large:" + strconv.Itoa(b.rnd.Intn(3))}
			for j := 0; j < 200; j++ {
				cmd = append(cmd, "element "+strconv.Itoa(b.rnd.Intn(1000)))
			}
			b.run(cmd)
		}
	}
	_, n, _ := b.few.Memory()
	return b.evicted + n
}

// undo runs a script of random commands that its budget ends, in one frame with
// others.
func (b *bounded) undo(next func() []resp.Command) {
	script := resp.Command{"EVAL", endless, "0"}
	for _, cmd := range next() {
		script = append(append(script, strconv.Itoa(len(cmd))), cmd...)
	}
	for _, cmd := range [][]string{{"FLUSHDB"}, {"SWAPDB", "0", "1"}, {"SET", "after", "1"}, {"FLUSHALL"}, {"DEL", "set:1", "hash:1", "list:1"}} {
		if b.rnd.Intn(2) == 0 {
			script = append(append(script, strconv.Itoa(len(cmd))), cmd...)
		}
	}
	b.run(resp.Command{"DISCARD"}, resp.Command{"UNWATCH"}, resp.Command{"SELECT", "0"})
	frame := []resp.Command{{"SET", "frame", "1"}, {"DEL", "string:1"}, {"LPUSH", "framelist", "1"}, script, {"DEL", "frame", "framelist"}, {"DBSIZE"}}
	if len(b.run(frame...)) != len(frame) {
		b.fatal("a command is blocked")
	}
}

// watchedRows tells when a key is asked for, and counts those that are listed.
type watchedRows struct {
	*memory.Rows
	asked  func()
	listed int
}

func (w *watchedRows) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	return w.Rows.Keys(db, from, noValues, func(h engine.Header) bool {
		w.listed++
		return yield(h)
	})
}

func (w *watchedRows) Key(db uint32, hash uint64, key string) (engine.Header, bool, error) {
	if w.asked != nil {
		w.asked()
	}
	return w.Rows.Key(db, hash, key)
}

// TestMemoryStaysNearItsBound writes and reads ten times what may be in memory,
// one by one and in one frame.
func TestMemoryStaysNearItsBound(t *testing.T) {
	const bound = 1 << 20
	rows := memory.NewRows()
	store := &watchedRows{Rows: rows}
	e, err := engine.Open(store, engine.Options{MaxBytes: bound})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	most := int64(0)
	exec := func(cmds ...resp.Command) []resp.Reply {
		out := e.Exec(1_700_000_000_000_000, 1, engine.Frame{Session: s, Commands: cmds})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		if out.Change != nil {
			if err := rows.Commit(out.Change); err != nil {
				t.Fatal(err)
			}
		}
		if out.Deadline == 1_700_000_000_000_000 { // something is to leave memory that is stored by now
			if out := e.Tick(1_700_000_000_000_000, 1); out.Change != nil {
				t.Fatal("a Tick changed something")
			}
		}
		used, _, _ := e.Memory()
		most = max(most, used)
		return out.Replies
	}
	value := strings.Repeat("v", 500)
	const n = 10 * bound / 500
	for i := 0; i < n; i++ {
		exec(resp.Command{"SET", fmt.Sprint("key:", i), value})
	}
	cmd := resp.Command{"HSET", "large"}
	for i := 0; i < n/10; i++ {
		cmd = append(cmd, fmt.Sprint("field:", i), value)
		if len(cmd) > 100 {
			exec(cmd)
			cmd = resp.Command{"HSET", "large"}
		}
	}
	if most > bound {
		t.Errorf("between frames %d bytes are in memory, of %d", most, bound)
	}
	if _, evicted, complete := e.Memory(); evicted == 0 || complete {
		t.Fatal("nothing left memory")
	}
	var reads []resp.Command
	peak := int64(0)
	store.asked = func() {
		used, _, _ := e.Memory()
		peak = max(peak, used)
	}
	for i := 0; i < n; i++ {
		reads = append(reads, resp.Command{"STRLEN", fmt.Sprint("key:", i)}, resp.Command{"HSTRLEN", "large", fmt.Sprint("field:", i%(n/10))})
	}
	for i, r := range exec(reads...) {
		if r.Int != 500 && (i%2 == 0 || r.Int != 0) {
			t.Fatalf("%v answers %d", reads[i], r.Int)
		}
	}
	if peak == 0 || peak > bound+bound/4 {
		t.Errorf("within a frame %d bytes are in memory, of %d", peak, bound)
	}
	script := `for i = 1, #ARGV do if redis.call('STRLEN', ARGV[i]) ~= 500 then return ARGV[i] end end`
	args := resp.Command{"EVAL", script, "0"}
	for i := 0; i < n/2; i++ {
		args = append(args, fmt.Sprint("key:", i))
	}
	peak = 0
	if r := exec(args)[0]; r.Kind == resp.Error || r.Str != "" {
		t.Error(difftest.Show(r))
	}
	if peak == 0 || peak > bound+bound/4 {
		t.Errorf("within a script %d bytes are in memory, of %d", peak, bound)
	}
	if size := exec(resp.Command{"DBSIZE"})[0].Int; size != n+1 {
		t.Errorf("DBSIZE is %d", size)
	}
}

// TestOpeningReadsFewKeys opens small and large databases.
func TestOpeningReadsFewKeys(t *testing.T) {
	rows := memory.NewRows()
	put := func(seq uint64, db uint32, keys int, value string) {
		ch := &engine.Change{Seq: seq, NextID: 1}
		for i := 0; i < keys; i++ {
			h := engine.Header{DB: db, Key: fmt.Sprint("key:", i), Type: engine.TypeString, Value: value, ExpireAt: int64(4_000_000_000_000 - i)}
			h.Hash = engine.KeyHash(h.Key)
			ch.Ops = append(ch.Ops, engine.Op{Kind: engine.OpPutKey, Type: h.Type, Header: h})
		}
		if err := rows.Commit(ch); err != nil {
			t.Fatal(err)
		}
	}
	open := func(bound int64) (*watchedRows, *engine.Engine, func(...string) resp.Reply) {
		store := &watchedRows{Rows: rows}
		e, err := engine.Open(store, engine.Options{MaxBytes: bound})
		if err != nil {
			t.Fatal(err)
		}
		s := e.NewSession(0, 3, "")
		return store, e, func(args ...string) resp.Reply {
			return e.Exec(1_700_000_000_000_000, 1, engine.Frame{Session: s, Commands: []resp.Command{args}}).Replies[0]
		}
	}
	put(1, 0, 500, "value")
	if _, e, _ := open(0); func() bool { _, _, complete := e.Memory(); return !complete }() {
		t.Error("a small database is not in memory after opening")
	}
	put(2, 0, 25_000, "value")
	store, e, run := open(0)
	if _, _, complete := e.Memory(); complete || store.listed > 10_001 {
		t.Errorf("opening listed %d keys of 25000", store.listed)
	}
	for _, n := range []int{0, 12_345, 24_999} {
		if got := run("GET", fmt.Sprint("key:", n)).Str; got != "value" {
			t.Errorf("key %d is %q", n, got)
		}
	}
	if n := run("DBSIZE").Int; n != 25_000 {
		t.Errorf("DBSIZE is %d", n)
	}
	// The first to expire is not known from what was read.
	if out := e.Tick(1_700_000_000_000_000, 1); out.Deadline != (4_000_000_000_000-24_999+1)*1000 {
		t.Errorf("the next Tick is wanted at %d", out.Deadline)
	}
	put(3, 0, 3_000, strings.Repeat("v", 10_000))
	if store, e, _ := open(1 << 20); store.listed > 400 {
		used, _, _ := e.Memory()
		t.Errorf("opening listed %d keys of 10 kB, %d bytes are in memory", store.listed, used)
	}
}
