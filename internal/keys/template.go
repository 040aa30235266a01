package keys

import (
	"go/token"
	"strings"
)

// A template is a sequence of parts; a set is the alternatives that one
// expression can have. Functions are described by templates over their
// parameters, so that a key-building function is read once and every caller
// fills in its own arguments.
type (
	template []part
	set      struct {
		alts []template
		// cut is a set that had too many alternatives: those that another covers are
		// left out, whenever one is added.
		cut bool
	}
)

type kind uint8

const (
	literal kind = iota
	hole         // any text
	param        // the value of a parameter of the function around
)

type part struct {
	kind kind
	text string    // of a literal
	pos  token.Pos // declaration of the parameter
	from token.Pos // the field or global that the part is the value of, as configuration is
	code string    // of a hole: reason
	why  string
	open bool // of a hole: the arguments of a call would say more

	assumed string // of a literal: what may set another
}

func text(s string) set { return set{alts: []template{{{kind: literal, text: s}}}} }

func unknown(code, why string) set {
	return set{alts: []template{{{kind: hole, code: code, why: why}}}}
}

// firstHole gives the first unknown part, nil when there is none.
func (t template) firstHole() *part {
	for i := range t {
		if t[i].kind == hole {
			return &t[i]
		}
	}
	return nil
}

// code is the reason of the first hole; empty when there is none.
func (t template) code() string {
	if h := t.firstHole(); h != nil {
		return h.code
	}
	return ""
}

// hasText tells whether the template has a literal byte.
func (t template) hasText() bool {
	for _, p := range t {
		if p.kind == literal && p.text != "" {
			return true
		}
	}
	return false
}

// empty tells whether the template is the empty text.
func (t template) empty() bool {
	for _, p := range t {
		if p.kind != literal || p.text != "" {
			return false
		}
	}
	return true
}

func (t template) hasParam() bool {
	for _, p := range t {
		if p.kind == param {
			return true
		}
	}
	return false
}

// pattern writes the template as a glob. Neighbouring holes are one, and a
// template that is empty is the key "", which has literals in the sense that it
// is known.
func (t template) pattern(esc func(string) string) (glob string, known bool) {
	var b strings.Builder
	star := false
	for _, p := range t {
		if p.kind == literal {
			if p.text != "" {
				s := esc(p.text)
				if star {
					s = strings.TrimLeft(s, "*") // only a glob's own: others are escaped
				}
				b.WriteString(s)
				star = strings.HasSuffix(s, "*") && !strings.HasSuffix(s, `\*`) || star && s == ""
			}
			continue
		}
		if !star {
			b.WriteByte('*')
			star = true
		}
	}
	return b.String(), t.hasText() || len(t) == 0 || t.firstHole() == nil && !t.hasParam()
}

