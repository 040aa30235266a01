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
	recStart  = 36 // line of the function
	recFuncs  = 43 // a byte: how many words follow the tables
	recTables = 44
)

// lines empties the tables of lines in a piece of memory that holds the table of
// functions. It returns how many bytes are zeros now; ok is false, and nothing was
// changed, when there is no table of a known form.
func lines(b []byte) (n int, ok bool) {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], magic)
		if i < 0 {
			return 0, false
		}
		at += i
		if n, ok := emptyLines(b[at:]); ok {
			return n, true
		}
	}
}

func emptyLines(b []byte) (n int, ok bool) {
	var h header
	if len(b) < 8+8*8 {
		return 0, false
	}
	for i, to := range []*uint64{&h.functions, &h.files, &h.text, &h.names, &h.units, &h.fileNames, &h.tables, &h.index} {
		*to = binary.LittleEndian.Uint64(b[8+8*i:])
	}
	size := uint64(len(b))
	if h.functions == 0 || h.names > h.units || h.units > h.fileNames || h.fileNames > h.tables || h.tables > h.index ||
		h.index > size || h.functions > (size-h.index)/8 {
		return 0, false
	}
	names, tables, index := b[h.names:h.units], b[h.tables:h.index], b[h.index:]
	word := func(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	var records [][]byte
	kept, emptied := map[uint32]bool{}, map[uint32]bool{}
	for i := 0; i < int(h.functions); i++ {
		at := uint64(word(index, 8*i+4))
		if at+recTables > uint64(len(index)) {
			return 0, false
		}
		rec := index[at:]
		count := uint64(word(rec, recCount))
		if count > 16 || at+recTables+4*count+4*uint64(rec[recFuncs]) > uint64(len(index)) {
			return 0, false
		}
		// A name begins behind the NUL of another one.
		if name := word(rec, recName); uint64(name) >= uint64(len(names)) || name > 0 && names[name-1] != 0 {
			return 0, false
		}
		kept[word(rec, recSP)] = true
		for j := 0; j < int(count); j++ {
			kept[word(rec, recTables+4*j)] = true
		}
		emptied[word(rec, recFile)], emptied[word(rec, recLine)] = true, true
		records = append(records, rec)
	}
	// Every table must end where it can be read, before anything is changed.
	lengths := map[uint32]int{}
	for _, set := range []map[uint32]bool{kept, emptied} {
		for at := range set {
			if at == 0 {
				continue // there is none
			}
			if lengths[at] = tableLength(tables, at); lengths[at] == 0 {
				return 0, false
			}
		}
	}
	// Tables that are the same are written once, whatever they tell.
	needed := make([]bool, len(tables))
	for at := range kept {
		for i := 0; i < lengths[at]; i++ {
			needed[int(at)+i] = true
		}
	}
	for at := range emptied {
		if kept[at] {
			continue
		}
		for i := int(at); i < int(at)+lengths[at]; i++ {
			if !needed[i] {
				tables[i] = 0
				n++
			}
		}
	}
	for _, rec := range records {
		clear(rec[recFile : recLine+4])
		clear(rec[recStart : recStart+4])
	}
	clear(b[h.units:h.tables]) // the names of files
	return n, true
}

// tableLength is how many bytes a table has: pairs of a signed and an unsigned varint,
// until a difference of 0. 0 means that it does not end.
func tableLength(tables []byte, at uint32) int {
	if uint64(at) >= uint64(len(tables)) {
		return 0
	}
	b := tables[at:]
	for n, first := 0, true; ; first = false {
		v, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return 0
		}
		n += k
		if v == 0 && !first {
			return n
		}
		if _, k = binary.Uvarint(b[n:]); k <= 0 {
			return 0
		}
		n += k
	}
}
