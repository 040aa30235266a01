package object_test

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

var followRounds = flag.Int("follow.rounds", 4, "rounds of random commands with followers")

// followed are families of which some take keys of others' patterns away.
var followed = []worker.Family{
	{Pattern: "string:*", Name: "Texts", Type: "string", Store: "kv"},
	{Pattern: "string:4", Name: "Text", Type: "string", Store: "d1"},
	{Pattern: "string:3", Name: "Own", Type: "string", Store: "do"},
	{Pattern: "hash:*", Name: "Users", Type: "hash", Store: "d1"},
	{Pattern: "list:*", Name: "Messages", Type: "list", Store: "d1"},
	{Pattern: "list:4", Name: "Jobs", Type: "list", Store: "do"},
	{Pattern: "set:*", Name: "Tags", Type: "set", Store: "d1"},
	{Pattern: "set:1", Name: "Other", Type: "set", Store: "do"},
	{Pattern: "zset:*", Name: "Scores", Type: "zset", Store: "d1"},
	{Pattern: "stream:*", Name: "Events", Type: "stream", Store: "d1"},
	{Pattern: "json:*", Name: "Documents", Type: "json", Store: "kv"},
	{Pattern: "json:1", Name: "Document", Type: "json", Store: "d1"},
}

const followName = "main:/0"

// A followRig is an object with D1 and KV behind it.
type followRig struct {
	*rig
	families []worker.Family
	name     string
	d1       *objecttest.D1
	kv       *objecttest.KV
	wait     [2]int64 // when a follower is to be asked again, 0: it is not
	asked    bool
}

func newFollowRig(t testing.TB, families []worker.Family) *followRig {
	t.Helper()
	db, err := objecttest.New()
	if err != nil {
		t.Fatal(err)
	}
	d1, err := objecttest.NewD1(families)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(); _ = d1.Close() })
	r := &followRig{families: families, d1: d1, kv: &objecttest.KV{}, name: followName, rig: &rig{t: t, exec: db, db: db,
		now: 1_700_000_000_000_000, seed: 1, came: map[uint64][][]byte{}, gone: map[uint64]int{}, kept: map[uint64][]byte{}}}
	r.start()
	return r
}

func (r *followRig) start() {
	r.t.Helper()
	opt := r.opt
	opt.Log = func(level int, text string) { r.logs = append(r.logs, text) }
	r.in = object.New(opt)
	r.in.Configure(worker.Config{MemoryBytes: r.memory, Families: r.families})
	r.seed++
	r.take(r.in.Open(1, r.exec, r.name, r.now, r.seed))
}

func (r *followRig) restart(conns ...uint64) {
	r.t.Helper()
	r.start()
	for _, c := range conns {
		r.take(r.object().Attach(c, 1, r.kept[c]))
	}
}

// step does what the loop of a follower does once: it reports whether there was a
// task, and else until when to wait.
func (r *followRig) step(follower int) (did bool, until int64) {
	r.t.Helper()
	receipt, until := r.carry(follower)
	if receipt == nil {
		return false, until
	}
	r.report(follower, receipt)
	return true, 0
}

// carry asks for a task and carries it out; receipt is nil when there is none.
func (r *followRig) carry(follower int) (receipt []byte, until int64) {
	r.t.Helper()
	out, task, err := objecttest.SplitOutput(r.object().Follow(follower, r.now))
	if err != nil {
		r.t.Fatal(err)
	}
	if out.Status != 0 {
		r.t.Fatalf("follower %d: %q", follower, r.logs)
	}
	for _, s := range out.Sends {
		r.came[s.Conn] = append(r.came[s.Conn], s.Data)
	}
	if follower == 1 {
		return r.d1.Carry(task)
	}
	r.kv.Now = r.now
	return r.kv.Carry(task)
}

// report hands a receipt over.
func (r *followRig) report(follower int, receipt []byte) {
	r.t.Helper()
	r.now += 3000
	if out := r.take(r.object().Followed(follower, r.now, receipt)); out.Status != 0 {
		r.t.Fatalf("follower %d: %q", follower, r.logs)
	}
}

// settle lets the followers work until nothing is left to do.
func (r *followRig) settle() {
	r.t.Helper()
	for n := 0; ; n++ {
		var next int64
		busy := false
		for follower := 1; follower <= 2; follower++ {
			did, until := r.step(follower)
			busy = busy || did
			if until != 0 && (next == 0 || until < next) {
				next = until
			}
		}
		more := r.take(r.object().Sweep(100)).Flags&object.FlagSweep != 0
		switch {
		case busy:
		case next > 0:
			r.now = max(r.now, next)
		case !more:
			return
		}
		if n > 20000 {
			r.t.Fatalf("the followers do not come to an end: %+v", r.object().Followers())
		}
	}
}

