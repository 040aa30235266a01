package engine

import (
	"fmt"
	"math/rand"
	"runtime"
	"slices"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// check walks a tree and reports what its nodes promise and do not keep.
func (t *ztree) check() error {
	if t.root == nil {
		if t.n != 0 {
			return fmt.Errorf("no root, but %d elements", t.n)
		}
		return nil
	}
	var leaves []*znode
	var visit func(n *znode, low, high *zkey) (int, error)
	visit = func(n *znode, low, high *zkey) (int, error) {
		if n.leaf() {
			if len(n.items) == 0 || len(n.items) > zLeaf {
				return 0, fmt.Errorf("a leaf of %d elements", len(n.items))
			}
			for i, k := range n.items {
				switch {
				case i > 0 && n.items[i-1].compare(k) >= 0:
					return 0, fmt.Errorf("elements out of order")
				case low != nil && low.compare(k) > 0 || high != nil && high.compare(k) <= 0:
					return 0, fmt.Errorf("an element outside its bounds")
				}
			}
			leaves = append(leaves, n)
			return len(n.items), nil
		}
		if len(n.kids) == 0 || len(n.kids) > zFan || len(n.counts) != len(n.kids) {
			return 0, fmt.Errorf("an inner node of %d children", len(n.kids))
		}
		total := 0
		for i := range n.kids {
			lo, hi := low, high
			if i > 0 {
				lo = &n.kids[i].low
			}
			if i+1 < len(n.kids) {
				hi = &n.kids[i+1].low
			}
			size, err := visit(n.kids[i].node, lo, hi)
			if err != nil {
				return 0, err
			}
			if size != int(n.counts[i]) {
				return 0, fmt.Errorf("a child of %d elements counted as %d", size, n.counts[i])
			}
			total += size
		}
		return total, nil
	}
	total, err := visit(t.root, nil, nil)
	if err != nil {
		return err
	}
	if total != t.n {
		return fmt.Errorf("%d elements counted as %d", total, t.n)
	}
	for i, leaf := range leaves {
		var prev, next *znode
		if i > 0 {
			prev = leaves[i-1]
		}
		if i+1 < len(leaves) {
			next = leaves[i+1]
		}
		if leaf.prev != prev || leaf.next != next {
			return fmt.Errorf("leaf %d of %d has wrong neighbours", i, len(leaves))
		}
	}
	return nil
}

func TestZSetKeepsOrderAndRanksThroughRandomChanges(t *testing.T) {
	rnd := rand.New(rand.NewSource(5))
	z := &zset{}
	scores := map[string]float64{}
	for step := 0; step < 60_000; step++ {
		name := fmt.Sprint("m", rnd.Intn(9000))
		growing := step < 30_000
		switch n := rnd.Intn(10); {
		case n < 6 == growing:
			scores[name] = float64(rnd.Intn(3000))
			z.set(name, scores[name])
		default:
			if m := z.find(name); m != nil {
				z.remove(m)
				delete(scores, name)
			}
		}
		if step%3000 != 0 {
			continue
		}
		if err := z.order.check(); err != nil {
			t.Fatalf("after %d changes: %v", step, err)
		}
		compareZSet(t, z, scores)
	}
	for name := range scores {
		z.remove(z.find(name))
	}
	if z.length() != 0 || z.order.root != nil || z.names.len() != 0 {
		t.Fatalf("%d elements are left of an empty set", z.length())
	}
}

// compareZSet compares a set with a plain sort of its scores.
func compareZSet(t *testing.T, z *zset, scores map[string]float64) {
	t.Helper()
	want := make([]string, 0, len(scores))
	for name := range scores {
		want = append(want, name)
	}
	slices.SortFunc(want, func(a, b string) int {
		return zkey{score: scores[a], name: a, m: new(zmember)}.compare(zkey{score: scores[b], name: b, m: new(zmember)})
	})
	var up, down []string
	z.each(func(k zkey) bool { up = append(up, k.name); return true })
	z.order.walk(0, z.length(), true, func(k zkey) bool { down = append(down, k.name); return true })
	slices.Reverse(down)
	if !slices.Equal(up, want) || !slices.Equal(down, want) {
		t.Fatalf("%d elements walked up, %d down, %d wanted, or in another order", len(up), len(down), len(want))
	}
	for i, name := range want {
		m := z.find(name)
		if m == nil || m.score != scores[name] || z.rank(m, false) != i || z.rank(m, true) != len(want)-1-i {
			t.Fatalf("%s: %+v, want score %v and rank %d", name, m, scores[name], i)
		}
	}
}

func TestSetOfIntegersAnswersInOrder(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "SADD", "k", "30", "-7", "100", "2")
	if got := run(e, s, "SMEMBERS", "k"); fmt.Sprint(got) != fmt.Sprint(setReply([]string{"-7", "2", "30", "100"})) {
		t.Errorf("a set of integers answers %v", got)
	}
	run(e, s, "SADD", "k", "x", "1")
	if got := run(e, s, "SMEMBERS", "k"); fmt.Sprint(got) != fmt.Sprint(setReply([]string{"-7", "2", "30", "100", "x", "1"})) {
		t.Errorf("with a word it answers %v", got)
	}
}

