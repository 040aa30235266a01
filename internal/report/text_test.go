package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -update writes it\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

func TestTextHasEverythingAPersonNeeds(t *testing.T) {
	var out bytes.Buffer
	if err := WriteText(&out, example(t), Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", out.Bytes())
}

// One call can hold hundreds: the text stays readable, and says what holds them.
func TestManyThatStayAreAFewLines(t *testing.T) {
	in := Input{Root: "/m", Module: "example.com/big", Plan: &plan.Plan{Package: "internal/cfstore"},
		Blockers: []Blocker{{Pos: at("b.go", 7, 3), Code: spec.ClusterAdmin, Text: "Client.ClusterInfo: not needed", Group: 0}}}
	for i := range 300 {
		in.Sites = append(in.Sites, call(t, "a.go", i+1, "Get"))
		in.Problems = append(in.Problems, plan.Problem{Code: spec.FamilyConflict, Family: fmt.Sprintf("f%d:*", i), Message: "too near", Pos: []token.Position{at("a.go", 1, 1)}})
	}
	in.Outcome = func(int) Outcome {
		return Outcome{Status: StatusStays, Code: spec.ClusterAdmin, Detail: "Client.ClusterInfo: not needed (b.go:7)"}
	}
	r := New(in)
	var out bytes.Buffer
	WriteWork(&out, r, Options{})
	text := out.String()
	if n := strings.Count(text, "\n"); n > 15 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for _, want := range []string{"b.go:7:3 Client.ClusterInfo: not needed; keeps 300 calls on go-redis", "and 296 more; -all shows them", "301 places"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "ClusterInfo"); n != 1 {
		t.Errorf("the cause is told %d times:\n%s", n, text)
	}
	if n := strings.Count(text, "too near"); n != maxWork {
		t.Errorf("what is no name and a text behind it is told %d times, not at each place:\n%s", n, text)
	}
	out.Reset()
	WriteWork(&out, r, Options{All: true})
	if n := strings.Count(out.String(), "too near"); n != 300 {
		t.Errorf("-all shows %d of 300", n)
	}
}

// What the places of one reason have in common is told once, above them.
func TestPlacesShareTheirExplanation(t *testing.T) {
	const why = "there is no such process"
	in := Input{Root: "/m", Module: "example.com/big", Plan: &plan.Plan{Package: "internal/cfstore"}}
	for i, name := range []string{"ConfigGet", "ConfigSet"} {
		p := at("b.go", i+1, 1)
		in.Sites = append(in.Sites, call(t, "b.go", i+1, "Get"))
		in.Blockers = append(in.Blockers, Blocker{Pos: p, Code: spec.ServerAdmin, Text: "Client." + name + ": " + why, Group: i})
		in.Cuts = append(in.Cuts, CutAt{Pos: p, Code: spec.CutMethod, Bridge: "GoRedis", Reason: spec.ServerAdmin, Text: "Client." + name + ": " + why})
	}
	r := New(in)
	for what, write := range map[string]func(*bytes.Buffer){
		"work":    func(out *bytes.Buffer) { WriteWork(out, r, Options{}) },
		"bridges": func(out *bytes.Buffer) { WriteCuts(out, r, Options{}) },
	} {
		var out bytes.Buffer
		write(&out)
		text := out.String()
		if n := strings.Count(text, why); n != 1 || !strings.Contains(text, "Client.ConfigGet\n") || !strings.Contains(text, "Client.ConfigSet\n") {
			t.Errorf("%s: told %d times in\n%s", what, n, text)
		}
	}
}

// One thing that may set other keys is named once, with all of them.
func TestADefaultIsToldOnceForAllItsKeys(t *testing.T) {
	in := Input{Root: "/m", Module: "m", Plan: &plan.Plan{Package: "internal/cfstore"}}
	for i, p := range []string{"app:a:*", "app:b:*", "app:a:*"} {
		s := call(t, "a.go", i+1, "Get", p)
		s.Keys[0].Assumed = "WithPrefix may set another one"
		in.Sites = append(in.Sites, s)
	}
	var out bytes.Buffer
	Options{}.assumed(&out, New(in))
	if text := out.String(); !strings.Contains(text, "Taken from defaults: 2 key patterns\n  app:a:*, app:b:*: WithPrefix may set another one\n      a.go:1:7 Get, a.go:2:7 Get, a.go:3:7 Get\n") {
		t.Errorf("got\n%s", text)
	}
}

func TestOnlyStoresInUseAreExplained(t *testing.T) {
	f := func(store, consistency string) Family {
		return Family{Pattern: "*", Store: store, Consistency: consistency}
	}
	for want, families := range map[string][]Family{
		"do is a Durable Object, which keeps the rows and orders every command.":                                                 {f("do", "")},
		"do is a Durable Object, which keeps the rows and orders every command; kv primary is KV alone.":                         {f("kv", "primary")},
		"do is a Durable Object, which keeps the rows and orders every command; d1 the same with a copy in D1, for SQL.":         {f("d1", "follow"), f("d1", "")},
		"do is a Durable Object, which keeps the rows and orders every command; d1 sync a copy in D1 that each write waits for.": {f("d1", "sync")},
	} {
		if got := storesAre(families); got != want {
			t.Errorf("%v: %s", families, got)
		}
	}
}

func TestTheExampleOfAViewHasAType(t *testing.T) {
	r := &Report{Package: "internal/cfstore", Families: []Family{{Pattern: "*", Name: "Default", Type: "any"}, {Pattern: "{*}.ts", Name: "Ts", Type: "any"}}}
	if got := r.viewIs(); got != "" {
		t.Errorf("no family has a type, and the report says: %s", got)
	}
	r.Families = append(r.Families, Family{Pattern: "page:*", Name: "Page", Type: "string"})
	if got := r.viewIs(); !strings.Contains(got, "cfstore.Page(rdb)") {
		t.Errorf("got %q", got)
	}
}

// A narrow terminal breaks lines between words, and no line is wider than it but
// for what cannot be broken.
func TestTextFitsTheTerminal(t *testing.T) {
	for _, width := range []int{200, 100, 80, 60} {
		var out bytes.Buffer
		if err := WriteText(&out, example(t), Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(out.String(), "A key that is added")
		for _, line := range strings.Split(text, "\n") {
			if uniseg.StringWidth(line) > width && width >= 80 {
				t.Errorf("width %d: %d columns: %s", width, uniseg.StringWidth(line), line)
			}
		}
		golden(t, fmt.Sprintf("report%d.txt", width), out.Bytes())
	}
}

func TestTablesLineUpWhateverStandsInThem(t *testing.T) {
	var out bytes.Buffer
	Options{}.table(&out, []column{{head: "PATTERN"}, {head: "N", right: true}, {head: "WHY"}},
		[][]string{{"a:*", "1", "short"}, {"会話:*", "1000", "two\nlines"}, {"\x1b[31mred", "20", ""}, {"\xff", "3", "x"}})
	want := "  PATTERN         N  WHY\n  a:*             1  short\n  会話:*       1000  two lines\n  \\x1b[31mred    20\n  \\xff            3  x\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestJSONIsTheDocumentedFormat(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, example(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", out.Bytes())
}

func TestJSONOfNothingHasNoNulls(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, &Report{Sites: []Site{{Keys: []Key{{}}}}, Families: []Family{{}}, Problems: []Problem{{}}}); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Bytes()) || strings.Contains(out.String(), "null") {
		t.Errorf("got %s", out.String())
	}
}

func TestColourOnlyAddsEscapes(t *testing.T) {
	var plain, coloured bytes.Buffer
	if err := WriteText(&plain, example(t), Options{}); err != nil {
		t.Fatal(err)
	}
	if err := WriteText(&coloured, example(t), Options{Style: Colour()}); err != nil {
		t.Fatal(err)
	}
	text := coloured.String()
	for {
		i := strings.IndexByte(text, '\x1b')
		if i < 0 {
			break
		}
		text = text[:i] + text[i+strings.IndexByte(text[i:], 'm')+1:]
	}
	if text != plain.String() {
		t.Errorf("without escapes:\n%s\nplain:\n%s", text, plain.String())
	}
	if coloured.Len() == plain.Len() {
		t.Error("no escapes at all")
	}
}
