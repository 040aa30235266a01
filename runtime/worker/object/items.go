package object

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// column is a column of a table of items.
type column uint8

const (
	colField column = iota // also member and entry
	colValue
	colPos
	colScore
	colKind
	colExpires
)

// An itemTable says how items of one type are kept, and has the statements on them.
type itemTable struct {
	name  string
	names []string // of all columns of an item
	all   []column
	order []int // columns that order the items, as indexes of all
	point []int // columns that identify one

	put             puts
	del, sweep, get Statement
	// By the lower bound, whether there is an upper one, and the direction.
	scan, count [3][2][2]Statement
	expiring    Statement // the fields of a hash that expire
	countAll    Statement
}

// The lower bounds of a scan.
const (
	fromStart = 0
	fromItem  = 1 // that one too
	fromAfter = 2
)

// manyRows is how many rows one statement of a run of puts writes at most.
const manyRows = 16

// itemTables is indexed by type.
var itemTables = [...]*itemTable{
	engine.TypeHash: newItemTable("hash_fields", []string{"field", "value", "expires"}, []column{colField, colValue, colExpires}, []int{0}, []int{0}),
	engine.TypeList: newItemTable("list_items", []string{"pos", "value"}, []column{colPos, colValue}, []int{0}, []int{0}),
	engine.TypeSet:  newItemTable("set_members", []string{"member"}, []column{colField}, []int{0}, []int{0}),
	engine.TypeZSet: newItemTable("zset_members", []string{"member", "score"}, []column{colField, colScore}, []int{1, 0}, []int{0}),
	engine.TypeStream: newItemTable("stream_entries", []string{"kind", "entry", "value"}, []column{colKind, colField, colValue},
		[]int{0, 1}, []int{0, 1}),
	engine.TypeJSON: newItemTable("json_documents", []string{"pos", "value"}, []column{colPos, colValue}, []int{0}, []int{0}),
}

func newItemTable(name string, names []string, all []column, order, point []int) *itemTable {
	t := &itemTable{name: name, names: names, all: all, order: order, point: point}
	columns := strings.Join(names, ", ")
	row := "(?" + strings.Repeat(", ?", len(all)) + ")"
	t.put = putRows(manyRows, name+" (id, "+columns+")", row)
	t.del = statement("DELETE FROM " + name + " WHERE id = ? AND " + t.tuple(point, "") + " = " + params(len(point)))
	t.sweep = statement("DELETE FROM " + name + " WHERE id = ? AND " + t.tuple(point, "") + " IN (SELECT " + t.list(point, "") +
		" FROM " + name + " WHERE id = ? LIMIT ?)")
	t.get = asideStatement("SELECT " + columns + " FROM " + name + " WHERE id = ? AND " + t.tuple(point, "") + " = " + params(len(point)))
	t.countAll = asideStatement("SELECT count(*) FROM " + name + " WHERE id = ?")
	index := ""
	if len(order) > len(point) {
		index = " INDEXED BY zset_order"
	}
	for from := range t.scan {
		for to := range t.scan[from] {
			for back := range t.scan[from][to] {
				up, down, direction := ">", "<", ""
				if back == 1 {
					up, down, direction = "<", ">", " DESC"
				}
				sql := " FROM " + name + index + " WHERE id = ?"
				switch from {
				case fromItem:
					sql += " AND " + t.tuple(order, "") + " " + up + "= " + params(len(order))
				case fromAfter:
					sql += " AND " + t.tuple(order, "") + " " + up + " " + params(len(order))
				}
				if to == 1 {
					sql += " AND " + t.tuple(order, "") + " " + down + "= " + params(len(order))
				}
				sql += " ORDER BY " + t.list(order, direction) + " LIMIT ? OFFSET ?"
				t.scan[from][to][back] = asideStatement("SELECT " + columns + sql)
				if from < fromAfter {
					t.count[from][to][back] = asideStatement("SELECT count(*) FROM (SELECT 1" + sql + ")")
				}
			}
		}
	}
	if name == "hash_fields" {
		t.expiring = asideStatement("SELECT " + columns + " FROM " + name + " INDEXED BY hash_expiring WHERE id = ? AND expires IS NOT NULL" +
			" ORDER BY expires, field LIMIT ? OFFSET ?")
	}
	return t
}

func (t *itemTable) list(columns []int, after string) string {
	words := make([]string, len(columns))
	for i, c := range columns {
		words[i] = t.names[c] + after
	}
	return strings.Join(words, ", ")
}

// tuple is a row value of columns.
func (t *itemTable) tuple(columns []int, after string) string {
	if s := t.list(columns, after); len(columns) > 1 {
		return "(" + s + ")"
	} else {
		return s
	}
}

// params is a row value of n parameters.
func params(n int) string {
	if n == 1 {
		return "?"
	}
	return "(?" + strings.Repeat(", ?", n-1) + ")"
}

