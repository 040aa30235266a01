// Package shrink makes a WebAssembly module that Go built smaller when it is
// compressed, without changing what it does. It never touches code.
//
// The linker writes memory as some ninety thousand segments around stretches of zeros,
// whose headers compress badly: segments with few zeros between them become one. The
// list of functions by number is written with four bytes a number, of which three are
// the same over and over.
//
// The largest part of the memory is Go's table of functions, with what there is about
// each of them and their instructions. What WebAssembly has no use for is emptied, and
// so is what only a trace of the stack shows, but for the functions' names: the lines
// (a question mark stands for them), the arguments, and the functions that the compiler
// inlined into Go's own ones. Whatever the collector, panics and recover read stays.
//
// The form of the tables is Go's own affair. Each is only touched when everything in it
// is as this package knows it (Go 1.24 to 1.26); otherwise it stays.
package shrink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
)

// ErrModule is in the error of what is no WebAssembly module that Go's linker wrote.
var ErrModule = errors.New("not a WebAssembly module as Go writes it")

// Report says what was done.
type Report struct {
	Segments, Merged int  // data segments before and after
	Emptied          int  // bytes of tables that are zeros now
	Known            bool // the form of all tables was known
}

// The numbers of sections.
const (
	sectionElements = 9  // which fills the list of functions
	sectionData     = 11 // which fills memory
	sectionCount    = 12 // which says how many segments of data there are: Go writes none
)

// mostMemory is how many bytes may be filled in a module whose tables are looked at.
const mostMemory = 64 << 20

// gap is how many zeros may stand between two segments that become one.
const gap = 512

// Module returns a module that does the same. One whose segments have numbers that code may
// know is returned as it is.
func Module(module []byte) (small []byte, r Report, err error) {
	if len(module) < 8 || string(module[:4]) != "\x00asm" {
		return nil, r, ErrModule
	}
	small = append(make([]byte, 0, len(module)), module[:8]...)
	for rest := module[8:]; len(rest) > 0; {
		id := rest[0]
		n, k := binary.Uvarint(rest[1:])
		if k <= 0 || n > uint64(len(rest)-1-k) {
			return nil, r, fmt.Errorf("%w: a section is cut off", ErrModule)
		}
		body := rest[1+k : 1+k+int(n)]
		switch id {
		case sectionCount: // code may name segments by their numbers, which are to stay
			return module, Report{}, nil
		case sectionData:
			if body, err = data(body, &r); err != nil {
				return nil, r, err
			}
		case sectionElements:
			body = elements(body)
		}
		small = append(small, id)
		small = binary.AppendUvarint(small, uint64(len(body)))
		small = append(small, body...)
		rest = rest[1+k+int(n):]
	}
	return small, r, nil
}

// A segment is bytes of memory.
type segment struct {
	at uint32
	b  []byte
}

// data returns the section with fewer segments and with less in its tables.
func data(body []byte, r *Report) ([]byte, error) {
	segments, err := read(body)
	if err != nil {
		return nil, err
	}
	r.Segments = len(segments)
	sort.SliceStable(segments, func(i, j int) bool { return segments[i].at < segments[j].at })
	var merged []segment
	for _, s := range segments {
		if last := len(merged) - 1; last >= 0 {
			m := &merged[last]
			end := m.at + uint32(len(m.b))
			if s.at < end {
				return nil, fmt.Errorf("%w: its data overlaps", ErrModule)
			}
			if s.at-end <= gap {
				m.b = append(append(m.b, make([]byte, s.at-end)...), s.b...)
				continue
			}
		}
		merged = append(merged, segment{s.at, append([]byte{}, s.b...)})
	}
	r.Merged = len(merged)
	if mem := image(merged); mem != nil {
		empty(mem, r)
		// Where there is no segment, zeros are left: all that is written is zeros, and
		// numbers where others were.
		for _, s := range merged {
			copy(s.b, mem[s.at:])
		}
	}
	out := binary.AppendUvarint(nil, uint64(len(merged)))
	for _, s := range merged {
		out = append(out, 0, opConst)
		out = appendSigned(out, int64(int32(s.at)))
		out = append(out, opEnd)
		out = binary.AppendUvarint(out, uint64(len(s.b)))
		out = append(out, s.b...)
	}
	return out, nil
}

// image is the memory that segments in their order fill, the zeros around them included,
// which the linker leaves out, and some behind them; nil when it is too large.
func image(segments []segment) []byte {
	if len(segments) == 0 {
		return nil
	}
	last := segments[len(segments)-1]
	if int64(last.at)+int64(len(last.b)) > mostMemory {
		return nil
	}
	mem := make([]byte, int(last.at)+len(last.b)+gap)
	for _, s := range segments {
		copy(mem[s.at:], s.b)
	}
	return mem
}

// empty empties what there is to be emptied in the tables in memory.
func empty(mem []byte, r *Report) {
	t, start, ok := readTable(mem)
	if !ok {
		return
	}
	r.Emptied = t.lines()
	n, points := t.dropUnsafePoints()
	r.Emptied += n
	d, ok := describe(mem, t, uint64(start))
	if !ok {
		return
	}
	n, traces := t.traces(at(mem, d[wordFunctions]))
	r.Emptied += n
	r.Known = buckets(mem, t, &d) && points && traces
}

const (
	opConst = 0x41 // i32.const
	opEnd   = 0x0b
)

// read reads the segments of a data section: all of them fill memory 0.
func read(b []byte) (segments []segment, err error) {
	cut := fmt.Errorf("%w: its data section is cut off, or has segments of another kind", ErrModule)
	n, k := binary.Uvarint(b)
	if k <= 0 {
		return nil, cut
	}
	b = b[k:]
	for ; n > 0; n-- {
		if len(b) < 3 || b[0] != 0 || b[1] != opConst {
			return nil, cut
		}
		at, k := signed(b[2:])
		if k <= 0 || len(b) <= 2+k || b[2+k] != opEnd {
			return nil, cut
		}
		b = b[3+k:]
		size, k := binary.Uvarint(b)
		if k <= 0 || size > uint64(len(b)-k) {
			return nil, cut
		}
		segments = append(segments, segment{uint32(at), b[k : k+int(size)]})
		b = b[k+int(size):]
	}
	if len(b) > 0 {
		return nil, cut
	}
	return segments, nil
}

// signed reads a signed LEB128 number and returns how many bytes it has, 0 when it is cut off.
func signed(b []byte) (n int64, length int) {
	for shift := uint(0); length < len(b) && shift < 64; {
		c := b[length]
		length++
		n |= int64(c&0x7f) << shift
		shift += 7
		if c < 0x80 {
			if c&0x40 != 0 && shift < 64 {
				n |= -1 << shift
			}
			return n, length
		}
	}
	return 0, 0
}

func appendSigned(b []byte, n int64) []byte {
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
