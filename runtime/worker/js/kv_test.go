package js_test

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// asked is plans with names, for which JavaScript says which are in KV alone, and what they
// are called in a namespace.
type asked struct {
	Families  []worker.Family `json:"families"`
	Namespace string          `json:"namespace"`
	Names     []string        `json:"names"`

	keys []string
	dbs  []int
}

// Go and JavaScript find the same family for a key, and the same name in KV: what one lets
// through as a family in KV alone must be one to the other.
func sameNames(t *testing.T, l *project.Local) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	pick := func(from ...string) string { return from[r.Intn(len(from))] }
	word := func(most int, from ...string) string {
		var b strings.Builder
		for n := r.Intn(most + 1); n > 0; n-- {
			b.WriteString(pick(from...))
		}
		return b.String()
	}
	asks := make([]asked, 300)
	for i := range asks {
		a := &asks[i]
		a.Namespace = pick("main", "other", "main/jobs", "other/jobs")
		for n := 1 + r.Intn(4); n > 0; n-- {
			f := worker.Family{Pattern: word(5, "a", "b", "*", "?", "\\", "é", ":", "@", "[") + pick("", "*"), Store: pick("kv", "kv", "do"), Consistency: pick("primary", "primary", "follow"), Client: pick("", "", "jobs")}
			a.Families = append(a.Families, f)
		}
		for len(a.Names) < 20 {
			key, db := word(6, "a", "b", ":", "é", "*", "?", "\\", "@", " ", "\xff", "\x00", ".", "/", "#", "["), r.Intn(3)
			name, err := kvprimary.Name("", db, key)
			if err != nil {
				t.Fatal(err)
			}
			a.Names, a.keys, a.dbs = append(a.Names, name), append(a.keys, key), append(a.dbs, db)
		}
	}
	body, err := json.Marshal(asks)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(l.URL()+"/kv", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	var answers [][]struct {
		Has  bool
		Name string
	}
	if err := json.NewDecoder(res.Body).Decode(&answers); err != nil || len(answers) != len(asks) {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	found := 0
	for i, a := range asks {
		var families []kvprimary.Family
		for j := range a.Families {
			if f := &a.Families[j]; f.Client == "" || strings.HasSuffix(a.Namespace, "/"+f.Client) {
				families = append(families, kvprimary.Family{Pattern: f.Pattern, Primary: f.Store == "kv" && f.Consistency == "primary"})
			}
		}
		fs := kvprimary.NewFamilies(families)
		for j, key := range a.keys {
			f, ok := fs.Of(key)
			if want := ok && f.Primary; answers[i][j].Has != want {
				t.Errorf("%q of %+v in %s: JavaScript says %v", key, a.Families, a.Namespace, answers[i][j].Has)
			} else if want {
				found++
			}
			if want, err := kvprimary.Name(worker.ParseObject(a.Namespace+":/0").KV(), a.dbs[j], key); err != nil || answers[i][j].Name != want {
				t.Errorf("%q of database %d in %s is %q, to Go %q, %v", key, a.dbs[j], a.Namespace, answers[i][j].Name, want, err)
			}
		}
	}
	if found < 300 {
		t.Errorf("%d keys were in KV alone", found)
	}
}