func tableOf(t engine.Type) (*itemTable, error) {
	if int(t) < len(itemTables) && itemTables[t] != nil {
		return itemTables[t], nil
	}
	return nil, fmt.Errorf("object: the data type %d has no table of items", t)
}

// item adds an item's columns as parameters; nil columns mean all.
func (p *Program) item(t *itemTable, columns []int, it *engine.Item) {
	if columns == nil {
		for _, c := range t.all {
			p.column(c, it)
		}
		return
	}
	for _, i := range columns {
		p.column(t.all[i], it)
	}
}

func (p *Program) column(c column, it *engine.Item) {
	switch c {
	case colField:
		p.Blob(it.Field)
	case colValue:
		p.Blob(it.Value)
	case colPos:
		p.Int(it.Pos)
	case colScore:
		p.Float(it.Score)
	case colKind:
		p.Int(int64(it.Kind))
	case colExpires:
		p.Expiry(it.ExpireAt)
	}
}

func (q *result) item(t *itemTable) (it engine.Item) {
	for _, c := range t.all {
		switch c {
		case colField:
			it.Field = q.string()
		case colValue:
			it.Value = q.string()
		case colPos:
			it.Pos = q.int()
		case colScore:
			it.Score = q.float()
		case colKind:
			it.Kind = uint8(q.int())
		case colExpires:
			it.ExpireAt = q.int()
		}
	}
	return it
}

// bounds adds a query's bounds as parameters and returns which statement it is.
func (p *Program) bounds(t *itemTable, from, to *engine.Item) {
	if from != nil {
		p.item(t, t.order, from)
	}
	if to != nil {
		p.item(t, t.order, to)
	}
}

func shape(q *engine.Query, from int) (int, int, int) {
	to, back := 0, 0
	if q.To != nil {
		to = 1
	}
	if q.Reverse {
		back = 1
	}
	return from, to, back
}

// limitOf is a LIMIT: -1 for none.
func limitOf(n int64) int64 {
	if n <= 0 {
		return -1
	}
	return n
}

// Items yields one collection's items in order.
func (r *Rows) Items(q engine.Query, yield func(engine.Item) bool) error {
	t, err := tableOf(q.Type)
	if err == nil {
		err = r.settleItems(q.ID)
	}
	if err != nil {
		return err
	}
	if q.Point {
		p := r.ask(t.get).Int(int64(q.ID))
		p.item(t, t.point, q.From)
		_, err := r.one(p, func(res *result) { yield(res.item(t)) })
		return r.explainItems(err)
	}
	from, offset, left := q.From, q.Offset, q.Limit
	bound, limit := fromStart, firstPage
	if from != nil {
		bound = fromItem
	}
	for {
		n := limit
		if q.Limit > 0 {
			n = int(min(int64(limit), left))
			if q.Limit <= laterPage {
				n = int(left) // it is known how many are wanted
			}
		}
		var p *Program
		if q.Expiring {
			p = r.ask(t.expiring).Int(int64(q.ID)).Int(int64(n)).Int(offset)
		} else {
			a, b, c := shape(&q, bound)
			p = r.ask(t.scan[a][b][c]).Int(int64(q.ID))
			p.bounds(t, from, q.To)
			p.Int(int64(n)).Int(offset)
		}
		res, err := r.query(p, n)
		if err != nil {
			return r.explainItems(err)
		}
		var last engine.Item
		for i := 0; i < res.rows; i++ {
			last = res.item(t)
			if res.err != nil {
				return res.err
			}
			if !yield(last) {
				return nil
			}
		}
		left -= int64(res.rows)
		if !res.more && res.rows < n || q.Limit > 0 && left <= 0 || res.rows == 0 {
			return nil
		}
		if q.Expiring {
			offset += int64(res.rows)
		} else {
			from, bound, offset = &last, fromAfter, 0
		}
		limit = laterPage
	}
}

func (r *Rows) explainItems(err error) error {
	if err != nil {
		return fmt.Errorf("object: reading items: %w", err)
	}
	return nil
}

// Count counts what Items would yield.
func (r *Rows) Count(q engine.Query) (n int64, err error) {
	t, err := tableOf(q.Type)
	if err == nil {
		err = r.settleItems(q.ID)
	}
	if err != nil {
		return 0, err
	}
	if q.Point || q.Expiring {
		err := r.Items(q, func(engine.Item) bool { n++; return true })
		return n, err
	}
	var p *Program
	if q.From == nil && q.To == nil && q.Limit <= 0 && q.Offset <= 0 {
		p = r.ask(t.countAll).Int(int64(q.ID))
	} else {
		bound := fromStart
		if q.From != nil {
			bound = fromItem
		}
		a, b, c := shape(&q, bound)
		p = r.ask(t.count[a][b][c]).Int(int64(q.ID))
		p.bounds(t, q.From, q.To)
		p.Int(limitOf(q.Limit)).Int(q.Offset)
	}
	_, err = r.one(p, func(res *result) { n = res.int() })
	return n, r.explainItems(err)
}
