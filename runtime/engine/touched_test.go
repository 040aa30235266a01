package engine_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// A shadow follows changes by what they touched, and by nothing else but the items of
// keys that moved.
type shadow struct {
	t    *testing.T
	rows *memory.Rows
	keys map[[2]string]*shadowKey // by database and key
}

type shadowKey struct {
	header engine.Header
	items  map[string]engine.Item
}

func itemName(t engine.Type, it *engine.Item) string {
	if t == engine.TypeList || t == engine.TypeJSON {
		return fmt.Sprint(it.Pos)
	}
	return fmt.Sprint(it.Kind) + it.Field
}

func shadowName(db uint32, key string) [2]string { return [2]string{fmt.Sprint(db), key} }

// apply is called when the rows show the change.
func (s *shadow) apply(ch *engine.Change) {
	at := 0
	for i := range ch.Touched {
		t := &ch.Touched[i]
		if t.From < at || t.To <= t.From || t.To > len(ch.Ops) {
			s.t.Fatalf("the range %d to %d after %d of %d operations", t.From, t.To, at, len(ch.Ops))
		}
		s.between(ch.Ops[at:t.From])
		s.key(t, ch.Ops[t.From:t.To])
		at = t.To
	}
	s.between(ch.Ops[at:])
}

// between applies what belongs to no key.
func (s *shadow) between(ops []engine.Op) {
	for i := range ops {
		op := &ops[i]
		switch op.Kind {
		case engine.OpFlushDB:
			for name := range s.keys {
				if name[0] == fmt.Sprint(op.Header.DB) {
					delete(s.keys, name)
				}
			}
		case engine.OpSwapDB:
			a, b := fmt.Sprint(op.Header.DB), fmt.Sprint(op.ID)
			swapped := map[[2]string]*shadowKey{}
			for name, k := range s.keys {
				switch name[0] {
				case a:
					name[0] = b
				case b:
					name[0] = a
				}
				swapped[name] = k
			}
			s.keys = swapped
		case engine.OpDrop:
			for _, k := range s.keys {
				if k.header.ID == op.ID {
					k.items = map[string]engine.Item{}
				}
			}
		default:
			if op.Type != engine.TypeFunction && op.Type != engine.TypeScript {
				s.t.Fatalf("an operation of the kind %d on %q belongs to no key", op.Kind, op.Header.Key)
			}
		}
	}
}

