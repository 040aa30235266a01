package plan

import (
	"go/token"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// maxNameWords bounds a name: beyond it a name says less, not more.
const maxNameWords = 5

// nameFor makes a Go identifier of a pattern: "user:*:followers" becomes
// UserFollowers. It may be taken; see uniqueName.
func nameFor(g glob) string {
	words := g.words()
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
	if name == "" {
		return "Family"
	}
	if r, _ := utf8.DecodeRuneInString(name); !unicode.IsUpper(r) {
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

// uniqueName gives a name that neither the facade nor another family uses.
func uniqueName(base string, taken map[string]bool) string {
	if Reserved(base) {
		base += "Keys"
	}
	name := base
	for n := 2; taken[name] || Reserved(name); n++ {
		name = base + strconv.Itoa(n)
		if endsInDigit(base) {
			name = base + "N" + strconv.Itoa(n)
		}
	}
	return name
}

// validName tells whether name can be a view: an exported Go identifier.
func validName(name string) bool {
	return token.IsIdentifier(name) && token.IsExported(name)
}
