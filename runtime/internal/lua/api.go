package lua

import "fmt"

// What functions of Go use.

// Args is the number of arguments, and of what was pushed since.
func (t *Thread) Args() int { return t.top - t.frame.base }

// Arg is an argument, counted from 1; nil behind the last one.
func (t *Thread) Arg(i int) Value {
	if at := t.frame.base + i - 1; at < t.top {
		return t.stack[at]
	}
	return Nil
}

// SetArgs cuts the arguments, or fills them up with nil.
func (t *Thread) SetArgs(n int) {
	to := t.frame.base + n
	t.room(to)
	for i := t.top; i < to; i++ {
		t.stack[i] = Nil
	}
	t.top = to
}

// Push adds a result, or an argument of a call.
func (t *Thread) Push(v Value) {
	if t.top >= t.charged {
		t.room(t.top + 16)
	}
	t.stack[t.top] = v
	t.top++
}

// PushText adds a string and counts its bytes.
func (t *Thread) PushText(s string) {
	t.g.Grow(stringBytes + len(s))
	t.Push(Text(s))
}

// stringBytes is what a string takes beside its text.
const stringBytes = 32

// Pop removes the last value pushed and returns it.
func (t *Thread) Pop() Value {
	t.top--
	return t.stack[t.top]
}

// Room reports whether a function of Go may push n more values, and makes room
// for them.
func (t *Thread) Room(n int) bool {
	if n > maxGoStack || t.Args()+n > maxGoStack {
		return false
	}
	t.room(t.top + n)
	return true
}

// Call calls the value below the last n values with these and leaves as many
// results in their place as are wanted; all for -1.
func (t *Thread) Call(n, want int) {
	at := t.top - n - 1
	t.call(at, want)
	if want >= 0 {
		t.top = at + want
	}
}

// Where is the place of the function at a level as messages begin with it, empty
// for one of Go. Level 0 is the running function, 1 its caller.
func (t *Thread) Where(level int) string {
	if f := t.level(level); f != nil && f.fn.proto != nil {
		return fmt.Sprintf("%s:%d: ", f.fn.proto.chunk, f.line())
	}
	return ""
}

// Place is the chunk and the line of the function at a level; chunk is "=[C]" for
// one of Go, and ok is false when there is no such level.
func (t *Thread) Place(level int) (chunk string, line int, ok bool) {
	f := t.level(level)
	switch {
	case f == nil:
		return "", 0, false
	case f.fn == nil:
		return "=(tail call)", -1, true
	case f.fn.proto == nil:
		return "=[C]", -1, true
	}
	return f.fn.proto.source, f.line(), true
}

// lost stands for a call that a tail call replaced.
var lost = &frame{fn: &Function{}}

// level is the frame of a level, nil when there is none.
func (t *Thread) level(n int) *frame {
	f := t.frame
	for ; n > 0 && f != &t.first; f = f.prev {
		n--
		if f.fn != nil && f.fn.proto != nil {
			if n -= f.tail; n < 0 {
				return lost
			}
		}
	}
	if f == &t.first {
		return nil
	}
	return f
}

// Errorf raises a message with the caller's place before it.
func (t *Thread) Errorf(format string, args ...any) {
	t.fail(fmt.Sprintf(format, args...))
}

func (t *Thread) fail(msg string) {
	msg = t.Where(1) + msg
	t.g.Grow(len(msg))
	t.Throw(Text(msg))
}

// BadArg raises the error of an argument that is wrong.
func (t *Thread) BadArg(i int, format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	kind, name := t.callerName()
	if kind == "method" {
		if i--; i == 0 {
			t.fail("calling '" + name + "' on bad self (" + msg + ")")
		}
	}
	if name == "" {
		name = "?"
	}
	t.fail(fmt.Sprintf("bad argument #%d to '%s' (%s)", i, name, msg))
}

// BadType raises the error of an argument of another type than is wanted.
func (t *Thread) BadType(i int, want string) {
	got := "no value"
	if i <= t.Args() {
		got = t.Arg(i).Type()
	}
	t.BadArg(i, "%s expected, got %s", want, got)
}

// CheckAny returns an argument that has to be there.
func (t *Thread) CheckAny(i int) Value {
	if i > t.Args() {
		t.BadArg(i, "value expected")
	}
	return t.Arg(i)
}

// CheckText returns an argument that has to be a string or a number.
func (t *Thread) CheckText(i int) string {
	v := t.Arg(i)
	if s, ok := v.o.(*String); ok {
		return s.s
	}
	s, ok := v.ToString()
	if !ok {
		t.BadType(i, "string")
	}
	return s
}

// OptText is CheckText for an argument that may be left out.
func (t *Thread) OptText(i int, otherwise string) string {
	if t.Arg(i).IsNil() {
		return otherwise
	}
	return t.CheckText(i)
}

// CheckNumber returns an argument that has to be a number or read as one.
func (t *Thread) CheckNumber(i int) float64 {
	f, ok := t.toNumber(t.Arg(i))
	if !ok {
		t.BadType(i, "number")
	}
	return f
}

// OptNumber is CheckNumber for an argument that may be left out.
func (t *Thread) OptNumber(i int, otherwise float64) float64 {
	if t.Arg(i).IsNil() {
		return otherwise
	}
	return t.CheckNumber(i)
}

// CheckInteger is a number without its fraction, as a C long of 64 bits.
func (t *Thread) CheckInteger(i int) int64 { return toInteger(t.CheckNumber(i)) }

// CheckInt is a number without its fraction, as a C int of 32 bits.
func (t *Thread) CheckInt(i int) int { return int(int32(t.CheckInteger(i))) }

// OptInteger is CheckInteger for an argument that may be left out.
func (t *Thread) OptInteger(i int, otherwise int64) int64 {
	if t.Arg(i).IsNil() {
		return otherwise
	}
	return t.CheckInteger(i)
}

// OptInt is CheckInt for an argument that may be left out.
func (t *Thread) OptInt(i, otherwise int) int {
	if t.Arg(i).IsNil() {
		return otherwise
	}
	return t.CheckInt(i)
}

// CheckTable returns an argument that has to be a table.
func (t *Thread) CheckTable(i int) *Table {
	tab, ok := t.Arg(i).o.(*Table)
	if !ok {
		t.BadType(i, "table")
	}
	return tab
}

// CheckFunction returns an argument that has to be a function.
func (t *Thread) CheckFunction(i int) *Function {
	fn, ok := t.Arg(i).o.(*Function)
	if !ok {
		t.BadType(i, "function")
	}
	return fn
}

// Run does what another function of Go does, with the same arguments, and
// returns how many results it pushed.
func (t *Thread) Run(fn *Function) int { return fn.run(t) }

// Result is one of the values pushed, counted from the last, which is 1.
func (t *Thread) Result(i int) Value { return t.stack[t.top-i] }
