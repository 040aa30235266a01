package redislua

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// SHA1 is the SHA-1 of a text in hexadecimal: Redis's name for a script. The
// standard library's brings a module for certified cryptography with it, which is a
// tenth of what the engine takes as WebAssembly; nothing here is a secret.
func SHA1(text string) string {
	h := [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
	rest := text
	var block [64]byte
	for len(rest) >= len(block) {
		copy(block[:], rest)
		sha1Block(&h, &block)
		rest = rest[len(block):]
	}
	clear(block[:])
	n := copy(block[:], rest)
	block[n] = 0x80
	if n >= len(block)-8 {
		sha1Block(&h, &block)
		clear(block[:])
	}
	binary.BigEndian.PutUint64(block[len(block)-8:], uint64(len(text))*8)
	sha1Block(&h, &block)
	var sum [20]byte
	for i, v := range h {
		binary.BigEndian.PutUint32(sum[4*i:], v)
	}
	return hex.EncodeToString(sum[:])
}

func sha1Block(h *[5]uint32, block *[64]byte) {
	var w [80]uint32
	for i := 0; i < 16; i++ {
		w[i] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := 16; i < len(w); i++ {
		w[i] = bits.RotateLeft32(w[i-3]^w[i-8]^w[i-14]^w[i-16], 1)
	}
	a, b, c, d, e := h[0], h[1], h[2], h[3], h[4]
	for i, v := range w {
		var f, k uint32
		switch i / 20 {
		case 0:
			f, k = b&c|^b&d, 0x5a827999
		case 1:
			f, k = b^c^d, 0x6ed9eba1
		case 2:
			f, k = b&c|b&d|c&d, 0x8f1bbcdc
		default:
			f, k = b^c^d, 0xca62c1d6
		}
		a, b, c, d, e = bits.RotateLeft32(a, 5)+f+e+k+v, a, bits.RotateLeft32(b, 30), c, d
	}
	h[0] += a
	h[1] += b
	h[2] += c
	h[3] += d
	h[4] += e
}
