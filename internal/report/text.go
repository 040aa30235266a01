package report

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"
)

// How much the text shows without Options.All. One page is read; ten are not.
const (
	maxFamilies = 20
	maxWork     = 4 // places of one reason code
	maxCodes    = 8 // reason codes
	maxCosts    = 6
	maxPlaces   = 3 // positions of calls that need nobody
)

// WriteText writes the report for people: families first, then what needs a
// person, then what it costs, then the counts and what comes after.
func WriteText(w io.Writer, r *Report, o Options) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, o.Style.Bold(headline(r)))
	if len(r.Sites) == 0 {
		return out.Flush()
	}
	o.wrap(out, "", "", r.Summary())
	o.families(out, r)
	o.work(out, r)
	o.cuts(out, r)
	o.assumed(out, r)
	o.costs(out, r)
	o.plain(out, r)
	o.counts(out, r)
	o.guide(out, r)
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
	return printable(fmt.Sprintf("%s: %s%s, %s", r.Module, count(len(r.Sites), "command call"), on, count(len(r.Families), "key family", "key families")))
}

// Summary is the report in one sentence.
func (r *Report) Summary() string {
	c := r.Counts
	var parts []string
	if n := c.View + c.Plain; n > 0 {
		parts = append(parts, fmt.Sprintf("%d can move (%d with a view)", n, c.View))
	}
	if c.Done > 0 {
		parts = append(parts, fmt.Sprintf("%d moved before", c.Done))
	}
	if c.Stays > 0 {
		parts = append(parts, fmt.Sprintf("%d stay on go-redis", c.Stays))
	}
	text := strings.Join(parts, ", ") + "; "
	if r.Effort.Places == 0 {
		return text + "nothing needs a person."
	}
	return text + fmt.Sprintf("%s a person: %s.", count(r.Effort.Places, "place needs", "places need"), r.Effort.About())
}

// byReason puts families with the same reason together, in the order of the plan,
// those that only tests use last.
func byReason(families []Family) []*Family {
	first := map[string]int{}
	var out []*Family
	for i := range families {
		f := &families[i]
		if _, ok := first[f.Store+f.Reason]; !ok {
			first[f.Store+f.Reason] = i
		}
		out = append(out, f)
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.TestOnly != b.TestOnly {
			return b.TestOnly
		}
		return first[a.Store+a.Reason] < first[b.Store+b.Reason]
	})
	return out
}

func (o Options) families(w io.Writer, r *Report) {
	if len(r.Families) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold("Families"))
	all := byReason(r.Families)
	shown, more := o.shorten(len(all), maxFamilies, "families")
	var rows [][]string
	for i, f := range all[:shown] {
		why := f.Reason
		if i > 0 && all[i-1].Reason == why && all[i-1].Store == f.Store && len(why) > len("as above") {
			why = "as above"
		}
		rows = append(rows, []string{f.Pattern, f.Name, f.Type, f.where(), orDash(f.TTL), fmt.Sprint(f.Sites), why})
	}
	o.table(w, []column{{head: "PATTERN"}, {head: "NAME"}, {head: "TYPE"}, {head: "STORE"}, {head: "TTL"}, {head: "SITES", right: true}, {head: "WHY THIS STORE"}}, rows)
	o.more(w, "  ", more)
	o.wrap(w, "  ", "", strings.TrimSpace("Store "+storesAre(r.Families)+" "+r.viewIs()))
}

// where is the family's store with what people wrote beside it.
func (f *Family) where() string {
	if f.Consistency == "" || f.Consistency == "follow" {
		return f.Store
	}
	return f.Store + " " + f.Consistency
}

func (o Options) more(w io.Writer, indent, text string) {
	if text != "" {
		fmt.Fprintf(w, "%s%s\n", indent, o.Style.Faint(text))
	}
}

// plain sums up the sites that migrate without a view: nothing has to be done
// about them.
func (o Options) plain(w io.Writer, r *Report) {
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
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold("Moves without a view (routed by the key at run time; nothing to do)"))
	if n > 0 {
		o.wrap(w, "  ", "", fmt.Sprintf("%s no view to choose: %s", count(n, "call that has", "calls that have"), most(keyless)))
	}
	for _, code := range codesByCount(by) {
		sites := by[code]
		fmt.Fprintf(w, "  %s %s%s\n", code, count(len(sites), "call"), o.Style.Faint(brackets(sites[0].Title)))
		shown, more := o.shorten(len(sites), maxPlaces)
		for _, s := range sites[:shown] {
			o.wrap(w, "      ", s.Place()+" ", s.Method+keysOf(s)+why(s))
		}
		o.more(w, "      ", more)
	}
}

func (o Options) counts(w io.Writer, r *Report) {
	c := r.Counts
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold("Counts"))
	var columns []column
	for _, head := range []string{"CALLS", "IN TESTS", "WITH A VIEW", "WITHOUT", "STAY", "DONE BEFORE"} {
		columns = append(columns, column{head, true})
	}
	o.table(w, columns, [][]string{{
		fmt.Sprint(c.Sites), fmt.Sprint(c.Tests), fmt.Sprint(c.View), fmt.Sprint(c.Plain), fmt.Sprint(c.Stays), fmt.Sprint(c.Done),
	}})
}

// guide writes the answers for later, the sentences first.
func (o Options) guide(w io.Writer, r *Report) {
	for _, t := range r.Guide {
		fmt.Fprintf(w, "\n%s\n", o.Style.Bold(t.Title))
		for _, l := range t.Lines {
			o.wrap(w, "  ", "", l)
		}
		for _, l := range t.Code {
			fmt.Fprintln(w, strings.TrimRight("      "+printable(l), " "))
		}
	}
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
