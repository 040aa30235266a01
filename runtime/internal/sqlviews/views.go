package sqlviews

import (
	"fmt"
	"strings"
)

// A Scope says whose rows the tables hold.
type Scope uint8

const (
	File Scope = iota // of one store: a SQLite file
	D1                // of several objects: the tables' first column is object
)

// live says which keys an answer of Redis would still contain.
const live = `(k.expires IS NULL OR k.expires >= CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))`

// expiresAt is a key's expiry for people, in UTC.
const expiresAt = `strftime('%Y-%m-%d %H:%M:%f', k.expires / 1000.0, 'unixepoch') AS expires_at`

// entryID is a stream entry's id as Redis writes it. SQLite turns no
// hexadecimal text into a number, so the digits are added up.
var entryID = hexNumber(1) + " || '-' || " + hexNumber(17) + " AS id"

func hexNumber(from int) string {
	terms := make([]string, 16)
	for i := range terms {
		terms[i] = fmt.Sprintf("((instr('0123456789ABCDEF', substr(hex(i.entry), %d, 1)) - 1) << %d)", from+i, 4*(15-i))
	}
	return "(" + strings.Join(terms, " + ") + ")"
}

// entryFields is a stream entry's fields as a JSON object. The row holds the
// entry's ordinal, ";", and each name and value with its length and ":" before it.
const entryFields = `(WITH RECURSIVE f(n, name, text, rest) AS (
	SELECT 0, x'', x'', substr(i.value, instr(i.value, x'3b') + 1)
	UNION ALL
	SELECT n + 1, text, substr(rest, instr(rest, x'3a') + 1, CAST(substr(rest, 1, instr(rest, x'3a') - 1) AS INTEGER)),
		substr(rest, instr(rest, x'3a') + 1 + CAST(substr(rest, 1, instr(rest, x'3a') - 1) AS INTEGER))
	FROM f WHERE instr(rest, x'3a') > 0)
SELECT json_group_object(CAST(name AS TEXT), CAST(text AS TEXT)) FROM f WHERE n > 0 AND n % 2 = 0) AS fields`

// A shape is how keys of one data type look in a view.
type shape struct {
	name    string // of the view of all keys of the type
	typ     int
	columns string // %s: the condition on the object, where there is one
	items   string // table that the columns with i. come from; empty: the key's own row
	where   string
	order   string // the elements' order, by which people read
}

var shapes = map[string]shape{
	"string": {"strings", 1, "CAST(k.value AS TEXT) AS value", "", "", ""},
	"hash":   {"hashes", 2, "CAST(i.field AS TEXT) AS field, CAST(i.value AS TEXT) AS value", "hash_fields", "", "i.field"},
	"list": {"lists", 3, "i.pos - (SELECT min(pos) FROM list_items WHERE %sid = k.id) AS idx, CAST(i.value AS TEXT) AS value",
		"list_items", "", "i.pos"},
	"set":    {"sets", 4, "CAST(i.member AS TEXT) AS member", "set_members", "", "i.member"},
	"zset":   {"sorted_sets", 5, "CAST(i.member AS TEXT) AS member, i.score", "zset_members", "", "i.score, i.member"},
	"stream": {"streams", 6, entryID + ", " + entryFields, "stream_entries", "i.kind = 0", "i.entry"},
	"json":   {"documents", 7, "CAST(i.value AS TEXT) AS document", "json_documents", "", ""},
}

// shapeOrder is the order in which the standard views of the first version were
// made; others are made by the migrations that bring their tables.
var shapeOrder = []string{"string", "hash", "list", "set", "zset", "stream"}

// Standard is the statements that make the views of the types that the first
// version of the tables had, "\n" behind each.
func (s Scope) Standard() string {
	var b strings.Builder
	for _, typ := range shapeOrder {
		fmt.Fprintf(&b, "CREATE VIEW %s AS %s;\n", shapes[typ].name, s.query(shapes[typ], ""))
	}
	return b.String()
}

// Documents is the SELECT of the view of JSON documents.
func (s Scope) Documents() string { return s.query(shapes["json"], "") }

// query is the SELECT of a view. more is a further condition on k.key.
func (s Scope) query(sh shape, more string) string {
	object, dbs, items, column := "", "", "", ""
	if s == D1 {
		object, dbs, items, column = "object = k.object AND ", "d.object = k.object AND ", "i.object = k.object AND ", "k.object, "
	}
	columns := strings.ReplaceAll(sh.columns, "%s", object)
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %sd.db, CAST(k.key AS TEXT) AS key, %s, %s\nFROM keys k JOIN dbs d ON %sd.space = k.space", column, columns, expiresAt, dbs)
	if sh.items != "" {
		fmt.Fprintf(&b, " JOIN %s i ON %si.id = k.id", sh.items, items)
	}
	fmt.Fprintf(&b, "\nWHERE k.type = %d AND %s", sh.typ, live)
	for _, cond := range []string{sh.where, more} {
		if cond != "" {
			b.WriteString(" AND " + cond)
		}
	}
	if sh.order != "" {
		b.WriteString("\nORDER BY " + column + "d.db, k.key, " + sh.order)
	}
	return b.String()
}

// A View shows the keys of one family.
type View struct {
	Name    string // letters, digits and underscores
	Pattern string // Redis glob: "messages:*"
	Type    string // as in the plan: "string", "hash", "list", "set", "zset", "stream", "hyperloglog", "json"
}

// Family is the statement that makes a family's view, and the view's name: NAME, or
// family_NAME where taken says that the tables use it. Types without a table, and
// for D1 a pattern that D1 cannot match, have none: ok is false.
func (s Scope) Family(v View, taken func(name string) bool) (name, sql string, ok bool) {
	typ := v.Type
	if typ == "hyperloglog" {
		typ = "string"
	}
	sh, ok := shapes[typ]
	if !ok || v.Name == "" || strings.IndexByte(v.Name, 0) >= 0 {
		return "", "", false
	}
	cond, ok := s.Matches(v.Pattern)
	if !ok {
		return "", "", false
	}
	name = v.Name
	if taken(name) || strings.HasPrefix(strings.ToLower(name), "sqlite_") {
		name = "family_" + name
	}
	return name, "CREATE VIEW " + Quoted(name) + " AS " + s.query(sh, cond), true
}

// Quoted is a name as an identifier.
func Quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// globForSQL turns a pattern of Redis into one of SQLite: the two differ in how
// a character is taken literally (\x and [x]) and in how a class is negated (^
// means the same in both).
func globForSQL(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		i++
		if strings.IndexByte("*?[", pattern[i]) >= 0 {
			b.WriteString("[" + string(pattern[i]) + "]")
		} else {
			b.WriteByte(pattern[i])
		}
	}
	return b.String()
}
