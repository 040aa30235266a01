package redislua

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
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

// number is how Lua 5.1 turns a number into a string.
func number(n lua.LNumber) string {
	f := float64(n)
	if f == math.Trunc(f) && math.Abs(f) < 1e14 && !(f == 0 && math.Signbit(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	return FormatG(f, 14)
}

// text is the string that a value has where Lua wants one; ok is false for what
// is neither a string nor a number.
func text(v lua.LValue) (s string, ok bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return number(v), true
	}
	return "", false
}