func (s *shadow) key(t *engine.Touched, ops []engine.Op) {
	name := shadowName(t.DB, t.Key)
	if t.Gone {
		delete(s.keys, name)
		return
	}
	k := s.keys[name]
	if k == nil || k.header.ID != t.ID {
		k = &shadowKey{items: map[string]engine.Item{}}
		s.keys[name] = k
	}
	if t.Moved {
		err := s.rows.Items(engine.Query{Type: t.Type, ID: t.ID}, func(it engine.Item) bool {
			k.items[itemName(t.Type, &it)] = it
			return true
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	for i := range ops {
		op := &ops[i]
		switch {
		case op.Kind == engine.OpPutKey && i == 0:
			if op.Header.Key != t.Key || op.Header.DB != t.DB || op.Header.ID != t.ID {
				s.t.Fatalf("%+v has the operation %+v", t, op)
			}
			k.header = op.Header
		case op.ID != t.ID || op.Type != t.Type:
			s.t.Fatalf("%+v has the operation %+v", t, op)
		case op.Kind == engine.OpPutItem:
			k.items[itemName(t.Type, &op.Item)] = op.Item
		case op.Kind == engine.OpDelItem:
			delete(k.items, itemName(t.Type, &op.Item))
		default:
			s.t.Fatalf("%+v has the operation %+v", t, op)
		}
	}
}

// compare holds the shadow against the rows.
func (s *shadow) compare(line string) {
	dbs, err := s.rows.DBs()
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for _, db := range dbs {
		if db > 1000 {
			continue
		}
		var headers []engine.Header
		if err := s.rows.Keys(db, 0, false, func(h engine.Header) bool { headers = append(headers, h); return true }); err != nil {
			s.t.Fatal(err)
		}
		for _, h := range headers {
			n++
			k := s.keys[shadowName(db, h.Key)]
			if k == nil {
				s.t.Fatalf("after %s the shadow lacks %q of database %d", line, h.Key, db)
			}
			if k.header.Type != h.Type || k.header.ExpireAt != h.ExpireAt || k.header.Value != h.Value || k.header.ID != h.ID {
				s.t.Fatalf("after %s the shadow has %+v, the rows %+v", line, k.header, h)
			}
			if h.Type == engine.TypeString {
				continue
			}
			items := 0
			err := s.rows.Items(engine.Query{Type: h.Type, ID: h.ID}, func(it engine.Item) bool {
				items++
				if k.items[itemName(h.Type, &it)] != it {
					s.t.Fatalf("after %s the shadow of %q has %+v, the rows %+v", line, h.Key, k.items[itemName(h.Type, &it)], it)
				}
				return true
			})
			if err != nil || items != len(k.items) {
				s.t.Fatalf("after %s the shadow of %q has %d items, the rows %d: %v", line, h.Key, len(k.items), items, err)
			}
		}
	}
	if n != len(s.keys) {
		s.t.Fatalf("after %s the shadow has %d keys, the rows %d", line, len(s.keys), n)
	}
}

// TestWhatAChangeTouchedIsEnoughToFollowIt runs random frames and follows them.
func TestWhatAChangeTouchedIsEnoughToFollowIt(t *testing.T) {
	const start = int64(1_700_000_000_000_000)
	frames := 3000
	if testing.Short() {
		frames = 300
	}
	for round, opt := range []engine.Options{{Touched: true}, {Touched: true, MaxBytes: 3000, ResidentRows: 8, Cold: true, ScriptSteps: 20_000}} {
		rows := memory.NewRows()
		e, err := engine.Open(rows, opt)
		if err != nil {
			t.Fatal(err)
		}
		gen, err := difftest.NewGen(*seed+int64(round), start/1000, engine.Served)
		if err != nil {
			t.Fatal(err)
		}
		session := e.NewSession(0, 3, "")
		s := &shadow{t: t, rows: rows, keys: map[[2]string]*shadowKey{}}
		rnd := rand.New(rand.NewSource(*seed))
		now, changes, moved := start, 0, 0
		for n := 0; n < frames; n++ {
			now += int64(rnd.Intn(50_000))
			var line string
			var out engine.Outcome
			for held := rnd.Intn(4); held >= 0; held-- { // some frames are several calls
				cmds := gen.Next()
				if rnd.Intn(40) == 0 {
					cmds = []resp.Command{[]resp.Command{{"RENAME", "a", "b"}, {"RENAME", "b", "a"}, {"RPUSH", "a", "x"}, {"EVAL",
						"redis.call('RPUSH','a',1) redis.call('RENAME','a','b') redis.call('DEL','c') while true do tostring(1) end", "0"}}[rnd.Intn(4)]}
				}
				line += difftest.Line(cmds[0]) + "; "
				out = e.Exec(now, rnd.Uint64(), engine.Frame{Session: session, Commands: cmds, NoBlock: true, Hold: held > 0})
				if out.Err != nil {
					t.Fatal(out.Err)
				}
				if held > 0 && out.Change != nil {
					t.Fatal("a call that holds its change has one")
				}
			}
			if out.Change == nil {
				continue
			}
			changes++
			for _, x := range out.Change.Touched {
				if x.Moved {
					moved++
				}
			}
			if err := rows.Commit(out.Change); err != nil {
				t.Fatal(err)
			}
			s.apply(out.Change)
			if changes%40 == 0 || n > frames-10 {
				s.compare(line)
			}
		}
		if changes == 0 || moved == 0 {
			t.Errorf("%d changes, %d keys moved: nothing was tested", changes, moved)
		}
		t.Logf("%d changes, %d keys moved", changes, moved)
	}
}
