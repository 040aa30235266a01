package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/d1schema"
)

// A Place is where a family's data can be read without the program.
type Place struct {
	Store string `json:"store"` // object, file, d1, kv, r2
	Name  string `json:"name"`  // of the view in file and d1, a key's name in kv; else empty
	Read  string `json:"read"`  // a command line that shows it
}

// Bindings of the Worker's project.
const (
	d1Binding = "REDIS2CF_D1"
	kvBinding = "REDIS2CF_KV"
)

// placesOf says where a family is: always in the embedded file or the object, and
// where else its store has it.
func placesOf(f *plan.Family) []Place {
	var out []Place
	primary := f.Store == plan.StoreKV && f.Consistency == plan.Primary
	if !primary {
		out = append(out, Place{"object", "", "redis2cf serve $CFSTORE_URL, then redis-cli with any command"})
	}
	if f.IsDefault() {
		return out
	}
	if name, ok := sqlite.ViewName(store.View{Name: f.Name, Pattern: f.Pattern, Type: string(f.Type)}); ok {
		out = append(out, Place{"file", name, "sqlite3 cfstore.db " + shell(selectFrom(name))})
	}
	switch f.Store {
	case plan.StoreD1:
		name, ok := d1schema.ViewName(worker.Family{Pattern: f.Pattern, Name: f.Name, Type: string(f.Type), Store: string(f.Store)})
		if ok {
			out = append(out, Place{"d1", name, fmt.Sprintf("npx wrangler d1 execute %s --remote --command %s", d1Binding, shell(selectFrom(name)))})
		}
	case plan.StoreKV:
		key := sampleKey(f.Pattern)
		if f.Client != "" {
			key = "@" + worker.ObjectName{Namespace: worker.DefaultNamespace + "/" + f.Client}.KV() + "/0/" + key
		}
		out = append(out, Place{"kv", key, fmt.Sprintf("npx wrangler kv key get %s --binding %s --remote", shell(key), kvBinding)})
	case plan.StoreR2:
		out = append(out, Place{"r2", "", "values above 64 KB, as OBJECT/ID; read them through the program or redis2cf serve"})
	}
	return out
}

// selectFrom quotes the view's name, which may be one of SQL's own words.
func selectFrom(view string) string {
	return `SELECT * FROM "` + strings.ReplaceAll(view, `"`, `""`) + `" LIMIT 10`
}

// sampleKey is a key that a pattern takes, for people to put their own in place of.
func sampleKey(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			b.WriteString("42")
		case c == '?':
			b.WriteByte('4')
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		case c == '[':
			class, rest, closed := strings.Cut(pattern[i+1:], "]")
			if !closed || strings.Trim(class, "^") == "" {
				b.WriteByte(c)
				continue
			}
			b.WriteByte(strings.TrimLeft(class, "^")[0])
			i = len(pattern) - len(rest) - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// shell quotes a word for a POSIX shell.
func shell(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// printable writes what a terminal would act on, or cannot show, as escapes: names
// come out of other people's sources.
func printable(s string) string {
	clean := utf8.ValidString(s)
	for _, r := range s {
		clean = clean && (unicode.IsPrint(r) || r == '\n')
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r), r == '\n':
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	return b.String()
}
