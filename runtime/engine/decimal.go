package engine

import "strconv"

// A decimal is a number of any length, exactly: the sum of
// limbs[i] * limbBase^(point-1-i). The first and the last limb are not 0.
type decimal struct {
	limbs []uint32
	point int
}

const (
	limbDigits = 9
	limbBase   = 1_000_000_000
	// maxShift is by how many bits a decimal is shifted at once, so that a limb and
	// what is carried to it fit 64 bits.
	maxShift = 29
)

// newDecimal is 0.digits * 10^point.
func newDecimal(digits []byte, point int) decimal {
	var d decimal
	d.point = point / limbDigits
	if point > d.point*limbDigits {
		d.point++
	}
	at := d.point*limbDigits - point // zeros before the first digit
	d.limbs = make([]uint32, (at+len(digits)+limbDigits-1)/limbDigits, (at+len(digits))/limbDigits+8)
	scale := [limbDigits]uint32{100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1}
	for _, c := range digits {
		d.limbs[at/limbDigits] += uint32(c) * scale[at%limbDigits]
		at++
	}
	d.trim()
	return d
}

func (d *decimal) trim() {
	for len(d.limbs) > 0 && d.limbs[0] == 0 {
		d.limbs = d.limbs[1:]
		d.point--
	}
	for n := len(d.limbs); n > 0 && d.limbs[n-1] == 0; n-- {
		d.limbs = d.limbs[:n-1]
	}
}

// left multiplies by 2^n, with n at most maxShift.
func (d *decimal) left(n int) {
	var carry uint64
	for i := len(d.limbs) - 1; i >= 0; i-- {
		v := uint64(d.limbs[i])<<n + carry
		d.limbs[i], carry = uint32(v%limbBase), v/limbBase
	}
	if carry > 0 {
		d.limbs = append(d.limbs, 0)
		copy(d.limbs[1:], d.limbs)
		d.limbs[0] = uint32(carry)
		d.point++
	}
	d.trim()
}

// right divides by 2^n, with n at most maxShift.
func (d *decimal) right(n int) {
	var rest uint64
	for i, limb := range d.limbs {
		v := rest*limbBase + uint64(limb)
		d.limbs[i], rest = uint32(v>>n), v&(1<<n-1)
	}
	for rest > 0 {
		v := rest * limbBase
		d.limbs = append(d.limbs, uint32(v>>n))
		rest = v & (1<<n - 1)
	}
	d.trim()
}

// cut keeps the first limbs, and of the others that there are some.
func (d *decimal) cut(limbs int) {
	if len(d.limbs) > limbs {
		d.limbs = d.limbs[:limbs+1]
		d.limbs[limbs] = 1
	}
}

// limb is a limb by its place; those outside are 0.
func (d *decimal) limb(i int) uint32 {
	if i < 0 || i >= len(d.limbs) {
		return 0
	}
	return d.limbs[i]
}

// integer is what is before the point, which is below 2^64.
func (d *decimal) integer() (n uint64) {
	for i := 0; i < d.point; i++ {
		n = n*limbBase + uint64(d.limb(i))
	}
	return n
}

// half compares what is behind the point with a half: -1, 0 or 1.
func (d *decimal) half() int {
	if d.point < 0 {
		return -1
	}
	first := d.limb(d.point)
	switch {
	case first < limbBase/2:
		return -1
	case first == limbBase/2 && len(d.limbs) <= d.point+1:
		return 0
	}
	return 1
}

// appendFixed writes the number with 17 digits behind the point, rounded as C does: of
// two that are as near, to the even one.
func (d *decimal) appendFixed(b []byte) []byte {
	start := len(b)
	b = append(b, '0') // for what rounding may carry to
	for i := 0; i < d.point; i++ {
		b = appendLimb(b, d.limb(i))
	}
	b = append(b, '.')
	for i := d.point; i < d.point+2; i++ {
		b = appendLimb(b, d.limb(i)) // 18 digits
	}
	last := len(b) - 1
	digit := b[last]
	b = b[:last]
	if digit > '5' || digit == '5' && (len(d.limbs) > d.point+2 || (b[last-1]-'0')&1 == 1) {
		for i := last - 1; ; i-- {
			if b[i] == '.' {
				continue
			}
			if b[i]++; b[i] <= '9' {
				break
			}
			b[i] = '0'
		}
	}
	for b[start] == '0' && b[start+1] != '.' {
		b = append(b[:start], b[start+1:]...)
	}
	return b
}

func appendLimb(b []byte, limb uint32) []byte {
	var digits [limbDigits]byte
	text := strconv.AppendUint(digits[:0], uint64(limb), 10)
	for i := len(text); i < limbDigits; i++ {
		b = append(b, '0')
	}
	return append(b, text...)
}
