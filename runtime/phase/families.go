package phase

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
)

// A Family is a family of keys that may be in another phase than the others.
type Family struct {
	Name    string // as the plan has it: "Session"
	Pattern string // Redis glob without character classes: "session:*"
	Phase   Phase
}

// rank orders the phases of a move.
func (p Phase) rank() int { return slices.Index(Phases, p) }

// Before tells whether a phase comes before another one in a move.
func (p Phase) Before(other Phase) bool { return p.rank() < other.rank() }

// A division says in which phase each key is. It does not change.
//
// It is kept in the store and not taken from the plans of programs: two programs with
// different plans would have two truths for a key.
type division struct {
	rest     Phase    // of the keys that are in no family
	families []Family // none where all are in one phase
	find     *kvprimary.Families
	byName   map[string]Phase // by pattern
}

// newDivision divides. Of several patterns that fit a key the one with the most literal
// bytes counts, as in the plan.
func newDivision(rest Phase, families []Family) *division {
	d := &division{rest: rest}
	if !slices.ContainsFunc(families, func(f Family) bool { return f.Phase != rest }) {
		return d
	}
	d.families = families
	d.byName = map[string]Phase{}
	list := make([]kvprimary.Family, len(families))
	for i, f := range families {
		list[i] = kvprimary.Family{Pattern: f.Pattern, Name: f.Pattern}
		if _, twice := d.byName[f.Pattern]; !twice {
			d.byName[f.Pattern] = f.Phase
		}
	}
	d.find = kvprimary.NewFamilies(list)
	return d
}

// of is the phase of a key.
func (d *division) of(key string) Phase {
	if d.find == nil {
		return d.rest
	}
	f, ok := d.find.Of(key)
	if !ok {
		return d.rest
	}
	return d.byName[f.Pattern]
}

// is tells of keys whether they are in a phase.
func (d *division) is(p Phase) func(key string) bool {
	return func(key string) bool { return d.of(key) == p }
}

// has tells whether some keys may be in a phase.
func (d *division) has(p Phase) bool {
	return d.rest == p || slices.ContainsFunc(d.families, func(f Family) bool { return f.Phase == p })
}

// all tells whether all keys are in a phase.
func (d *division) all(p Phase) bool { return d.find == nil && d.rest == p }

func (d *division) equal(other *division) bool {
	return other != nil && d.rest == other.rest && slices.Equal(d.families, other.families)
}

func (d *division) String() string {
	if d.find == nil {
		return string(d.rest)
	}
	var b strings.Builder
	b.WriteString(string(d.rest))
	for _, f := range d.families {
		if f.Phase != d.rest {
			fmt.Fprintf(&b, ", %s %s", f.Name, f.Phase)
		}
	}
	return b.String()
}

// A step is what a switch does to some keys.
type step struct {
	what     string // which keys, for messages
	from, to Phase
}

// steps are what a switch from one division to another does. Two keys of one pattern take
// the same step, but where a pattern of one division lies across several of the other:
// each pattern is looked at there with the shortest key that it has.
func steps(from, to *division) []step {
	out := []step{{"", from.rest, to.rest}}
	seen := map[string]bool{}
	for _, list := range [][]Family{from.families, to.families} {
		for _, f := range list {
			if seen[f.Pattern] {
				continue
			}
			seen[f.Pattern] = true
			key := shortest(f.Pattern)
			out = append(out, step{"family " + f.Name, from.of(key), to.of(key)})
		}
	}
	return out
}

// shortest is the shortest key of a pattern.
func shortest(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			continue
		case c == '\\' && i+1 < len(pattern):
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// writeFamilies writes the families of a division as its record has them: a line each,
// the phase, the pattern and the name, the last two quoted.
func writeFamilies(families []Family) string {
	var b strings.Builder
	for _, f := range families {
		fmt.Fprintf(&b, "%s %s %s\n", f.Phase, strconv.Quote(f.Pattern), strconv.Quote(f.Name))
	}
	return b.String()
}

func readFamilies(text string) ([]Family, error) {
	var out []Family
	for _, line := range strings.Split(text, "\n") {
		if line == "" {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		p, err := Parse(word)
		if err != nil {
			return nil, err
		}
		f := Family{Phase: p}
		for _, at := range []*string{&f.Pattern, &f.Name} {
			q, err := strconv.QuotedPrefix(rest)
			if err == nil {
				*at, err = strconv.Unquote(q)
			}
			if err != nil {
				return nil, errors.New("the families of the phase cannot be read")
			}
			rest = strings.TrimPrefix(rest[len(q):], " ")
		}
		out = append(out, f)
	}
	return out, nil
}
