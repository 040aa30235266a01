package lua

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// FormatG is C's "%.<digits>g".
func FormatG(f float64, digits int) string {
	switch {
	case math.IsNaN(f):
		if math.Signbit(f) {
			return "-nan"
		}
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'g', digits, 64)
}

// FormatNumber is how Lua 5.1 turns a number into a string: "%.14g".
func FormatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e14 && (f != 0 || !math.Signbit(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	return FormatG(f, 14)
}

// ParseNumber reads a string as Lua 5.1 does with strtod: spaces around the
// number do not matter, a NUL ends the text, and hexadecimal, inf and nan count.
func ParseNumber(s string) (f float64, ok bool) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	f, n := LeadingNumber(s)
	if n == 0 {
		return 0, false
	}
	for _, c := range []byte(s[n:]) {
		if !isSpace(c) {
			return 0, false
		}
	}
	return f, true
}

// LeadingNumber reads the number at the start of a text as strtod does and
// returns how many characters it has, 0 when there is none.
func LeadingNumber(s string) (f float64, n int) {
	sign := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign = 1
	}
	body := s[sign:]
	if body == "" {
		return 0, 0
	}
	if c := body[0] | 0x20; c == 'i' || c == 'n' {
		f, n = leadingWord(body)
		if n == 0 {
			return 0, 0
		}
		if s[0] == '-' {
			f = math.Copysign(f, -1)
		}
		return f, sign + n
	}
	digit, exponent, prefix := isDigit, byte('e'), 0
	if len(body) > 2 && body[0] == '0' && body[1]|0x20 == 'x' &&
		(isHex(body[2]) || body[2] == '.' && len(body) > 3 && isHex(body[3])) {
		digit, exponent, prefix = isHex, 'p', 2
	}
	i, digits := prefix, 0
	for ; i < len(body) && digit(body[i]); i++ {
		digits++
	}
	if i < len(body) && body[i] == '.' {
		j := i + 1
		for ; j < len(body) && digit(body[j]); j++ {
			digits++
		}
		if digits > 0 {
			i = j
		}
	}
	if digits == 0 {
		return 0, 0
	}
	exponents := false
	if i < len(body) && body[i]|0x20 == exponent {
		j := i + 1
		if j < len(body) && (body[j] == '-' || body[j] == '+') {
			j++
		}
		if j < len(body) && isDigit(body[j]) {
			for ; j < len(body) && isDigit(body[j]); j++ {
			}
			i, exponents = j, true
		}
	}
	number := s[:sign+i]
	if prefix > 0 && !exponents {
		number += "p0"
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, 0
	}
	return f, sign + i
}

// leadingWord reads inf, infinity, nan and nan(…).
func leadingWord(s string) (f float64, n int) {
	switch {
	case len(s) >= 8 && strings.EqualFold(s[:8], "infinity"):
		return math.Inf(1), 8
	case len(s) >= 3 && strings.EqualFold(s[:3], "inf"):
		return math.Inf(1), 3
	case len(s) >= 3 && strings.EqualFold(s[:3], "nan"):
		n = 3
		if len(s) > 3 && s[3] == '(' {
			i := 4
			for i < len(s) && (isDigit(s[i]) || isLetter(s[i]) || s[i] == '_') {
				i++
			}
			if i < len(s) && s[i] == ')' {
				n = i + 1
			}
		}
		return math.Float64frombits(0x7ff8 << 48), n
	}
	return 0, 0
}

// parseUnsigned reads an integer with a base as strtoul does: a minus counts
// from 2^64 down, and what is too large is the largest.
func parseUnsigned(s string, base int) (f float64, ok bool) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	s = strings.Trim(s, " \t\n\v\f\r")
	minus := strings.HasPrefix(s, "-")
	if minus || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && strings.EqualFold(s[:2], "0x") {
		s = s[2:]
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	if minus && err == nil {
		n = -n
	}
	return float64(n), true
}

// Truncate is C's conversion of a double to a 64-bit integer on amd64.
func Truncate(f float64) int64 {
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return math.MinInt64
	}
	return int64(f)
}

// Unsigned is C's conversion of a double to an unsigned 64-bit integer on amd64.
func Unsigned(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(Truncate(f-1<<63)) ^ 1<<63
	}
	return uint64(Truncate(f))
}

// modulo is Lua's %.
func modulo(a, b float64) float64 { return a - float64(math.Floor(a/b)*b) }

// power is Lua's ^, with the C library's signs of NaN.
func power(a, b float64) float64 {
	if b == 2 {
		return a * a
	}
	switch {
	case math.IsNaN(a) && math.Abs(math.Mod(b, 2)) == 1: // squared and negated for its sign
		return math.Abs(a)
	case math.IsNaN(a) && b != 0:
		return a
	case math.IsNaN(b) && a != 1:
		return b
	}
	return negativeNaN(math.Pow(a, b))
}

// log10 is exact for powers of ten, as the C library's is.
func log10(f float64) float64 {
	r := math.Log10(f)
	if n := math.Round(r); math.Abs(r-n) < 1e-9 && f == math.Pow10(int(n)) {
		return n
	}
	return r
}

// negativeNaN gives a NaN that an operation made the sign that it has on amd64.
func negativeNaN(f float64) float64 {
	if math.IsNaN(f) {
		return math.Copysign(f, -1)
	}
	return f
}

func isSpace(c byte) bool  { return c == ' ' || c >= '\t' && c <= '\r' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// toInteger is C's conversion to a lua_Integer.
func toInteger(f float64) int64 { return Truncate(f) }
