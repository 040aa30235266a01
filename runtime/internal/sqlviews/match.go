package sqlviews

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxGlob is D1's limit on a LIKE or GLOB pattern, in bytes. It answers a longer
// one with an error when the view is read.
const maxGlob = 50

// Matches is the condition on k.key that holds for the keys of a pattern. In D1 a
// GLOB may have 50 bytes, so what stands before the first wildcard is a range of
// keys; what follows it has to fit, else ok is false.
func (s Scope) Matches(pattern string) (cond string, ok bool) {
	if s != D1 {
		return "CAST(k.key AS TEXT) GLOB '" + strings.ReplaceAll(globForSQL(pattern), "'", "''") + "'", true
	}
	prefix, rest := literalPrefix(pattern)
	if rest == "" {
		return "k.key = " + blob(prefix), true
	}
	var conds []string
	if prefix != "" {
		conds = append(conds, "k.key >= "+blob(prefix))
	}
	if next := successor(prefix); next != "" {
		conds = append(conds, "k.key < "+blob(next))
	}
	if strings.Trim(rest, "*") != "" {
		glob := globForSQL(rest)
		if len(glob) > maxGlob {
			return "", false
		}
		key := "k.key"
		if prefix != "" {
			key = "substr(k.key, " + strconv.Itoa(len(prefix)+1) + ")"
		}
		if strings.IndexByte(glob, 0) >= 0 {
			return "", false // SQLite's GLOB ends there
		}
		conds = append(conds, "CAST("+key+" AS TEXT) GLOB "+text(glob))
	}
	return strings.Join(conds, " AND "), true
}

// literalPrefix splits a pattern before its first wildcard. What every key begins
// with has its backslashes resolved, the rest has not.
func literalPrefix(pattern string) (prefix, rest string) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*' || c == '?' || c == '[':
			return b.String(), pattern[i:]
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// successor is the least string that is greater than all that begin with s; empty
// when there is none.
func successor(s string) string {
	b := []byte(s)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return ""
	}
	b[len(b)-1]++
	return string(b)
}

// text is a text as SQL in one line: people, and tools that look for lines, read the
// files that it stands in.
func text(s string) string {
	if !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return "CAST(" + blob(s) + " AS TEXT)"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func blob(s string) string { return "x'" + hex.EncodeToString([]byte(s)) + "'" }
