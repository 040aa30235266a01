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
	alternatives := [][]string{{"PATTERN", "ANOTHER STORE, AND ITS PRICE"}}
	for _, f := range r.Families {
		if f.Alternative != "" {
			alternatives = append(alternatives, []string{f.Pattern, f.Alternative})
		}
	}
	if len(alternatives) == 1 {
		return nil
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("Alternatives"))
	return table(w, st, alternatives)
}

// writePersons lists what stays on go-redis and the problems of the plan.
func writePersons(w io.Writer, r *Report, st Style) {
	var stay []*Site
	for i := range r.Sites {
		if r.Sites[i].Status == StatusStays {
			stay = append(stay, &r.Sites[i])
		}
	}
	if len(stay) == 0 && len(r.Problems) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("For a person"))
	for _, s := range stay {
		fmt.Fprintf(w, "  %s:%d:%d: %s%s stays on go-redis: %s%s\n", s.File, s.Line, s.Column, s.Method, keysOf(s), st.Warn(s.Code), st.Faint(brackets(s.Title)))
		if s.Detail != "" && s.Detail != s.Title {
			fmt.Fprintf(w, "      %s\n", s.Detail)
		}
		if s.Advice != "" {
			fmt.Fprintf(w, "      %s\n", s.Advice)
		}
	}
	for _, p := range r.Problems {
		at := ""
		if len(p.At) > 0 {
			at = p.At[0] + ": "
		} else if p.Family != "" {
			at = p.Family + ": "
		}
		fmt.Fprintf(w, "  %s%s %s\n", at, st.Warn(p.Code), p.Message)
		for _, more := range p.At[min(1, len(p.At)):] {
			fmt.Fprintf(w, "      also %s\n", more)
		}
	}
}

// writePlain sums up the sites that migrate without a view: nothing has to be
// done about them.
func writePlain(w io.Writer, r *Report, st Style) {
	by := map[string][]*Site{}
	for i := range r.Sites {
		if s := &r.Sites[i]; s.Status == StatusPlain && s.Code != "" {
			by[s.Code] = append(by[s.Code], s)
		}
	}
	if len(by) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("Without a view (routed by their key at run time)"))
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
