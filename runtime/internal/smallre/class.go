package smallre

import "unicode"

// A set is characters: ranges of them, some of which were asked for by a class.
type set struct {
	ranges  []rune // pairs
	classes []class
	not     bool
	fold    bool
}

// A class is a set that has a name, or what is not in it.
type class struct {
	in  func(rune) bool
	not bool
}

func (s *set) has(r rune) bool { return s.some(r) != s.not }

// some reports whether one of its parts has the character. Case is folded before a part is
// turned into what is not in it: (?i)\W has no k, though \W has the sign for Kelvin.
func (s *set) some(r rune) bool {
	if len(s.ranges) > 0 && s.folded(r, s.inRange) {
		return true
	}
	for _, c := range s.classes {
		if s.folded(r, c.in) != c.not {
			return true
		}
	}
	return false
}

func (s *set) inRange(r rune) bool {
	for i := 0; i+1 < len(s.ranges); i += 2 {
		if r >= s.ranges[i] && r <= s.ranges[i+1] {
			return true
		}
	}
	return false
}

// folded reports whether a character, or with fold one that differs from it in case alone,
// is in.
func (s *set) folded(r rune, in func(rune) bool) bool {
	if in(r) {
		return true
	}
	if s.fold {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if in(f) {
				return true
			}
		}
	}
	return false
}

func word(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}
func digit(r rune) bool { return r >= '0' && r <= '9' }
func space(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\f' || r == '\r' }

func in(t *unicode.RangeTable) func(rune) bool {
	return func(r rune) bool { return unicode.Is(t, r) }
}

var categories = map[string]func(rune) bool{
	"L": in(unicode.L), "Lu": in(unicode.Lu), "Ll": in(unicode.Ll), "N": in(unicode.N), "Nd": in(unicode.Nd),
	"P": in(unicode.P), "S": in(unicode.S), "Z": in(unicode.Z), "M": in(unicode.M), "Any": func(rune) bool { return true },
}

var posix = map[string]func(rune) bool{
	"alnum":  func(r rune) bool { return r != '_' && word(r) },
	"alpha":  func(r rune) bool { return r != '_' && word(r) && !digit(r) },
	"ascii":  func(r rune) bool { return r <= 0x7f },
	"blank":  func(r rune) bool { return r == ' ' || r == '\t' },
	"cntrl":  func(r rune) bool { return r < ' ' || r == 0x7f },
	"digit":  digit,
	"graph":  func(r rune) bool { return r > ' ' && r < 0x7f },
	"lower":  func(r rune) bool { return r >= 'a' && r <= 'z' },
	"print":  func(r rune) bool { return r >= ' ' && r < 0x7f },
	"punct":  func(r rune) bool { return r > ' ' && r < 0x7f && (r == '_' || !word(r)) },
	"space":  func(r rune) bool { return space(r) || r == '\v' },
	"upper":  func(r rune) bool { return r >= 'A' && r <= 'Z' },
	"word":   word,
	"xdigit": func(r rune) bool { return digit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' },
}
