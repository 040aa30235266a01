package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Whatever way a code comes in by, and whichever it is, all four forms name it and say
// what is special there.
func TestNoFormDropsACode(t *testing.T) {
	const here = "what stands in the way"
	outcome := func(o Outcome) func(*Input) {
		return func(in *Input) { in.Outcome = func(int) Outcome { return o } }
	}
	ways := map[string]func(code string) func(*Input){
		"a call that stays": func(code string) func(*Input) {
			return outcome(Outcome{Status: StatusStays, Code: code, Detail: here, Group: -1})
		},
		"a call that moves": func(code string) func(*Input) {
			return outcome(Outcome{Status: StatusPlain, Code: code, Detail: here, Group: -1})
		},
		"what holds a group": func(code string) func(*Input) {
			return func(in *Input) {
				in.Outcome = func(int) Outcome { return Outcome{Status: StatusStays, Code: spec.Migratable, Group: 0} }
				in.Blockers = []Blocker{{Pos: at("b.go", 2, 1), Code: code, Text: here, Group: 0}}
			}
		},
		"a note": func(code string) func(*Input) { // such as REFLECTION
			return func(in *Input) { in.Blockers = []Blocker{{Pos: at("b.go", 2, 1), Code: code, Text: here, Group: -1}} }
		},
		"a problem of the plan": func(code string) func(*Input) {
			return func(in *Input) { in.Problems = []plan.Problem{{Code: code, Family: "a:*", Message: here}} }
		},
		"a bridge": func(code string) func(*Input) {
			return func(in *Input) { in.Cuts = []CutAt{{Pos: at("b.go", 2, 1), Code: code, Bridge: "GoRedis", Text: here}} }
		},
		"what is behind a bridge": func(code string) func(*Input) {
			return func(in *Input) {
				in.Cuts = []CutAt{{Pos: at("b.go", 2, 1), Code: spec.CutValue, Bridge: "GoRedis", Reason: code, Text: here}}
			}
		},
	}
	forms := map[string]func(io.Writer, *Report) error{
		"text":   func(w io.Writer, r *Report) error { return WriteText(w, r, Options{All: true}) },
		"-json":  WriteJSON,
		"-sarif": func(w io.Writer, r *Report) error { return WriteSARIF(w, r, SARIF{}) },
		"-html":  func(w io.Writer, r *Report) error { return WriteHTML(w, r, nil, "", false) },
	}
	for _, c := range spec.Codes() {
		for way, set := range ways {
			in := Input{Root: "/m", Module: "example.com/m", Plan: &plan.Plan{Package: "internal/cfstore"}, Sites: []analyzer.Site{call(t, "a.go", 1, "Get")}}
			set(c.Code)(&in)
			r := New(in)
			for form, write := range forms {
				var out bytes.Buffer
				if err := write(&out, r); err != nil {
					t.Fatal(err)
				}
				text := out.String()
				if form == "-sarif" { // all codes are among its rules
					_, text, _ = strings.Cut(text, `"results"`)
				}
				if !strings.Contains(text, c.Code) || !strings.Contains(text, here) {
					t.Errorf("%s as %s is not in %s", c.Code, way, form)
				}
			}
		}
	}
}
