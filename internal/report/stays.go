package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// How much the text shows of what needs a person; -json has all of it. One call
// that can't move often holds hundreds that hang on the same client, and a list
// of those helps nobody.
const (
	maxCauses   = 5 // of one reason code
	maxHeld     = 3 // positions of one cause
	maxProblems = 5 // of one code
)

// A cause is what stands in the way of some sites.
type cause struct {
	detail string
	sites  []*Site
}

var position = regexp.MustCompile(` \(\S+:\d+\)$`)

// causes puts the sites of one reason together by what holds them.
func causes(sites []*Site) []*cause {
	by := map[string]*cause{}
	var out []*cause
	for _, s := range sites {
		detail := s.Detail
		if detail == s.Title {
			detail = ""
		}
		key := position.ReplaceAllString(detail, "")
		c := by[key]
		if c == nil {
			c = &cause{detail: detail}
			by[key] = c
			out = append(out, c)
		}
		if len(detail) > len(c.detail) {
			c.detail = detail // the one that says where
		}
		c.sites = append(c.sites, s)
	}
	return out
}

// WriteStays lists what stays on go-redis: by reason, then by what holds the
// calls. It writes nothing when nothing stays.
func WriteStays(w io.Writer, r *Report, st Style) {
	by := map[string][]*Site{}
	n := 0
	for i := range r.Sites {
		if s := &r.Sites[i]; s.Status == StatusStays {
			by[s.Code] = append(by[s.Code], s)
			n++
		}
	}
	if n == 0 {
		return
	}
	verb := "stay"
	if n == 1 {
		verb = "stays"
	}
	fmt.Fprintf(w, "%s\n", st.Bold(fmt.Sprintf("%s %s on go-redis", count(n, "command call"), verb)))
	for _, code := range codesByCount(by) {
		sites := by[code]
		fmt.Fprintf(w, "  %s %s%s\n", st.Warn(code), count(len(sites), "call"), st.Faint(brackets(sites[0].Title)))
		list := causes(sites)
		for _, c := range list[:min(maxCauses, len(list))] {
			indent := "      "
			if c.detail != "" {
				fmt.Fprintf(w, "%s%s\n", indent, strings.TrimSuffix(c.detail, "."))
				indent += "    "
			}
			for _, s := range c.sites[:min(maxHeld, len(c.sites))] {
				fmt.Fprintf(w, "%s%s:%d:%d %s%s\n", indent, s.File, s.Line, s.Column, s.Method, keysOf(s))
			}
			if more := len(c.sites) - maxHeld; more > 0 {
				fmt.Fprintf(w, "%s%s\n", indent, st.Faint(fmt.Sprintf("and %d more; redis2cf -json lists them", more)))
			}
		}
		if more := len(list) - maxCauses; more > 0 {
			fmt.Fprintf(w, "      %s\n", st.Faint(fmt.Sprintf("and %s; redis2cf -json lists them", count(more, "more cause"))))
		}
		if advice := sites[0].Advice; advice != "" {
			fmt.Fprintf(w, "      What to do: %s\n", advice)
		}
	}
}

// writeProblems lists what else a person should look at.
func writeProblems(w io.Writer, r *Report, st Style) {
	if len(r.Problems) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", st.Bold("For a person"))
	shown, left := map[string]int{}, map[string]int{}
	var order []string
	for _, p := range r.Problems {
		if shown[p.Code] == maxProblems {
			if left[p.Code]++; left[p.Code] == 1 {
				order = append(order, p.Code)
			}
			continue
		}
		shown[p.Code]++
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
	for _, code := range order {
		fmt.Fprintf(w, "  %s\n", st.Faint(fmt.Sprintf("and %d more %s; redis2cf -json lists them", left[code], code)))
	}
}
