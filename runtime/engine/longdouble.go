package engine

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// A longDouble is the x87's long double, in which Redis computes INCRBYFLOAT and
// HINCRBYFLOAT: 64 bits of mantissa, and an exponent of 15 bits. math/big would do it
// too, and be a fortieth of the Worker.
type longDouble struct {
	neg  bool
	inf  bool
	mant uint64 // the value is mant * 2^exp; the highest bit is set where exp allows it
	exp  int    // at least leastExp
}

const (
	leastExp = -16445 // of the smallest number above 0
	mostExp  = 16320  // of the largest number
	// longDoubleText is the most bytes that Redis reads as a number, and longDoubleDigits
	// more than any number has before its point, or zeros behind it.
	longDoubleText   = 5*1024 - 1
	longDoubleDigits = 5000
)

// parseLongDouble reads a number for INCRBYFLOAT, as C's strtold does, but for NaN,
// spaces and what is too large or too small to be told from 0.
func parseLongDouble(s string) (longDouble, bool) {
	if s == "" || len(s) > longDoubleText {
		return longDouble{}, false
	}
	var f longDouble
	if s[0] == '-' || s[0] == '+' {
		f.neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) >= 3 && (strings.EqualFold(s, "inf") || strings.EqualFold(s, "infinity")) {
		f.inf = true
		return f, true
	}
	hex := len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x'
	mark := byte('e')
	if hex {
		mark, s = 'p', s[2:]
	}
	digits, point := make([]byte, 0, len(s)), -1 // values, and how many are before the point
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, c-'0')
			continue
		case hex && c|0x20 >= 'a' && c|0x20 <= 'f':
			digits = append(digits, c|0x20-'a'+10)
			continue
		case c == '.' && point < 0:
			point = len(digits)
			continue
		}
		break
	}
	if len(digits) == 0 {
		return longDouble{}, false
	}
	if point < 0 {
		point = len(digits)
	}
	exp := 0
	if i < len(s) {
		var ok bool
		if exp, ok = exponent(s[i:], mark); !ok {
			return longDouble{}, false
		}
	}
	zeros := 0
	for zeros < len(digits) && digits[zeros] == 0 {
		zeros++
	}
	if digits = digits[zeros:]; len(digits) == 0 {
		return f, true
	}
	point -= zeros
	if hex {
		f.setHex(digits, 4*point+exp)
	} else if point += exp; point > longDoubleDigits {
		f.inf = true
	} else if point > -longDoubleDigits {
		f.setDecimal(digits, point)
	}
	return f, !f.inf && f.mant != 0
}

// exponent reads an exponent with its mark. What is beyond a million is a million.
func exponent(s string, mark byte) (n int, ok bool) {
	if s[0]|0x20 != mark {
		return 0, false
	}
	s = s[1:]
	neg := strings.HasPrefix(s, "-")
	if neg || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(10*n+int(c-'0'), 1_000_000)
	}
	if neg {
		n = -n
	}
	return n, true
}

// setHex sets what 0.digits (base 16) * 2^exp is, of which the first digit is not 0.
func (f *longDouble) setHex(digits []byte, exp int) {
	var hi, lo uint64
	for i, d := range digits {
		if i < 31 {
			hi, lo = hi<<4|lo>>60, lo<<4|uint64(d)
			exp -= 4
		} else if d != 0 {
			lo |= 1
		}
	}
	f.round(hi, lo, exp)
}

// cutLimbs bounds what it takes to read a number. Of its first 1152 digits and those
// that shifting makes, all count; of the others, that they are there.
const cutLimbs = 128

// setDecimal sets what 0.digits * 10^point is.
func (f *longDouble) setDecimal(digits []byte, point int) {
	d := newDecimal(digits, point)
	d.cut(cutLimbs)
	for d.point > 2 {
		d.right(maxShift)
		d.cut(cutLimbs)
		f.exp += maxShift
	}
	for {
		n := min(bits.LeadingZeros64(d.integer()), maxShift, f.exp-leastExp)
		if n == 0 {
			break
		}
		d.left(n)
		d.cut(cutLimbs)
		f.exp -= n
	}
	f.mant = d.integer()
	if half := d.half(); half > 0 || half == 0 && f.mant&1 == 1 {
		f.carry()
	}
	f.limit()
}

