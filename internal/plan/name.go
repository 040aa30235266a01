package plan

import (
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// maxNameWords bounds a name: beyond it a name says less, not more.
const maxNameWords = 5

// nameFor makes a Go identifier of a pattern: "user:*:followers" becomes
// UserFollowers, "*\x00" of sets SetKeys. It may be taken; see namer.
func nameFor(g glob, typ spec.Type) string {
	if name := nameOf(g.words()); name != "" {
		return name
	}
	return typeWord(typ) + "Keys"
}

// typeWord is a data type in a name.
func typeWord(typ spec.Type) string {
	switch typ {
	case spec.String, spec.Hash, spec.List, spec.Set, spec.Stream:
		return string(unicode.ToUpper(rune(typ[0]))) + string(typ[1:])
	case spec.ZSet:
		return "SortedSet"
	case spec.HyperLogLog:
		return "HyperLogLog"
	case spec.JSON:
		return "JSON"
	}
	return "Other"
}

// nameOf makes an identifier of words; empty when they have no letter or digit.
func nameOf(words []string) string {
	if len(words) > maxNameWords {
		// The ends say most: what it belongs to and what it is.
		words = append(words[:2:2], words[len(words)-(maxNameWords-2):]...)
	}
	name := ""
	for _, w := range words {
		if !utf8.ValidString(w) {
			continue
		}
		r, n := utf8.DecodeRuneInString(w)
		piece := string(unicode.ToUpper(r)) + w[n:]
		if name != "" && endsInDigit(name) && unicode.IsDigit(r) {
			piece = "N" + piece // "v1:2:*" must not read as V12
		}
		name += piece
	}
	name = onlyIdentifier(name)
	if r, _ := utf8.DecodeRuneInString(name); name != "" && !unicode.IsUpper(r) {
		name = "K" + name // digits, and scripts without capitals
	}
	return name
}

func endsInDigit(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsDigit(r)
}

func onlyIdentifier(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' {
			out = append(out, r)
		}
	}
	return string(out)
}

// A namer gives new families names that neither the facade nor another family has.
type namer struct {
	taken  map[string]spec.Type // in small letters, which is how SQL compares the views' names
	common string               // word that all patterns of the program begin with; empty: none
}

func (b *builder) namer(fresh []*use) *namer {
	var begin []string
	for _, u := range fresh {
		if u.pattern != DefaultPattern && !b.testOnly(u.refs) {
			begin = append(begin, u.glob.firstWord())
		}
	}
	return newNamer(b.plan, begin)
}

// newNamer knows the plan's families; begin are the first words of those to come.
func newNamer(p *Plan, begin []string) *namer {
	n := &namer{taken: map[string]spec.Type{}}
	for i := range p.Families {
		f := &p.Families[i]
		n.taken[strings.ToLower(f.Name)] = f.Type
		if g, err := parseGlob(f.Pattern); err == nil && !f.IsDefault() {
			begin = append(begin, g.firstWord())
		}
	}
	if len(begin) < minCommon {
		return n
	}
	for _, word := range begin {
		if word != begin[0] {
			return n
		}
	}
	n.common = begin[0]
	return n
}

// minCommon is from how many families on a word that begins them all says nothing.
const minCommon = 3

// firstWord is the word that every key of the pattern begins with, behind a brace at
// most; empty when there is none, or when a hole may make another word of it.
func (g glob) firstWord() string {
	i := 0
	if i < len(g) && g[i] == (tok{b: '{'}) {
		i++
	}
	from := i
	for i < len(g) && g[i].kind == literal && isWord(g[i].b) {
		i++
	}
	if i == len(g) || g[i].kind != literal {
		return ""
	}
	word := ""
	for _, t := range g[from:i] {
		word += string([]byte{t.b})
	}
	return word
}

// of names a family by its pattern. A word that begins all of them is left out, where
// what remains says enough.
func (n *namer) of(g glob, typ spec.Type) string {
	words := g.words()
	if n.common != "" && g.firstWord() == n.common {
		rest := words[1:]
		if slices.ContainsFunc(rest, func(w string) bool { return len(w) > 2 }) {
			words = rest
		}
	}
	name := nameOf(words)
	if name == "" {
		name = nameFor(g, typ)
	}
	return n.unique(name, typ)
}

// unique makes a name free: "seen" and "seen:*" are Seen and SeenSet when the second
// are sets, else Seen and Seen2.
func (n *namer) unique(name string, typ spec.Type) string {
	if Reserved(name) {
		name += "Keys"
	}
	free := func(name string) bool {
		_, taken := n.taken[strings.ToLower(name)]
		return !taken && !Reserved(name)
	}
	out := name
	if of, taken := n.taken[strings.ToLower(name)]; taken && !fits(of, typ) && free(name+typeWord(typ)) {
		out = name + typeWord(typ)
	}
	for i := 2; !free(out); i++ {
		out = name + strconv.Itoa(i)
		if endsInDigit(name) {
			out = name + "N" + strconv.Itoa(i)
		}
	}
	n.taken[strings.ToLower(out)] = typ
	return out
}

// validName tells whether name can be a view: an exported Go identifier.
func validName(name string) bool {
	return token.IsIdentifier(name) && token.IsExported(name)
}
