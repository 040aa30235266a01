package sqlite_test

import (
	"math/rand"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// unordered answers depend on how an engine's tables have grown, and random ones
// on more than the data.
var (
	unordered = map[string]bool{"SMEMBERS": true, "HGETALL": true, "HKEYS": true, "HVALS": true, "KEYS": true,
		"SINTER": true, "SUNION": true, "SDIFF": true}
	left = map[string]bool{"SPOP": true, "SRANDMEMBER": true, "HRANDFIELD": true, "ZRANDMEMBER": true, "RANDOMKEY": true,
		"OBJECT": true, "MEMORY": true, "INFO": true, "SSCAN": true, "HSCAN": true, "ZSCAN": true, "SCAN": true,
		"SORT": true, "SORT_RO": true, "CLIENT": true, "EVAL": true, "EVALSHA": true, "EVAL_RO": true, "EVALSHA_RO": true, "SCRIPT": true, "SELECT": true, "HELLO": true, "QUIT": true, "RESET": true}
)

// TestReloadedEngineAnswersLikeOneThatNeverStopped runs random commands on an
// engine in memory and on two engines that are opened again and again from what
// they have stored.
func TestReloadedEngineAnswersLikeOneThatNeverStopped(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("seed %d (repeat with -seed)", seed)
	rnd := rand.New(rand.NewSource(seed))
	now := int64(1_700_000_000_000_000)
	gen, err := difftest.NewGen(seed, now/1000, func(name string) bool {
		word, _, _ := strings.Cut(strings.ToUpper(name), "|")
		return engine.Served(name) && !left[word]
	})
	if err != nil {
		t.Fatal(err)
	}
	gen.WithoutNodes()
	file := sqlite.New(filepath.Join(t.TempDir(), "x.db"), sqlite.SyncOff)
	defer file.Close()
	subjects := []*reloaded{{name: "volatile", rows: memory.Volatile{}}, {name: "rows", rows: memory.NewRows()}, {name: "sqlite", rows: file}}
	for _, s := range subjects {
		s.open(t)
	}
	frames := 8000
	if testing.Short() {
		frames = 600
	}
	var history []string
	for i := 0; i < frames; i++ {
		now += int64(rnd.Intn(3_000))
		cmds := gen.Next()
		for _, cmd := range cmds {
			history = append(history, difftest.Line(cmd))
		}
		bits := rnd.Uint64()
		want := subjects[0].exec(t, now, bits, cmds)
		for _, s := range subjects[1:] {
			got := s.exec(t, now, bits, cmds)
			for j, cmd := range cmds {
				if a, b := show(cmd, want[j]), show(cmd, got[j]); a != b {
					t.Fatalf("frame %d, %s:\nin memory %s\n%-9s %s\nbefore:\n%s", i, difftest.Line(cmd), a, s.name, b,
						strings.Join(history[max(0, len(history)-40):], "\n"))
				}
			}
			if rnd.Intn(20) == 0 {
				if _, err := s.rows.Sweep(1 + rnd.Intn(50)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if rnd.Intn(50) == 0 {
			again := subjects[1+rnd.Intn(2)]
			for _, s := range subjects { // what is watched does not outlive an engine
				s.exec(t, now, bits, []resp.Command{{"UNWATCH"}})
			}
			again.open(t)
			history = append(history, "# "+again.name+" opened again")
		}
	}
	for more := true; more; {
		if more, err = file.Sweep(1000); err != nil {
			t.Fatal(err)
		}
	}
	orphans(t, file)
}

type reloaded struct {
	name    string
	rows    engine.Store
	eng     *engine.Engine
	session uint64
}

func (s *reloaded) open(t *testing.T) {
	t.Helper()
	eng, err := engine.Open(s.rows, engine.Options{})
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	s.eng, s.session = eng, eng.NewSession(0, 3, "")
}

func (s *reloaded) exec(t *testing.T, now int64, seed uint64, cmds []resp.Command) []resp.Reply {
	t.Helper()
	out := s.eng.Exec(now, seed, engine.Frame{Session: s.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		t.Fatalf("%s: %v", s.name, out.Err)
	}
	if out.Change != nil {
		if err := s.rows.Commit(out.Change); err != nil {
			t.Fatalf("%s: storing %q: %v", s.name, cmds, err)
		}
	}
	return out.Replies
}

// show is a reply as text, sorted where the order means nothing, and inside
// transactions everywhere.
func show(cmd resp.Command, r resp.Reply) string {
	r = unpacked(r)
	if cmd.Name() == "EXEC" {
		texts := make([]string, len(r.Elems))
		for i, e := range r.Elems {
			texts[i] = inAnyOrder(e)
		}
		return difftest.Show(resp.Reply{Kind: r.Kind, Str: r.Str}) + strings.Join(texts, "; ")
	}
	if unordered[cmd.Name()] {
		return inAnyOrder(r)
	}
	return text(r)
}

// minusZero comes out of sums and maxima by the order in which the elements of
// a set are visited, which is not stored.
var minusZero = regexp.MustCompile(`\(double\) -0([^.\d]|$)`)

func text(r resp.Reply) string {
	return minusZero.ReplaceAllString(difftest.Show(r), "(double) 0$1")
}

// unpacked hides how a stream's entries are packed into nodes, which is not
// stored.
func unpacked(r resp.Reply) resp.Reply {
	if len(r.Elems) == 0 {
		return r
	}
	elems := slices.Clone(r.Elems)
	for i := range elems {
		elems[i] = unpacked(elems[i])
		if i > 0 && strings.HasPrefix(elems[i-1].Str, "radix-tree-") {
			elems[i] = resp.NewInt(0)
		}
	}
	r.Elems = elems
	return r
}

func inAnyOrder(r resp.Reply) string {
	if len(r.Elems) == 0 {
		return text(r)
	}
	texts := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		texts[i] = text(e)
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
