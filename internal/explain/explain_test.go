package explain_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/redis2cf/redis2cf/internal/explain"
	"github.com/redis2cf/redis2cf/internal/spec"
)

var update = flag.Bool("update", false, "write the pages in docs anew")

func TestThePageIsCurrent(t *testing.T) { current(t, "reason-codes.md", explain.Page()) }

func TestThePageOfLibrariesIsCurrent(t *testing.T) {
	current(t, "libraries.md", explain.LibrariesPage())
}

func TestThePageOfV8IsCurrent(t *testing.T) { current(t, "go-redis-v8.md", explain.V8Page()) }

// current holds a page against the file in docs, or writes it.
func current(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: go generate ./internal/explain", path)
	}
}

// checks is a line of a script that looks at what was printed, with conditions before it.
var checks = regexp.MustCompile(`^(\[\S+\] )*(stdout|stderr) `)

// A source is a case that the rewriter's tests hold against what it says, or a script
// that the command line's tests run.
type source struct {
	name  string
	text  string // all of it
	gives string // the part in which its codes are checked
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	add := func(pattern string, gives func(*txtar.Archive) string) {
		files, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing is %s: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, source{filepath.Base(file), string(data), gives(txtar.Parse(data))})
		}
	}
	add("../../testdata/cases/*.txtar", func(ar *txtar.Archive) string {
		for _, f := range ar.Files {
			if f.Name == "report" {
				return string(f.Data)
			}
		}
		return ""
	})
	add("../cli/testdata/script/*.txtar", func(ar *txtar.Archive) string {
		var b strings.Builder
		for _, line := range strings.Split(string(ar.Comment), "\n") {
			if checks.MatchString(line) {
				b.WriteString(line + "\n")
			}
		}
		return b.String()
	})
	return out
}

// TestEveryCodeIsProducedAsItsExampleSays holds the three together: a code, the case that
// gives it, and the example, whose lines are the case's.
func TestEveryCodeIsProducedAsItsExampleSays(t *testing.T) {
	all := sources(t)
	for _, c := range spec.Codes() {
		if explain.Example(c) == "" {
			t.Errorf("%s has no example", c.Code)
			continue
		}
		produced, shown := false, false
		for _, s := range all {
			if words := strings.FieldsFunc(s.gives, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }); !slices.Contains(words, c.Code) {
				continue
			}
			produced = true
			shown = shown || contains(s.text, explain.Example(c))
		}
		switch {
		case !produced:
			t.Errorf("no case in testdata/cases and no script in internal/cli/testdata/script gives %s", c.Code)
		case !shown:
			t.Errorf("the example of %s is not in a case that gives it:\n%s", c.Code, explain.Example(c))
		}
	}
}

// contains tells whether the lines of an example stand in a text in their order, one
// behind the other but for those left out.
func contains(text, example string) bool {
	lines := strings.Split(text, "\n")
	for _, part := range strings.Split(example, "…") {
		want := strings.Split(strings.TrimSpace(part), "\n")
		for !begins(lines, want) {
			if len(lines) == 0 {
				return false
			}
			lines = lines[1:]
		}
		lines = lines[len(want):]
	}
	return true
}

// begins tells whether lines begin with those that are wanted, which may stand behind
// an indentation or behind what a script has before a command.
func begins(lines, want []string) bool {
	for i, w := range want {
		if i == len(lines) || !strings.HasSuffix(strings.TrimSpace(lines[i]), strings.TrimSpace(w)) {
			return false
		}
	}
	return true
}

func TestEveryCodeIsExplained(t *testing.T) {
	for _, c := range spec.Codes() {
		var b strings.Builder
		if err := explain.Write(&b, c); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{c.Code, c.Title, "What to do", "Example", c.URL()} {
			if !strings.Contains(b.String(), part) {
				t.Errorf("%s lacks %q:\n%s", c.Code, part, b.String())
			}
		}
		if !bytes.Contains(explain.Page(), []byte("\n## "+c.Code+"\n")) {
			t.Errorf("the page has no heading for %s, which its URL leads to", c.Code)
		}
	}
}

func TestAWrongNameFindsWhatWasMeant(t *testing.T) {
	for name, want := range map[string]string{
		"KEY_UNKNWN": "KEY_UNKNOWN", "key": "KEY_UNKNOWN", "foreign": "FOREIGN_API", "sharedfamily": "", "SEARCHES": "SEARCH",
	} {
		near := explain.Near(name)
		if want == "" && len(near) > 0 || want != "" && !slices.Contains(near, want) {
			t.Errorf("near %q are %v, want %q", name, near, want)
		}
	}
	for _, name := range []string{"key_unknown", "key-unknown", "Key Unknown", " KEY_UNKNOWN"} {
		if c, ok := explain.Find(name); !ok || c.Code != spec.KeyUnknown {
			t.Errorf("%q finds %q", name, c.Code)
		}
	}
}