// route is the family of a key.
func (r *followRig) route(key string) worker.Family {
	list := make([]kvprimary.Family, len(r.families))
	for i, f := range r.families {
		list[i] = kvprimary.Family{Pattern: f.Pattern}
	}
	f, ok := kvprimary.NewFamilies(list).Of(key)
	for i := range r.families {
		if ok && r.families[i].Pattern == f.Pattern {
			return r.families[i]
		}
	}
	return worker.Family{Store: "do"}
}

// dump is all keys with their rows, as text: of the object those of families in D1.
func dump(t testing.TB, db *sql.DB, d1 bool, keep func(key string) bool) []string {
	t.Helper()
	of, on := "", "%s.id = k.id"
	if d1 {
		of, on = "d.object = k.object AND ", "%[1]s.object = k.object AND %[1]s.id = k.id"
	}
	join := func(table string) string { return " JOIN " + table + " i ON " + fmt.Sprintf(on, "i") }
	var lines []string
	for _, q := range []string{
		"SELECT k.key, d.db, 'key', hex(k.key), k.type, k.hash, CAST(min(k.expires, 9007199254740992) AS INTEGER), CASE WHEN k.id = 0 THEN hex(k.value) ELSE k.value IS NULL END FROM keys k #",
		"SELECT k.key, d.db, 'field', hex(k.key), k.type, hex(i.field), hex(i.value), CAST(min(i.expires, 9007199254740992) AS INTEGER) FROM keys k #" + join("hash_fields"),
		"SELECT k.key, d.db, 'item', hex(k.key), k.type, i.pos, hex(i.value), NULL FROM keys k #" + join("list_items"),
		"SELECT k.key, d.db, 'member', hex(k.key), k.type, hex(i.member), NULL, NULL FROM keys k #" + join("set_members"),
		"SELECT k.key, d.db, 'score', hex(k.key), k.type, hex(i.member), typeof(i.score) || printf('%.17g', i.score), printf('%!.20g', 1 / i.score) FROM keys k #" + join("zset_members"),
		"SELECT k.key, d.db, 'entry', hex(k.key), k.type, i.kind || hex(i.entry), hex(i.value), NULL FROM keys k #" + join("stream_entries"),
		"SELECT k.key, d.db, 'document', hex(k.key), k.type, i.pos, hex(i.value), NULL FROM keys k #" + join("json_documents"),
	} {
		rows, err := db.Query(strings.Replace(q, "#", "JOIN dbs d ON "+of+"d.space = k.space AND d.db < 1073741824", 1))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var key []byte
			values := make([]any, 7)
			to := []any{&key}
			for i := range values {
				to = append(to, &values[i])
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			if keep(string(key)) {
				lines = append(lines, fmt.Sprint(values...))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	sort.Strings(lines)
	return lines
}

// count is the answer of a query with one number.
func count(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// compare fails unless the followers have what the object has, and nothing else.
func (r *followRig) compare() {
	r.t.Helper()
	r.settleJournal()
	want := dump(r.t, r.db.DB(), false, func(key string) bool { return r.route(key).Store == "d1" })
	got := dump(r.t, r.d1.DB(), true, func(string) bool { return true })
	if !reflect.DeepEqual(want, got) {
		missing, extra := objecttest.Difference(want, got)
		r.t.Fatalf("D1 has not what the object has:\nmissing %q\nmore    %q", missing, extra)
	}
	for _, table := range []string{"hash_fields", "list_items", "set_members", "zset_members", "stream_entries", "json_documents"} {
		if n := count(r.t, r.d1.DB(), "SELECT count(*) FROM "+table+" WHERE id NOT IN (SELECT id FROM keys)"); n > 0 {
			r.t.Fatalf("D1 keeps %d rows of %s that nothing refers to", n, table)
		}
	}
	if n := count(r.t, r.d1.DB(), "SELECT (SELECT count(*) FROM garbage) + (SELECT count(*) FROM garbage_spaces) + (SELECT count(*) FROM keys k WHERE k.space NOT IN (SELECT space FROM dbs))"); n > 0 {
		r.t.Fatalf("D1 keeps %d rows of garbage", n)
	}
	r.compareKV()
}

func (r *followRig) compareKV() {
	r.t.Helper()
	ns := worker.ParseObject(r.name).KV()
	want := map[string]string{}
	rows, err := r.db.DB().Query("SELECT d.db, k.key, coalesce(k.expires, 0), CASE k.type WHEN 1 THEN k.value ELSE (SELECT value FROM json_documents i WHERE i.id = k.id) END " +
		"FROM keys k JOIN dbs d ON d.space = k.space AND d.db < 1073741824 WHERE k.type IN (1, 7)")
	if err != nil {
		r.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var db int
		var key, value []byte
		var expires int64
		if err := rows.Scan(&db, &key, &expires, &value); err != nil {
			r.t.Fatal(err)
		}
		if r.route(string(key)).Store != "kv" || expires != 0 && expires < r.now/1000 {
			continue
		}
		if name, err := kvprimary.Name(ns, db, string(key)); err == nil {
			want[name] = fmt.Sprintf("%d %s", expires, hex.EncodeToString(value))
		}
	}
	got := map[string]string{}
	r.kv.Now = r.now
	for _, name := range r.kv.Names() {
		e, _ := r.kv.Get(name)
		var m objecttest.KVMetadata
		if err := json.Unmarshal([]byte(e.Metadata), &m); err != nil {
			r.t.Fatalf("metadata %q: %v", e.Metadata, err)
		}
		if m.Object != r.name || m.Expires != 0 && m.Expires < r.now/1000 {
			continue
		}
		if m.Expires != 0 && m.Expires <= math.MaxInt32*1000 && (e.Expires*1000 < m.Expires || e.Expires*1000 > max(m.Expires+1000, r.now/1000+67_000)) {
			r.t.Errorf("KV forgets at %d what is over at %d, now %d", e.Expires*1000, m.Expires, r.now/1000)
		}
		got[name] = fmt.Sprintf("%d %s", m.Expires, hex.EncodeToString([]byte(e.Value)))
	}
	for name, w := range want {
		if got[name] != w {
			r.t.Errorf("KV has %q for %q, the object %q", got[name], name, w)
		}
		delete(got, name)
	}
	for name, v := range got {
		r.t.Errorf("KV still has %q for %q, which the object has not", v, name)
	}
}

// run sends commands as one frame.
func (r *followRig) run(l *lane, db *int, cmds []resp.Command) {
	r.t.Helper()
	l.seq++
	f := frame.Frame{Seq: l.seq, Groups: []frame.Group{{Client: 1, DB: *db, Protocol: 3, Commands: cmds}}}
	r.send(l.conn, f.Append(nil))
	res := l.answer()[0]
	if res.Status == frame.StatusDone {
		*db = res.DB
	}
}

// TestFollowersHaveWhatTheObjectHas runs random commands while D1 and KV fail, lose
// receipts and get batches late, while the object loses its memory, and while copies
// begin, and compares the rows and values at the end.
func TestFollowersHaveWhatTheObjectHas(t *testing.T) {
	for round := 0; round < *followRounds; round++ {
		round := round
		seed := *seedFlag + int64(round)
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			if round%2 == 1 { // every bound is met
				rnd := rand.New(rand.NewSource(seed))
				defer object.LowLimits(2+rnd.Intn(20), 3+rnd.Intn(30), 1+rnd.Intn(6), 2+rnd.Intn(10))()
			}
			randomFollowers(t, seed, 1500)
		})
	}
}

func randomFollowers(t *testing.T, seed int64, commands int) {
	rnd := rand.New(rand.NewSource(seed))
	r := newFollowRig(t, followed)
	defer func() {
		if t.Failed() {
			t.Logf("seed %d\nlog %q", seed, r.logs)
		}
	}()
	gen, err := difftest.NewGen(seed, r.now/1000, subject.Remembered)
	if err != nil {
		t.Fatal(err)
	}
	faulty := false
	r.d1.Before = func(int) error {
		if faulty && rnd.Intn(6) == 0 {
			return errors.New("D1_ERROR: Network connection lost.")
		}
		return nil
	}
	r.d1.After = r.d1.Before
	r.kv.Fail = func(string) error {
		if faulty && rnd.Intn(8) == 0 {
			return errors.New([]string{"KV PUT failed: 429 Too Many Requests", "KV PUT failed: 503 Service Unavailable"}[rnd.Intn(2)])
		}
		return nil
	}
	r.kv.After = r.kv.Fail
	l := r.lane(1)
	db, late, restarts, copies := 0, 0, 0, 0
	var under [3][]byte // receipts of tasks that are under way while frames come
	for sent := 0; sent < commands; {
		var cmds []resp.Command
		for n := 1 + rnd.Intn(12); n > 0; n-- {
			switch rnd.Intn(40) {
			case 0:
				cmds = append(cmds, resp.Command{"SELECT", fmt.Sprint(rnd.Intn(3))})
			case 1:
				cmds = append(cmds, resp.Command{"EXPIRE", fmt.Sprintf("%s:%d", pick(rnd, "string", "hash", "list", "json"), rnd.Intn(5)), fmt.Sprint(1 + rnd.Intn(100))})
			case 2:
				kind := pick(rnd, "string", "hash", "list", "set", "zset", "stream", "json")
				cmds = append(cmds, resp.Command{pick(rnd, "RENAME", "RENAMENX", "COPY"), fmt.Sprintf("%s:%d", kind, rnd.Intn(5)), fmt.Sprintf("%s:%d", kind, rnd.Intn(5))})
			case 3:
				cmds = append(cmds, resp.Command{"MOVE", fmt.Sprintf("%s:%d", pick(rnd, "string", "hash", "list", "set"), rnd.Intn(5)), fmt.Sprint(rnd.Intn(3))})
			case 4:
				if rnd.Intn(3) == 0 {
					cmds = append(cmds, pickCommand(rnd))
				}
			default:
				cmds = append(cmds, gen.Next()...)
			}
		}
		sent += len(cmds)
		r.run(l, &db, cmds)
		r.now += int64(rnd.Intn(400_000))
		faulty = rnd.Intn(3) == 0
		for n := rnd.Intn(4); n > 0; n-- {
			follower := 1 + rnd.Intn(2)
			switch {
			case under[follower] != nil:
				if rnd.Intn(8) > 0 { // else the loop is gone, and a new one asks
					r.report(follower, under[follower])
				}
				under[follower] = nil
			case rnd.Intn(2) == 0:
				under[follower], _ = r.carry(follower)
			default:
				r.step(follower)
			}
		}
		if rnd.Intn(4) == 0 {
			r.take(r.object().Sweep(rnd.Intn(40)))
		}
		switch rnd.Intn(60) {
		case 0:
			restarts++
			if rnd.Intn(2) == 0 { // otherwise receipts come that belong to nobody
				under = [3][]byte{}
			}
			if rnd.Intn(2) == 0 { // a batch comes to pass whose receipt nobody gets
				faulty = false
				if _, task, err := objecttest.SplitOutput(r.object().Follow(1, r.now)); err == nil && task[0] == 1 {
					r.d1.Carry(task)
				}
			}
			r.restart(1)
			l.epoch = welcomeOf(t, r.messages(1))
		case 1:
			copies++
			r.take(r.object().Rebuild(1+rnd.Intn(2), r.now))
		case 2, 3, 4:
			if n := r.d1.Sent(); n > 0 {
				if err := r.d1.Late(rnd.Intn(n)); err == nil {
					t.Fatal("a batch that came late was done")
				}
				late++
			}
		case 5:
			r.now += int64(rnd.Intn(100)) * 1_000_000
		case 6, 7, 8, 9:
			r.object().ReleaseJournal()
		}
	}
	faulty = false
	for i := 0; i < 2; i++ { // what is over goes
		r.now += 120_000_000
		r.seed++
		r.take(r.object().Tick(r.now, r.seed))
	}
	r.settle()
	r.compare()
	for name, st := range r.object().Followers() {
		if st.State != "current" || st.Waiting != 0 || st.LagMs != 0 {
			t.Errorf("%s says %+v when nothing is left to do", name, st)
		}
	}
	if n := count(t, r.db.DB(), "SELECT count(*) FROM outbox"); n > 0 {
		t.Errorf("%d rows of the outbox are left", n)
	}
	t.Logf("seed %d: %d rows in D1, %d names in KV, %d batches of %.1f statements (at most %d), %d late, %d restarts, %d copies, %d puts and %d deletes of KV",
		seed, count(t, r.d1.DB(), "SELECT count(*) FROM keys"), len(r.kv.Names()), r.d1.Batches, float64(r.d1.Statements)/float64(max(r.d1.Batches, 1)), r.d1.Largest,
		late, restarts, copies, r.kv.Puts, r.kv.Deletes)
}

func pick(rnd *rand.Rand, words ...string) string { return words[rnd.Intn(len(words))] }

func pickCommand(rnd *rand.Rand) resp.Command {
	return []resp.Command{{"FLUSHDB"}, {"FLUSHALL"}, {"SWAPDB", "0", "1"}, {"SWAPDB", "1", "2"}, {"SWAPDB", "0", "2"}}[rnd.Intn(5)]
}
