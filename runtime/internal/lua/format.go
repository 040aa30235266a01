package lua

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A directive is one "%…" of string.format.
type directive struct {
	minus, plus, space, alt, zero bool
	width, prec                   int // prec -1: none given
	verb                          byte
}

// Lua's limits of a directive.
const (
	maxFormatDigits = 2 // of a width or precision
	maxFlags        = 6 // there may be fewer
)

// parseDirective reads what follows a %. wrong is what its error says of it.
func parseDirective(s string) (d directive, n int, wrong string) {
	d.prec = -1
	for ; n < len(s) && strings.IndexByte("-+ #0", s[n]) >= 0; n++ {
		switch s[n] {
		case '-':
			d.minus = true
		case '+':
			d.plus = true
		case ' ':
			d.space = true
		case '#':
			d.alt = true
		case '0':
			d.zero = true
		}
	}
	if n >= maxFlags {
		return d, n, "repeated flags"
	}
	digits := func() (v int) {
		for i := 0; i < maxFormatDigits && n < len(s) && isDigit(s[n]); i++ {
			v = v*10 + int(s[n]-'0')
			n++
		}
		return v
	}
	d.width = digits()
	if n < len(s) && s[n] == '.' {
		n++
		d.prec = digits()
	}
	if n < len(s) && isDigit(s[n]) {
		return d, n, "width or precision too long"
	}
	if n == len(s) {
		return d, n + 1, ""
	}
	d.verb = s[n]
	return d, n + 1, ""
}

// pad brings a number or string to its width; sign is the part before which no
// zeros go.
func (d directive) pad(sign, body string, zeros bool) string {
	n := d.width - len(sign) - len(body)
	switch {
	case n <= 0:
		return sign + body
	case d.minus:
		return sign + body + strings.Repeat(" ", n)
	case d.zero && zeros:
		return sign + strings.Repeat("0", n) + body
	}
	return strings.Repeat(" ", n) + sign + body
}

func (d directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

// stringFormat is string.format, which follows C's printf.
func stringFormat(t *Thread) int {
	f := t.CheckText(1)
	var b strings.Builder
	arg, args := 1, t.Args()
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			b.WriteByte(f[i])
			continue
		}
		if i++; i < len(f) && f[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if arg++; arg > args {
			t.BadArg(arg, "no value")
		}
		d, n, wrong := parseDirective(f[min(i, len(f)):])
		if wrong != "" {
			t.Errorf("invalid format (%s)", wrong)
		}
		i += n - 1
		piece := d.apply(t, arg)
		t.g.Walk(10 + len(piece)/8)
		t.g.Grow(len(piece))
		b.WriteString(piece)
	}
	t.g.Walk(len(f) / 8)
	t.g.Grow(len(f))
	t.PushText(b.String())
	return 1
}

func (d directive) apply(t *Thread, arg int) string {
	switch d.verb {
	case 'c':
		c := d.pad("", string([]byte{byte(Truncate(t.CheckNumber(arg)))}), false)
		c, _, _ = strings.Cut(c, "\x00")
		return c
	case 'd', 'i':
		n := Truncate(t.CheckNumber(arg))
		body := strconv.FormatInt(n, 10)
		return d.integer(d.sign(n < 0), strings.TrimPrefix(body, "-"))
	case 'u':
		return d.integer("", strconv.FormatUint(unsigned(t, arg), 10))
	case 'o':
		body := strconv.FormatUint(unsigned(t, arg), 8)
		if d.alt && body[0] != '0' {
			body = "0" + body
		}
		return d.integer("", body)
	case 'x', 'X':
		n := unsigned(t, arg)
		body, prefix := strconv.FormatUint(n, 16), ""
		if d.alt && n != 0 {
			prefix = "0x"
		}
		if d.verb == 'X' {
			body, prefix = strings.ToUpper(body), strings.ToUpper(prefix)
		}
		return d.integer(prefix, body)
	case 'e', 'E', 'f', 'g', 'G':
		return d.float(t.CheckNumber(arg))
	case 'q':
		return quote(t, t.CheckText(arg))
	case 's':
		s := t.CheckText(arg)
		if d.prec < 0 && len(s) >= 100 {
			return s
		}
		s, _, _ = strings.Cut(s, "\x00") // as C's printf ends it
		if d.prec >= 0 && d.prec < len(s) {
			s = s[:d.prec]
		}
		return d.pad("", s, false)
	}
	if d.verb == 0 {
		t.Errorf("invalid option '%%' to 'format'")
	}
	t.Errorf("invalid option '%%%c' to 'format'", d.verb)
	return ""
}

func unsigned(t *Thread, arg int) uint64 { return Unsigned(t.CheckNumber(arg)) }

func (d directive) integer(sign, body string) string {
	if d.prec >= 0 {
		if body == "0" && d.prec == 0 {
			body = ""
		}
		if n := d.prec - len(body); n > 0 {
			body = strings.Repeat("0", n) + body
		}
	}
	return d.pad(sign, body, d.prec < 0)
}

func (d directive) float(f float64) string {
	sign := d.sign(math.Signbit(f))
	upper := d.verb < 'a'
	f = math.Abs(f)
	prec := d.prec
	if prec < 0 {
		prec = 6
	}
	var body string
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		body = map[bool]string{true: "nan", false: "inf"}[math.IsNaN(f)]
		d.zero = false
	case d.verb == 'f':
		body = strconv.FormatFloat(f, 'f', prec, 64)
	case d.verb|0x20 == 'e':
		body = strconv.FormatFloat(f, 'e', prec, 64)
	case d.alt:
		body = fmt.Sprintf("%#.*g", max(prec, 1), f)
	default:
		body = FormatG(f, max(prec, 1))
	}
	if upper {
		body = strings.ToUpper(body)
	}
	return d.pad(sign, body, true)
}

// quote is %q: a string that Lua reads back.
func quote(t *Thread, s string) string {
	t.g.Grow(len(s))
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\r':
			b.WriteString("\\r")
		case 0:
			b.WriteString("\\000")
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
