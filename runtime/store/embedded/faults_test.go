package embedded_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	goruntime "runtime"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

var faultSeed = flag.Int64("faultseed", 0, "seed of the test of faults; 0 draws one")

// fickle is a store that can be read while it commits, and of whose commits some
// fail: before the rows are stored, or after.
type fickle struct {
	mu   sync.Mutex
	rows *memory.Rows
	engine.Store
	rnd    *rand.Rand
	seed   int64
	whole  bool // no commit fails
	faults int
}

func (f *fickle) ReadsDuringCommit() {}

func (f *fickle) CommitAll(changes []*engine.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := f.rnd.Intn(40); n > 0; n-- { // others run meanwhile, and read
		f.mu.Unlock()
		goruntime.Gosched()
		f.mu.Lock()
	}
	fate := f.rnd.Intn(60)
	if f.whole {
		fate = 2
	}
	if fate < 2 {
		f.faults++
	}
	if fate == 0 {
		return errors.New("disk on fire")
	}
	for _, ch := range changes {
		if err := f.rows.Commit(ch); err != nil {
			return err
		}
	}
	if fate == 1 {
		return errors.New("answer lost")
	}
	return nil
}

func (f *fickle) Open() (engine.State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Open()
}

func (f *fickle) Key(db uint32, hash uint64, key string) (engine.Header, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Key(db, hash, key)
}

func (f *fickle) Items(q engine.Query, yield func(engine.Item) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Items(q, yield)
}

func (f *fickle) Count(q engine.Query) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Count(q)
}

func (f *fickle) Keys(db uint32, from uint64, noValues bool, yield func(engine.Header) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Keys(db, from, noValues, yield)
}

func (f *fickle) CountKeys(db uint32) (keys, expiring int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.CountKeys(db)
}

func (f *fickle) DBs() ([]uint32, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.DBs()
}

func (f *fickle) Expiring(before int64, limit int, yield func(engine.Header) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Expiring(before, limit, yield)
}

func (f *fickle) Sweep(rows int) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows.Sweep(5)
}

// A twin runs in one engine what a client of the host was told that it ran.
type twin struct {
	t       *testing.T
	rnd     *rand.Rand
	dbs     [2]string
	session store.Session
	engine  *engine.Engine
	own     uint64
	now     int64
	history []string
	errs    int
}

// frame draws the next commands.
func (w *twin) frame() []resp.Command {
	n := 0
	cmd := func() resp.Command {
		n++
		key := func() string { return string(rune('a' + w.rnd.Intn(10))) }
		db := w.dbs[w.rnd.Intn(2)]
		word := fmt.Sprint(w.rnd.Intn(12))
		line := []string{
			"SET k w", "SET k w", "SET k w PX w000", "DEL k", "DEL k k2 k3", "RENAME k k2", "RENAME k k2", "COPY k k2 REPLACE", "COPY k k2 DB db REPLACE",
			"MOVE k db", "FLUSHDB", "SWAPDB db0 db1", "SELECT db", "PEXPIRE k w000", "PERSIST k", "APPEND k w", "INCR k", "GETDEL k",
			"GET k", "GET k", "STRLEN k", "EXISTS k k2 k3", "TYPE k", "PTTL k", "KEYS *", "MGET k k2 k3",
			"RPUSH k w w w", "LPUSH k w", "LPOP k", "LRANGE k 0 -1", "LLEN k", "LTRIM k 1 -2", "LSET k 0 w",
			"HSET k w w", "HSET k w w 11w w 12w w", "HDEL k w", "HGET k w", "HLEN k", "HEXISTS k w",
			"SADD k w x y z", "SREM k w", "SCARD k", "SISMEMBER k w", "SPOP none",
			"ZADD k w w w1 x w2 y w3 z", "ZREM k w", "ZRANGE k 0 -1 WITHSCORES", "ZCARD k", "ZSCORE k w", "ZRANK k w", "ZPOPMIN k",
			"XADD k w-* f w", "XLEN k", "XRANGE k - +", "XTRIM k MAXLEN 3",
			"EVAL redis.call('SELECT',ARGV[1])redis.call('FLUSHDB')redis.call('SET',KEYS[1],ARGV[2]) 1 k db w",
			"EVAL redis.call('DEL',KEYS[1])redis.call('SWAPDB',ARGV[1],ARGV[2])while(true)do(tostring)(1)end 1 k db0 db1",
		}[w.rnd.Intn(57)]
		args := strings.Fields(line)
		for i, a := range args {
			if i == 0 || strings.Contains(a, "redis.call") {
				continue
			}
			switch a {
			case "k", "k2", "k3":
				args[i] = key()
			case "db":
				args[i] = db
			case "db0", "db1":
				args[i] = w.dbs[a[2]-'0']
			default:
				if a != "WITHSCORES" {
					args[i] = strings.Replace(a, "w", word, 1)
				}
			}
		}
		return args
	}
	if w.rnd.Intn(5) > 0 {
		return []resp.Command{cmd()}
	}
	cmds := []resp.Command{}
	for i := w.rnd.Intn(4); i >= 0; i-- {
		cmds = append(cmds, cmd())
	}
	if w.rnd.Intn(2) == 0 {
		cmds = append(append([]resp.Command{{"MULTI"}}, cmds...), resp.Command{"EXEC"})
	}
	return cmds
}

