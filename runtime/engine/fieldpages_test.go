package engine_test

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// A countingStore counts what an engine asks for and writes.
type countingStore struct {
	engine.Store
	points, scans, counts, rows, written int
}

func (s *countingStore) Items(q engine.Query, yield func(engine.Item) bool) error {
	if q.Point {
		s.points++
	} else {
		s.scans++
	}
	return s.Store.Items(q, func(it engine.Item) bool { s.rows++; return yield(it) })
}

func (s *countingStore) Count(q engine.Query) (int64, error) {
	s.counts++
	return s.Store.Count(q)
}

func (s *countingStore) Commit(ch *engine.Change) error {
	s.written += len(ch.Ops)
	return s.Store.Commit(ch)
}

// fillLarge makes a hash h, a set s and a stream x of n elements each.
func fillLarge(s *pagedSubject, n int) {
	for i := 0; i < n; i += 1000 {
		hash, set := resp.Command{"HSET", "h"}, resp.Command{"SADD", "s"}
		var frame []resp.Command
		for j := i; j < min(n, i+1000); j++ {
			hash = append(hash, fmt.Sprint("field:", j), fmt.Sprint("value ", j))
			set = append(set, fmt.Sprint("member:", j))
			frame = append(frame, resp.Command{"XADD", "x", fmt.Sprint(j+1, "-0"), "n", strconv.Itoa(j)})
		}
		s.run(pagedNow, 1, append(frame, hash, set)...)
	}
}

const pagedNow = int64(1_700_000_000_000_000)

func openLarge(t testing.TB, rows engine.Store, n int) (*pagedSubject, *countingStore) {
	counting := &countingStore{Store: rows}
	s := &pagedSubject{t: t, name: "large", rows: counting, opt: engine.Options{ResidentRows: 100}}
	s.open()
	fillLarge(s, n)
	s.open()
	return s, counting
}

// TestACommandOnALargeCollectionReadsWhatItAsksFor counts the store's calls.
func TestACommandOnALargeCollectionReadsWhatItAsksFor(t *testing.T) {
	s, store := openLarge(t, memory.NewRows(), 20_000)
	s.run(pagedNow, 1, resp.Command{"HEXISTS", "h", "-"}, resp.Command{"SISMEMBER", "s", "-"}, resp.Command{"XREAD", "STREAMS", "x", "$"})
	if !s.e.Paged(0, "h") || !s.e.Paged(0, "s") || !s.e.Paged(0, "x") {
		t.Fatal("the collections are not served from their rows")
	}
	if store.rows > 1000 {
		t.Errorf("the first use of three collections read %d rows", store.rows)
	}
	for _, step := range []struct {
		cmd                            string
		points, scans, counts, written int
		rows                           int // at most
	}{
		{"HGET h field:5000", 1, 0, 0, 0, 1},
		{"HGET h field:5000", 0, 0, 0, 0, 0},
		{"HGET h absent", 1, 0, 0, 0, 0},
		{"HGET h absent", 0, 0, 0, 0, 0},
		{"HMGET h field:1 field:2 field:3", 3, 0, 0, 0, 3},
		{"HSET h field:77 new", 1, 0, 0, 1, 1},
		{"HSET h field:77 again", 0, 0, 0, 1, 0},
		{"HSET h another new", 1, 0, 0, 1, 0},
		{"HDEL h field:100", 1, 0, 0, 1, 1},
		{"HINCRBY h counter 5", 1, 0, 0, 1, 0},
		{"HEXISTS h field:100", 0, 0, 0, 0, 0},
		{"HLEN h", 0, 0, 1, 0, 0},
		{"HLEN h", 0, 0, 0, 0, 0},
		{"HEXPIRE h 100 FIELDS 1 field:9", 1, 0, 0, 1, 1},
		{"SISMEMBER s member:5000", 1, 0, 0, 0, 1},
		{"SADD s fresh", 1, 0, 0, 1, 0},
		{"SADD s member:6000", 1, 0, 0, 0, 1},
		{"SREM s member:6001", 1, 0, 0, 1, 1},
		{"SCARD s", 0, 0, 1, 0, 0},
		{"SMISMEMBER s a b", 2, 0, 0, 0, 0},
		{"SMOVE s few member:7000", 1, 0, 0, 3, 1},
		{"SADD few member:1 member:2 none", 0, 0, 0, 3, 0},
		{"SINTER few s", 3, 0, 0, 0, 2}, // that one member has left is known
		{"XADD x * n v", 0, 0, 0, 1, 0},
		{"XRANGE x - + COUNT 10", 0, 1, 0, 0, 16},
		{"XREVRANGE x + - COUNT 10", 0, 1, 0, 0, 16},
		{"XRANGE x 5000 5009", 0, 1, 0, 0, 16},
		{"XDEL x 5000", 1, 0, 0, 2, 1}, // and the state, which has the greatest id that was removed
		{"XLEN x", 0, 0, 1, 0, 0},
		{"XADD x MAXLEN 20000 * n v", 0, 1, 0, 2, 16},
		{"XREAD STREAMS x $", 0, 0, 0, 0, 0},
	} {
		*store = countingStore{Store: store.Store}
		replies := s.run(pagedNow, 1, strings.Fields(step.cmd))
		if replies[0].Kind == resp.Error {
			t.Errorf("%s: %s", step.cmd, difftest.Show(replies[0]))
		}
		if store.points != step.points || store.scans != step.scans || store.counts != step.counts || store.written != step.written || store.rows > step.rows {
			t.Errorf("%s: %d points, %d scans of %d rows, %d counts, %d written; want %d, %d, %d at most, %d, %d",
				step.cmd, store.points, store.scans, store.rows, store.counts, store.written, step.points, step.scans, step.rows, step.counts, step.written)
		}
	}
}

