package lua

import (
	"fmt"
	"math"
)

// A Budget bounds what one program may do. Fields that are 0 or less take their
// default.
type Budget struct {
	// Steps counts the machine's instructions, the characters that pattern
	// matching and sorting look at, and what other library functions do that
	// takes as long.
	Steps int64
	// Bytes counts what strings, tables, functions and the stack take as they are
	// made, whether or not they are garbage by then.
	Bytes int64
}

// The defaults: some seconds of a processor and what a small machine can spare.
// Redis's own bound is five seconds, after which it offers SCRIPT KILL.
const (
	DefaultSteps = 200_000_000
	DefaultBytes = 512 << 20
)

// A meter counts down what is left of the running program's budget.
type meter struct {
	budget       Budget
	steps, bytes int64
	over         error
	used         int64 // steps of the last program
}

// spent is the panic that ends a program. Nothing in a program catches it.
type spent struct{}

func (m *meter) start(b Budget) {
	if b.Steps <= 0 {
		b.Steps = DefaultSteps
	}
	if b.Bytes <= 0 {
		b.Bytes = DefaultBytes
	}
	m.budget, m.steps, m.bytes, m.over = b, b.Steps, b.Bytes, nil
}

// stop lets the host work on without a budget.
func (m *meter) stop() {
	m.used = m.budget.Steps - m.steps
	m.steps, m.bytes = math.MaxInt64, math.MaxInt64
}

// Used is how many steps the last program took.
func (m *meter) Used() int64 { return m.used }

// end panics because the budget is spent.
func (m *meter) end() {
	if m.over == nil {
		if m.bytes < 0 {
			m.over = fmt.Errorf("script exceeded its budget of %d bytes for strings and tables; its effects were undone", m.budget.Bytes)
		} else {
			m.over = fmt.Errorf("script exceeded its budget of %d steps; its effects were undone", m.budget.Steps)
		}
	}
	panic(spent{})
}

// Grow counts bytes that are about to be made and ends the program when its
// budget does not have them.
func (m *meter) Grow(bytes int) {
	m.bytes -= int64(bytes)
	if m.bytes < 0 {
		m.end()
	}
}

// Walk counts steps and ends the program when its budget does not have them.
func (m *meter) Walk(steps int) {
	m.steps -= int64(steps)
	if m.steps < 0 {
		m.end()
	}
}

// Charge counts bytes that were made for the program elsewhere, and ends it at
// its next step when its budget does not have them.
func (m *meter) Charge(bytes int) {
	m.bytes -= int64(bytes)
	if m.bytes < 0 {
		m.steps = -1
	}
}

// Room is how many more bytes the budget has.
func (m *meter) Room() int64 { return m.bytes }

// Exceeded is why the last program was ended, nil when it was not.
func (m *meter) Exceeded() error { return m.over }
