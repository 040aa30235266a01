package sqlite_test

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

var seedFlag = flag.Int64("seed", 0, "seed of the differential test; 0 draws one")

// generator makes changes that an engine could make.
type generator struct {
	*rand.Rand
	keys   map[uint32]map[string]engine.Header
	nextID uint64
	seq    uint64
}

func (g *generator) pick(words ...string) string { return words[g.Intn(len(words))] }

func (g *generator) bytes() string {
	switch g.Intn(6) {
	case 0:
		return ""
	case 1:
		return g.pick("a", "b", "a\x00", "a\x00b", "\x00", "\xff", "\xff\xfe", "é", "'", "A")
	case 2:
		return string(make([]byte, g.Intn(9000)))
	default:
		return fmt.Sprint(g.Intn(40))
	}
}

func (g *generator) expiry() int64 {
	if g.Intn(3) > 0 {
		return 0
	}
	return int64(1 + g.Intn(1000))
}

func (g *generator) item(t engine.Type) engine.Item {
	switch t {
	case engine.TypeHash:
		return engine.Item{Field: g.bytes(), Value: g.bytes(), ExpireAt: g.expiry()}
	case engine.TypeList:
		return engine.Item{Pos: int64(g.Intn(40) - 20), Value: g.bytes()}
	case engine.TypeSet:
		return engine.Item{Field: g.bytes()}
	case engine.TypeZSet:
		scores := []float64{0, math.Copysign(0, -1), 1, -1, 1.5, math.Inf(1), math.Inf(-1), 1e300, 5e-324, float64(g.Intn(5)), float64(1 << 60), math.MaxFloat64}
		return engine.Item{Field: g.bytes(), Score: scores[g.Intn(len(scores))]}
	case engine.TypeJSON:
		return engine.Item{Value: g.bytes()} // a document is one row
	default:
		return engine.Item{Kind: uint8(g.Intn(3)), Field: fmt.Sprintf("%016d", g.Intn(30)), Value: g.bytes()}
	}
}

// aKey picks a key that exists; a map's own order would not follow the seed.
func (g *generator) aKey() (engine.Header, bool) {
	var all []engine.Header
	for db := uint32(0); db < 3; db++ {
		for _, h := range g.keys[db] {
			all = append(all, h)
		}
	}
	if len(all) == 0 {
		return engine.Header{}, false
	}
	slices.SortFunc(all, func(a, b engine.Header) int {
		if a.DB != b.DB {
			return int(a.DB) - int(b.DB)
		}
		return strings.Compare(a.Key, b.Key)
	})
	return all[g.Intn(len(all))], true
}

func (g *generator) change() *engine.Change {
	ch := &engine.Change{}
	for n := 1 + g.Intn(8); n > 0; n-- {
		g.ops(ch)
	}
	g.seq++
	ch.Seq, ch.NextID = g.seq, g.nextID
	return ch
}

func (g *generator) ops(ch *engine.Change) {
	add := func(op engine.Op) { ch.Ops = append(ch.Ops, op) }
	db := uint32(g.Intn(3))
	switch g.Intn(20) {
	case 0:
		add(engine.Op{Kind: engine.OpFlushDB, Header: engine.Header{DB: db}})
		g.keys[db] = nil
	case 1:
		other := uint32(g.Intn(3))
		add(engine.Op{Kind: engine.OpSwapDB, Header: engine.Header{DB: db}, ID: uint64(other)})
		g.keys[db], g.keys[other] = g.keys[other], g.keys[db]
		for _, n := range []uint32{db, other} {
			for k, h := range g.keys[n] {
				h.DB = n
				g.keys[n][k] = h
			}
		}
	case 2, 3:
		if h, ok := g.aKey(); ok {
			delete(g.keys[h.DB], h.Key)
			if h.ID != 0 && g.Intn(2) == 0 { // RENAME: the collection lives on under another key
				old := h
				old.ID = 0
				add(engine.Op{Kind: engine.OpDelKey, Header: old})
				h.Key = "renamed" + g.bytes()
				g.put(ch, h)
				return
			}
			add(engine.Op{Kind: engine.OpDelKey, Type: h.Type, Header: h})
		}
	case 4, 5, 6, 7, 8:
		h := engine.Header{DB: db, Key: g.bytes(), Type: engine.TypeString, ExpireAt: g.expiry(), Value: g.bytes()}
		if g.Intn(2) == 0 {
			h.Type, h.ID, h.Value = engine.Type(2+g.Intn(6)), g.nextID, ""
			g.nextID++
			if g.Intn(4) == 0 {
				h.Packed, h.Value = true, g.bytes()
			}
		}
		g.put(ch, h)
	default:
		h, ok := g.aKey()
		if !ok || h.ID == 0 {
			return
		}
		kind := engine.OpPutItem
		if g.Intn(4) == 0 {
			kind = engine.OpDelItem
		}
		for n := 1 + g.Intn(12); n > 0; n-- {
			add(engine.Op{Kind: kind, Type: h.Type, ID: h.ID, Item: g.item(h.Type)})
		}
	}
}

// put writes a key and drops what it replaces.
func (g *generator) put(ch *engine.Change, h engine.Header) {
	h.Hash = engine.KeyHash(h.Key)
	if old, ok := g.keys[h.DB][h.Key]; ok && old.ID != 0 && old.ID != h.ID {
		ch.Ops = append(ch.Ops, engine.Op{Kind: engine.OpDrop, Type: old.Type, ID: old.ID})
	}
	if g.keys[h.DB] == nil {
		g.keys[h.DB] = map[string]engine.Header{}
	}
	g.keys[h.DB][h.Key] = h
	ch.Ops = append(ch.Ops, engine.Op{Kind: engine.OpPutKey, Type: h.Type, Header: h})
}

