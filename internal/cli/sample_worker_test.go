package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// The sample is migrated, its Worker is written from the plan that came out and run
// here, and the sample's own tests judge the two: no line is changed for it, and what
// the program stores lies where the plan says.
func TestTheSamplePassesOnTheWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the sample and the engine")
	}
	tools, err := project.FindTools()
	if errors.Is(err, project.ErrNoTools) {
		testneed.Missing(t, "workerd", "npm ci in a copy of runtime/worker/project/npm, and "+project.NPMVariable+" names that directory")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", anywhere)
	dir := chat(t)
	for _, args := range [][]string{
		{"-C", dir, "-w", "-no-build", "-runtime", "../../runtime", "./..."}, // the tests build it
		{"worker", "-C", dir, "-o", "worker"},
	} {
		if code, out, errs := run(t, args...); code != exitDone {
			t.Fatalf("redis2cf %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	proj := filepath.Join(dir, "worker")
	l, err := project.Start(ctx, project.Options{Dir: proj, State: filepath.Join(t.TempDir(), "state"), Tools: tools})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	}()
	cmd := goCommand(ctx, dir, "test", "-count=1", "./...")
	cmd.Env = append(cmd.Env, "CFSTORE_URL="+l.URL(), "REDIS_ADDR=127.0.0.1:9") // no server is there
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "\nok  \t"); err != nil || n < 10 {
		t.Fatalf("the tests of %d packages passed: %v\n%s", n, err, out)
	}

	text, err := os.ReadFile(filepath.Join(proj, "src", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	var plan worker.Config
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	p := &placed{t: t, l: l, plan: plan}
	p.writtenByTests()
	p.writeEach()
}

// placed looks for data where the plan puts it.
type placed struct {
	t    *testing.T
	l    *project.Local
	plan worker.Config
}

func (p *placed) open() (store.Session, func()) {
	p.t.Helper()
	b, err := store.Open(p.l.URL())
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return s, func() {
		if err := errors.Join(s.Close(), b.Close()); err != nil {
			p.t.Error(err)
		}
	}
}

func (p *placed) do(s store.Session, words ...string) resp.Reply {
	p.t.Helper()
	replies, err := s.Execute(context.Background(), []resp.Command{words})
	if err != nil {
		p.t.Fatalf("%q: %v", words, err)
	}
	if replies[0].Kind == resp.Error {
		p.t.Fatalf("%q: %s", words, replies[0].Str)
	}
	return replies[0]
}

// eventually waits until followers have something.
func (p *placed) eventually(what string, has func() (bool, error)) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		ok, err := has()
		if err != nil {
			p.t.Fatalf("%s: %v", what, err)
		}
		if ok {
			return
		}
		if time.Now().After(end) {
			p.t.Errorf("%s is not there", what)
			return
		}
	}
}

// family is the one that a key belongs to. The sample's patterns have stars at the end
// of their words alone, and none is more special than another.
func (p *placed) family(key string) *worker.Family {
	for i := range p.plan.Families {
		f := &p.plan.Families[i]
		first, _, _ := strings.Cut(f.Pattern, "*")
		if first != "" && (strings.HasPrefix(key, first) && first != f.Pattern || key == f.Pattern) {
			return f
		}
	}
	return &worker.Family{Store: "do"}
}

// writtenByTests checks what the sample's tests have left.
func (p *placed) writtenByTests() {
	p.t.Helper()
	s, end := p.open()
	defer end()
	stores := map[string]int{}
	for db := 1; db < 16; db++ {
		p.do(s, "SELECT", fmt.Sprint(db))
		for _, k := range p.do(s, "KEYS", "*").Elems {
			f := p.family(k.Str)
			stores[f.Store]++
			p.follows(db, k.Str, f)
		}
	}
	for _, name := range []string{"do", "kv", "d1"} {
		if stores[name] == 0 {
			p.t.Errorf("the sample's tests have left nothing in %s: %v", name, stores)
		}
	}
	p.t.Logf("the tests left, by store: %v", stores)
}

// follows waits for a key where its family also is.
func (p *placed) follows(db int, key string, f *worker.Family) {
	p.t.Helper()
	what := fmt.Sprintf("%s of the family %s, database %d, in %s", key, f.Name, db, f.Store)
	inKV := func() (bool, error) {
		name := key
		if db != 0 {
			name = fmt.Sprintf("@/%d/%s", db, key)
		}
		v, err := p.l.KVGet(context.Background(), name)
		return v != nil, err
	}
	inD1 := func() (bool, error) {
		rows, err := p.l.Query(context.Background(), "SELECT count(*) AS n FROM keys k JOIN dbs d ON d.object = k.object AND d.space = k.space WHERE d.db = ? AND k.key = ?", db, []byte(key))
		if err != nil {
			return false, err
		}
		n, _ := rows[0]["n"].(float64)
		return n > 0, nil
	}
	inView := func() (bool, error) {
		rows, err := p.l.Query(context.Background(), `SELECT count(*) AS n FROM "`+f.Name+`" WHERE db = ? AND key = ?`, db, key)
		if err != nil {
			return false, err
		}
		n, _ := rows[0]["n"].(float64)
		return n > 0, nil
	}
	switch f.Store {
	case "kv":
		p.eventually(what, inKV)
	case "d1":
		p.eventually(what, inD1)
		p.eventually("the view's row for "+what, inView)
	}
	if f.Store == "d1" || f.Store == "do" {
		if is, err := inKV(); is || err != nil {
			p.t.Errorf("%s is in KV too (%v)", what, err)
		}
	}
	if f.Store == "kv" || f.Store == "do" {
		if is, err := inD1(); is || err != nil {
			p.t.Errorf("%s is in D1 too (%v)", what, err)
		}
	}
}

// writeEach writes a key of each family and looks for it, then removes it and waits
// until it is gone from everywhere.
func (p *placed) writeEach() {
	p.t.Helper()
	s, end := p.open()
	defer end()
	for i := range p.plan.Families {
		f := &p.plan.Families[i]
		key := strings.ReplaceAll(f.Pattern, "*", "é1")
		if key == "é1" {
			continue // all other keys
		}
		switch f.Type {
		case "string":
			p.do(s, "SET", key, "v")
		case "hash":
			p.do(s, "HSET", key, "f", "v")
		case "list":
			p.do(s, "RPUSH", key, "a", "b")
		case "set":
			p.do(s, "SADD", key, "m")
		case "zset":
			p.do(s, "ZADD", key, "1.5", "m")
		case "stream":
			p.do(s, "XADD", key, "1-1", "f", "v")
		default:
			p.t.Errorf("the family %s has the type %s, which this test does not know", f.Name, f.Type)
			continue
		}
		p.follows(0, key, f)
		p.do(s, "DEL", key)
	}
	p.eventually("the end of all keys in D1", func() (bool, error) {
		rows, err := p.l.Query(context.Background(), "SELECT count(*) AS n FROM keys k JOIN dbs d ON d.object = k.object AND d.space = k.space WHERE d.db = 0")
		return err == nil && rows[0]["n"] == float64(0), err
	})
	p.eventually("the end of all keys in KV", func() (bool, error) {
		keys, err := p.l.KVList(context.Background(), "")
		for _, k := range keys {
			if !strings.HasPrefix(k.Name, "@/") {
				return false, err
			}
		}
		return true, err
	})
}
