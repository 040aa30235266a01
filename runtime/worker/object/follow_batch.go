package object

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// A d1Statement is the number of a text of SQL among those for D1.
type d1Statement uint16

func d1statement(sql string) d1Statement {
	d1Texts = append(d1Texts, text{sql: sql, params: strings.Count(sql, "?")})
	return d1Statement(len(d1Texts) - 1)
}

// d1 begins a statement of a program for D1.
func (p *Program) d1(s d1Statement) *Program {
	if len(p.b) == 0 {
		p.Reset()
	}
	p.n++
	p.b = binary.LittleEndian.AppendUint16(p.b, uint16(s))
	p.b = binary.LittleEndian.AppendUint16(p.b, uint16(d1Texts[s].params))
	return p
}

// Many rows go to D1 as one parameter, a JSON array of arrays, so that a batch of 500
// rows is some ten statements: D1 counts statements, and binds 100 parameters. Bytes
// are a JSON string that begins with t, if they are text, or else with x and then
// hexadecimal digits.
const (
	largeRow  = 128 << 10 // a row with more bytes than this has a statement of its own, with its bytes as parameters
	jsonBytes = 512 << 10 // of one parameter; D1 takes 2 MB
	// farAway is the last time that JavaScript's numbers tell from the next millisecond.
	farAway = 1 << 53
	// d1Row is how many bytes a row may have in D1: 2 MB with SQLite's own bytes.
	d1Row = 1_999_000
)

// jsonBlob is the SQL that reads bytes from a JSON array's place.
func jsonBlob(place int) string {
	v := "value ->> " + strconv.Itoa(place)
	return "CASE substr(" + v + ", 1, 1) WHEN 't' THEN CAST(substr(" + v + ", 2) AS BLOB) ELSE unhex(substr(" + v + ", 2)) END"
}

// scaleSteps times 62 is more than the powers of two that a float64 has.
const scaleSteps = 18

// jsonScore is the SQL that reads a score from two places: a whole number and the
// power of two to divide it by, of which each step is exact. JSON has no infinity, and
// SQLite reads decimal fractions with an error in the last digit.
func jsonScore(place int) string {
	v, k := "value ->> "+strconv.Itoa(place), "(value ->> "+strconv.Itoa(place+1)+")"
	number := "CAST(" + v + " AS REAL)"
	down, up := number, number
	for i := 0; i < scaleSteps; i++ {
		off := strconv.Itoa(62 * i)
		down += " / (1 << min(max(" + k + " - " + off + ", 0), 62))"
		up += " * (1 << min(max(-" + k + " - " + off + ", 0), 62))"
	}
	return "CASE WHEN " + v + " = 'inf' THEN 9e999 WHEN " + v + " = '-inf' THEN -9e999 WHEN " + v + " = '-0' THEN -0.0 WHEN " + k + " BETWEEN 0 AND 62 THEN " + number + " / (1 << " + k +
		") WHEN " + k + " > 0 THEN " + down + " ELSE " + up + " END"
}

// scaled is a score as jsonScore reads it.
func scaled(f float64) (m int64, k int) {
	frac, exp := math.Frexp(f)
	m, k = int64(frac*(1<<53)), 53-exp
	for m&1 == 0 && k > 0 {
		m, k = m>>1, k-1
	}
	return m, k
}

// d1Table has the statements on one table of D1.
type d1Table struct {
	put, putMany, delMany d1Statement
	// Of tables of items: everything of a collection from an item on, or up to another
	// one, or of whole collections; and what Sweep removes.
	delFrom, delRange, delWhole                d1Statement
	orphans, lookedTo, sweepItems, sweepHeader d1Statement
}

var (
	d1Keys   = newD1Table("keys", []string{"space", "hash", "key", "type", "id", "expires", "value"}, []string{"#", "#", "b", "#", "#", "#", "b"}, 3)
	d1Items  = newD1Items()
	d1Bounds = map[engine.Type]engine.Item{engine.TypeList: {Pos: -1 << 52}, engine.TypeJSON: {Pos: -1 << 52}}
)