// TestLargeSetsAreMergedAndSmallOnesLookedUp counts reads of set operations.
func TestLargeSetsAreMergedAndSmallOnesLookedUp(t *testing.T) {
	const n = 20_000
	s, store := openLarge(t, memory.NewRows(), n)
	for i := 0; i < n; i += 1000 {
		other := resp.Command{"SADD", "other"}
		for j := i; j < i+1000; j++ {
			other = append(other, "member:"+strconv.Itoa(j+n/2))
		}
		s.run(pagedNow, 1, other)
	}
	some := resp.Command{"SADD", "some"}
	for i := 0; i < 150; i++ {
		some = append(some, "member:"+strconv.Itoa(i*100))
	}
	s.run(pagedNow, 1, some)
	for _, step := range []struct {
		cmd  string
		want int
		most int // rows
	}{
		{"SINTERCARD 2 s other", n / 2, 2*n + n/5},
		{"SINTERCARD 2 s some", 150, 3000},
		{"SDIFFSTORE d some s", 0, 3000},
		{"SDIFFSTORE d s some", n - 150, n + 3000},
		{"SDIFFSTORE d s other", n / 2, 2*n + n/5},
	} {
		s.open()
		*store = countingStore{Store: store.Store}
		r := s.run(pagedNow, 1, strings.Fields(step.cmd))[0]
		if int(r.Int) != step.want || store.rows > step.most || store.points+store.scans > step.most/10 {
			t.Errorf("%s: %d, with %d rows of %d points and %d scans", step.cmd, r.Int, store.rows, store.points, store.scans)
		}
	}
}

// TestMemoryOfALargeCollectionGoesWhenItIsShed reads much and looks at what stays.
func TestMemoryOfALargeCollectionGoesWhenItIsShed(t *testing.T) {
	s, _ := openLarge(t, memory.NewRows(), 20_000)
	all := func() (sum int64) {
		for _, key := range []string{"h", "s", "x"} {
			sum += s.e.Held(0, key)
		}
		return sum
	}
	for i := 0; i < 5000; i++ {
		n := strconv.Itoa(i)
		s.run(pagedNow, 1, resp.Command{"HGET", "h", "field:" + n}, resp.Command{"SREM", "s", "member:" + n}, resp.Command{"XADD", "x", "*", "n", n})
	}
	before := all()
	s.e.Shed(func() (bool, bool) { return true, false })
	if after := all(); before < 1_000_000 || after > 5_000 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	// What was read whole is served from its rows from then on.
	s.opt.ResidentRows = 1 << 20
	s.open()
	s.run(pagedNow, 1, resp.Command{"HLEN", "h"}, resp.Command{"SCARD", "s"}, resp.Command{"XLEN", "x"})
	if before = all(); before < 3_000_000 {
		t.Errorf("%d bytes when all is in memory", before)
	}
	want := s.run(pagedNow, 1, resp.Command{"HLEN", "h"}, resp.Command{"SCARD", "s"}, resp.Command{"XLEN", "x"})
	s.e.SetResidentRows(100)
	s.e.Shed(func() (bool, bool) { return true, false })
	if after := all(); after > 5_000 {
		t.Errorf("%d bytes after", after)
	}
	got := s.run(pagedNow, 1, resp.Command{"HLEN", "h"}, resp.Command{"SCARD", "s"}, resp.Command{"XLEN", "x"})
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("lengths %v, then %v", want, got)
	}
	// Reading all of them keeps none of them.
	s.run(pagedNow, 1, resp.Command{"HGETALL", "h"}, resp.Command{"SMEMBERS", "s"}, resp.Command{"XRANGE", "x", "-", "+"}, resp.Command{"SINTERCARD", "2", "s", "s"})
	if after := all(); after > 5_000 {
		t.Errorf("%d bytes after reading all", after)
	}
}

