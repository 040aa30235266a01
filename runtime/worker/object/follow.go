package object

import (
	"fmt"
	"hash/fnv"
	"sort"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/smalljson"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// The followers, as calls name them.
const (
	followerD1 = 1
	followerKV = 2
)

// followSteps are the tables of the followers, a step of formats.
var followSteps = []Statement{
	statement(`CREATE TABLE outbox (
	seq  INTEGER PRIMARY KEY,    -- of the commit
	at   INTEGER NOT NULL,       -- Unix time of it in microseconds
	sync INTEGER NOT NULL,       -- 1: its answer waits for D1
	d1   BLOB,                   -- row operations for D1, see follow_outbox.go; NULL: none
	kv   BLOB                    -- names of keys for KV; NULL: none
)`),
	statement(`CREATE TABLE followers (
	name  TEXT    NOT NULL,      -- d1, kv
	seq   INTEGER NOT NULL,      -- commit up to which all is confirmed
	state TEXT    NOT NULL,      -- JSON
	PRIMARY KEY (name)
) WITHOUT ROWID`),
	statement(`INSERT INTO format (version) VALUES (2)`),
}

var (
	putOutbox   = statement("INSERT INTO outbox (seq, at, sync, d1, kv) VALUES (?, ?, ?, ?, ?)")
	askOutbox   = statement("SELECT seq, d1 FROM outbox WHERE seq > ? AND d1 IS NOT NULL ORDER BY seq LIMIT ?")
	askOutboxKV = statement("SELECT seq, at, kv FROM outbox WHERE seq > ? AND kv IS NOT NULL ORDER BY seq LIMIT ?")
	askBehind   = statement("SELECT count(*), coalesce(min(at), 0), coalesce(max(seq), 0), coalesce(sum(length(d1)), 0), coalesce(max(seq * sync), 0) FROM outbox WHERE seq > ? AND d1 IS NOT NULL")
	askSince    = statement("SELECT at FROM outbox WHERE seq > ? AND d1 IS NOT NULL ORDER BY seq LIMIT 1")
	askAt       = statement("SELECT at FROM outbox WHERE seq = ?")
	delOutbox   = statement("DELETE FROM outbox WHERE seq <= ?")
	askFollower = statement("SELECT seq, state FROM followers WHERE name = ?")
	delFollower = statement("DELETE FROM followers WHERE name = ?")
	putFollower = statement("INSERT OR REPLACE INTO followers (name, seq, state) VALUES (?, ?, ?)")
)

// lastDB bounds the databases that are followed: those above belong to the engine.
const lastDB = 1 << 30

// followers feeds D1 and KV from the rows of one object. It makes tasks and reads
// receipts, see worker/doc.go; what it must know after a crash is rows.
type followers struct {
	name   string
	object worker.ObjectName
	rows   *Rows
	log    func(level int, text string)
	routes routes

	d1     d1Follower
	kv     kvFollower
	pruned uint64 // outbox rows up to this commit are gone
	held   []heldSends
	broken string // why nothing is followed; empty: nothing is wrong
}

// routes tell where a key of an object is followed.
type routes struct {
	families *kvprimary.Families
	to       map[string]route // by pattern
	d1, kv   bool             // some family is
	sync     bool
	// printD1 and printKV tell one set of routes from another, for a follower that has to
	// start over when it gets other keys.
	printD1, printKV string
}

type route struct{ d1, sync, kv, primary bool } // primary: in KV alone, which is the clients'

func newRoutes(cfg *worker.Config, object worker.ObjectName) routes {
	r := routes{to: map[string]route{}}
	d1, kv := fnv.New64a(), fnv.New64a()
	var list []kvprimary.Family
	for i := range cfg.Families {
		f := &cfg.Families[i]
		if !object.Has(f) {
			continue
		}
		to := route{d1: f.Store == "d1", sync: f.Store == "d1" && f.Consistency == "sync", kv: f.Store == "kv" && f.Consistency != "primary", primary: f.Store == "kv" && f.Consistency == "primary"}
		if _, twice := r.to[f.Pattern]; !twice {
			list = append(list, kvprimary.Family{Pattern: f.Pattern, Name: f.Name})
			r.to[f.Pattern] = to
			r.d1, r.kv, r.sync = r.d1 || to.d1, r.kv || to.kv, r.sync || to.sync
			fmt.Fprintf(d1, "%d:%s %t\n", len(f.Pattern), f.Pattern, to.d1)
			fmt.Fprintf(kv, "%d:%s %t\n", len(f.Pattern), f.Pattern, to.kv)
		}
	}
	r.families, r.printD1, r.printKV = kvprimary.NewFamilies(list), fmt.Sprintf("%x", d1.Sum64()), fmt.Sprintf("%x", kv.Sum64())
	return r
}

// of is where a key is followed.
func (r *routes) of(key string) route {
	if f, ok := r.families.Of(key); ok {
		return r.to[f.Pattern]
	}
	return route{}
}

// openFollowers reads where the followers stand. The rows must be open.
func openFollowers(cfg *worker.Config, name string, rows *Rows, now int64, log func(int, string)) (*followers, error) {
	f := &followers{name: name, object: worker.ParseObject(name), rows: rows, log: log}
	f.routes = newRoutes(cfg, f.object)
	f.d1.f, f.kv.f = f, f
	if err := f.leave(); err != nil {
		return nil, fmt.Errorf("object: reading which followers there were: %w", err)
	}
	if f.routes.d1 {
		if err := f.d1.open(now); err != nil {
			return nil, fmt.Errorf("object: reading how far D1 has come: %w", err)
		}
	}
	if f.routes.kv {
		if err := f.kv.open(now); err != nil {
			return nil, fmt.Errorf("object: reading how far KV has come: %w", err)
		}
	}
	return f, nil
}

// stored reads the row of a follower.
func (f *followers) stored(name string, state interface{}) (seq uint64, found bool, err error) {
	var text string
	found, err = f.rows.one(f.rows.ask(askFollower).Text(name), func(q *result) { seq, text = uint64(q.int()), q.string() })
	if err == nil && found {
		err = smalljson.Unmarshal([]byte(text), state)
	}
	return seq, found, err
}

// keep appends the row of a follower to a program.
func (p *Program) keep(name string, seq uint64, state interface{}) error {
	text, err := smalljson.Marshal(state)
	if err != nil {
		return fmt.Errorf("object: writing how far %s has come: %w", name, err)
	}
	p.Statement(putFollower).Text(name).Int(int64(seq)).Text(string(text))
	return nil
}

// prune appends the removal of what no follower needs any more.
func (f *followers) prune(p *Program) {
	done := f.rows.seq
	if f.routes.d1 && f.d1.behind() {
		done = min(done, f.d1.seq)
	}
	if f.routes.kv {
		done = min(done, f.kv.done())
	}
	if done > f.pruned {
		p.Statement(delOutbox).Int(int64(done))
		f.pruned = done
	}
}

// An outboxRow is what a commit adds to the outbox.
type outboxRow struct {
	seq    uint64
	at     int64 // Unix microseconds
	sync   bool
	d1, kv []byte
	rows   int       // operations for D1
	names  []kvName  // of keys for KV
	walks  []kvWalk  // over spaces, for KV
	copy   bool      // D1 is to be fed anew: the commit is too large to be written down
	missed bool      // D1 gets it with a copy that has not begun
	loads  bool      // keys are to be copied
	dbs    []dbSpace // that D1 knows then
}

type dbSpace struct {
	db    uint32
	space int64
}

// frame writes down what a change means for the followers, and appends it to the
// program of the commit. It is called before Rows.add, when the rows are still as
// they were. nil means that nobody follows it.
func (f *followers) frame(p *Program, ch *engine.Change, now int64) (*outboxRow, error) {
	if !f.routes.d1 && !f.routes.kv {
		return nil, nil
	}
	w := changeWriter{f: f, ch: ch, now: now, sp: spaceView{rows: f.rows, next: f.rows.next}, row: outboxRow{seq: ch.Seq, at: now}}
	if err := w.write(); err != nil {
		return nil, fmt.Errorf("object: writing down a change for the followers: %w", err)
	}
	row := &w.row
	if !f.d1.writes() {
		row.missed = len(row.d1) > 0
		row.d1, row.rows, row.copy = nil, 0, false
	}
	if row.copy {
		if err := p.keep("d1", f.d1.seq, d1State{}); err != nil {
			return nil, err
		}
	}
	if len(row.d1) == 0 && len(row.kv) == 0 {
		if row.copy || row.sync || row.missed {
			return row, nil
		}
		return nil, nil
	}
	p.Statement(putOutbox).Int(int64(row.seq)).Int(row.at)
	if row.sync {
		p.Int(1)
	} else {
		p.Int(0)
	}
	for _, b := range [][]byte{row.d1, row.kv} {
		if len(b) == 0 {
			p.Null()
		} else {
			p.bytes(b)
		}
	}
	return row, nil
}

// committed says that the program with a row of frame is stored.
func (f *followers) committed(row *outboxRow) {
	if row == nil {
		return
	}
	if f.routes.d1 {
		f.d1.committed(row)
	}
	if f.routes.kv {
		f.kv.committed(row)
	}
}

// flags are those of an output.
func (f *followers) flags(now int64) (flags uint32) {
	if f.routes.d1 && f.d1.works() && f.d1.next <= now+longestWait {
		flags |= FlagD1
		if f.d1.urgent() {
			flags |= FlagHold
		}
	}
	if f.routes.kv && f.kv.works() && f.kv.next <= now+longestWait {
		flags |= FlagKV
	}
	return flags
}

// longestWait is when the alarm, and no loop, waits for the next attempt, in microseconds.
const longestWait = 10_000_000

// alarmAfter is how long after a commit an alarm looks after its followers, in
// microseconds: by then they are done, unless the object was ended meanwhile.
const alarmAfter = 10_000_000

// alarm is when the alarm must call because of what is not confirmed, Unix
// microseconds; 0: never. An alarm costs a row, so it moves in steps.
func (f *followers) alarm(now int64) (at int64) {
	if f.routes.d1 && f.d1.works() {
		at = max(f.d1.since, f.d1.next)
	}
	if f.routes.kv && f.kv.works() {
		if due := f.kv.due(now); at == 0 || due < at {
			at = due
		}
	}
	if at == 0 {
		return 0
	}
	return (max(at, now)/alarmAfter + 2) * alarmAfter
}

// holds reports whether a space must not be swept yet.
func (f *followers) holds(space int64) bool {
	for _, walks := range [...][]kvWalk{f.kv.walks, f.kv.walked, f.kv.unread} {
		for i := range walks {
			if walks[i].space == space {
				return true
			}
		}
	}
	return false
}

// rebuild has a follower start over from the rows.
func (f *followers) rebuild(follower int, now int64) error {
	switch {
	case follower == followerD1 && f.routes.d1:
		return f.d1.rebuild(now)
	case follower == followerKV && f.routes.kv:
		return f.kv.rebuild(now)
	}
	return nil
}

// A FollowerStatus says how far a follower is behind.
type FollowerStatus struct {
	State   string `json:"state"`             // current, copying (keys are still looked for that it is to have), leaving (no family is in it any more), failing
	Seq     uint64 `json:"seq"`               // commit up to which all is confirmed
	Behind  uint64 `json:"behind"`            // commits since then, in which nothing may be for it
	Waiting int    `json:"waiting"`           // D1: row operations; KV: keys
	LagMs   int64  `json:"lagMs"`             // age of the oldest commit that it does not have
	LastMs  int64  `json:"lastMs"`            // age of the oldest commit that the last confirmed task brought
	MostMs  int64  `json:"mostMs"`            // the greatest of these, since the object was opened
	Left    int    `json:"leftOut,omitempty"` // rows or keys that it does not take, since the object was opened
	Error   string `json:"error,omitempty"`   // of the last attempt, without keys
}

// lag is what FollowerStatus says of tasks that were confirmed, in microseconds.
type lag struct{ last, most int64 }

func (l *lag) confirmed(since, now int64) {
	l.last = max(now-since, 0)
	l.most = max(l.most, l.last)
}

func (l *lag) tell(st *FollowerStatus) { st.LastMs, st.MostMs = l.last/1000, l.most/1000 }

// status is how far the followers are behind, by name.
func (f *followers) status(now int64) map[string]FollowerStatus {
	all := map[string]FollowerStatus{}
	if f.routes.d1 {
		all["d1"] = f.d1.status(now)
	}
	if f.routes.kv {
		all["kv"] = f.kv.status(now)
	}
	return all
}

// spaceView is which database has which space, while the operations of a change are
// gone through that Rows.add is to run after it: it does the same.
type spaceView struct {
	rows *Rows
	own  map[uint32]int64
	next int64
}

func (s *spaceView) get(db uint32) int64 {
	if s.own != nil {
		return s.own[db]
	}
	return s.rows.spaces[db]
}

func (s *spaceView) set(db uint32, space int64) {
	if s.own == nil {
		s.own = make(map[uint32]int64, len(s.rows.spaces)+1)
		for db, space := range s.rows.spaces {
			s.own[db] = space
		}
	}
	if space == 0 {
		delete(s.own, db)
	} else {
		s.own[db] = space
	}
}

func (s *spaceView) of(db uint32) int64 {
	if space := s.get(db); space != 0 {
		return space
	}
	return s.fresh(db)
}

// flush gives a database that has a space another one; the engine's own get none.
func (s *spaceView) flush(db uint32) (old, space int64) {
	switch old = s.get(db); {
	case old == 0:
	case db < lastDB:
		space = s.fresh(db)
	default:
		s.set(db, 0)
	}
	return old, space
}

// swap exchanges two databases, and returns the spaces that they had.
func (s *spaceView) swap(a, b uint32) (x, y int64) {
	if x, y = s.get(a), s.get(b); x != y {
		s.set(a, y)
		s.set(b, x)
	}
	return x, y
}

func (s *spaceView) fresh(db uint32) int64 {
	space := s.next
	s.next++
	s.set(db, space)
	return space
}

// followedSpaces are the spaces of the databases that are followed, in order.
func (f *followers) followedSpaces() (list []dbSpace) {
	for db, space := range f.rows.spaces {
		if db < lastDB {
			list = append(list, dbSpace{db, space})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].space < list[j].space })
	return list
}

// followsSpace reports whether a database that is followed has the space.
func (f *followers) followsSpace(space int64) bool {
	for db, s := range f.rows.spaces {
		if s == space && db < lastDB {
			return true
		}
	}
	return false
}
