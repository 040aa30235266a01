package redislua

import (
	"math"
	"strconv"
	"strings"

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
	s := strconv.FormatFloat(f, 'e', digits-1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	x, _ := strconv.Atoi(exp)
	if x < -4 || x >= digits {
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		sign := "+"
		if x < 0 {
			sign, x = "-", -x
		}
		if x < 10 {
			sign += "0"
		}
		return mantissa + "e" + sign + strconv.Itoa(x)
	}
	s = strconv.FormatFloat(f, 'f', digits-1-x, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
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
