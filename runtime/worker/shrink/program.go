package shrink

import (
	"bytes"
	"encoding/binary"
)

// The runtime's description of the program: words of 64 bits, of which these are used.
// It begins with pointers to the header and to the five parts behind it, each with its
// length twice.
const (
	wordNames     = 1
	wordTables    = 10
	wordRecords   = 13
	wordIndex     = 16
	wordBuckets   = 19 // which function an instruction is in
	wordFirst     = 20 // the first instruction
	wordLast      = 21 // the end of the last one
	wordFunctions = 40 // what records call data
	words         = 41
)

// describe finds the description of the program with this table, which begins at an
// address.
func describe(mem []byte, t *functionTable, address uint64) (d [words]uint64, ok bool) {
	start := binary.LittleEndian.AppendUint64(nil, address)
	start = binary.LittleEndian.AppendUint64(start, address+t.head.names)
	for rest := mem; ; rest = rest[1:] {
		i := bytes.Index(rest, start)
		if i < 0 || len(rest)-i < 8*words {
			return d, false
		}
		rest = rest[i:]
		for w := range d {
			d[w] = binary.LittleEndian.Uint64(rest[8*w:])
		}
		if d[wordTables] == address+t.head.tables && d[wordRecords] == address+t.head.index &&
			d[wordIndex] == d[wordRecords] && d[wordIndex+1] == t.head.functions+1 {
			return d, true
		}
	}
}

// at returns the memory from an address on.
func at(mem []byte, address uint64) []byte {
	if address >= uint64(len(mem)) {
		return nil
	}
	return mem[address:]
}

// The list that tells in which function an instruction is: one entry, the number of a
// function and 16 small numbers to add, for each 4096 instructions.
const (
	bucketBytes     = 20
	bucketsEach     = 1 << 16 >> 12 // of a function, as each has 64 Ki instructions
	bucketFunctions = 8
)

// buckets makes entries of that list the same: the runtime looks further from the
// function that it finds there, and so may begin with one that is up to 7 too early.
func buckets(mem []byte, t *functionTable, d *[words]uint64) bool {
	b, first, last := at(mem, d[wordBuckets]), d[wordFirst], d[wordLast]
	// The last function ends early, and its entries are of another form.
	n := bucketsEach * (t.head.functions - 1)
	if last < first || last-first <= n<<12 || n*bucketBytes > uint64(len(b)) {
		return false
	}
	for i := 0; i < int(n); i++ {
		if entry := b[i*bucketBytes:]; int(word(entry, 0)) != i/bucketsEach || !zeros(entry[4:bucketBytes]) {
			return false
		}
	}
	for i := 0; i < int(n); i++ {
		binary.LittleEndian.PutUint32(b[i*bucketBytes:], uint32(i/bucketsEach/bucketFunctions*bucketFunctions))
	}
	return true
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
