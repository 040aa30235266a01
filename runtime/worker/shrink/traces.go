package shrink

import "strings"

// Numbers of tables and data.
const (
	tableInlined = 2 // at which instructions which function is that was inlined
	dataInlined  = 3 // the functions that were inlined
	dataArgs     = 5 // where the arguments are that a trace shows
)

// The form of a function that was inlined.
const (
	inlinedName  = 4
	inlinedLine  = 12
	inlinedBytes = 16
)

// traces empties what only a trace of the stack shows: the arguments, the lines of
// functions that were inlined, and, in Go's own functions, all of those. It returns how
// many bytes are zeros now.
func (t *functionTable) traces(data []byte) (n int, ok bool) {
	args, inlined := map[uint32]int{}, map[uint32]int{} // lengths
	for _, r := range t.records {
		if at := r.data(dataArgs); at != none {
			if args[at] = argsLength(data, at); args[at] == 0 {
				return 0, false
			}
		}
		if at := r.data(dataInlined); at != none {
			if inlined[at] = t.inlinedLength(data, at, r.table(tableInlined)); inlined[at] == 0 {
				return 0, false
			}
		}
	}
	for at, length := range inlined {
		for i := int(at); i < int(at)+length; i += inlinedBytes {
			clear(data[i+inlinedLine : i+inlinedBytes])
		}
	}
	kept, dropped := map[uint32]bool{}, map[uint32]int{}
	for _, r := range t.records {
		if at := r.data(dataArgs); at != none {
			dropped[at] = args[at]
			r.dropData(dataArgs)
		}
		// What is no ordinary function, a wrapper for one, is not touched: recover
		// counts the functions between itself and the panic.
		if at := r.data(dataInlined); at != none && r[recKind] == 0 && ofGo(t.name(word(r, recName))) {
			dropped[at] = inlined[at]
			r.dropTable(tableInlined)
			r.dropData(dataInlined)
		}
	}
	// Data that is the same is written once, whatever it tells.
	for _, r := range t.records {
		for i := 0; i < int(r[recFuncs]); i++ {
			kept[r.data(i)] = true
		}
	}
	for at, length := range dropped {
		if !kept[at] {
			clear(data[at:][:length])
			n += length
		}
	}
	return n + t.sweep(), true
}

// argsLength is how many bytes it takes to say where a function's arguments are: offsets
// with a size, and bytes that stand for brackets, until 255. 0 means another form.
func argsLength(data []byte, at uint32) int {
	if uint64(at) >= uint64(len(data)) {
		return 0
	}
	for b, n := data[at:], 0; n+1 < len(b); {
		switch c := b[n]; {
		case c == 0xff:
			return n + 1
		case c >= 0xfb:
			n++
		case c < 0xf0 && (b[n+1] == 1 || b[n+1] == 2 || b[n+1] == 4 || b[n+1] == 8):
			n += 2
		default:
			return 0
		}
	}
	return 0
}

// inlinedLength is how many bytes the functions take that were inlined into one. 0 means
// another form.
func (t *functionTable) inlinedLength(data []byte, at, table uint32) int {
	most := int32(-1)
	if _, ok := walk(t.tables, table, func(v int32) bool {
		most = max(most, v)
		return v >= -1
	}); !ok || table == 0 {
		return 0
	}
	n := inlinedBytes * (int(most) + 1)
	if uint64(at)+uint64(n) > uint64(len(data)) {
		return 0
	}
	for b := data[at:][:n]; len(b) > 0; b = b[inlinedBytes:] {
		if !zeros(b[1:inlinedName]) || !t.isName(word(b, inlinedName)) {
			return 0
		}
	}
	return n
}

// ofGo reports whether a function with such a name is of Go's own packages: the first
// part of their paths has no dot, as in "encoding/binary.Write".
func ofGo(name string) bool {
	name, _, _ = strings.Cut(name, "[") // types may be anybody's
	first, _, path := strings.Cut(name, "/")
	if !path {
		first, _, _ = strings.Cut(first, ".")
		return first != "main"
	}
	return !strings.Contains(first, ".")
}
