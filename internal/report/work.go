package report

import (
	"fmt"
	"go/token"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Work is one thing for a person to do, or to know, at one place.
type Work struct {
	Code   string   `json:"code"`
	Title  string   `json:"title"`
	At     []string `json:"at"`     // file:line:column, the line to change first
	Family string   `json:"family"` // pattern, when it is about one
	Detail string   `json:"detail"` // what stands in the way here, in one line
	Why    string   `json:"why"`
	Do     string   `json:"do"`
	Effort string   `json:"effort"` // minutes, small, medium, large; none: it is as it should be, or goes with another one
	Holds  int      `json:"holds"`  // calls that stay on go-redis until it is done
	Fatal  bool     `json:"fatal"`  // -w refuses to write before it is done
}

// Effort sums up the work that takes any.
type Effort struct {
	Places  int     `json:"places"` // of Work with an effort
	Minutes int     `json:"minutes"`
	Small   int     `json:"small"`
	Medium  int     `json:"medium"`
	Large   int     `json:"large"`
	Hours   float64 `json:"hours"` // all together, as a size: ten minutes, an hour, four, and three days of eight
}

// A Blocker is a place that holds calls back, or that a person should look at.
type Blocker struct {
	Pos   token.Position
	Code  string
	Text  string
	Group int // the sites of this group stay with it; -1: none do
}

// work lists what there is to do: what holds calls on go-redis, then the rest.
func (in *Input) work(r *Report) []Work {
	held := map[int]int{}
	loose := map[string][]*Site{} // sites that no blocker holds, by what they say
	var order []string
	blocked := map[int]bool{}
	for _, b := range in.Blockers {
		blocked[b.Group] = b.Group >= 0 || blocked[b.Group]
	}
	for i := range r.Sites {
		s := &r.Sites[i]
		switch {
		case s.Status != StatusStays:
		case blocked[s.group]:
			held[s.group]++
		default:
			key := s.Code + " " + position.ReplaceAllString(s.Detail, "")
			if loose[key] == nil {
				order = append(order, key)
			}
			loose[key] = append(loose[key], s)
		}
	}
	var out []Work
	for _, b := range in.Blockers {
		w := newWork(b.Code, b.Text)
		w.At, w.Holds = []string{in.place(b.Pos)}, held[b.Group]
		out = append(out, w)
	}
	for _, key := range order {
		sites := loose[key]
		w := newWork(sites[0].Code, sites[0].Detail)
		if w.Do != "" {
			w.Do = sites[0].Advice
		}
		w.Holds = len(sites)
		for _, s := range sites {
			w.At = append(w.At, s.Place())
		}
		out = append(out, w)
	}
	out = append(out, in.problems()...)
	sort.SliceStable(out, func(i, j int) bool {
		a, b := &out[i], &out[j]
		switch x, y := spec.Effort(a.Effort).Hours(), spec.Effort(b.Effort).Hours(); {
		case a.Fatal != b.Fatal:
			return a.Fatal
		case (x > 0) != (y > 0):
			return x > 0
		case a.Holds != b.Holds:
			return a.Holds > b.Holds
		case x != y:
			return x < y
		}
		return false
	})
	return out
}

// problems are the plan's, those of one family and code as one.
func (in *Input) problems() []Work {
	var out []Work
	var alike []int
	index := map[string]int{}
	for i := range in.Problems {
		p := &in.Problems[i]
		key := p.Code + " " + p.Family
		at, ok := index[key]
		if !ok {
			at = len(out)
			index[key] = at
			w := newWork(p.Code, p.Message)
			w.Family = p.Family
			out, alike = append(out, w), append(alike, 0)
		} else {
			alike[at]++
		}
		w := &out[at]
		w.Fatal = w.Fatal || p.Fatal
		for _, pos := range p.Pos {
			if place := in.place(pos); !slices.Contains(w.At, place) {
				w.At = append(w.At, place)
			}
		}
	}
	for i, n := range alike {
		if n > 0 {
			out[i].Detail += fmt.Sprintf(" (and %d more of this family)", n)
		}
	}
	return out
}

func newWork(code, detail string) Work {
	w := Work{Code: code, Detail: strings.TrimSuffix(position.ReplaceAllString(detail, ""), "."), Effort: string(spec.EffortSmall)}
	if c, ok := spec.CodeOf(code); ok {
		w.Title, w.Why, w.Do, w.Effort = c.Title, c.Why, c.Do, string(c.Effort)
	}
	if w.Detail == w.Title {
		w.Detail = ""
	}
	return w
}

// position is where the blocker is, at the end of a site's detail.
var position = regexp.MustCompile(` \(\S+:\d+\)$`)

// sum adds up what takes an effort.
func sum(work []Work) Effort {
	var e Effort
	for i := range work {
		size := spec.Effort(work[i].Effort)
		e.Hours += size.Hours()
		switch size {
		case spec.EffortNone:
			continue
		case spec.EffortMinutes:
			e.Minutes++
		case spec.EffortSmall:
			e.Small++
		case spec.EffortMedium:
			e.Medium++
		case spec.EffortLarge:
			e.Large++
		}
		e.Places++
	}
	e.Hours = math.Round(10*e.Hours) / 10
	return e
}

// About writes a sum for people: "about 3 hours", "about 2 days".
func (e Effort) About() string {
	switch h := e.Hours; {
	case h == 0:
		return "nothing to do"
	case h < 1:
		return fmt.Sprintf("about %d minutes", max(int(math.Round(h*6)), 1)*10)
	case h < 1.5:
		return "about an hour"
	case h <= 8:
		return fmt.Sprintf("about %d hours", int(math.Round(h)))
	case h < 12:
		return "about a day"
	default:
		return fmt.Sprintf("about %d days", int(math.Round(h/8)))
	}
}

// Sizes writes how many places of each size there are: "2 × minutes, 1 × medium".
func (e Effort) Sizes() string {
	var parts []string
	for _, s := range []struct {
		n    int
		name spec.Effort
	}{{e.Minutes, spec.EffortMinutes}, {e.Small, spec.EffortSmall}, {e.Medium, spec.EffortMedium}, {e.Large, spec.EffortLarge}} {
		if s.n > 0 {
			parts = append(parts, fmt.Sprintf("%d × %s", s.n, s.name))
		}
	}
	return strings.Join(parts, ", ")
}
