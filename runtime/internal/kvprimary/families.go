package kvprimary

import (
	"fmt"
	"strings"
)

// A Family is a key family of the plan.
type Family struct {
	Pattern string // Redis glob without character classes: "session:*"
	Name    string // as the views are called: "Session"
	Primary bool   // it is in KV alone
}

// Families find the family of a key. The zero value has none.
type Families struct {
	list []parsed
	any  bool // one of them is in KV alone
}

type parsed struct {
	Family
	glob     []tok
	literals int
}

// tok is a byte of a pattern, or a hole.
type tok struct {
	kind byte // 'b' a byte, '?' any one, '*' any number
	b    byte
}

// NewFamilies reads the patterns of a plan as the plan itself does: '*' is any run of
// bytes, '?' one, and a backslash takes the next byte literally.
func NewFamilies(families []Family) *Families {
	fs := &Families{}
	for _, f := range families {
		p := parsed{Family: f}
		for i := 0; i < len(f.Pattern); i++ {
			switch c := f.Pattern[i]; {
			case c == '*' || c == '?':
				p.glob = append(p.glob, tok{kind: c})
				continue
			case c == '\\' && i+1 < len(f.Pattern):
				i++
			}
			p.glob = append(p.glob, tok{kind: 'b', b: f.Pattern[i]})
			p.literals++
		}
		fs.list = append(fs.list, p)
		fs.any = fs.any || f.Primary
	}
	return fs
}

// Any reports whether any family is in KV alone.
func (fs *Families) Any() bool { return fs != nil && fs.any }

// Of is the family of a key: the one with the most literal bytes among those that
// match, the first of them in the plan. The pattern "*" is the family of all others.
func (fs *Families) Of(key string) (Family, bool) {
	if fs == nil {
		return Family{}, false
	}
	best := -1
	for i := range fs.list {
		if (best < 0 || fs.list[i].literals > fs.list[best].literals) && matches(fs.list[i].glob, key) {
			best = i
		}
	}
	if best < 0 {
		return Family{}, false
	}
	return fs.list[best].Family, true
}

// matches goes back to the last star only: what it swallowed can only grow.
func matches(glob []tok, key string) bool {
	g, k, star, mark := 0, 0, -1, 0
	for k < len(key) {
		switch {
		case g < len(glob) && glob[g].kind == '*':
			star, mark = g, k
			g++
		case g < len(glob) && (glob[g].kind == '?' || glob[g].b == key[k]):
			g++
			k++
		case star >= 0:
			mark++
			g, k = star+1, mark
		default:
			return false
		}
	}
	for g < len(glob) && glob[g].kind == '*' {
		g++
	}
	return g == len(glob)
}

// A Verdict says who serves a command.
type Verdict uint8

const (
	Elsewhere Verdict = iota // no key of it is in KV alone
	Here                     // all of them are, and the table has the command
	Refused                  // neither
)

// Route says who serves a command line with these keys, and why it is refused. The keys
// of a command of the table are known: nil will do for them.
func (fs *Families) Route(line, keys []string) (Verdict, string) {
	if !fs.Any() || len(line) == 0 {
		return Elsewhere, ""
	}
	row, ok := Lookup(line[0])
	if ok && keys == nil {
		keys = row.Keys(line)
	}
	var mine Family
	others := 0
	for _, key := range keys {
		if f, ok := fs.Of(key); ok && f.Primary {
			mine = f
		} else {
			others++
		}
	}
	switch {
	case mine.Pattern == "":
		return Elsewhere, ""
	case !ok:
		return Refused, Unsupported(line[0], mine)
	case others > 0:
		return Refused, fmt.Sprintf("ERR unsupported command '%s': its keys belong to the family %s, which is in KV alone (consistency: primary), and to others, and no store has them all. Send a command for each", clipped(line[0]), mine)
	}
	return Here, ""
}

// Unsupported is the error of a command that a family in KV alone has not.
func Unsupported(command string, f Family) string {
	return fmt.Sprintf("ERR unsupported command '%s': the family %s is in KV alone (consistency: primary) and has %s. Write consistency: follow for it into redis2cf.yaml and run redis2cf generate", clipped(command), f, Names())
}

// NotHere is the error of a command that reached an object with a key of a family in KV
// alone: from a script, or from a program with another plan.
func NotHere(command string, f Family) string {
	return fmt.Sprintf("ERR unsupported command '%s': the family %s is in KV alone (consistency: primary), and the object has none of its keys. A program whose plan says so asks KV; a script cannot. Write consistency: follow for it into redis2cf.yaml and run redis2cf generate",
		clipped(command), f)
}

// String is the family as messages name it.
func (f Family) String() string { return fmt.Sprintf("%s (%q)", f.Name, f.Pattern) }

// clipped bounds what an error repeats of a command's name.
func clipped(s string) string {
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return strings.ToLower(strings.ToValidUTF8(s, "?"))
}
