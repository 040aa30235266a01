package sqlite

import (
	"errors"
	"fmt"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// look runs a query over a connection of its own, as somebody does who looks at
// the file while its owner is at work.
func (s *Store) look(sql string, row func(*stmt) bool) error {
	c, err := open(s.path, sqlite3.SQLITE_OPEN_READWRITE)
	if err != nil {
		return err
	}
	q, err := c.prepare(sql)
	if err == nil {
		err = q.rows(func() bool { return row(q) })
	}
	return errors.Join(err, c.close())
}

// CountRows runs a query that answers one number.
func (s *Store) CountRows(sql string) (n int64, err error) {
	err = s.look(sql, func(q *stmt) bool { n = q.colInt(0); return false })
	return n, err
}

// Rows runs a query and returns its columns as text.
func (s *Store) Rows(sql string, columns int) (rows [][]string, err error) {
	err = s.look(sql, func(q *stmt) bool {
		row := make([]string, columns)
		for i := range row {
			row[i] = q.colString(i)
		}
		rows = append(rows, row)
		return true
	})
	return rows, err
}

// Exec runs a statement on the writer's connection.
func (s *Store) Exec(sql string) error { return s.exec(sql, nil) }

// MakeFirstVersion makes a file as the first version did and runs statements on it.
func MakeFirstVersion(path string, statements []string) error {
	c, err := open(path, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE)
	if err != nil {
		return err
	}
	sql := fmt.Sprintf("PRAGMA journal_mode = WAL; BEGIN; %s; PRAGMA application_id = %d; PRAGMA user_version = 1; COMMIT", migrations[0], applicationID)
	for _, sql := range append([]string{sql, "BEGIN"}, append(statements, "COMMIT")...) {
		if err == nil {
			err = c.run(sql)
		}
	}
	return errors.Join(err, c.close())
}

// Statements are the texts that the reader has prepared.
func (s *Store) Statements() (texts []string) {
	for text := range s.reader.stmts {
		if strings.HasPrefix(text, "SELECT ") && strings.Contains(text, "?") {
			texts = append(texts, text)
		}
	}
	return texts
}
