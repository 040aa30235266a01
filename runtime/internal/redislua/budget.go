package redislua

import (
	"errors"
	"fmt"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Budget bounds what one script may do. Fields that are 0 or less take their
// default.
type Budget struct {
	// Steps counts the virtual machine's instructions, the characters that
	// pattern matching, sorting and shifting look at, 50 for each command and 100
	// for each error that pcall catches.
	Steps int64
	// Bytes counts what strings and tables take as they are made, whether or not
	// they are garbage by then: the results of .., rep, format, gsub and their
	// kin, the elements of replies, and for tables 64 bytes an element, which an
	// assignment to a field counts as even when the field is there already.
	Bytes int64
}

// The defaults: some seconds of a processor and what a small machine can spare.
// Redis's own bound is five seconds, after which it offers SCRIPT KILL.
const (
	DefaultSteps = 200_000_000
	DefaultBytes = 512 << 20
)

// What table growth and calls count as.
const (
	fieldBytes   = 64
	tableBytes   = 112
	closureBytes = 128
	callSteps    = 50
	caughtSteps  = 100
)

// A meter counts down what is left of a running script's budget. gopher-lua has
// no hook for instructions, but it asks its context's Done before each one: the
// meter is that context. Once the budget is spent, each further instruction
// raises an error, so that no pcall of the script goes on.
type meter struct {
	Budget
	steps, bytes int64
	over         error
	stop         chan struct{} // closed from the start
}

func newMeter() *meter {
	m := &meter{stop: make(chan struct{})}
	close(m.stop)
	m.reset(Budget{})
	return m
}

func (m *meter) reset(b Budget) {
	if b.Steps <= 0 {
		b.Steps = DefaultSteps
	}
	if b.Bytes <= 0 {
		b.Bytes = DefaultBytes
	}
	m.Budget, m.steps, m.bytes, m.over = b, b.Steps, b.Bytes, nil
}

// Done is closed when the budget is spent.
func (m *meter) Done() <-chan struct{} {
	m.steps--
	if m.steps < 0 {
		m.spent()
		return m.stop
	}
	return nil
}

// Err says what was spent.
func (m *meter) Err() error {
	if m.over == nil {
		return errors.New("the script's budget is not spent")
	}
	return m.over
}

// Deadline and Value make the meter a context.
func (m *meter) Deadline() (at time.Time, ok bool) { return at, false }
func (m *meter) Value(any) any                     { return nil }

func (m *meter) spent() {
	switch {
	case m.over != nil:
	case m.bytes < 0:
		m.over = fmt.Errorf("script exceeded its budget of %d bytes for strings and tables; its effects were undone", m.Bytes)
	default:
		m.over = fmt.Errorf("script exceeded its budget of %d steps; its effects were undone", m.Steps)
	}
	m.steps = math.MinInt64 / 2
}

// make counts bytes that are about to be made and reports whether the budget
// has them.
func (m *meter) make(bytes int) bool {
	m.bytes -= int64(bytes)
	if m.bytes < 0 {
		m.spent()
		return false
	}
	return m.steps >= 0
}

// walk counts steps and reports whether the budget has them.
func (m *meter) walk(steps int) bool {
	m.steps -= int64(steps)
	if m.steps < 0 {
		m.spent()
		return false
	}
	return true
}

// grow raises an error when the budget does not have some more bytes.
func (s *State) grow(bytes int) {
	if !s.meter.make(bytes) {
		s.l.RaiseError("%s", s.meter.Err().Error())
	}
}

// walk raises an error when the budget does not have some more steps.
func (s *State) walk(steps int) {
	if !s.meter.walk(steps) {
		s.l.RaiseError("%s", s.meter.Err().Error())
	}
}

// Charge counts bytes that a command of the running script made elsewhere. The
// script ends at its next instruction when the budget does not have them.
func (s *State) Charge(bytes int) { s.meter.make(bytes) }

// Exceeded reports whether the last script was ended because its budget was
// spent.
func (s *State) Exceeded() bool { return s.meter.over != nil }

// growth is the call that Compile puts where tables and functions are made.
func (s *State) growth(l *lua.LState) int {
	s.grow(int(l.Get(1).(lua.LNumber)))
	return 0
}

// sized counts a table constructor whose last field is a list of values.
func (s *State) sized(l *lua.LState) int {
	if t, ok := l.Get(1).(*lua.LTable); ok {
		s.grow(16 * t.Len())
	}
	return 1
}

// elements is the number of values that a reply turns into.
func elements(r resp.Reply) int {
	n := len(r.Elems)
	for i := range r.Elems {
		if r.Elems[i].Elems != nil {
			n += 2 + elements(r.Elems[i])
		}
	}
	return n
}
