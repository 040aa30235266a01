package object

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// The methods of a Program and of a result are not inlined: there are some hundred
// calls of each, and the WebAssembly has little room.

// A Program is statements with their parameters, in the form that worker/doc.go
// describes. Its zero value is an empty one.
type Program struct {
	b []byte
	n uint32
}

// The tags of a value.
const (
	tagNull  = 0
	tagFloat = 1
	tagBlob  = 2
	tagText  = 3
)

// keptProgram bounds the memory that a program keeps from one commit to the next.
const keptProgram = 256 << 10

// Reset empties the program.
func (p *Program) Reset() {
	if cap(p.b) > keptProgram {
		p.b = nil
	}
	p.b, p.n = append(p.b[:0], 0, 0, 0, 0), 0
}

// Len is how many statements there are.
func (p *Program) Len() int { return int(p.n) }

// Bytes is the program as an Executor takes it, valid until it is changed.
func (p *Program) Bytes() []byte {
	if len(p.b) == 0 {
		p.Reset()
	}
	binary.LittleEndian.PutUint32(p.b, p.n)
	return p.b
}

// first is the first statement of a program that has one.
func (p *Program) first() Statement { return Statement(binary.LittleEndian.Uint16(p.b[4:])) }

// Statement begins a statement, by its number in the list of texts. As many
// parameters as it has are to follow.
//
//go:noinline
func (p *Program) Statement(s Statement) *Program {
	if len(p.b) == 0 {
		p.Reset()
	}
	p.n++
	p.b = binary.LittleEndian.AppendUint16(p.b, uint16(s))
	p.b = binary.LittleEndian.AppendUint16(p.b, uint16(texts[s].params))
	return p
}

// Int adds a parameter below 2^53.
//
//go:noinline
func (p *Program) Int(n int64) *Program { return p.Float(float64(n)) }

// Float adds a parameter.
//
//go:noinline
func (p *Program) Float(f float64) *Program {
	p.b = append(p.b, tagFloat)
	p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(f))
	return p
}

// Expiry adds a time in Unix milliseconds as a parameter for a column of integers, NULL
// for 0. Redis takes times that a number of JavaScript is not exact for (year 287,396);
// they go as text, of which the column makes an integer.
//
//go:noinline
func (p *Program) Expiry(ms int64) *Program {
	switch {
	case ms == 0:
		return p.Null()
	case ms > maxExact:
		return p.Text(strconv.FormatInt(ms, 10))
	}
	return p.Int(ms)
}

// maxExact is up to which number a double has all integers.
const maxExact = 1 << 53

// Null adds a parameter.
//
//go:noinline
func (p *Program) Null() *Program {
	p.b = append(p.b, tagNull)
	return p
}

// Blob adds a parameter.
//
//go:noinline
func (p *Program) Blob(s string) *Program {
	p.b = append(p.b, tagBlob)
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	p.b = append(p.b, s...)
	return p
}

// Bytes adds a parameter.
//
//go:noinline
func (p *Program) bytes(s []byte) *Program {
	p.b = append(p.b, tagBlob)
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	p.b = append(p.b, s...)
	return p
}

// Text adds a parameter of UTF-8.
//
//go:noinline
func (p *Program) Text(s string) *Program {
	p.b = append(p.b, tagText)
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	p.b = append(p.b, s...)
	return p
}

// A result is what a query returned.
type result struct {
	b       []byte
	more    bool // there are rows that did not fit
	rows    int
	columns int
	err     error
}

func readResult(b []byte) result {
	if len(b) < 7 {
		return result{err: fmt.Errorf("object: a result of %d bytes is none", len(b))}
	}
	return result{
		b: b[7:], more: b[0] != 0,
		rows: int(binary.LittleEndian.Uint32(b[1:])), columns: int(binary.LittleEndian.Uint16(b[5:])),
	}
}

//go:noinline
func (r *result) fail() {
	if r.err == nil {
		r.err = fmt.Errorf("object: a result is cut off")
	}
	r.b = nil
}

// value reads the next value: raw shares the result's memory.
//
//go:noinline
func (r *result) value() (num float64, raw []byte) {
	if len(r.b) == 0 {
		r.fail()
		return 0, nil
	}
	tag := r.b[0]
	r.b = r.b[1:]
	switch tag {
	case tagNull:
		return 0, nil
	case tagFloat:
		if len(r.b) < 8 {
			r.fail()
			return 0, nil
		}
		num = math.Float64frombits(binary.LittleEndian.Uint64(r.b))
		r.b = r.b[8:]
		return num, nil
	case tagBlob, tagText:
		if len(r.b) < 4 {
			r.fail()
			return 0, nil
		}
		n := uint64(binary.LittleEndian.Uint32(r.b))
		if uint64(len(r.b)-4) < n {
			r.fail()
			return 0, nil
		}
		raw = r.b[4 : 4+n]
		r.b = r.b[4+n:]
		return 0, raw
	}
	r.fail()
	return 0, nil
}

// int reads an integer, or one beyond maxExact as text.
//
//go:noinline
func (r *result) int() int64 {
	f, raw := r.value()
	if raw == nil {
		return int64(f)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		r.fail()
	}
	return n
}

//go:noinline
func (r *result) float() float64 {
	f, _ := r.value()
	return f
}

//go:noinline
func (r *result) string() string {
	_, raw := r.value()
	return string(raw)
}
