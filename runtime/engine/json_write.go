package engine

import (
	"math"
	"strconv"
	"strings"
)

// A jsonStyle is how JSON.GET lays a document out.
type jsonStyle struct {
	indent, newline, space string
}

// appendJSON writes a value as RedisJSON does: compact when style is nil.
func appendJSON(b []byte, v *jsonValue, style *jsonStyle) []byte {
	w := jsonWriter{b: b, style: style}
	w.value(v, 0)
	return w.b
}

type jsonWriter struct {
	b     []byte
	style *jsonStyle
}

func (w *jsonWriter) value(v *jsonValue, level int) {
	switch v.kind {
	case jsonArray, jsonObject:
		w.box(v, level)
	case jsonString:
		w.b = appendJSONString(w.b, v.str)
	case jsonBool:
		w.b = strconv.AppendBool(w.b, v.bits != 0)
	case jsonNull:
		w.b = append(w.b, "null"...)
	default:
		w.b = appendJSONNumber(w.b, v)
	}
}

func (w *jsonWriter) box(v *jsonValue, level int) {
	open, shut := byte('['), byte(']')
	if v.kind == jsonObject {
		open, shut = '{', '}'
	}
	w.b = append(w.b, open)
	for i, e := range v.box.elems {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.line(level + 1)
		if v.kind == jsonObject {
			w.b = append(appendJSONString(w.b, v.box.keys[i]), ':')
			if w.style != nil {
				w.b = append(w.b, w.style.space...)
			}
		}
		w.value(e, level+1)
	}
	if len(v.box.elems) > 0 {
		w.line(level)
	}
	w.b = append(w.b, shut)
}

func (w *jsonWriter) line(level int) {
	if w.style == nil {
		return
	}
	w.b = append(w.b, w.style.newline...)
	for ; level > 0 && w.style.indent != ""; level-- {
		w.b = append(w.b, w.style.indent...)
	}
}

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		if k := strings.IndexByte("\"\\\b\f\n\r\t", c); k >= 0 {
			b = append(b, '\\', `"\bfnrt`[k])
			continue
		}
		const digits = "0123456789abcdef"
		b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	}
	return append(append(b, s[from:]...), '"')
}

func appendJSONNumber(b []byte, v *jsonValue) []byte {
	switch v.kind {
	case jsonInt:
		return strconv.AppendInt(b, v.integer(), 10)
	case jsonUint:
		return strconv.AppendUint(b, v.bits, 10)
	}
	return appendJSONFloat(b, v.float())
}

// appendJSONFloat writes the shortest digits that give the number back, with a
// point or an exponent, so that it stays a float when it is read again.
func appendJSONFloat(b []byte, f float64) []byte {
	if math.Signbit(f) {
		b, f = append(b, '-'), -f
	}
	if f == 0 {
		return append(b, "0.0"...)
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	digits := strings.Replace(mantissa, ".", "", 1)
	x, _ := strconv.Atoi(exp)
	point := x + 1 // digits before the decimal point
	switch {
	case point >= len(digits) && point <= 16:
		b = append(append(b, digits...), strings.Repeat("0", point-len(digits))...)
		return append(b, ".0"...)
	case point > 0 && point <= 16:
		b = append(append(b, digits[:point]...), '.')
		return append(b, digits[point:]...)
	case point > -5 && point <= 0:
		b = append(append(b, "0."...), strings.Repeat("0", -point)...)
		return append(b, digits...)
	}
	b = append(b, digits[0])
	if len(digits) > 1 {
		b = append(append(b, '.'), digits[1:]...)
	}
	return strconv.AppendInt(append(b, 'e'), int64(x), 10)
}
