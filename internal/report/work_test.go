package report

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// What holds most calls for the least effort is first; what nobody has to do is
// last; problems of one family are one.
func TestWorkIsOrderedByWhatItBrings(t *testing.T) {
	r := example(t)
	var got []string
	for _, w := range r.Work {
		got = append(got, w.Code)
	}
	if want := "SERVER_ADMIN FAMILY_CONFLICT FOREIGN_API KEEP_COMMENT"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	first := r.Work[0]
	if first.Holds != 2 || first.At[0] != "b.go:8:7" || first.Effort != string(spec.EffortMinutes) {
		t.Errorf("the first is %+v", first)
	}
	if c := r.Work[1]; !strings.HasSuffix(c.Detail, "(and 1 more of this family)") || len(c.At) != 3 {
		t.Errorf("the conflict is %+v", c)
	}
	if want := (Effort{Places: 3, Minutes: 1, Small: 1, Medium: 1, Hours: 5.2}); r.Effort != want {
		t.Errorf("the effort is %+v, want %+v", r.Effort, want)
	}
}

// What stops -w is said before all else.
func TestFatalProblemsAreFirst(t *testing.T) {
	in := exampleInput(t)
	in.Problems = append(in.Problems, plan.Problem{Code: spec.KVPrimaryRefused, Family: "messages:*", Message: "uses LPUSH", Fatal: true})
	if w := New(in).Work[0]; w.Code != spec.KVPrimaryRefused || !w.Fatal {
		t.Errorf("the first is %+v", w)
	}
}

// Without a rewrite there are no blockers: sites that stay are told by their reason.
func TestSitesWithoutABlockerAreWork(t *testing.T) {
	in := exampleInput(t)
	in.Outcome, in.Blockers, in.Problems = nil, nil, nil
	in.Sites = append(in.Sites, call(t, "d.go", 8, "ClusterInfo"), call(t, "d.go", 9, "ClusterInfo"))
	r := New(in)
	if len(r.Work) != 1 || r.Work[0].Holds != 2 || r.Work[0].At[0] != "d.go:8:7" {
		t.Errorf("the work is %+v", r.Work)
	}
}

func TestReplicasDependOnWhereTheStoreIs(t *testing.T) {
	for _, c := range []struct {
		store  string
		server string
		want   string
	}{
		{"", "redis.internal:6379", "starts only when $CFSTORE_URL names a store"},
		{"", "localhost:6379", "uses the file cfstore.db"},
		{"", "", "uses the file cfstore.db"},
		{"", "unix:/run/redis.sock", "uses the file cfstore.db"},
		{"file:shop.db", "redis.internal:6379", "the first process owns it"},
		{"memory://shop", "", "each process has data of its own"},
		{"https://x.workers.dev", "redis.internal:6379", "all replicas share one truth: the objects behind https://x.workers.dev"},
	} {
		in := exampleInput(t)
		in.Plan.Default = c.store
		in.Servers[0].Names = nil
		if c.server != "" {
			in.Servers[0].Names = []string{c.server}
		}
		text := strings.Join(in.replicas().Lines, " ")
		if !strings.Contains(text, c.want) {
			t.Errorf("default %q, server %q: %q is not in %q", c.store, c.server, c.want, text)
		}
	}
	in := exampleInput(t)
	in.Plan.Families[0].Consistency = plan.Primary
	if text := strings.Join(in.replicas().Lines, " "); !strings.Contains(text, "writes to Session the other sees after up to 60 s") {
		t.Errorf("nothing of the family in KV alone: %q", text)
	}
}

// The example is of no family that is there.
func TestTheExampleOfANewKeyIsNew(t *testing.T) {
	in := exampleInput(t)
	r := &Report{Families: []Family{{Name: "Invoice"}, {Pattern: "parcel:*"}}}
	if code := strings.Join(in.addKey(r).Code, "\n"); !strings.Contains(code, "name: AddedLater") || !strings.Contains(code, `cfstore.AddedLater(rdb).HSet(`) {
		t.Error(code)
	}
}