// TestWhatWasReadWholeStaysIfItIsNotLarge reads medium collections twice.
func TestWhatWasReadWholeStaysIfItIsNotLarge(t *testing.T) {
	s, store := openLarge(t, memory.NewRows(), 700)
	for _, cmd := range []resp.Command{{"HGETALL", "h"}, {"SMEMBERS", "s"}} {
		want := s.run(pagedNow, 1, resp.Command{"HDEL", "h", "field:3"}, resp.Command{"HSET", "h", "field:4", "new"}, cmd)[2]
		*store = countingStore{Store: store.Store}
		got := s.run(pagedNow, 1, cmd)[0]
		if len(got.Elems) != len(want.Elems) || store.rows > 0 {
			t.Errorf("%v: %d elements, then %d and %d rows", cmd, len(want.Elems), len(got.Elems), store.rows)
		}
		key := cmd[1]
		s.e.Shed(func() (bool, bool) { return true, false })
		if !s.e.Paged(0, key) {
			t.Errorf("%s cannot leave memory", key)
		}
		if again := s.run(pagedNow, 1, cmd)[0]; len(again.Elems) != len(want.Elems) {
			t.Errorf("%v: %d elements, then %d", cmd, len(want.Elems), len(again.Elems))
		}
	}
}

// TestScansPassEverythingThatStays scans hashes and sets that are served from
// their rows while they change, are shed and are opened anew, in memory as well.
func TestScansPassEverythingThatStays(t *testing.T) {
	for _, small := range []bool{true, false} { // one selection holds all, or not
		n := 40_000
		if small {
			n = 3_000
		}
		s, _ := openLarge(t, memory.NewRows(), n)
		rnd := rand.New(rand.NewSource(*seed))
		for key, cmd := range map[string]string{"h": "HSCAN", "s": "SSCAN"} {
			prefix, step := "field:", 2
			if key == "s" {
				prefix, step = "member:", 1
			}
			for _, modes := range []string{"paged", "mixed"} {
				seen, cursor, calls := map[string]int{}, "0", 0
				for {
					calls++
					r := s.run(pagedNow, rnd.Uint64(), resp.Command{cmd, key, cursor, "COUNT", "200"})[0]
					for i := 0; i < len(r.Elems[1].Elems); i += step {
						name := r.Elems[1].Elems[i].Str
						if key == "h" && strings.HasPrefix(name, "field:") && r.Elems[1].Elems[i+1].Str != "value "+name[6:] {
							t.Errorf("%s has the value %s", name, r.Elems[1].Elems[i+1].Str)
						}
						seen[name]++
					}
					if cursor = r.Elems[0].Str; cursor == "0" {
						break
					}
					// Others come and go.
					other := "other" + strconv.Itoa(rnd.Intn(500))
					if key == "h" {
						s.run(pagedNow, 1, resp.Command{"HSET", key, other, "x"}, resp.Command{"HDEL", key, "other" + strconv.Itoa(rnd.Intn(500))})
					} else {
						s.run(pagedNow, 1, resp.Command{"SADD", key, other}, resp.Command{"SREM", key, "other" + strconv.Itoa(rnd.Intn(500))})
					}
					switch rnd.Intn(20) {
					case 0:
						s.e.Shed(func() (bool, bool) { return true, rnd.Intn(4) == 0 })
					case 1:
						if s.opt.ResidentRows = 100; modes == "mixed" && rnd.Intn(2) == 0 {
							s.opt.ResidentRows = 1 << 20
						}
						s.open()
					}
				}
				for i := 0; i < n; i++ {
					if seen[prefix+strconv.Itoa(i)] == 0 {
						t.Fatalf("%s, %s of %d: %d of %d calls did not return %s%d", cmd, modes, n, calls, calls, prefix, i)
					}
				}
				if modes == "paged" {
					for name, times := range seen {
						if strings.HasPrefix(name, prefix) && times > 1 {
							t.Fatalf("%s of %d returned %s %d times", cmd, n, name, times)
						}
					}
				}
			}
		}
	}
}

