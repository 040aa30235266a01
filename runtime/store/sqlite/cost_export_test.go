package sqlite

import sqlite3 "modernc.org/sqlite/lib"

// TotalChanges is how many rows of tables were written since the file was opened.
func (s *Store) TotalChanges() int64 {
	return int64(sqlite3.Xsqlite3_total_changes(s.writer.tls, s.writer.db))
}
