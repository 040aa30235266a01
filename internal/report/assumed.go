package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// An assumption is what may set other keys than the default that the program writes out,
// with the patterns of that default and the calls that have them.
type assumption struct {
	By       string
	Patterns []string
	Sites    []*Site
}

// confirm says what to do about assumptions, once for all of them.
const confirm = "Look at what is named: where nothing sets another value, nothing is to do. Keys of another value are in no family and live where the default family says; give redis2cf.yaml a family with their pattern, run redis2cf generate, and they have a store of their own."

// assumptions are the defaults in the order of the calls.
func assumptions(r *Report) []*assumption {
	index := map[string]*assumption{}
	var out []*assumption
	for i := range r.Sites {
		s := &r.Sites[i]
		for _, k := range s.Keys {
			if k.Assumed == "" {
				continue
			}
			if len(k.Patterns) == 0 {
				continue
			}
			a := index[k.Assumed]
			if a == nil {
				a = &assumption{By: k.Assumed}
				index[k.Assumed] = a
				out = append(out, a)
			}
			for _, p := range k.Patterns {
				if !slices.Contains(a.Patterns, p) {
					a.Patterns = append(a.Patterns, p)
				}
			}
			if n := len(a.Sites); n == 0 || a.Sites[n-1] != s {
				a.Sites = append(a.Sites, s)
			}
		}
	}
	return out
}

// assumed writes which keys are a default of the program's.
func (o Options) assumed(w io.Writer, r *Report) {
	list := assumptions(r)
	if len(list) == 0 {
		return
	}
	patterns := map[string]bool{}
	for _, a := range list {
		for _, p := range a.Patterns {
			patterns[p] = true
		}
	}
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold(fmt.Sprintf("Taken from defaults: %s", count(len(patterns), "key pattern"))))
	shown, more := o.shorten(len(list), maxCodes, "others that may set keys")
	for _, a := range list[:shown] {
		o.wrap(w, "  ", o.names(a.Patterns)+": ", a.By)
		places, rest := o.shorten(len(a.Sites), maxPlaces)
		var at []string
		for _, s := range a.Sites[:places] {
			at = append(at, s.Place()+" "+s.Method)
		}
		o.wrap(w, "      ", "", strings.Join(at, ", "))
		o.more(w, "      ", rest)
	}
	o.more(w, "  ", more)
	o.wrap(w, "  ", "To confirm: ", confirm)
}