// TestScanSeesWhatCameBeforeIt starts a scan after members came into a stretch
// that was selected before.
func TestScanSeesWhatCameBeforeIt(t *testing.T) {
	s, _ := openLarge(t, memory.NewRows(), 3_000)
	scan := func() map[string]bool {
		seen, cursor := map[string]bool{}, "0"
		for {
			r := s.run(pagedNow, 1, resp.Command{"SSCAN", "s", cursor, "COUNT", "100"})[0]
			for _, m := range r.Elems[1].Elems {
				seen[m.Str] = true
			}
			if cursor = r.Elems[0].Str; cursor == "0" {
				return seen
			}
		}
	}
	scan()
	s.run(pagedNow, 1, resp.Command{"SADD", "s", "new1", "new2", "new3"}, resp.Command{"SREM", "s", "new2", "member:7"})
	if seen := scan(); len(seen) != 3001 || !seen["new1"] || !seen["new3"] || seen["new2"] || seen["member:7"] {
		t.Errorf("%d members", len(seen))
	}
}

// deviation is by how many standard deviations the chi-square statistic of
// counts misses its mean, when each draw is as likely as the others.
func deviation(counts map[string]int, bins, draws int) float64 {
	expected := float64(draws) / float64(bins)
	chi := float64(bins-len(counts)) * expected
	for _, n := range counts {
		d := float64(n) - expected
		chi += d * d / expected
	}
	df := float64(bins - 1)
	return (chi - df) / math.Sqrt(2*df)
}

// TestDrawsAreFair counts what random commands draw from collections that are
// served from their rows, and while these change.
func TestDrawsAreFair(t *testing.T) {
	const n = 3000
	s, _ := openLarge(t, memory.NewRows(), n)
	rnd := rand.New(rand.NewSource(*seed))
	for _, c := range []struct {
		cmd   []string
		step  int
		draws int
	}{
		{[]string{"SRANDMEMBER", "s"}, 1, 60_000},
		{[]string{"SRANDMEMBER", "s", "-100"}, 1, 600},
		{[]string{"SRANDMEMBER", "s", "-5000"}, 1, 20},
		{[]string{"HRANDFIELD", "h"}, 1, 60_000},
		{[]string{"HRANDFIELD", "h", "-30000", "WITHVALUES"}, 2, 4},
	} {
		counts, total := map[string]int{}, 0
		for i := 0; i < c.draws; i++ {
			r := s.run(pagedNow, rnd.Uint64(), c.cmd)[0]
			elems := r.Elems
			if len(c.cmd) == 2 {
				elems = []resp.Reply{r}
			}
			for j := 0; j < len(elems); j += c.step {
				counts[elems[j].Str]++
				total++
			}
			if i%1000 == 999 { // what goes and comes back is as likely as before
				m := "member:" + strconv.Itoa(rnd.Intn(n))
				s.run(pagedNow, 1, resp.Command{"SREM", "s", m}, resp.Command{"SADD", "s", m})
				s.e.Shed(func() (bool, bool) { return true, false })
			}
		}
		if d := deviation(counts, n, total); math.Abs(d) > 5 {
			t.Errorf("%v: %d draws of %d elements miss chance by %.1f standard deviations", c.cmd, total, n, d)
		}
	}
	// Different ones: each is drawn equally often, none twice.
	for _, c := range [][]string{{"SRANDMEMBER", "s", "100"}, {"SRANDMEMBER", "s", "700"}, {"HRANDFIELD", "h", "500"}} {
		counts, k := map[string]int{}, 0
		const rounds = 300
		for i := 0; i < rounds; i++ {
			elems := s.run(pagedNow, rnd.Uint64(), c)[0].Elems
			once := map[string]bool{}
			for _, e := range elems {
				once[e.Str] = true
				counts[e.Str]++
			}
			if k = len(elems); len(once) != k || strconv.Itoa(k) != c[2] {
				t.Fatalf("%v drew %d, %d different", c, k, len(once))
			}
		}
		// Drawing without repetition varies less, by the share that is left.
		p := float64(k) / n
		chi := 0.0
		for i := 0; i < n; i++ {
			prefix := map[string]string{"s": "member:", "h": "field:"}[c[1]]
			d := float64(counts[prefix+strconv.Itoa(i)]) - rounds*p
			chi += d * d / (rounds * p * (1 - p))
		}
		if d := (chi - n) / math.Sqrt(2*n); math.Abs(d) > 5 {
			t.Errorf("%v misses chance by %.1f standard deviations", c, d)
		}
	}
}