// newD1Table makes the statements of a table: kinds says how each column behind the
// object is written in JSON, identity how many of them identify a row.
func newD1Table(name string, columns, kinds []string, identity int) *d1Table {
	read := make([]string, len(columns))
	for i, k := range kinds {
		switch k {
		case "b":
			read[i] = jsonBlob(i)
		case "s":
			read[i] = jsonScore(i)
		default:
			read[i] = "value ->> " + strconv.Itoa(i)
		}
	}
	list := strings.Join(columns, ", ")
	return &d1Table{
		put:     d1statement("INSERT OR REPLACE INTO " + name + " (object, " + list + ") VALUES (?" + strings.Repeat(", ?", len(columns)) + ")"),
		putMany: d1statement("INSERT OR REPLACE INTO " + name + " (object, " + list + ") SELECT ?, " + strings.Join(read, ", ") + " FROM json_each(?)"),
		delMany: d1statement("DELETE FROM " + name + " WHERE (object, " + strings.Join(columns[:identity], ", ") + ") IN (SELECT ?, " +
			strings.Join(read[:identity], ", ") + " FROM json_each(?))"),
	}
}

// sweepIDs is how many collections one statement of a sweep looks at.
const sweepIDs = "200"

func newD1Items() (tables [8]*d1Table) {
	for typ, t := range itemTables {
		if t == nil {
			continue
		}
		kinds := make([]string, len(t.all))
		for i, c := range t.all {
			switch c {
			case colField, colValue:
				kinds[i] = "b"
			case colScore:
				kinds[i] = "s"
			default:
				kinds[i] = "#"
			}
		}
		d := newD1Table(t.name, append([]string{"id"}, t.names...), append([]string{"#"}, kinds...), 1+len(t.point))
		point, marks := t.tuple(t.point, ""), params(len(t.point))
		of, number := "DELETE FROM "+t.name+" WHERE object = ? AND ", strconv.Itoa(typ)
		d.delFrom = d1statement(of + "id = ? AND " + point + " >= " + marks)
		d.delRange = d1statement(of + "id = ? AND " + point + " >= " + marks + " AND " + point + " < " + marks)
		d.delWhole = d1statement("DELETE FROM " + t.name + " WHERE (object, id) IN (SELECT ?, value FROM json_each(?))")
		some := "(SELECT object, id FROM " + t.name + " WHERE object = ? AND id >= ? ORDER BY id LIMIT ?)"
		d.orphans = d1statement("INSERT OR IGNORE INTO garbage (object, id, type) SELECT DISTINCT object, id, " + number + " FROM " + some +
			" WHERE id NOT IN (SELECT id FROM keys WHERE object = ? AND id <> 0)")
		d.lookedTo = d1statement("SELECT count(*), coalesce(max(id), 0) FROM " + some)
		garbage := "(SELECT object, id FROM garbage WHERE object = ? AND type = " + number + " ORDER BY id LIMIT " + sweepIDs + ")"
		names := t.list(t.point, "")
		d.sweepItems = d1statement("DELETE FROM " + t.name + " WHERE (object, id, " + names + ") IN (SELECT i.object, i.id, i." +
			strings.ReplaceAll(names, ", ", ", i.") + " FROM " + garbage + " g CROSS JOIN " + t.name + " i ON i.object = g.object AND i.id = g.id LIMIT ?)")
		d.sweepHeader = d1statement("DELETE FROM garbage WHERE (object, id) IN " + garbage +
			" AND NOT EXISTS (SELECT 1 FROM " + t.name + " i WHERE i.object = garbage.object AND i.id = garbage.id)")
		tables[typ] = d
	}
	return tables
}

var (
	d1PutDBs     = d1statement("INSERT OR REPLACE INTO dbs (object, db, space) SELECT ?, value ->> 0, value ->> 1 FROM json_each(?)")
	d1DelDBs     = d1statement("DELETE FROM dbs WHERE (object, db) IN (SELECT ?, value ->> 0 FROM json_each(?))")
	d1PutGarbage = d1statement("INSERT OR REPLACE INTO garbage (object, id, type) SELECT ?, value ->> 0, value ->> 1 FROM json_each(?)")
	d1PutSpaces  = d1statement("INSERT OR IGNORE INTO garbage_spaces (object, space) SELECT ?, value ->> 0 FROM json_each(?)")
)

