package report

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// sarifSources are the files of exampleInput that have columns to count.
var sarifSources = map[string]string{
	"a.go": "package a\n\n\t/*会😀*/ rdb.Get(k)\n",
	"b.go": strings.Repeat("one two three\n", 30),
}

func sarifOf(t *testing.T, r *Report, in SARIF) (string, sarifLog) {
	t.Helper()
	if in.Source == nil {
		in.Source = func(file string) []byte {
			if src, ok := sarifSources[file]; ok {
				return []byte(src)
			}
			return nil
		}
	}
	var out bytes.Buffer
	if err := WriteSARIF(&out, r, in); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	return out.String(), log
}

var sarifEdits = []Edit{
	{File: "a.go", Start: 12, End: 12, New: "cfstore.Session(", Group: 1},
	{File: "a.go", Start: 0, End: 7, New: "", Group: -1},
	{File: "b.go", Start: 15, End: 18, New: "cfstore", Group: 1},
	{File: "b.go", Start: 14, End: 14, New: "x", Group: 2},
	{File: "d.go", Start: 1, End: 2, New: "y", Group: 3},
}

// The schema is OASIS's own.
func TestSARIFKeepsToItsSchema(t *testing.T) {
	schema := compile(t, filepath.Join("testdata", "sarif-schema-2.1.0.json"), false)
	in := exampleInput(t)
	in.Blockers[1].Text = "hostile \x1b[31m \xff </script> \u2028"
	in.Blockers[1].Pos.Filename = "/m/a b/会:%.go"
	in.Problems = append(in.Problems, plan.Problem{Code: spec.GroupsSplit, Message: "a problem without a place"})
	for name, r := range map[string]*Report{"example": New(in), "nothing": {Module: "m"}} {
		text, _ := sarifOf(t, r, SARIF{Version: "v1.2.3", Edits: sarifEdits})
		if err := schema.Validate(decode(t, []byte(text))); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestSARIFSaysWhereAndHowBad(t *testing.T) {
	_, log := sarifOf(t, example(t), SARIF{Prefix: "services/shop"})
	run := log.Runs[0]
	if got, want := len(run.Tool.Driver.Rules), len(spec.Codes()); got != want {
		t.Errorf("%d rules, want %d", got, want)
	}
	for i, want := range []struct {
		rule, level, uri string
		line             int
	}{
		{spec.ServerAdmin, "warning", "services/shop/b.go", 8},
		{spec.FamilyConflict, "warning", "services/shop/a.go", 3},
		{spec.ForeignAPI, "warning", "services/shop/d.go", 20},
		{spec.KeepComment, "note", "services/shop/e.go", 5},
		{spec.CutLibrary, "note", "services/shop/lock.go", 12},
		{spec.CutErrors, "note", "services/shop/lock.go", 30},
		{spec.KeyFromData, "note", "services/shop/b.go", 4},
		{spec.SeveralFamilies, "note", "services/shop/c.go", 1},
	} {
		r := run.Results[i]
		l := r.Locations[0].Physical
		if r.RuleID != want.rule || r.Level != want.level || l.Artifact.URI != want.uri || l.Region.StartLine != want.line || l.Artifact.Base != sarifRoot {
			t.Errorf("result %d: %+v, want %+v", i, r, want)
		}
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; rule.ID != r.RuleID || !strings.HasSuffix(rule.HelpURI, "#"+strings.ToLower(rule.ID)) {
			t.Errorf("result %d has the rule %+v", i, rule)
		}
	}
	// Go counts bytes, and the file is not known for c.go.
	if c := run.Results[1].Locations[0].Physical.Region.StartColumn; c != 5 {
		t.Errorf("column 7 in bytes is column %d in UTF-16, want 5", c)
	}
	if c := run.Results[7].Locations[0].Physical.Region.StartColumn; c != 0 {
		t.Errorf("a file that is not known has the column %d", c)
	}
}

// Code scanning knows a finding again by its fingerprint.
func TestFingerprintsOutliveMovedLines(t *testing.T) {
	prints := func(shift int) []string {
		in := exampleInput(t)
		for i := range in.Sites {
			in.Sites[i].Position.Line += shift
		}
		for i := range in.Blockers {
			in.Blockers[i].Pos.Line += shift
			in.Blockers[i].Text += " (b.go:" + strings.Repeat("1", shift+1) + ")"
		}
		_, log := sarifOf(t, New(in), SARIF{})
		var out []string
		for _, r := range log.Runs[0].Results {
			out = append(out, r.Fingerprints[fingerprint])
		}
		return out
	}
	before, after := prints(0), prints(3)
	if len(before) != 12 || strings.Join(before, " ") != strings.Join(after, " ") {
		t.Errorf("before %v\nafter  %v", before, after)
	}
	once := map[string]bool{}
	for _, p := range before {
		if once[p] {
			t.Errorf("two results have the fingerprint %s", p)
		}
		once[p] = true
	}
}

// Edits that only make sense together are one fix.
func TestFixesAreWholeGroups(t *testing.T) {
	_, log := sarifOf(t, example(t), SARIF{Edits: sarifEdits, Source: func(file string) []byte {
		if file == "d.go" {
			return []byte("ab\r\ncd")
		}
		return []byte(sarifSources[file])
	}})
	var fixes []sarifResult
	for _, r := range log.Runs[0].Results {
		if r.RuleID == spec.Migratable {
			fixes = append(fixes, r)
		}
	}
	if len(fixes) != 3 {
		t.Fatalf("%d fixes, want groups 1 with what its file needs, 2 and 3", len(fixes))
	}
	changes := fixes[0].Fixes[0].Changes
	if len(changes) != 2 || len(changes[0].Replacements) != 2 || changes[0].Replacements[1].Inserted != nil {
		t.Errorf("the first fix is %+v", changes)
	}
	if got, want := changes[1].Replacements[0].Deleted, (sarifRegion{2, 2, 2, 5}); got != want {
		t.Errorf("the range is %+v, want %+v", got, want)
	}
	if got, want := fixes[2].Fixes[0].Changes[0].Replacements[0].Deleted, (sarifRegion{1, 2, 1, 3}); got != want {
		t.Errorf("the range is %+v, want %+v", got, want)
	}
}

func TestColumnsOfUTF16(t *testing.T) {
	for text, want := range map[string]int{"abc": 3, "会": 1, "😀": 2, "\xff\xff": 2, "": 0} {
		if got := units([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
