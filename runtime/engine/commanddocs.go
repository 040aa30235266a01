package engine

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// commandDocs describes the commands that the engine answers, generated from
// internal/gen/enginecmds/redis70.txt: a line for each with its name, its
// properties and its documentation. It is 24 KB of what a compressed binary takes.
//
// The values are written as [ ] for an array, { } for a map, < > for a set, + before
// a status, : before a number and quotes around a string that is more than a word.
//
//go:embed commands_docs.txt
var commandDocs string

// A description is a line of commandDocs.
type description struct {
	about string // an array of flags, ACL categories, tips and key specifications
	docs  string // a map; empty for the line with a container's help
}

// described finds a command's line.
func described(name string) description { return descriptions()[name] }

// descriptions cuts the file into lines when the first is asked for. Several engines of a
// process, and hosts that ask for a line's keys, may do so at the same time.
var descriptions = sync.OnceValue(func() map[string]description {
	all := make(map[string]description, 400)
	for _, line := range strings.Split(commandDocs, "\n") {
		name, rest, _ := strings.Cut(line, "\t")
		about, docs, _ := strings.Cut(rest, "\t")
		all[name] = description{about, docs}
	}
	return all
})

// docValue reads a value as commandDocs writes it.
func docValue(text string) resp.Reply {
	r := docReader{text: text}
	return r.value()
}

type docReader struct {
	text string
	pos  int
}

func (r *docReader) value() resp.Reply {
	kind := resp.Bulk
	switch r.text[r.pos] {
	case '[':
		return r.elems(resp.Array, ']')
	case '{':
		return r.elems(resp.Map, '}')
	case '<':
		return r.elems(resp.Set, '>')
	case ':':
		r.pos++
		n, err := strconv.ParseInt(r.word(), 10, 64)
		if err != nil {
			panic(fault{err}) // the file is the engine's own: a test reads all of it
		}
		return intReply(n)
	case '+':
		r.pos++
		kind = resp.Status
	}
	return resp.Reply{Kind: kind, Str: r.word()}
}

// elems reads values up to a closing bracket.
func (r *docReader) elems(kind resp.Kind, end byte) resp.Reply {
	elems := []resp.Reply{}
	for r.pos++; r.text[r.pos] != end; {
		if r.text[r.pos] == ' ' {
			r.pos++
			continue
		}
		elems = append(elems, r.value())
	}
	r.pos++
	return resp.Reply{Kind: kind, Elems: elems}
}

// word reads a word or a quoted string.
func (r *docReader) word() string {
	rest := r.text[r.pos:]
	if rest[0] == '"' {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			panic(fault{err})
		}
		r.pos += len(quoted)
		s, err := strconv.Unquote(quoted)
		if err != nil {
			panic(fault{err})
		}
		return s
	}
	n := strings.IndexAny(rest, " ]}>")
	if n < 0 {
		n = len(rest)
	}
	r.pos += n
	return rest[:n]
}

// field finds the value behind a name in a map.
func field(m resp.Reply, name string) resp.Reply {
	for i := 0; i+1 < len(m.Elems); i += 2 {
		if m.Elems[i].Str == name {
			return m.Elems[i+1]
		}
	}
	return nilReply
}
