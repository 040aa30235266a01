package rest

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cloudflare/cloudflare-go/v7/d1"
	"github.com/cloudflare/cloudflare-go/v7/option"
)

// A D1 is one database.
type D1 struct {
	c  *Client
	id string
}

// D1 is the database with an id.
func (c *Client) D1(databaseID string) *D1 { return &D1{c: c, id: databaseID} }

// Limits of D1 (Cloudflare's, 2026-07).
const (
	maxStatement  = 100_000 // bytes
	maxParameters = 100
)

// Rows are the result of a statement. Values are nil, string, int64 or float64; a float64
// without a fraction comes as an int64. The API has no blobs: select hex(column). Integers
// beyond 2^53 are rounded by D1: select CAST(column AS TEXT).
type Rows struct {
	Columns []string
	Rows    [][]interface{}
	Changes int64 // rows that a statement changed
	Read    int64 // rows read, as billed
	Written int64 // rows written, as billed
}

// Hex is a blob as a parameter: unhex(?) in the statement makes it one again.
func Hex(blob []byte) string { return hex.EncodeToString(blob) }

// Select runs one SELECT. Parameters are strings: the API has no others, so a statement
// that compares numbers says CAST(? AS INTEGER). It may be repeated after a fault.
func (d *D1) Select(ctx context.Context, sql string, params ...string) (*Rows, error) {
	words := strings.Fields(sql)
	if len(words) == 0 || !strings.EqualFold(words[0], "select") || several(sql) {
		return nil, errors.New("rest: Select takes one statement, which begins with SELECT; Exec takes others")
	}
	return d.run(ctx, "selecting from", true, sql, params)
}

// Exec runs one statement that may change data. It is not repeated after a fault.
func (d *D1) Exec(ctx context.Context, sql string, params ...string) (*Rows, error) {
	if several(sql) {
		return nil, errors.New("rest: Exec takes one statement")
	}
	return d.run(ctx, "running a statement on", false, sql, params)
}

// several reports whether a text has more than one statement.
func several(sql string) bool {
	quote := byte(0)
	for i := 0; i < len(sql); i++ {
		c := sql[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '[':
			quote = ']'
		case c == '-' && strings.HasPrefix(sql[i:], "--"):
			end := strings.IndexByte(sql[i:], '\n')
			if end < 0 {
				return false
			}
			i += end
		case c == '/' && strings.HasPrefix(sql[i:], "/*"):
			end := strings.Index(sql[i+2:], "*/")
			if end < 0 {
				return false
			}
			i += end + 3
		case c == ';':
			return strings.TrimSpace(sql[i+1:]) != ""
		}
	}
	return false
}

func (d *D1) run(ctx context.Context, what string, reads bool, sql string, params []string) (*Rows, error) {
	switch {
	case len(sql) > maxStatement:
		return nil, fmt.Errorf("rest: a statement of %d bytes, and D1 takes none above %d", len(sql), maxStatement)
	case len(params) > maxParameters:
		return nil, fmt.Errorf("rest: %d parameters, and D1 takes %d at most: pass a list as one, with json_each(?)", len(params), maxParameters)
	}
	// cloudflare-go would read every number as a float64.
	var answer struct {
		Result []struct {
			Success *bool `json:"success"`
			Meta    struct {
				Changes     float64 `json:"changes"`
				RowsRead    float64 `json:"rows_read"`
				RowsWritten float64 `json:"rows_written"`
			} `json:"meta"`
			Results struct {
				Columns []string            `json:"columns"`
				Rows    [][]json.RawMessage `json:"rows"`
			} `json:"results"`
		} `json:"result"`
	}
	if err := checkID("D1 database", d.id); err != nil {
		return nil, err
	}
	t := &trace{reads: reads, hide: params}
	err := d.c.do(ctx, what+" the D1 database "+d.id, t, func(ctx context.Context) error {
		var body d1.DatabaseRawParamsBodyD1SingleQuery
		body.Sql.Value, body.Sql.Present = sql, true
		if len(params) > 0 {
			body.Params.Value, body.Params.Present = params, true
		}
		q := d1.DatabaseRawParams{Body: body}
		q.AccountID.Value, q.AccountID.Present = d.c.account, true
		_, err := d1.NewDatabaseService(d.c.opts...).Raw(ctx, d.id, q, option.WithResponseBodyInto(&answer))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(answer.Result) != 1 {
		return nil, fmt.Errorf("rest: %s the D1 database %s: %d results for one statement", what, d.id, len(answer.Result))
	}
	r := answer.Result[0]
	if r.Success != nil && !*r.Success {
		e := &Error{What: what + " the D1 database " + d.id, Status: http.StatusOK, Codes: []Code{{0, "the answer says that the statement failed"}}, Sent: t.sent}
		if !reads {
			e.Outcome = Unknown
		}
		return nil, e
	}
	out := &Rows{Columns: r.Results.Columns, Changes: int64(r.Meta.Changes), Read: int64(r.Meta.RowsRead), Written: int64(r.Meta.RowsWritten)}
	out.Rows = make([][]interface{}, len(r.Results.Rows))
	for i, row := range r.Results.Rows {
		out.Rows[i] = make([]interface{}, len(row))
		for j, raw := range row {
			if out.Rows[i][j], err = sqlValue(raw); err != nil {
				return nil, fmt.Errorf("rest: %s the D1 database %s: column %d of row %d: %w", what, d.id, j+1, i+1, err)
			}
		}
	}
	return out, nil
}

// sqlValue reads one value of a row.
func sqlValue(raw json.RawMessage) (interface{}, error) {
	var n json.Number
	if len(raw) > 0 && raw[0] != '"' && json.Unmarshal(raw, &n) == nil && n != "" {
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
		return n.Float64()
	}
	var v interface{}
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	switch v.(type) {
	case nil, string:
		return v, nil
	}
	return nil, errors.New("the value is no text or number: select hex() of a blob")
}