// TestPopsAreFair pops members one by one while others come and go, and looks how
// often members of each kind are among the popped.
func TestPopsAreFair(t *testing.T) {
	rnd := rand.New(rand.NewSource(*seed))
	const n, trials = 1400, 150
	early, late, lateExpected, lateVariance := map[string]int{}, 0, 0.0, 0.0
	for trial := 0; trial < trials; trial++ {
		s, _ := openLarge(t, memory.NewRows(), n)
		popped := map[string]bool{}
		pop := func(times int) (fresh int) {
			for i := 0; i < times; i++ {
				m := s.run(pagedNow, rnd.Uint64(), resp.Command{"SPOP", "s"})[0].Str
				if popped[m] {
					t.Fatalf("%s was popped twice", m)
				}
				popped[m] = true
				if strings.HasPrefix(m, "late") {
					fresh++
				}
			}
			return fresh
		}
		pop(140)
		for m := range popped {
			early[m]++
		}
		for i := 0; i < 100; i++ {
			s.run(pagedNow, 1, resp.Command{"SREM", "s", "member:" + strconv.Itoa(i)}, resp.Command{"SADD", "s", "late" + strconv.Itoa(i)})
		}
		if trial%3 == 0 {
			s.e.Shed(func() (bool, bool) { return true, false })
		}
		size := float64(s.run(pagedNow, 1, resp.Command{"SCARD", "s"})[0].Int)
		late += pop(200)
		p := 100 / size
		lateExpected += 200 * p
		lateVariance += 200 * p * (1 - p)
	}
	chi, p := 0.0, 140.0/n
	for i := 0; i < n; i++ {
		d := float64(early["member:"+strconv.Itoa(i)]) - trials*p
		chi += d * d / (trials * p * (1 - p))
	}
	if d := (chi - n) / math.Sqrt(2*n); math.Abs(d) > 5 {
		t.Errorf("the first pops miss chance by %.1f standard deviations", d)
	}
	if d := (float64(late) - lateExpected) / math.Sqrt(lateVariance); math.Abs(d) > 4 {
		t.Errorf("of those that came late %d were popped, %.0f expected: %.1f standard deviations", late, lateExpected, d)
	}
}

