package object

import (
	"strconv"
	"strings"
)

// A Statement is the number of a text of SQL, which is how programs name it.
type Statement uint16

// A text is a statement's SQL.
type text struct {
	sql    string
	params int
	aside  bool // it needs no settled journal
}

// texts is filled while the package is initialized, and never changes then: the
// numbers are the same in every instance of one build.
var texts []text

// statement adds a text. Parameters are question marks; no text of ours has one
// in a string.
//
//go:noinline
func statement(sql string) Statement { return addText(sql, !seesSettled(sql)) }

// asideStatement adds a text that whoever uses it has looked into the journal for.
//
//go:noinline
func asideStatement(sql string) Statement { return addText(sql, true) }

func addText(sql string, aside bool) Statement {
	texts = append(texts, text{sql: sql, params: strings.Count(sql, "?"), aside: aside})
	return Statement(len(texts) - 1)
}

// settledTables are those that the journal stands before.
var settledTables = [...]string{"keys", "hash_fields", "list_items", "set_members", "zset_members", "stream_entries", "json_documents", "garbage", "sessions"}

// seesSettled reports whether a text is a query on one of these tables. What writes is
// not asked, so it is not looked at.
func seesSettled(sql string) bool {
	if !strings.HasPrefix(sql, "SELECT") {
		return false
	}
	for _, table := range settledTables {
		if strings.Contains(sql, table) {
			return true
		}
	}
	return false
}

// settles reports whether a query sees what the journal has.
func (s Statement) settles() bool { return !texts[s].aside }

// d1Texts are the statements of the followers' programs for D1.
var d1Texts []text

// Statements is the list of texts as JSON, for those who prepare them.
func Statements() string {
	var b strings.Builder
	b.WriteString(`{"object":`)
	writeTexts(&b, texts)
	b.WriteString(`,"d1":`)
	writeTexts(&b, d1Texts)
	b.WriteByte('}')
	return b.String()
}

func writeTexts(b *strings.Builder, list []text) {
	b.WriteByte('[')
	for i, t := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(t.sql)) // of printable ASCII, tabs and newlines: JSON as well
	}
	b.WriteByte(']')
}

// SQL is the text of a statement.
func (s Statement) SQL() string { return texts[s].sql }