func (g *generator) query() engine.Query {
	h, _ := g.aKey()
	if h.ID == 0 {
		return engine.Query{Type: engine.Type(2 + g.Intn(6)), ID: g.nextID + 7}
	}
	q := engine.Query{Type: h.Type, ID: h.ID, Reverse: g.Intn(2) == 0}
	if h.Type == engine.TypeHash && g.Intn(4) == 0 {
		q.Reverse, q.Expiring, q.Limit = false, true, int64(g.Intn(5))
		return q
	}
	if g.Intn(2) == 0 {
		it := g.item(h.Type)
		q.From = &it
		q.Point = g.Intn(4) == 0
	}
	if g.Intn(2) == 0 && !q.Point {
		it := g.item(h.Type)
		q.To = &it
	}
	if g.Intn(3) == 0 && !q.Point {
		q.Limit = int64(1 + g.Intn(5))
	}
	if g.Intn(4) == 0 && !q.Point {
		q.Offset = int64(g.Intn(6))
	}
	return q
}

// answers is everything that a store says, for comparison.
type answers struct {
	State    engine.State
	DBs      []uint32
	Keys     [][]engine.Header
	Counts   [3][2]int64
	Expiring []int64
	Items    []engine.Item
	Count    int64
	Header   engine.Header
	Found    bool
}

func ask(s engine.Store, q engine.Query, key engine.Header, from uint64, before int64, limit int) (a answers, err error) {
	var errs [9]error
	a.State, errs[0] = s.Open()
	a.DBs, errs[1] = s.DBs()
	for db := uint32(0); db < 3; db++ {
		a.Counts[db][0], a.Counts[db][1], errs[7] = s.CountKeys(db)
		for _, noValues := range []bool{false, true} {
			keys := []engine.Header{}
			errs[2] = s.Keys(db, from, noValues, func(h engine.Header) bool {
				if noValues && !h.Packed {
					h.Value = ""
				}
				keys = append(keys, h)
				return len(keys) < 20
			})
			a.Keys = append(a.Keys, keys)
		}
	}
	errs[3] = s.Expiring(before, limit, func(h engine.Header) bool { a.Expiring = append(a.Expiring, h.ExpireAt); return true })
	errs[4] = s.Items(q, func(it engine.Item) bool { a.Items = append(a.Items, it); return true })
	a.Count, errs[5] = s.Count(q)
	a.Header, a.Found, errs[6] = s.Key(key.DB, engine.KeyHash(key.Key), key.Key)
	return a, errors.Join(errs[:]...)
}

func TestSQLiteKeepsRowsAsTheMemoryStoreDoes(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("seed %d (repeat with -seed)", seed)
	g := &generator{Rand: rand.New(rand.NewSource(seed)), keys: map[uint32]map[string]engine.Header{}, nextID: 1}
	want := memory.NewRows()
	path := filepath.Join(t.TempDir(), "x.db")
	have := sqlite.New(path, sqlite.SyncOff)
	if _, err := have.Open(); err != nil {
		t.Fatal(err)
	}
	defer func() { have.Close() }()
	rounds := 800
	if testing.Short() {
		rounds = 150
	}
	for i := 0; i < rounds; i++ {
		ch := g.change()
		if err := want.Commit(ch); err != nil {
			t.Fatalf("round %d: memory: %v", i, err)
		}
		if err := have.Commit(ch); err != nil {
			t.Fatalf("round %d: sqlite: %v", i, err)
		}
		if g.Intn(3) == 0 {
			rows := 1 + g.Intn(20)
			if _, err := want.Sweep(rows); err != nil {
				t.Fatal(err)
			}
			if _, err := have.Sweep(rows); err != nil {
				t.Fatal(err)
			}
		}
		if g.Intn(100) == 0 {
			if err := have.Close(); err != nil {
				t.Fatal(err)
			}
			have = sqlite.New(path, sqlite.SyncOff)
			if _, err := have.Open(); err != nil {
				t.Fatal(err)
			}
		}
		if g.Intn(20) == 0 {
			late := *ch
			if g.Intn(2) == 0 {
				late.Seq += 2
			}
			if err := have.Commit(&late); !errors.Is(err, engine.ErrFenced) {
				t.Fatalf("round %d: change %d after %d: got %v, want ErrFenced", i, late.Seq, ch.Seq, err)
			}
		}
		key, _ := g.aKey()
		q, from, before, limit := g.query(), g.Uint64()>>(64-engine.HashBits), int64(g.Intn(1100)), g.Intn(5)
		a, err := ask(want, q, key, from, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ask(have, q, key, from, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) || fmt.Sprint(a.Items) != fmt.Sprint(b.Items) { // only the text tells 0 and -0 apart
			t.Fatalf("round %d, query %+v:\nmemory %+v\nsqlite %+v", i, q, a, b)
		}
	}
	for more := true; more; {
		var err error
		if more, err = have.Sweep(1000); err != nil {
			t.Fatal(err)
		}
	}
	orphans(t, have)
}

// orphans fails when rows are left that no key refers to.
func orphans(t *testing.T, s *sqlite.Store) {
	t.Helper()
	for _, table := range []string{"hash_fields", "list_items", "set_members", "zset_members", "stream_entries", "json_documents"} {
		n, err := s.CountRows("SELECT count(*) FROM " + table + " WHERE id NOT IN (SELECT k.id FROM keys k JOIN dbs d USING (space))")
		if err != nil || n != 0 {
			t.Errorf("%s: %d rows belong to no key (%v)", table, n, err)
		}
	}
	if n, err := s.CountRows("SELECT count(*) FROM keys WHERE space NOT IN (SELECT space FROM dbs)"); err != nil || n != 0 {
		t.Errorf("%d keys belong to no database (%v)", n, err)
	}
}