func TestSetChangesFormWithoutLosingMembers(t *testing.T) {
	for _, format := range []string{"%d", "m%d"} {
		st := &set{}
		for i := 0; i < 2000; i++ {
			if !st.add(fmt.Sprintf(format, i)) || st.add(fmt.Sprintf(format, i)) || st.length() != i+1 {
				t.Fatalf("adding member %d to %d", i, st.length())
			}
		}
		st.add("word")
		for i := 0; i < 2000; i++ {
			m := fmt.Sprintf(format, i)
			if !st.has(m) || !st.remove(m) || st.has(m) {
				t.Fatalf("member %s was lost", m)
			}
		}
		if all := st.members(); !slices.Equal(all, []string{"word"}) {
			t.Fatalf("%q is left", all)
		}
	}
}

// A filling is an engine with a sorted set and a set of so many members.
type filling struct {
	e     *Engine
	s     uint64
	names []string
}

// fillings are made once: a million members take longer than most measurements.
var fillings = map[int]filling{}

func filled(b *testing.B, n int) (e *Engine, s uint64, names []string) {
	b.Helper()
	if f, ok := fillings[n]; ok {
		return f.e, f.s, f.names
	}
	e, s = newTestEngine(b)
	defer func() { fillings[n] = filling{e, s, names} }()
	rnd := rand.New(rand.NewSource(1))
	names = make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("member:", i)
		run(e, s, "ZADD", "z", fmt.Sprint(rnd.Intn(10*n)), names[i])
		run(e, s, "SADD", "s", names[i])
	}
	return e, s, names
}

func benchmarkSizes(b *testing.B, command func(rnd *rand.Rand, names []string) resp.Command) {
	for _, n := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, s, names := filled(b, n)
			rnd := rand.New(rand.NewSource(2))
			runtime.GC()
			cmds := make([]resp.Command, 4096)
			for i := range cmds {
				cmds[i] = command(rnd, names)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				e.Exec(1_700_000_000_000_000, uint64(i), Frame{Session: s, Commands: cmds[i%len(cmds) : i%len(cmds)+1]})
			}
		})
	}
}

func BenchmarkZAddMoves(b *testing.B) {
	benchmarkSizes(b, func(rnd *rand.Rand, names []string) resp.Command {
		return resp.Command{"zadd", "z", fmt.Sprint(rnd.Intn(10 * len(names))), names[rnd.Intn(len(names))]}
	})
}

func BenchmarkZRank(b *testing.B) {
	benchmarkSizes(b, func(rnd *rand.Rand, names []string) resp.Command {
		return resp.Command{"zrank", "z", names[rnd.Intn(len(names))]}
	})
}

func BenchmarkZRange10(b *testing.B) {
	benchmarkSizes(b, func(rnd *rand.Rand, names []string) resp.Command {
		from := rnd.Intn(len(names) - 10)
		return resp.Command{"zrange", "z", fmt.Sprint(from), fmt.Sprint(from + 9)}
	})
}

func BenchmarkZRangeByScore10(b *testing.B) {
	benchmarkSizes(b, func(rnd *rand.Rand, names []string) resp.Command {
		return resp.Command{"zrangebyscore", "z", fmt.Sprint(rnd.Intn(10 * len(names))), "+inf", "LIMIT", "0", "10"}
	})
}

func BenchmarkZScore(b *testing.B) {
	benchmarkSizes(b, func(rnd *rand.Rand, names []string) resp.Command {
		return resp.Command{"zscore", "z", names[rnd.Intn(len(names))]}
	})
}

// BenchmarkSAdd adds and removes in turn.
func BenchmarkSAdd(b *testing.B) {
	add := false
	benchmarkSizes(b, func(rnd *rand.Rand, names []string) resp.Command {
		add = !add
		if add {
			return resp.Command{"sadd", "s", fmt.Sprint("new:", rnd.Intn(len(names)))}
		}
		return resp.Command{"srem", "s", names[rnd.Intn(len(names))]}
	})
}
