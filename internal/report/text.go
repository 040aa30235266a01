package report

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"
)

// maxPlaces is how many positions are shown of sites that need nobody.
const maxPlaces = 3

// WriteText writes the report for people: families first, then what needs a
// person, then the counts.
func WriteText(w io.Writer, r *Report, st Style) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, st.Bold(headline(r)))
	if len(r.Sites) == 0 {
		return out.Flush()
	}
	if err := writeFamilies(out, r, st); err != nil {
		return err
	}
	writePersons(out, r, st)
	writePlain(out, r, st)
	if err := writeCounts(out, r, st); err != nil {
		return err
	}
	return out.Flush()
}

func headline(r *Report) string {
	deps := make([]string, len(r.GoRedis))
	for i, d := range r.GoRedis {
		deps[i] = strings.TrimPrefix(d.Path, "github.com/") + " " + d.Version
	}
	on := ""
	if len(deps) > 0 {
		on = " on " + strings.Join(deps, ", ")
	}
	return fmt.Sprintf("%s: %s%s, %s", r.Module, count(len(r.Sites), "command call"), on, count(len(r.Families), "key family", "key families"))
}

func writeFamilies(w io.Writer, r *Report, st Style) error {
	if len(r.Families) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("Families"))
	rows := [][]string{{"PATTERN", "NAME", "TYPE", "STORE", "TTL", "SITES", "WHY THIS STORE"}}
	for _, f := range r.Families {
		rows = append(rows, []string{f.Pattern, f.Name, f.Type, f.Store, orDash(f.TTL), fmt.Sprint(f.Sites), f.Reason})
	}
	if err := table(w, st, rows); err != nil {
		return err
	}
	// Most families of a kind have the same other choice: one row says it.
	same := map[string][]string{}
	var order []string
	for _, f := range r.Families {
		if f.Alternative == "" {
			continue
		}
		if same[f.Alternative] == nil {
			order = append(order, f.Alternative)
		}
		same[f.Alternative] = append(same[f.Alternative], f.Pattern)
	}
	if len(order) == 0 {
		return nil
	}
	alternatives := [][]string{{"PATTERN", "ANOTHER STORE, AND ITS PRICE"}}
	for _, alt := range order {
		patterns := same[alt]
		for n := 0; n < len(patterns); n += maxPlaces {
			cell := strings.Join(patterns[n:min(n+maxPlaces, len(patterns))], ", ")
			if n == 0 {
				alternatives = append(alternatives, []string{cell, alt})
			} else {
				alternatives = append(alternatives, []string{cell, ""})
			}
		}
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("Alternatives"))
	return table(w, st, alternatives)
}

// writePersons lists what stays on go-redis and the problems of the plan.
func writePersons(w io.Writer, r *Report, st Style) {
	if r.Counts.Stays > 0 {
		fmt.Fprintln(w)
	}
	WriteStays(w, r, st)
	writeProblems(w, r, st)
}

// writePlain sums up the sites that migrate without a view: nothing has to be
// done about them.
func writePlain(w io.Writer, r *Report, st Style) {
	by := map[string][]*Site{}
	keyless := map[string]int{}
	n := 0
	for i := range r.Sites {
		s := &r.Sites[i]
		switch {
		case s.Status != StatusPlain:
		case s.Code != "":
			by[s.Code] = append(by[s.Code], s)
		default:
			keyless[s.Method]++
			n++
		}
	}
	if len(by) == 0 && n == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("Without a view (routed by their key at run time)"))
	if n > 0 {
		fmt.Fprintf(w, "  %s no view to choose: %s\n", count(n, "call that has", "calls that have"), most(keyless))
	}
	for _, code := range codesByCount(by) {
		sites := by[code]
		fmt.Fprintf(w, "  %s %s%s\n", code, count(len(sites), "site"), st.Faint(brackets(sites[0].Title)))
		for _, s := range sites[:min(maxPlaces, len(sites))] {
			fmt.Fprintf(w, "      %s:%d:%d %s%s%s\n", s.File, s.Line, s.Column, s.Method, keysOf(s), why(s))
		}
		if more := len(sites) - maxPlaces; more > 0 {
			fmt.Fprintf(w, "      %s\n", st.Faint(fmt.Sprintf("and %d more; -json lists them", more)))
		}
	}
}

func writeCounts(w io.Writer, r *Report, st Style) error {
	c := r.Counts
	fmt.Fprintf(w, "\n%s\n", st.Bold("Counts"))
	rows := [][]string{{"SITES", "IN TESTS", "WITH A VIEW", "WITHOUT", "STAY", "DONE BEFORE"}}
	rows = append(rows, []string{
		fmt.Sprint(c.Sites), fmt.Sprint(c.Tests), fmt.Sprint(c.View), fmt.Sprint(c.Plain), fmt.Sprint(c.Stays), fmt.Sprint(c.Done),
	})
	return table(w, st, rows)
}

// keysOf shows a site's keys: ` on "session:*"`.
func keysOf(s *Site) string {
	var seen []string
	for _, k := range s.Keys {
		for _, p := range k.Patterns {
			seen = append(seen, fmt.Sprintf("%q", p))
		}
	}
	switch {
	case len(seen) == 0:
		return ""
	case len(seen) > maxPlaces:
		return fmt.Sprintf(" on %s and %d more", strings.Join(seen[:maxPlaces], ", "), len(seen)-maxPlaces)
	}
	return " on " + strings.Join(seen, ", ")
}

func brackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// why is the explanation of a site without a view.
func why(s *Site) string {
	if s.Detail != "" && s.Detail != s.Title {
		return ": " + s.Detail
	}
	for _, k := range s.Keys {
		if len(k.Patterns) == 0 && k.Why != "" {
			return ": " + k.Why
		}
	}
	return ""
}

// most names the methods by how often they are called.
func most(methods map[string]int) string {
	names := make([]string, 0, len(methods))
	for name := range methods {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := methods[names[i]], methods[names[j]]; a != b {
			return a > b
		}
		return names[i] < names[j]
	})
	if more := len(names) - 2*maxPlaces; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:2*maxPlaces], ", "), more)
	}
	return strings.Join(names, ", ")
}

func codesByCount(by map[string][]*Site) []string {
	var codes []string
	for code := range by {
		codes = append(codes, code)
	}
	sort.Slice(codes, func(i, j int) bool {
		if a, b := len(by[codes[i]]), len(by[codes[j]]); a != b {
			return a > b
		}
		return codes[i] < codes[j]
	})
	return codes
}

// count writes a number and its noun: "1 site", "2 sites".
func count(n int, noun string, plural ...string) string {
	if n != 1 {
		if len(plural) > 0 {
			noun = plural[0]
		} else {
			noun += "s"
		}
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
