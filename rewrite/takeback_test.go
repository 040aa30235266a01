package rewrite_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/rewrite"
)

// A cut that does not compile is taken back, and what it would have freed stays. No source
// is known that makes one, so the test gives the cuts a bridge that is not there.
func TestACutThatDoesNotCompileIsTakenBack(t *testing.T) {
	names := []string{"cut_foreign_function", "cut_method", "cut_foreign_field"}
	cases := slices.DeleteFunc(readCases(t), func(c *goldenCase) bool { return !slices.Contains(names, c.name) })
	if len(cases) != len(names) {
		t.Fatalf("%d of the cases %q", len(cases), names)
	}
	dir := module(t, false)
	for _, c := range cases {
		for name, data := range c.input {
			if err := write(filepath.Join(dir, c.name, name), data); err != nil {
				t.Fatal(err)
			}
		}
	}
	prog := loadAll(t, dir)
	for _, c := range cases {
		mine := part(prog, c.name)
		sites := mine.Analyze().Sites
		p, _ := plan.Build(sites, &plan.Plan{Version: 1, Package: plan.DefaultPackage, Module: mine.Module.Path})
		broken := 0
		res, err := rewrite.RunWithCuts(context.Background(), mine, sites, p, rewrite.Options{MemoryOnly: true}, func(cut *flow.Cut) {
			if cut.Expr != nil {
				cut.Func = "NoSuchBridge"
				broken++
			}
		})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		taken := 0
		for _, b := range res.TakenBack {
			if b.Rung == rewrite.RungCut && b.Code == spec.VerifyFailed && b.Text != "" {
				taken++
			}
		}
		if broken == 0 || taken != broken {
			t.Errorf("%s: %d cuts are broken, %d taken back: %+v", c.name, broken, taken, res.TakenBack)
		}
		for _, cut := range res.Cuts {
			t.Errorf("%s: a cut is left at %v", c.name, cut.Pos)
		}
		for _, e := range res.Edits {
			if e.Rung == rewrite.RungCut {
				t.Errorf("%s: an edit of a cut is left: %q", c.name, e.New)
			}
		}
		if len(res.Stayed) == 0 {
			t.Errorf("%s: nothing is said to stay", c.name)
		}
	}
}
