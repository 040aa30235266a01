package object

// An Executor performs programs on one object's SQLite. It decides nothing.
type Executor interface {
	// Exec runs a program in one transaction: all of it or nothing. An error means
	// that nothing is stored, or that the outcome is not known: the rows tell.
	Exec(program []byte) error
	// Query runs a program of one statement and returns at most so many rows, and no
	// more than 256 KB of them but at least one. The result is valid until the next call.
	Query(program []byte, rows int) (result []byte, err error)
	// Size is how many bytes the database has.
	Size() int64
}