// escape makes literal text match only itself in a glob.
func escape(s string) string {
	if !strings.ContainsAny(s, `*?[\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '*', '?', '[', '\\':
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (t template) equal(u template) bool {
	if len(t) != len(u) {
		return false
	}
	for i := range t {
		if t[i].kind != u[i].kind || t[i].text != u[i].text || t[i].pos != u[i].pos || t[i].kind != literal && t[i].from != u[i].from || t[i].open != u[i].open || t[i].code != u[i].code {
			return false
		}
	}
	return true
}

// join is either of two.
func join(a, b set) set {
	for _, t := range b.alts {
		a = a.add(t)
	}
	if b.cut {
		a.cut = true
	}
	if a.cut {
		a = a.fewer()
	}
	return a
}

func (s set) add(t template) set {
	for _, u := range s.alts {
		if u.equal(t) {
			return s
		}
	}
	// Appending to a shared backing array would leak alternatives into
	// memoised sets.
	s.alts = append(s.alts[:len(s.alts):len(s.alts)], t)
	return s
}

// concat is one after the other: every pair of alternatives. Where there would
// be too many, each side that has several becomes a hole.
func concat(a, b set) set {
	if len(a.alts) == 0 {
		return b
	}
	if len(b.alts) == 0 {
		return a
	}
	a = a.lead()
	if a.named() {
		b = b.follow()
	} else {
		b = b.lead()
	}
	if len(a.alts)*len(b.alts) > MaxPatterns {
		a, b = a.fewer(), b.fewer()
	}
	if len(a.alts)*len(b.alts) > MaxPatterns {
		if len(b.alts) > 1 {
			b = unknown(Unknown, "more than 16 alternatives")
		}
		if len(a.alts)*len(b.alts) > MaxPatterns {
			a = unknown(Unknown, "more than 16 alternatives")
		}
	}
	out := set{cut: a.cut || b.cut}
	for _, x := range a.alts {
		for _, y := range b.alts {
			out = out.add(glue(x, y))
		}
	}
	return out
}

func glue(x, y template) template {
	t := make(template, 0, len(x)+len(y))
	t = append(t, x...)
	for _, p := range y {
		if p.kind == literal {
			if p.text == "" && len(t) > 0 {
				continue
			}
			if n := len(t); n > 0 && t[n-1].kind == literal {
				if t[n-1].text == "" {
					t[n-1] = p
					continue
				}
				t[n-1].text += p.text
				if t[n-1].assumed == "" {
					t[n-1].assumed = p.assumed
				}
				continue
			}
		}
		t = append(t, p)
	}
	return t
}

// lead is a set at the front of a key, where its text makes the family: a field
// or global that has a value in the program and a setter besides is that value,
// unless someone configures another. Routing by pattern sends the keys of such a
// configuration to the default family.
func (s set) lead() set {
	for _, t := range s.alts {
		if !s.defaultOf(t) {
			continue
		}
		rest := set{}
		for _, u := range s.alts {
			if !u.equal(t) {
				rest.alts = append(rest.alts, u)
			}
		}
		return rest.assume(t[0].from, set{alts: []template{t}}.why()).lead()
	}
	return s
}

// defaultOf tells whether t is a value of a field or global of which nothing is
// known, and another alternative is a value of it of which something is.
func (s set) defaultOf(t template) bool {
	if len(t) == 0 || !t[0].from.IsValid() || t.hasText() || t.empty() {
		return false
	}
	for _, u := range s.alts {
		if len(u) > 0 && u[0].from == t[0].from && u.hasText() {
			return true
		}
	}
	return false
}

// follow is a set behind literal text: if it can be anything, it is a hole, and
// the texts that it also has would only split the family. A parameter can be
// anything only when nobody is left to fill it in, as of a field.
func (s set) follow() set {
	for _, t := range s.alts {
		if len(t) == 1 && (t[0].kind == hole || t[0].kind == param && t[0].from.IsValid()) {
			return set{alts: []template{t}}
		}
	}
	return s
}

// allText tells whether every alternative has literal bytes.
func (s set) allText() bool {
	for _, t := range s.alts {
		if !t.hasText() {
			return false
		}
	}
	return len(s.alts) > 0
}

// named tells whether every alternative has a letter or digit, enough to tell a
// family: the brace of a hash tag alone does not.
func (s set) named() bool {
	for _, t := range s.alts {
		if !t.named() {
			return false
		}
	}
	return len(s.alts) > 0
}

func (t template) named() bool {
	for _, p := range t {
		if p.kind == literal && hasWord(p.text) {
			return true
		}
	}
	return false
}

func hasWord(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80, '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			return true
		}
	}
	return false
}

// keep marks the alternatives as values of the field or global v.
func (s set) keep(v token.Pos) set {
	out := set{alts: make([]template, len(s.alts))}
	for i, t := range s.alts {
		u := make(template, len(t))
		copy(u, t)
		for j := range u {
			u[j].from = v
		}
		out.alts[i] = u
	}
	return out
}

// withoutEmpty drops the empty text when there are other alternatives: it is
// what functions return beside an error and what a variable is before it is
// set.
func (s set) withoutEmpty() set {
	var out set
	for _, t := range s.alts {
		if !t.empty() {
			out.alts = append(out.alts, t)
		}
	}
	if len(out.alts) == 0 {
		return s
	}
	return out
}

// preferText drops the alternatives of which nothing is known when there are
// others of which something is.
func (s set) preferText() set {
	var out, left set
	for _, t := range s.alts {
		if t.hasText() {
			out.alts = append(out.alts, t)
		} else if !t.empty() {
			left.alts = append(left.alts, t)
		}
	}
	if len(out.alts) == 0 {
		return s
	}
	if len(left.alts) > 0 {
		out = out.assume(token.NoPos, left.why())
	}
	return out
}

// assume marks the texts of a set, or those that are values of a field or global:
// by may set others.
func (s set) assume(v token.Pos, by string) set {
	out := set{alts: make([]template, len(s.alts))}
	for i, t := range s.alts {
		out.alts[i] = t
		if v.IsValid() && (len(t) == 0 || t[0].from != v) {
			continue
		}
		for j, p := range t {
			if p.kind == literal && p.assumed == "" {
				t = append(template(nil), t...)
				t[j].assumed = by
				out.alts[i] = t
				break
			}
		}
	}
	return out
}

// assumed says what may set another text than the template's.
func (t template) assumed() string {
	for _, p := range t {
		if p.assumed != "" {
			return p.assumed
		}
	}
	return ""
}

// why gives the reason of the first hole, or the name of the first parameter.
func (s set) why() string {
	for _, t := range s.alts {
		for _, p := range t {
			switch p.kind {
			case hole:
				return p.why
			case param:
				return "parameter " + p.text
			}
		}
	}
	return ""
}

// opens tells whether the arguments of a call would fill a hole.
func (s set) opens() bool {
	for _, t := range s.alts {
		for _, p := range t {
			if p.open {
				return true
			}
		}
	}
	return false
}

// orHole is the set, or a hole for one that has no alternative.
func (s set) orHole(why string) set {
	if len(s.alts) == 0 {
		return unknown(FromData, why)
	}
	return s
}

// full tells whether the set has more alternatives than can be told apart, those
// left out that others cover.
func (s *set) full() bool {
	if len(s.alts) > MaxPatterns {
		*s = s.fewer()
	}
	return len(s.alts) > MaxPatterns
}

// fewer leaves out the alternatives that another covers, whose keys are all among
// the other's. A set of some alternatives keeps them: each may be a family.
func (s set) fewer() set {
	out := set{cut: true}
	for i, t := range s.alts {
		covered := false
		for j, u := range s.alts {
			if i == j || !u.covers(t) {
				continue
			}
			// Of two that cover each other the one whose reason says more stays.
			more := rank(u.code()) - rank(t.code())
			covered = covered || !t.covers(u) || more > 0 || more == 0 && j < i
		}
		if !covered {
			out.alts = append(out.alts, t)
		}
	}
	return out
}

// covers tells whether each text of u is one of t's: a hole of t takes any run of
// text, holes and parameters, everything else only itself.
func (t template) covers(u template) bool {
	wide, narrow := t.runs(), u.runs()
	i, j := 0, 0
	star, mark := -1, 0 // the last hole of t, and where in u it ends
	for j < len(narrow) {
		switch {
		case i < len(wide) && wide[i] == anyRun:
			star, mark = i, j
			i++
		case i < len(wide) && wide[i] == narrow[j]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(wide) && wide[i] == anyRun {
		i++
	}
	return i == len(wide)
}

const anyRun = -1

// runs are the template's bytes, with anyRun for a hole and less for a parameter.
func (t template) runs() []int {
	var out []int
	for _, p := range t {
		switch p.kind {
		case literal:
			for i := range len(p.text) {
				out = append(out, int(p.text[i]))
			}
		case hole:
			out = append(out, anyRun)
		case param:
			out = append(out, anyRun-int(p.pos))
		}
	}
	return out
}

// many is what a set with too many alternatives is: a hole. One of them that can
// be anything says why.
func (s set) many(why string) set {
	out := unknown(Unknown, why)
	for _, t := range s.alts {
		if len(t) == 1 && t[0].kind == hole && rank(t[0].code) > rank(out.alts[0][0].code) {
			out = set{alts: []template{t}}
		}
	}
	return out
}
