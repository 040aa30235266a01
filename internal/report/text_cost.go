package report

import (
	"fmt"
	"io"
	"sort"
	"strings"
)

// costs writes the bill by family, the dearest first, and what else is worse than
// with Redis.
func (o Options) costs(w io.Writer, r *Report) {
	var used []*Family
	for i := range r.Families {
		if f := &r.Families[i]; f.Sites > 0 && !f.TestOnly && len(f.Cost.Month) > 0 {
			used = append(used, f)
		}
	}
	if len(used) == 0 {
		return
	}
	sort.SliceStable(used, func(i, j int) bool { return used[i].Cost.last() > used[j].Cost.last() })
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold("A month on Cloudflare, in dollars, if a family alone had so many writes a second"))
	shown, more := o.shorten(len(used), maxCosts, "families that cost no more")
	columns := []column{{head: "FAMILY"}, {head: "STORE"}}
	for _, rate := range Rates {
		columns = append(columns, column{thousands(float64(rate)) + "/S", true})
	}
	columns = append(columns, column{"IN DO", true}, column{head: "MOST OF IT"})
	var rows [][]string
	for _, f := range used[:shown] {
		row := append([]string{f.Pattern, f.where()}, sums(f.Cost.Month)...)
		alone := "-"
		if n := len(f.Cost.Object); n > 0 {
			alone = money(f.Cost.Object[n-1].Dollars)
		}
		rows = append(rows, append(row, alone, mostOf(f.Cost.Month)))
	}
	if len(used) > 1 && len(r.Bill.Month) > 0 {
		row := append([]string{"all, evenly", ""}, sums(r.Bill.Month)...)
		rows = append(rows, append(row, "", mostOf(r.Bill.Month)))
	}
	o.table(w, columns, rows)
	o.more(w, "  ", more)
	o.wrap(w, "  ", "", fmt.Sprintf("IN DO is the last of them with store: do. Upper figures, with the %s $ of the Workers Paid plan in each: every write is to a new key, one program sends %d messages a second from 10 ms away, at prices of July 2026. -json and -html say what each is made of.", money(r.Bill.Plan), framesPerSecond))
	o.effects(w, used)
}

// effects writes what gets staler, slower and dearer, families with the same effect
// together.
func (o Options) effects(w io.Writer, used []*Family) {
	list := worse(used)
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold("Staler, slower or dearer than with Redis"))
	for _, e := range list {
		o.wrap(w, "  ", o.names(e.Families)+": ", e.Text)
	}
}

// names lists patterns, the first of them where they are many.
func (o Options) names(patterns []string) string {
	shown, more := o.shorten(len(patterns), maxCosts)
	text := strings.Join(patterns[:shown], ", ")
	if more != "" {
		text += fmt.Sprintf(" and %d more", len(patterns)-shown)
	}
	return text
}

// last is the bill at the highest rate.
func (c *Cost) last() float64 { return c.Month[len(c.Month)-1].Dollars }

func sums(months []Month) []string {
	var out []string
	for _, m := range months {
		out = append(out, money(m.Dollars))
	}
	return out
}

// mostOf names what makes most of the bill at the highest rate.
func mostOf(months []Month) string {
	if len(months) == 0 {
		return ""
	}
	var parts []string
	for _, l := range months[len(months)-1].Lines {
		if len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%s %s", l.Meter, money(l.Dollars)))
		}
	}
	return strings.Join(parts, ", ")
}

// money writes dollars for people: cents below a hundred.
func money(d float64) string {
	if d < 100 {
		return fmt.Sprintf("%.2f", d)
	}
	return thousands(d)
}

// thousands writes a whole number with commas.
func thousands(d float64) string {
	s := fmt.Sprintf("%.0f", d)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