// A rowSet is row operations on D1 of which each row keeps the last.
type rowSet struct {
	ops  []rowOp
	at   map[string]int
	id   []byte
	gone map[uint64]bool // collections that became garbage: their items are not written
}

// add adds an operation and reports whether it is one on a row that had none.
func (s *rowSet) add(op *rowOp) (more bool) {
	b := s.id[:0]
	switch op.kind {
	case rowDB, rowNoDB:
		b = binary.AppendUvarint(append(b, 'd'), uint64(op.db))
	case rowKey, rowNoKey:
		b = op.addKey(append(b, 'k'))
	case rowItem, rowNoItem:
		b = binary.AppendUvarint(append(b, 'i', byte(op.typ)), op.id)
		b = addItem(b, op.typ, &op.item, false)
	case rowGarbage:
		b = binary.AppendUvarint(append(b, 'g'), op.id)
		if s.gone == nil {
			s.gone = map[uint64]bool{}
		}
		s.gone[op.id] = true
	case rowSpace:
		b = binary.AppendVarint(append(b, 's'), op.space)
	}
	s.id = b
	if i, ok := s.at[string(b)]; ok {
		s.ops[i] = *op
		return false
	}
	if s.at == nil {
		s.at = map[string]int{}
	}
	s.at[string(b)] = len(s.ops)
	s.ops = append(s.ops, *op)
	return true
}

// A jsonRows is the parameter of a statement over many rows.
type jsonRows struct {
	statement d1Statement
	b         []byte
}

// A rowWriter puts the operations of a set into a program.
type rowWriter struct {
	p         *Program
	object    string
	parts     []*jsonRows // in the order of their first row
	oversized int         // rows that D1 would not take
}

func (w *rowWriter) rows(s d1Statement) *jsonRows {
	for _, r := range w.parts {
		if r.statement == s {
			return r
		}
	}
	r := &jsonRows{statement: s}
	w.parts = append(w.parts, r)
	return r
}

// end ends a row of r that was begun by begin.
func (w *rowWriter) end(r *jsonRows) {
	r.b = append(r.b, ']')
	if len(r.b) >= jsonBytes {
		w.flush(r)
	}
}

func (r *jsonRows) begin() {
	if len(r.b) == 0 {
		r.b = append(r.b, '[', '[')
	} else {
		r.b = append(r.b, ',', '[')
	}
}

func (w *rowWriter) flush(r *jsonRows) {
	if len(r.b) == 0 {
		return
	}
	r.b = append(r.b, ']')
	w.p.d1(r.statement).Text(w.object).Text(string(r.b))
	r.b = r.b[:0]
}

// write appends the statements of a set.
func (s *rowSet) write(p *Program, object string) (oversized int) {
	w := &rowWriter{p: p, object: object}
	for i := range s.ops {
		w.op(&s.ops[i], s.gone)
	}
	w.flushAll()
	return w.oversized
}

func (w *rowWriter) flushAll() {
	for _, r := range w.parts {
		w.flush(r)
	}
}

func (w *rowWriter) op(op *rowOp, gone map[uint64]bool) {
	switch op.kind {
	case rowDB, rowNoDB:
		s := d1PutDBs
		if op.kind == rowNoDB {
			s = d1DelDBs
		}
		w.ints(s, int64(op.db), op.space)
	case rowGarbage:
		w.ints(d1PutGarbage, int64(op.id), int64(op.typ))
	case rowSpace:
		w.ints(d1PutSpaces, op.space)
	case rowKey:
		w.key(op)
	case rowNoKey:
		w.noKey(op)
	case rowItem, rowNoItem:
		if !gone[op.id] {
			w.item(op)
		}
	}
}

func (w *rowWriter) noKey(op *rowOp) {
	r := w.rows(d1Keys.delMany)
	r.begin()
	r.b = addInts(r.b, op.space, int64(op.hash))
	r.b = addJSON(append(r.b, ','), op.key)
	w.end(r)
}

