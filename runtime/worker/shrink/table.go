package shrink

import (
	"bytes"
	"encoding/binary"
)

// The header of Go's table of functions: a magic number, two zeros, the size of the
// smallest instruction and of a pointer, and then numbers of 64 bits, see header.
var magic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// header is offsets from the magic number on, but for the first three.
type header struct{ functions, files, text, names, units, fileNames, tables, index uint64 }

// The form of a function's record: numbers of 32 bits from these offsets on.
const (
	recName   = 4
	recSP     = 16 // where its stack pointer stands
	recFile   = 20
	recLine   = 24
	recCount  = 28 // how many more tables there are
	recUnit   = 32 // where the names of its files are
	recStart  = 36 // line of the function
	recKind   = 40 // a byte: 0, or what the runtime treats apart
	recFuncs  = 43 // a byte: how many words follow the tables
	recTables = 44
)

// A functionTable is Go's table of functions in a piece of memory. Its parts share
// their bytes with it.
type functionTable struct {
	b       []byte // from the magic number on
	head    header
	names   []byte
	tables  []byte // values by instruction
	records []record
	lengths map[uint32]int // of the tables that records have, by where they begin
}

// readTable reads the table of functions in a piece of memory, and where it begins; ok
// is false when there is none of a known form.
func readTable(b []byte) (t *functionTable, start int, ok bool) {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], magic)
		if i < 0 {
			return nil, 0, false
		}
		at += i
		t = &functionTable{b: b[at:], lengths: map[uint32]int{}}
		if t.read() {
			return t, at, true
		}
	}
}

func (t *functionTable) read() bool {
	if len(t.b) < 8+8*8 {
		return false
	}
	h := &t.head
	for i, to := range []*uint64{&h.functions, &h.files, &h.text, &h.names, &h.units, &h.fileNames, &h.tables, &h.index} {
		*to = binary.LittleEndian.Uint64(t.b[8+8*i:])
	}
	size := uint64(len(t.b))
	if h.functions == 0 || h.names > h.units || h.units > h.fileNames || h.fileNames > h.tables || h.tables > h.index ||
		h.index > size || h.functions > (size-h.index)/8 {
		return false
	}
	var index []byte
	t.names, t.tables, index = t.b[h.names:h.units], t.b[h.tables:h.index], t.b[h.index:]
	for i := 0; i < int(h.functions); i++ {
		at := uint64(word(index, 8*i+4))
		if at+recTables > uint64(len(index)) {
			return false
		}
		r := record(index[at:])
		if r.count() > 16 || r.end() > len(r) || !t.isName(word(r, recName)) {
			return false
		}
		r = r[:r.end()]
		t.records = append(t.records, r)
		// Every table must end where it can be read, before anything is changed.
		for _, at := range append(r.needs(), word(r, recFile), word(r, recLine)) {
			if _, done := t.lengths[at]; done || at == 0 {
				continue // 0: there is none
			}
			if t.lengths[at] = tableLength(t.tables, at); t.lengths[at] == 0 {
				return false
			}
		}
	}
	return true
}

// isName reports whether a name begins there: behind the NUL of another one.
func (t *functionTable) isName(at uint32) bool {
	return uint64(at) < uint64(len(t.names)) && (at == 0 || t.names[at-1] == 0)
}

func (t *functionTable) name(at uint32) string {
	name, _, _ := bytes.Cut(t.names[at:], []byte{0})
	return string(name)
}

// sweep clears the tables that no record needs any more, and returns how many bytes
// are zeros now. Tables that are the same are written once, whatever they tell.
func (t *functionTable) sweep() (n int) {
	needed := make([]bool, len(t.tables))
	for _, r := range t.records {
		for _, at := range r.needs() {
			for i := int(at); i < int(at)+t.lengths[at]; i++ {
				needed[i] = true
			}
		}
	}
	for at, length := range t.lengths {
		for i := int(at); i < int(at)+length; i++ {
			if !needed[i] && t.tables[i] != 0 {
				t.tables[i] = 0
				n++
			}
		}
	}
	return n
}

// A record is what there is about a function.
type record []byte

func word(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }

func (r record) count() int { return int(word(r, recCount)) }

func (r record) end() int { return recTables + 4*r.count() + 4*int(r[recFuncs]) }

// table is where the table of a number begins; 0 means that there is none.
func (r record) table(i int) uint32 {
	if i >= r.count() {
		return 0
	}
	return word(r, recTables+4*i)
}

// data is where the data of a number begins, see part; none means that there is none.
func (r record) data(i int) uint32 {
	if i >= int(r[recFuncs]) {
		return none
	}
	return word(r, recTables+4*r.count()+4*i)
}

const none = 1<<32 - 1

func (r record) dropTable(i int) {
	if i < r.count() {
		clear(r[recTables+4*i:][:4])
	}
}

func (r record) dropData(i int) {
	if i < int(r[recFuncs]) {
		binary.LittleEndian.PutUint32(r[recTables+4*r.count()+4*i:], none)
	}
}

// needs is the tables that a record has, but for those of lines.
func (r record) needs() []uint32 {
	list := []uint32{word(r, recSP)}
	for i := 0; i < r.count(); i++ {
		list = append(list, r.table(i))
	}
	return list
}

// tableLength is how many bytes a table has: pairs of a signed and an unsigned varint,
// until a difference of 0. 0 means that it does not end.
func tableLength(tables []byte, at uint32) int {
	n, ok := walk(tables, at, func(int32) bool { return true })
	if !ok {
		return 0
	}
	return n
}

// walk calls see with each value of a table. It returns how many bytes the table has; ok
// is false when it does not end, or see is.
func walk(tables []byte, at uint32, see func(value int32) bool) (n int, ok bool) {
	if uint64(at) >= uint64(len(tables)) {
		return 0, false
	}
	b, value := tables[at:], int32(-1)
	for first := true; ; first = false {
		v, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return 0, false
		}
		n += k
		if v == 0 && !first {
			return n, true
		}
		if value += int32(v>>1) ^ -int32(v&1); !see(value) {
			return 0, false
		}
		if _, k = binary.Uvarint(b[n:]); k <= 0 {
			return 0, false
		}
		n += k
	}
}