// carry adds one to the mantissa.
func (f *longDouble) carry() {
	if f.mant++; f.mant == 0 {
		f.mant = 1 << 63
		f.exp++
	}
}

// limit makes infinite what is too large.
func (f *longDouble) limit() {
	if f.exp > mostExp {
		f.inf = true
	}
}

// round sets the number next to a mantissa of 128 bits, of two that are as near the
// even one. The lowest bit may stand for anything below it.
func (f *longDouble) round(hi, lo uint64, exp int) {
	if hi|lo == 0 {
		f.mant, f.exp = 0, 0
		return
	}
	if n := bits.LeadingZeros64(hi); n < 64 {
		hi, lo, exp = hi<<n|lo>>(64-n), lo<<n, exp-n
	} else {
		n = bits.LeadingZeros64(lo)
		hi, lo, exp = lo<<n, 0, exp-n-64
	}
	exp += 64 // of hi alone
	if n := leastExp - exp; n > 0 {
		hi, lo = shiftRight(hi, lo, n)
		exp = leastExp
	}
	f.mant, f.exp = hi, exp
	if lo > 1<<63 || lo == 1<<63 && hi&1 == 1 {
		f.carry()
	}
	f.limit()
}

// shiftRight keeps in the lowest bit whether there was anything below it.
func shiftRight(hi, lo uint64, n int) (uint64, uint64) {
	var lost uint64
	switch {
	case n == 0:
		return hi, lo
	case n >= 128:
		lost, hi, lo = hi|lo, 0, 0
	case n >= 64:
		lost, lo, hi = lo|hi<<(128-n), hi>>(n-64), 0
	default:
		lost, lo, hi = lo<<(64-n), lo>>n|hi<<(64-n), hi>>n
	}
	if lost != 0 {
		lo |= 1
	}
	return hi, lo
}

// add returns the sum of two finite numbers, which may be infinite.
func (f longDouble) add(g longDouble) longDouble {
	if f.mant == 0 {
		return g
	}
	if g.mant == 0 {
		return f
	}
	if f.exp < g.exp || f.exp == g.exp && f.mant < g.mant {
		f, g = g, f
	}
	// With a bit to spare above, and 63 below. The one with the larger exponent is the
	// larger one: a mantissa without the highest bit has the least exponent.
	hi, lo := f.mant>>1, f.mant<<63
	ghi, glo := shiftRight(g.mant>>1, g.mant<<63, f.exp-g.exp)
	var c uint64
	if f.neg == g.neg {
		lo, c = bits.Add64(lo, glo, 0)
		hi, _ = bits.Add64(hi, ghi, c)
	} else {
		lo, c = bits.Sub64(lo, glo, 0)
		hi, _ = bits.Sub64(hi, ghi, c)
	}
	sum := longDouble{neg: f.neg && hi|lo != 0}
	sum.round(hi, lo, f.exp-63)
	return sum
}

// float64 is the double next to it.
func (f longDouble) float64() float64 {
	v := math.Ldexp(float64(f.mant), f.exp)
	if f.inf {
		v = math.Inf(1)
	}
	if f.neg {
		v = -v
	}
	return v
}

// longDoubleOf is a finite double.
func longDoubleOf(v float64) longDouble {
	f := longDouble{neg: math.Signbit(v)}
	fraction, exp := math.Frexp(math.Abs(v))
	f.round(0, uint64(fraction*(1<<53)), exp-53)
	return f
}

// text writes a finite number as INCRBYFLOAT answers it: %.17Lf without trailing zeros.
func (f longDouble) text() string {
	digits := strconv.AppendUint(nil, f.mant, 10)
	n := len(digits)
	for i := range digits {
		digits[i] -= '0'
	}
	d := newDecimal(digits, n)
	for exp := f.exp; exp > 0; exp -= maxShift {
		d.left(min(exp, maxShift))
	}
	for exp := -f.exp; exp > 0; exp -= maxShift {
		d.right(min(exp, maxShift))
	}
	b := make([]byte, 0, 40)
	if f.neg {
		b = append(b, '-')
	}
	s := strings.TrimSuffix(strings.TrimRight(string(d.appendFixed(b)), "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}