// TestNodesOfAStreamInRowsAreThoseOfOneThatWasRead trims with ~ on a stream that
// is served from its rows and on one that was read whole.
func TestNodesOfAStreamInRowsAreThoseOfOneThatWasRead(t *testing.T) {
	rnd := rand.New(rand.NewSource(*seed))
	for round := 0; round < 30; round++ {
		var pair [2]*pagedSubject
		for i, most := range []int{1 << 20, 50} {
			s := &pagedSubject{t: t, name: strconv.Itoa(most), rows: memory.NewRows(), opt: engine.Options{ResidentRows: most}}
			s.open()
			pair[i] = s
		}
		both := func(cmd ...string) {
			t.Helper()
			bits := rnd.Uint64()
			if a, b := difftest.Show(pair[0].run(pagedNow, bits, cmd)[0]), difftest.Show(pair[1].run(pagedNow, bits, cmd)[0]); a != b {
				t.Fatalf("seed %d, round %d, %v: read whole %s, from its rows %s", *seed, round, cmd, a, b)
			}
		}
		id := 0
		grow := func(n int) {
			for i := 0; i < n; i++ {
				id += 1 + rnd.Intn(3)
				both("XADD", "x", fmt.Sprint(id, "-0"), "name", strings.Repeat("v", rnd.Intn(300)))
			}
		}
		grow(1000)
		for i := 0; i < 20; i++ {
			if rnd.Intn(4) == 0 {
				grow(rnd.Intn(120))
			}
			if rnd.Intn(4) == 0 {
				both("XDEL", "x", fmt.Sprint(rnd.Intn(id), "-0"), fmt.Sprint(rnd.Intn(id), "-0"))
			}
			pair[0].open()
			pair[1].open()
			switch rnd.Intn(4) {
			case 0:
				both("XTRIM", "x", "MAXLEN", "~", strconv.Itoa(rnd.Intn(1000)), "LIMIT", strconv.Itoa(rnd.Intn(400)))
			case 1:
				both("XTRIM", "x", "MINID", "~", strconv.Itoa(rnd.Intn(id)))
			case 2:
				both("XTRIM", "x", "MAXLEN", "~", strconv.Itoa(300+rnd.Intn(500)))
			case 3:
				id++
				both("XADD", "x", "MAXLEN", "~", strconv.Itoa(300+rnd.Intn(500)), fmt.Sprint(id, "-0"), "name", "v")
			}
			both("XLEN", "x")
			both("XRANGE", "x", "-", "+")
		}
	}
}

// TestValuesOfLargeCollectionsMove dumps, restores, copies and sorts.
func TestValuesOfLargeCollectionsMove(t *testing.T) {
	file := fileStore(t)
	defer file.Close()
	s, _ := openLarge(t, file, 1500)
	run := func(cmd ...string) resp.Reply { t.Helper(); return s.run(pagedNow, 1, cmd)[0] }
	run("HSET", "h", "field:7", "changed")
	run("HDEL", "h", "field:8")
	run("SREM", "s", "member:9")
	run("XDEL", "x", "10-0")
	run("HSET", "weights", "member:3", "1")
	read := func(key string) string {
		elems := run(map[byte]string{'h': "HGETALL", 's': "SMEMBERS", 'x': "XRANGE"}[key[0]], key, "-", "+").Elems
		if key[0] != 'x' {
			elems = run(map[byte]string{'h': "HGETALL", 's': "SMEMBERS"}[key[0]], key).Elems
		}
		step := 1
		if key[0] == 'h' {
			step = 2
		}
		var parts []string
		for i := 0; i < len(elems); i += step {
			parts = append(parts, difftest.Show(resp.Reply{Kind: resp.Array, Elems: elems[i : i+step]}))
		}
		slices.Sort(parts)
		return strings.Join(parts, " ")
	}
	for _, key := range []string{"h", "s", "x"} {
		s.open()
		want := read(key)
		if !s.e.Paged(0, key) {
			t.Fatalf("%s is not served from its rows", key)
		}
		dump := run("DUMP", key).Str
		if r := run("RESTORE", key+"restored", "0", dump); r.Str != "OK" {
			t.Errorf("RESTORE of %s: %s", key, difftest.Show(r))
		}
		run("COPY", key, key+"copied")
		run("RENAME", key, key+"renamed")
		for _, name := range []string{"restored", "copied", "renamed"} {
			s.open()
			if got := read(key + name); got != want {
				t.Errorf("%s%s differs", key, name)
			}
		}
	}
	s.open()
	if r := run("SORT", "srenamed", "ALPHA", "DESC", "LIMIT", "0", "2"); difftest.Show(r) != `["member:999", "member:998"]` {
		t.Errorf("SORT: %s", difftest.Show(r))
	}
	if r := run("SORT", "weights", "ALPHA"); r.Kind != resp.Error {
		t.Errorf("SORT of a hash: %s", difftest.Show(r))
	}
	for key, want := range map[string]string{"hrenamed": "hashtable", "srenamed": "hashtable", "xrenamed": "stream"} {
		if r := run("OBJECT", "ENCODING", key); r.Str != want {
			t.Errorf("the encoding of %s is %s", key, r.Str)
		}
		if n := run("MEMORY", "USAGE", key).Int; n < 100 {
			t.Errorf("%s takes %d bytes", key, n)
		}
	}
}