func (w *rowWriter) ints(s d1Statement, values ...int64) {
	r := w.rows(s)
	r.begin()
	r.b = addInts(r.b, values...)
	w.end(r)
}

func addInts(b []byte, values ...int64) []byte {
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return b
}

func (w *rowWriter) key(op *rowOp) {
	n := len(op.key) + len(op.value)
	if n+len(w.object) > d1Row {
		w.oversized++
		w.noKey(op) // rather than what it was before
		return
	}
	if n > largeRow {
		p := w.p.d1(d1Keys.put).Text(w.object).Int(op.space).Int(int64(op.hash)).Blob(op.key).Int(int64(op.typ)).Int(int64(op.id)).Expiry(min(op.at, farAway))
		if op.null {
			p.Null()
		} else {
			p.Blob(op.value)
		}
		return
	}
	r := w.rows(d1Keys.putMany)
	r.begin()
	r.b = addInts(r.b, op.space, int64(op.hash))
	r.b = addJSON(append(r.b, ','), op.key)
	r.b = addInts(append(r.b, ','), int64(op.typ), int64(op.id))
	r.b = append(r.b, ',')
	if op.at == 0 {
		r.b = append(r.b, "null,"...)
	} else {
		r.b = append(addInts(r.b, min(op.at, farAway)), ',')
	}
	if op.null {
		r.b = append(r.b, "null"...)
	} else {
		r.b = addJSON(r.b, op.value)
	}
	w.end(r)
}

func (w *rowWriter) item(op *rowOp) {
	t, d, it := itemTables[op.typ], d1Items[op.typ], &op.item
	n := len(it.Field) + len(it.Value)
	put := op.kind == rowItem
	if n+len(w.object) > d1Row {
		w.oversized++
		put = false
	}
	if put && n > largeRow {
		w.p.d1(d.put).Text(w.object).Int(int64(op.id)).item(t, nil, it)
		return
	}
	s := d.putMany
	if !put {
		s = d.delMany
	}
	r := w.rows(s)
	r.begin()
	r.b = strconv.AppendUint(r.b, op.id, 10)
	for i, c := range t.all {
		if !put && !t.identifies(i) {
			continue
		}
		r.b = append(r.b, ',')
		switch c {
		case colField:
			r.b = addJSON(r.b, it.Field)
		case colValue:
			r.b = addJSON(r.b, it.Value)
		case colPos:
			r.b = strconv.AppendInt(r.b, it.Pos, 10)
		case colScore:
			r.b = addScore(r.b, it.Score)
		case colKind:
			r.b = strconv.AppendInt(r.b, int64(it.Kind), 10)
		case colExpires:
			if it.ExpireAt == 0 {
				r.b = append(r.b, "null"...)
			} else {
				r.b = strconv.AppendInt(r.b, min(it.ExpireAt, farAway), 10)
			}
		}
	}
	w.end(r)
}

func addScore(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, `"inf",0`...)
	case math.IsInf(f, -1):
		return append(b, `"-inf",0`...)
	case f == 0 && math.Signbit(f):
		return append(b, `"-0",0`...)
	case f == 0:
		return append(b, "0,0"...)
	}
	m, k := scaled(f)
	return addInts(b, m, int64(k))
}

const hexDigits = "0123456789abcdef"

// addJSON writes bytes as a JSON string.
func addJSON(b []byte, s string) []byte {
	if !plainText(s) {
		b = append(b, '"', 'x')
		n := len(b)
		b = append(b, make([]byte, hex.EncodedLen(len(s)))...)
		for i := 0; i < len(s); i++ {
			b[n+2*i], b[n+2*i+1] = hexDigits[s[i]>>4], hexDigits[s[i]&15]
		}
		return append(b, '"')
	}
	b = append(b, '"', 't')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// plainText reports whether bytes are UTF-8 without control characters, which go
// through JSON and SQLite's text as they are.
func plainText(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' {
			return false
		}
	}
	return utf8.ValidString(s)
}
