package engine

import (
	"encoding/binary"
	"math"
)

// A HyperLogLog is a string in Redis's own layout, so that GET and SET move it
// between servers: a header of 16 bytes, "HYLL", the encoding, three unused
// bytes and the cached count (the highest bit set: not valid), then 2^14
// registers of 6 bits, dense or as runs.
const (
	hllHeader    = 16
	hllBits      = 14
	hllRegisters = 1 << hllBits
	hllQ         = 64 - hllBits
	hllDense     = 0
	hllSparse    = 1
	hllDenseSize = hllHeader + hllRegisters*6/8
	hllSparseMax = 3000 // Redis's default hll-sparse-max-bytes
	hllSeed      = 0xadc83b19
	hllAlpha     = 0.721347520444481703680
)

// The runs of the sparse encoding.
const (
	runZero   = 64 // registers that a one-byte run of zeros holds at most
	runVal    = 4
	runValMax = 32
)

func newHLL() []byte {
	b := make([]byte, hllHeader+2, 64)
	copy(b, "HYLL")
	b[4] = hllSparse
	copy(b[hllHeader:], zeroRun(hllRegisters, nil))
	return b
}

// validHLL reports whether a string has the header of a HyperLogLog.
func validHLL[T string | []byte](b T) bool {
	return len(b) >= hllHeader && string(b[:4]) == "HYLL" && b[4] <= hllSparse && (b[4] != hllDense || len(b) == hllDenseSize)
}

// murmur is MurmurHash64A.
func murmur(s string, seed uint64) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(s))*m
	for ; len(s) >= 8; s = s[8:] {
		k := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		k *= m
		k ^= k >> r
		k *= m
		h = (h ^ k) * m
	}
	if len(s) > 0 {
		for i := len(s) - 1; i >= 0; i-- {
			h ^= uint64(s[i]) << (8 * i)
		}
		h *= m
	}
	h ^= h >> r
	h *= m
	return h ^ h>>r
}

// hllPlace is an element's register and the value that it asks for there: the
// length of the run of zero bits plus one.
func hllPlace(element string) (register int, value byte) {
	h := murmur(element, hllSeed)
	register = int(h & (hllRegisters - 1))
	h = h>>hllBits | 1<<hllQ
	for value = 1; h&1 == 0; value++ {
		h >>= 1
	}
	return register, value
}

func denseGet(regs []byte, i int) byte {
	at, shift := i*6/8, uint(i*6&7)
	v := regs[at] >> shift
	if shift > 2 {
		v |= regs[at+1] << (8 - shift)
	}
	return v & 63
}

// denseSet raises a register and reports whether it was lower.
func denseSet(regs []byte, i int, v byte) bool {
	if denseGet(regs, i) >= v {
		return false
	}
	at, shift := i*6/8, uint(i*6&7)
	regs[at] = regs[at]&^(63<<shift) | v<<shift
	if shift > 2 {
		regs[at+1] = regs[at+1]&^(63>>(8-shift)) | v>>(8-shift)
	}
	return true
}

// A hllRun is one run of the sparse encoding: n registers that hold v.
type hllRun struct {
	v    byte
	n    int
	size int // bytes
}

func (r hllRun) wide() bool { return r.size == 2 }

func readRun(b []byte) hllRun {
	switch c := b[0]; {
	case c&0x80 != 0:
		return hllRun{c>>2&31 + 1, int(c&3) + 1, 1}
	case c&0x40 == 0:
		return hllRun{0, int(c&63) + 1, 1}
	case len(b) == 1:
		return hllRun{0, hllRegisters + 1, 1} // torn: more than fits
	default:
		return hllRun{0, (int(c&63)<<8 | int(b[1])) + 1, 2}
	}
}

func zeroRun(n int, to []byte) []byte {
	if n > runZero {
		return append(to, byte((n-1)>>8)|0x40, byte(n-1))
	}
	return append(to, byte(n-1))
}

func valRun(v byte, n int) byte { return (v-1)<<2 | byte(n-1) | 0x80 }

// eachRun calls yield for each run. It reports whether the runs cover the
// registers.
func eachRun(b []byte, yield func(first int, r hllRun)) bool {
	first := 0
	for at := hllHeader; at < len(b); {
		r := readRun(b[at:])
		if first+r.n > hllRegisters {
			return false
		}
		yield(first, r)
		first += r.n
		at += r.size
	}
	return first == hllRegisters
}

