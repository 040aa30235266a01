package engine

// match reports whether a string matches a glob as Redis reads it: *, ?, sets
// with ranges and negation, and a backslash before a literal byte. It works on
// bytes, not on runes.
func match(pattern, s string, fold bool) bool {
	ok, _ := matchFrom(pattern, s, fold)
	return ok
}

// matchFrom also says when no longer prefix of s could match, so that nested
// stars do not take exponential time.
func matchFrom(p, s string, fold bool) (ok, hopeless bool) {
	for len(p) > 0 && len(s) > 0 {
		switch p[0] {
		case '*':
			for len(p) > 1 && p[1] == '*' {
				p = p[1:]
			}
			if len(p) == 1 {
				return true, false
			}
			for ; len(s) > 0; s = s[1:] {
				ok, hopeless := matchFrom(p[1:], s, fold)
				if ok || hopeless {
					return ok, hopeless
				}
			}
			// The rest of the pattern found no place in the whole of s: an
			// earlier star cannot help.
			return false, true
		case '?':
			s = s[1:]
		case '[':
			var hit bool
			hit, p = matchSet(p, s[0], fold)
			if !hit {
				return false, false
			}
			s = s[1:]
			if len(p) == 0 {
				return len(s) == 0, false
			}
			continue
		case '\\':
			if len(p) >= 2 {
				p = p[1:]
			}
			fallthrough
		default:
			if !sameByte(p[0], s[0], fold) {
				return false, false
			}
			s = s[1:]
		}
		p = p[1:]
	}
	if len(s) == 0 {
		for len(p) > 0 && p[0] == '*' {
			p = p[1:]
		}
	}
	return len(p) == 0 && len(s) == 0, false
}

// matchSet matches one byte against the set that p starts with, and returns
// what follows the set.
func matchSet(p string, c byte, fold bool) (hit bool, rest string) {
	p = p[1:]
	not := len(p) > 0 && p[0] == '^'
	if not {
		p = p[1:]
	}
	for {
		switch {
		case len(p) == 0:
			return hit != not, ""
		case p[0] == '\\' && len(p) >= 2:
			hit = hit || p[1] == c
			p = p[2:]
		case p[0] == ']':
			return hit != not, p[1:]
		case len(p) >= 3 && p[1] == '-':
			lo, hi, b := p[0], p[2], c
			if lo > hi {
				lo, hi = hi, lo
			}
			if fold {
				lo, hi, b = lower(lo), lower(hi), lower(b)
			}
			hit = hit || lo <= b && b <= hi
			p = p[3:]
		default:
			hit = hit || sameByte(p[0], c, fold)
			p = p[1:]
		}
	}
}

func sameByte(a, b byte, fold bool) bool {
	return a == b || fold && lower(a) == lower(b)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
