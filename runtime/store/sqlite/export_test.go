package sqlite

// CountRows runs a query that answers one number.
func (s *Store) CountRows(sql string) (n int64, err error) {
	q, err := s.reader.prepare(sql)
	if err != nil {
		return 0, err
	}
	_, err = q.one(func() { n = q.colInt(0) })
	return n, err
}

// Rows runs a query and returns its columns as text.
func (s *Store) Rows(sql string, columns int) (rows [][]string, err error) {
	q, err := s.reader.prepare(sql)
	if err != nil {
		return nil, err
	}
	err = q.rows(func() bool {
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