// hllToDense changes the encoding. The cached count stays.
func hllToDense(b []byte) ([]byte, bool) {
	if b[4] == hllDense {
		return b, true
	}
	dense := make([]byte, hllDenseSize)
	copy(dense, b[:hllHeader])
	dense[4] = hllDense
	ok := eachRun(b, func(first int, r hllRun) {
		for i := first; r.v > 0 && i < first+r.n; i++ {
			denseSet(dense[hllHeader:], i, r.v)
		}
	})
	return dense, ok
}

// hllSet raises a register. The string may grow and change its encoding; ok is
// false for runs that are broken.
func hllSet(b []byte, register int, v byte) (_ []byte, raised, ok bool) {
	if b[4] == hllDense {
		return b, denseSet(b[hllHeader:], register, v), true
	}
	if v > runValMax {
		return hllPromote(b, register, v)
	}
	first, prev := 0, -1
	var r hllRun
	at := hllHeader
	for ; at < len(b); at += r.size {
		r = readRun(b[at:])
		if register < first+r.n {
			break
		}
		prev = at
		first += r.n
	}
	if at >= len(b) || r.n > hllRegisters {
		return b, false, false
	}
	if r.v >= v {
		return b, false, true
	}
	if r.n == 1 && !r.wide() {
		b[at] = valRun(v, 1)
	} else {
		// The run is split around the register.
		var seq []byte
		part := func(n int) {
			switch {
			case n == 0:
			case r.v == 0:
				seq = zeroRun(n, seq)
			default:
				seq = append(seq, valRun(r.v, n))
			}
		}
		part(register - first)
		seq = append(seq, valRun(v, 1))
		part(first + r.n - 1 - register)
		if len(seq) > r.size && len(b)+len(seq)-r.size > hllSparseMax {
			return hllPromote(b, register, v)
		}
		rest := append([]byte(nil), b[at+r.size:]...)
		b = append(append(b[:at], seq...), rest...)
	}
	if at = prev; at < 0 {
		at = hllHeader
	}
	b = joinRuns(b, at)
	b[15] |= 0x80
	return b, true, true
}

func hllPromote(b []byte, register int, v byte) (_ []byte, raised, ok bool) {
	dense, ok := hllToDense(b)
	if !ok {
		return b, false, false
	}
	raised = denseSet(dense[hllHeader:], register, v)
	dense[15] |= 0x80
	return dense, raised, true
}

// joinRuns joins neighbours of equal value among the next five runs.
func joinRuns(b []byte, at int) []byte {
	for n := 5; at < len(b) && n > 0; n-- {
		r := readRun(b[at:])
		if r.v > 0 && at+1 < len(b) {
			if next := readRun(b[at+1:]); next.v == r.v && r.n+next.n <= runVal {
				b[at+1] = valRun(r.v, r.n+next.n)
				b = append(b[:at], b[at+1:]...)
				continue
			}
		}
		at += r.size
	}
	return b
}

// hllMerge raises plain registers to those of a HyperLogLog.
func hllMerge(to *[hllRegisters]byte, b []byte) bool {
	if b[4] == hllDense {
		for i := range to {
			to[i] = max(to[i], denseGet(b[hllHeader:], i))
		}
		return true
	}
	return eachRun(b, func(first int, r hllRun) {
		for i := first; r.v > 0 && i < first+r.n; i++ {
			to[i] = max(to[i], r.v)
		}
	})
}

// hllCount estimates the number of elements behind plain registers, by Ertl's
// method as Redis does. The conversions keep a compiler from fusing operations.
func hllCount(regs *[hllRegisters]byte) uint64 {
	var histogram [64]int
	for _, v := range regs {
		histogram[v]++
	}
	const m = float64(hllRegisters)
	z := float64(m * hllTau((m-float64(histogram[hllQ+1]))/m))
	for j := hllQ; j >= 1; j-- {
		z = float64((z + float64(histogram[j])) * 0.5)
	}
	z += float64(m * hllSigma(float64(histogram[0])/m))
	return uint64(math.Round(hllAlpha * m * m / z))
}

func hllSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x = float64(x * x)
		before := z
		z += float64(x * y)
		y += y
		if z == before {
			return z
		}
	}
}

func hllTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
		if z == before {
			return z / 3
		}
	}
}

// hllCached is the cached count, when it is valid.
func hllCached(b string) (uint64, bool) {
	n := binary.LittleEndian.Uint64([]byte(b[8:16]))
	return n, n>>63 == 0
}
