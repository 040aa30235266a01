package lua

import "strconv"

// A Value is any value of Lua. The zero Value is nil.
type Value struct {
	o any // nil, bool, isNumber, *String, *Table, *Function, *UserData or *Thread
	n float64
}

// isNumber marks a Value as a number, which is in its n.
type isNumber struct{}

var numberMark any = isNumber{}

// The constants of the language.
var (
	Nil   = Value{}
	True  = Value{o: true}
	False = Value{o: false}
)

// A String is a string of Lua with its hash, which is computed when a table
// first asks for it.
type String struct {
	s      string
	hash   uint32
	hashed bool
}

// UserData is a value of Go that a program can hold and compare, but not look into.
type UserData struct {
	// Text is what tostring writes behind "userdata: ".
	Text string
}

// A Function is a function of Lua with its captured variables, or one of Go.
type Function struct {
	proto *Proto
	cells []*cell
	env   *Table
	run   func(*Thread) int
	id    uint32
}

// A cell is a variable that several functions share.
type cell struct{ v Value }

// Number returns a number.
func Number(f float64) Value { return Value{o: numberMark, n: f} }

// Int returns a whole number.
func Int(n int) Value { return Value{o: numberMark, n: float64(n)} }

// Text returns a string.
func Text(s string) Value { return Value{o: &String{s: s}} }

// Bool returns a boolean.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

// Value returns a table as a value.
func (t *Table) Value() Value { return Value{o: t} }

// Value returns a function as a value.
func (f *Function) Value() Value { return Value{o: f} }

// Value returns user data as a value.
func (u *UserData) Value() Value { return Value{o: u} }

// IsNil reports whether a value is nil.
func (v Value) IsNil() bool { return v.o == nil }

// Truth reports whether a value counts as true in a condition.
func (v Value) Truth() bool {
	if b, ok := v.o.(bool); ok {
		return b
	}
	return v.o != nil
}

// AsBool is a boolean's value.
func (v Value) AsBool() (b, ok bool) {
	b, ok = v.o.(bool)
	return b, ok
}

// AsNumber is a number's value; strings are not converted.
func (v Value) AsNumber() (f float64, ok bool) {
	_, ok = v.o.(isNumber)
	return v.n, ok
}

// AsString is a string's text; numbers are not converted.
func (v Value) AsString() (s string, ok bool) {
	if str, ok := v.o.(*String); ok {
		return str.s, true
	}
	return "", false
}

// AsTable is the table that a value is, or nil.
func (v Value) AsTable() *Table {
	t, _ := v.o.(*Table)
	return t
}

// AsFunction is the function that a value is, or nil.
func (v Value) AsFunction() *Function {
	f, _ := v.o.(*Function)
	return f
}

// ToString is the text of a string, or of a number as Lua writes it.
func (v Value) ToString() (s string, ok bool) {
	switch o := v.o.(type) {
	case *String:
		return o.s, true
	case isNumber:
		return FormatNumber(v.n), true
	}
	return "", false
}

// ToNumber is a number, or what a string reads as.
func (v Value) ToNumber() (f float64, ok bool) {
	switch o := v.o.(type) {
	case isNumber:
		return v.n, true
	case *String:
		return ParseNumber(o.s)
	}
	return 0, false
}

// Type is a value's type as type names it.
func (v Value) Type() string {
	switch v.o.(type) {
	case nil:
		return "nil"
	case bool:
		return "boolean"
	case isNumber:
		return "number"
	case *String:
		return "string"
	case *Table:
		return "table"
	case *Function:
		return "function"
	case *Thread:
		return "thread"
	}
	return "userdata"
}

// Equal is the comparison without metamethods.
func (v Value) Equal(w Value) bool {
	switch o := v.o.(type) {
	case nil:
		return w.o == nil
	case isNumber:
		_, ok := w.o.(isNumber)
		return ok && v.n == w.n
	case *String:
		x, ok := w.o.(*String)
		return ok && (o == x || o.s == x.s)
	case *Table:
		x, ok := w.o.(*Table)
		return ok && o == x
	}
	return v.o == w.o
}

// hashOf is Lua 5.1's hash of a string, which decides the order of pairs.
func (s *String) hashOf() uint32 {
	if !s.hashed {
		l := len(s.s)
		h := uint32(l)
		step := l>>5 + 1
		for ; l >= step; l -= step {
			h ^= h<<5 + h>>2 + uint32(s.s[l-1])
		}
		s.hash, s.hashed = h, true
	}
	return s.hash
}

// address is what tostring writes for a value without a text: objects are
// numbered in the order in which they are made.
func address(v Value) string {
	var id uint32
	switch o := v.o.(type) {
	case *Table:
		id = o.id
	case *Function:
		id = o.id
	case *Thread:
		id = o.id
	case *UserData:
		return o.Text
	}
	return "0x" + strconv.FormatUint(0x7f0000000000+uint64(id)*64, 16)
}

// A Kind tells types apart.
type Kind uint8

const (
	KindNil Kind = iota
	KindBool
	KindNumber
	KindString
	KindTable
	KindFunction
	KindUserData
	KindThread
)

// Kind is a value's type.
func (v Value) Kind() Kind {
	switch v.o.(type) {
	case nil:
		return KindNil
	case bool:
		return KindBool
	case isNumber:
		return KindNumber
	case *String:
		return KindString
	case *Table:
		return KindTable
	case *Function:
		return KindFunction
	case *Thread:
		return KindThread
	}
	return KindUserData
}
