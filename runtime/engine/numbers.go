package engine

import (
	"math"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// parseInt reads a 64-bit integer as strictly as Redis: no spaces, no plus
// sign, no leading zeros.
func parseInt(s string) (int64, bool) {
	if len(s) == 1 {
		if c := s[0]; c >= '0' && c <= '9' {
			return int64(c - '0'), true
		}
		return 0, false
	}
	if s == "" || len(s) > 20 {
		return 0, false
	}
	d := s
	if d[0] == '-' {
		d = d[1:]
	}
	if d == "" || d[0] < '1' || d[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// parseFloat reads a double as Redis does for scores and increments: anything
// strtod takes, hexadecimal and inf included, but no NaN, no spaces and nothing too
// small to be told from 0.
func parseFloat(s string) (float64, bool) {
	f, ok := strtod(s)
	if !ok || math.IsNaN(f) || f == 0 && underflowed(s) {
		return 0, false
	}
	return f, true
}

// underflowed reports whether a number that was read as 0 has a digit that is
// not.
func underflowed(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, "+-"))
	digits, exponent := "123456789", "e"
	if strings.HasPrefix(s, "0x") {
		s, digits, exponent = s[2:], "123456789abcdef", "p"
	}
	mantissa, _, _ := strings.Cut(s, exponent)
	return strings.ContainsAny(mantissa, digits)
}

func strtod(s string) (float64, bool) {
	if s == "" || strings.Contains(s, "_") {
		return 0, false
	}
	t := s
	if hex := strings.TrimLeft(t, "+-"); len(hex) > 2 && hex[0] == '0' && (hex[1] == 'x' || hex[1] == 'X') && !strings.ContainsAny(hex, "pP") {
		t += "p0" // Go wants an exponent on hexadecimal floats, C does not
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil {
		if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
			// Redis refuses ±HUGE_VAL from an overflow and keeps an underflow's value.
			return f, !math.IsInf(f, 0)
		}
		return 0, false
	}
	return f, true
}

// formatDouble writes a double as Redis 7.0 does in RESP2: %.17g.
func formatDouble(f float64) string { return string(resp.AppendDouble(nil, f)) }

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }
