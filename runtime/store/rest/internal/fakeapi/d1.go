package fakeapi

import (
	"database/sql"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // D1 is SQLite
)

type database struct {
	id, name string
	db       *sql.DB
}

func (d *database) shown() interface{} {
	return map[string]interface{}{"uuid": d.id, "name": d.name, "version": "production"}
}

func d1List(c *call) answer {
	var found []*database
	for _, d := range c.s.d1 {
		if strings.Contains(d.name, c.query["name"]) {
			found = append(found, d)
		}
	}
	from, to, info := c.page(len(found), 100)
	out := []interface{}{}
	for _, d := range found[from:to] {
		out = append(out, d.shown())
	}
	return answer{result: out, info: info}
}

func d1New(c *call) answer {
	var body struct{ Name string }
	c.into(&body)
	for _, d := range c.s.d1 {
		if d.name == body.Name {
			return failure(400, 7502, "a database with the name already exists")
		}
	}
	c.s.made++
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return failure(500, 7500, err.Error())
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	d := &database{id: fmt.Sprintf("00000000-0000-4000-8000-%012x", c.s.made), name: body.Name, db: db}
	c.s.d1 = append(c.s.d1, d)
	return answer{result: d.shown()}
}

func d1Raw(c *call) answer {
	for _, d := range c.s.d1 {
		if d.id == c.vars["database_id"] {
			return d.raw(c)
		}
	}
	return failure(404, 7404, "The database could not be found")
}

func (d *database) raw(c *call) answer {
	var body struct {
		SQL    string
		Params []string
	}
	c.into(&body)
	args := make([]interface{}, len(body.Params))
	for i, p := range body.Params {
		args[i] = p
	}
	before := d.changes()
	rows, err := d.db.Query(body.SQL, args...)
	if err != nil {
		return failure(400, 7500, err.Error())
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return failure(400, 7500, err.Error())
	}
	out := [][]interface{}{}
	for rows.Next() {
		row := make([]interface{}, len(columns))
		into := make([]interface{}, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return failure(400, 7500, err.Error())
		}
		for i, v := range row { // as D1 writes them: it is JavaScript
			switch v := v.(type) {
			case []byte:
				list := make([]int, len(v))
				for j, x := range v {
					list[j] = int(x)
				}
				row[i] = list
			case int64:
				row[i] = float64(v)
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return failure(400, 7500, err.Error())
	}
	if columns == nil {
		columns = []string{}
	}
	_ = rows.Close() // so that the only connection is free
	changes := d.changes() - before
	return answer{result: []interface{}{map[string]interface{}{
		"success": true, "meta": map[string]interface{}{"rows_read": len(out), "rows_written": changes, "changes": changes, "duration": 0.1},
		"results": map[string]interface{}{"columns": columns, "rows": out},
	}}}
}

// changes is how many rows were changed so far.
func (d *database) changes() (n int64) {
	if err := d.db.QueryRow("SELECT total_changes()").Scan(&n); err != nil {
		panic(err)
	}
	return n
}