func (w *twin) run(frames int) {
	for i := 0; i < frames && !w.t.Failed(); i++ {
		cmds := w.frame()
		for _, cmd := range cmds {
			w.history = append(w.history, difftest.Line(cmd))
		}
		got, err := w.session.Execute(context.Background(), cmds)
		if err != nil {
			// Which database is selected is known again after the next SELECT, and so is
			// that no transaction is open.
			w.errs++
			w.history = append(w.history, "# "+err.Error())
			for _, cmd := range []resp.Command{{"DISCARD"}, {"SELECT", w.dbs[0]}} {
				if err := w.settled(cmd); err != nil {
					w.t.Error(err)
				}
				w.engine.Exec(w.now, 1, engine.Frame{Session: w.own, Commands: []resp.Command{cmd}})
			}
			continue
		}
		want := w.engine.Exec(w.now, 1, engine.Frame{Session: w.own, Commands: cmds, NoBlock: true}).Replies
		for j := range cmds {
			if a, b := shown(got[j]), shown(want[j]); a != b {
				w.t.Errorf("databases %v: %s\nanswers  %s\nexpected %s\nafter\n%s", w.dbs, difftest.Line(cmds[j]), a, b,
					strings.Join(w.history[max(0, len(w.history)-80):], "\n"))
				return
			}
		}
	}
}

// settled runs a command until no fault meets it.
func (w *twin) settled(cmd resp.Command) (err error) {
	for i := 0; i < 20; i++ {
		if _, err = w.session.Execute(context.Background(), []resp.Command{cmd}); err == nil {
			return nil
		}
	}
	return err
}

// shown is a reply, with the keys of KEYS in order.
func shown(r resp.Reply) string {
	if r.Kind == resp.Array {
		names := true
		for _, e := range r.Elems {
			names = names && e.Kind == resp.Bulk && len(e.Str) == 1 && e.Str >= "a"
		}
		if names {
			sort.Slice(r.Elems, func(i, j int) bool { return r.Elems[i].Str < r.Elems[j].Str })
		}
	}
	return difftest.Show(r)
}

// TestFaultsLoseNothingThatWasAnswered has clients write and read over a store
// that fails now and then, with next to nothing in memory, and compares all that
// they are told with an engine which ran just what was answered.
func TestFaultsLoseNothingThatWasAnswered(t *testing.T) {
	f := newFickle(t)
	failed := twins(t, f, embedded.Commit)
	t.Logf("%d faults, %d frames failed", f.faults, failed)
	if f.faults == 0 || failed == 0 {
		t.Errorf("%d faults, %d frames failed: nothing was tested", f.faults, failed)
	}
}

// TestAnswersBeforeTheCommitAreRight does so with answers that do not wait for
// the store, which does not fail: most reads see what waits.
func TestAnswersBeforeTheCommitAreRight(t *testing.T) {
	f := newFickle(t)
	f.whole = true
	if failed := twins(t, f, embedded.Behind); failed > 0 {
		t.Errorf("%d frames failed", failed)
	}
}

func newFickle(t *testing.T) *fickle {
	seed := *faultSeed
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("seed %d (repeat with -faultseed; goroutines differ)", seed)
	rows := memory.NewRows()
	return &fickle{rows: rows, Store: rows, rnd: rand.New(rand.NewSource(seed)), seed: seed}
}

// twins runs clients on a host and returns how many frames failed.
func twins(t *testing.T, f *fickle, level embedded.Durability) (failed int) {
	clock := new(embedded.Clock)
	clock.Stop()
	settings := engine.Options{MaxBytes: 2000, ResidentRows: 4, ScriptSteps: 10_000}
	h := newHost(t, f, embedded.Options{Durability: level, Clock: clock, Engine: settings})
	var clients []*twin
	for i := 0; i < 4; i++ {
		e, err := engine.Open(memory.Volatile{}, engine.Options{ScriptSteps: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		w := &twin{t: t, rnd: rand.New(rand.NewSource(f.seed + int64(i))), dbs: [2]string{fmt.Sprint(2 * i), fmt.Sprint(2*i + 1)},
			session: newSession(t, h), engine: e, own: e.NewSession(2*i, 3, ""), now: clock.Now()}
		if err := w.settled(resp.Command{"SELECT", w.dbs[0]}); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, w)
	}
	frames := 120
	if testing.Short() {
		frames = 30
	}
	for phase := 0; phase < 12 && !t.Failed(); phase++ {
		var wg sync.WaitGroup
		for _, w := range clients {
			wg.Add(1)
			go func(w *twin) { defer wg.Done(); w.run(frames) }(w)
		}
		wg.Wait()
		_ = h.Advance(3 * time.Second) // a fault in it takes nothing that anybody was told
		for _, w := range clients {
			w.now = clock.Now()
			w.engine.Tick(w.now, 1)
		}
	}
	for _, w := range clients {
		failed += w.errs
	}
	if err := h.Close(); err != nil && f.whole {
		t.Error(err)
	}
	return failed
}
