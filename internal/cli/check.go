package cli

import (
	"bufio"
	"fmt"
	"go/token"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A finding is a site, or another place, that needs a person.
type finding struct {
	pos   token.Position
	code  string
	text  string
	group int // sites of one group are held by the same thing; -1: by itself
}

// check is -check: it names what needs a person and holds their number against the
// budget.
func (j *job) check(res *result, rep *report.Report) (int, error) {
	found := j.findings(res)
	code := exitDone
	if len(found) > j.opt.budget {
		code = exitBudget
	}
	if j.opt.json {
		return code, j.writeReport(rep)
	}
	out := bufio.NewWriter(j.stdout)
	for _, f := range found {
		at := ""
		if f.pos.IsValid() {
			at = fmt.Sprintf("%s:%d: ", j.rel(f.pos.Filename), f.pos.Line)
		}
		fmt.Fprintf(out, "%s%s %s\n", at, j.ui.style.Warn(f.code), f.text)
	}
	switch {
	case len(found) == 0:
		fmt.Fprintf(out, "%s: nothing needs a person.\n", j.prog.Module.Path)
	case code == exitDone:
		fmt.Fprintf(out, "%s: %s, which -budget %d allows.\n", j.prog.Module.Path, needPerson(found), j.opt.budget)
	default:
		fmt.Fprintf(out, "%s: %s, and -budget allows %d. redis2cf explain CODE says what to do.\n", j.prog.Module.Path, needPerson(found), j.opt.budget)
	}
	return code, out.Flush()
}

// needPerson counts what was found, and what it hangs on: one line often holds all calls
// of a client.
func needPerson(found []finding) string {
	text := fmt.Sprintf("%d sites need a person", len(found))
	if len(found) == 1 {
		text = "1 site needs a person"
	}
	causes, held := map[int]bool{}, 0
	for _, f := range found {
		if f.group >= 0 {
			causes[f.group] = true
			held++
		}
	}
	if held > len(causes) {
		text += fmt.Sprintf(" (%d of them hang together with others: %d things to do)", held, len(found)-held+len(causes))
	}
	return text
}

// optedOut are codes by which somebody has decided, with a reason, or that say that the
// run was not for the place.
var optedOut = map[string]bool{spec.KeepComment: true, spec.PackageKept: true, spec.APIKept: true, spec.NotSelected: true}

// findings are the sites and places that need a person: calls that can't move, what contradicts
// the plan, and comments that keep nothing. A module that was migrated is held there:
// a call on go-redis counts although it could move, and so does a key without a family.
func (j *job) findings(res *result) []finding {
	sites := j.found.Sites
	migrated := slices.ContainsFunc(sites, func(s analyzer.Site) bool { return s.Migrated })
	var found []finding
	group := -1
	add := func(pos token.Position, code, text string) {
		if code != "" && !optedOut[code] {
			found = append(found, finding{pos, code, text, group})
		}
	}
	for i := range sites {
		s, f := &sites[i], &res.Fates[i]
		if group = -1; !f.Moved {
			group = f.Group
		}
		code, text := siteNeeds(s, f.Moved, f.Code, f.Text, migrated)
		add(s.Position, code, text)
	}
	group = -1
	for _, g := range res.Groups {
		switch {
		case g.Calls > 0: // counted by its calls
		case !g.Moved:
			add(g.Pos, g.Code, g.Text)
		case migrated:
			add(g.Pos, spec.Migratable, "a name of go-redis")
		}
	}
	for _, p := range j.problems {
		pos := token.Position{}
		if len(p.Pos) > 0 {
			pos = p.Pos[0]
		}
		if p.Code == spec.NoFamily && slices.ContainsFunc(found, func(f finding) bool { return f.pos == pos }) {
			continue // the view of another family, which is said already
		}
		add(pos, p.Code, p.Message)
	}
	for _, p := range res.Problems {
		add(p.Pos, p.Code, p.Text)
	}
	slices.SortStableFunc(found, func(a, b finding) int {
		if c := strings.Compare(a.pos.Filename, b.pos.Filename); c != 0 {
			return c
		}
		return a.pos.Offset - b.pos.Offset
	})
	return found
}

// siteNeeds says what a person has to do about a site; "" is nothing.
func siteNeeds(s *analyzer.Site, moved bool, code, text string, migrated bool) (string, string) {
	on := s.Row.Method
	for _, k := range s.Keys {
		if len(k.Patterns) > 0 {
			on = fmt.Sprintf("%s on %q", on, k.Patterns[0])
			break
		}
	}
	switch {
	case !moved:
		return code, on + ": " + text
	case s.Migrated:
		if d, ok := s.Diagnostic(); ok {
			return d.Category, d.Message
		}
	case migrated:
		return spec.Migratable, on
	}
	return "", ""
}
