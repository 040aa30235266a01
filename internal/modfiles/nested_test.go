package modfiles

import (
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// A module of the runtime comes from where the runtime comes from.
func TestNestedModulesFollowTheRuntime(t *testing.T) {
	const own = RuntimePath + "/store/rest"
	for name, c := range map[string]struct {
		mod   string
		added bool
		want  []string
	}{
		"a version":           {"require " + RuntimePath + " v1.2.3\n", true, []string{own + " v1.2.3"}},
		"a directory":         {"require " + RuntimePath + " v0.0.0\nreplace " + RuntimePath + " => /src/runtime\n", true, []string{own + " v0.0.0", own + " => /src/runtime/store/rest"}},
		"a directory beside":  {"require " + RuntimePath + " v0.0.0\nreplace " + RuntimePath + " => ../redis2cf/runtime\n", true, []string{own + " => ../redis2cf/runtime/store/rest"}},
		"a directory below":   {"require " + RuntimePath + " v0.0.0\nreplace " + RuntimePath + " => ./runtime\n", true, []string{own + " => ./runtime/store/rest"}},
		"another module":      {"require " + RuntimePath + " v1.0.0\nreplace " + RuntimePath + " => example.com/fork v1.0.1\n", true, []string{own + " v1.0.0"}},
		"required already":    {"require " + own + " v1.0.0\nrequire " + RuntimePath + " v1.2.3\n", false, []string{own + " v1.0.0"}},
		"replaced already":    {"require " + RuntimePath + " v0.0.0\nreplace " + own + " => /mine\nreplace " + RuntimePath + " => /src/runtime\n", true, []string{own + " v0.0.0", own + " => /mine"}},
		"no runtime required": {"", false, nil},
	} {
		f, err := modfile.Parse("go.mod", []byte("module example.com/m\n\ngo 1.22\n\n"+c.mod), nil)
		if err != nil {
			t.Fatal(err)
		}
		added, err := addNested(f, "store/rest", false)
		if err != nil || added != c.added {
			t.Errorf("%s: added %v, %v", name, added, err)
		}
		f.Cleanup()
		text, err := f.Format()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(text), want+"\n") {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		if n := strings.Count(string(text), own+" => "); n > 1 {
			t.Errorf("%s: %d replacements in\n%s", name, n, text)
		}
	}
}
