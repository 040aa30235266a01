package shrink

import "encoding/binary"

// elements writes the numbers of functions with four bytes each. They ascend by one,
// and only the first byte of each differs then from the number before, which takes 10
// bits of a compressed module instead of 15. What is not one list of such numbers, as
// the linker writes it, stays.
func elements(body []byte) []byte {
	const start = 3 // one list, for table 0, from an offset on that is a constant
	if len(body) < start || body[0] != 1 || body[1] != 0 || body[2] != opConst {
		return body
	}
	_, k := signed(body[start:])
	at := start + k
	if k <= 0 || at >= len(body) || body[at] != opEnd {
		return body
	}
	at++
	count, k := binary.Uvarint(body[at:])
	if k <= 0 || count > uint64(len(body)) {
		return body
	}
	at += k
	out := append(make([]byte, 0, at+4*int(count)), body[:at]...)
	for ; count > 0; count-- {
		n, k := binary.Uvarint(body[at:])
		if k <= 0 || n >= 1<<28 {
			return body
		}
		at += k
		out = append(out, byte(n)|0x80, byte(n>>7)|0x80, byte(n>>14)|0x80, byte(n>>21))
	}
	if at != len(body) {
		return body
	}
	return out
}
