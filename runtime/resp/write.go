package resp

import (
	"math"
	"strconv"
	"strings"
)

// AppendReply appends a reply in the wire format of protocol version 2 or 3. A
// reply of the kind None adds nothing.
func AppendReply(dst []byte, proto int, r Reply) []byte {
	switch r.Kind {
	case None:
		return dst
	case Nil:
		if proto == 3 {
			return append(dst, "_\r\n"...)
		}
		return append(dst, "$-1\r\n"...)
	case NilArray:
		if proto == 3 {
			return append(dst, "_\r\n"...)
		}
		return append(dst, "*-1\r\n"...)
	case Status:
		return appendLine(dst, '+', r.Str)
	case Error:
		return appendLine(dst, '-', r.Str)
	case Blob:
		return appendLine(dst, '-', "ERR the value lies elsewhere and was not fetched")
	case Int:
		return appendInt(dst, ':', r.Int)
	case Double:
		if proto == 3 && r.Str != "" {
			return appendLine(dst, ',', r.Str)
		}
		if proto == 3 {
			return append(AppendDouble(append(dst, ','), r.Float()), "\r\n"...)
		}
		var buf [32]byte
		return appendBulk(dst, '$', string(AppendDouble(buf[:0], r.Float())))
	case Bool:
		switch {
		case proto != 3:
			return appendInt(dst, ':', r.Int)
		case r.Int != 0:
			return append(dst, "#t\r\n"...)
		}
		return append(dst, "#f\r\n"...)
	case BigNumber:
		if proto == 3 {
			return appendLine(dst, '(', r.Str)
		}
		return appendBulk(dst, '$', r.Str)
	case Verbatim:
		if proto == 3 {
			return appendBulk(dst, '=', r.Str)
		}
		if len(r.Str) >= 4 && r.Str[3] == ':' {
			return appendBulk(dst, '$', r.Str[4:])
		}
		return appendBulk(dst, '$', r.Str)
	case Array:
		return appendElems(dst, '*', len(r.Elems), proto, r.Elems)
	case Map:
		if proto == 3 {
			return appendElems(dst, '%', len(r.Elems)/2, proto, r.Elems)
		}
		return appendElems(dst, '*', len(r.Elems), proto, r.Elems)
	case Set:
		if proto == 3 {
			return appendElems(dst, '~', len(r.Elems), proto, r.Elems)
		}
		return appendElems(dst, '*', len(r.Elems), proto, r.Elems)
	case Push:
		if proto == 3 {
			return appendElems(dst, '>', len(r.Elems), proto, r.Elems)
		}
		return appendElems(dst, '*', len(r.Elems), proto, r.Elems)
	case Pairs:
		if proto != 3 {
			return appendElems(dst, '*', len(r.Elems), proto, r.Elems)
		}
		dst = appendInt(dst, '*', int64(len(r.Elems)/2))
		for i := 0; i+1 < len(r.Elems); i += 2 {
			dst = appendElems(dst, '*', 2, proto, r.Elems[i:i+2])
		}
		return dst
	}
	return appendBulk(dst, '$', r.Str)
}

// AppendCommand appends a command as a client sends it.
func AppendCommand(dst []byte, c Command) []byte {
	dst = appendInt(dst, '*', int64(len(c)))
	for _, arg := range c {
		dst = appendBulk(dst, '$', arg)
	}
	return dst
}

// AppendDouble appends a number as Redis 7.0 writes the doubles of its replies:
// seventeen significant digits, without trailing zeros.
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f) && math.Signbit(f): // only scripts make it
		return append(dst, "-nan"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

func appendElems(dst []byte, sign byte, n, proto int, elems []Reply) []byte {
	dst = appendInt(dst, sign, int64(n))
	for i := range elems {
		dst = AppendReply(dst, proto, elems[i])
	}
	return dst
}

func appendInt(dst []byte, sign byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, sign), n, 10), "\r\n"...)
}

func appendBulk(dst []byte, sign byte, s string) []byte {
	dst = appendInt(dst, sign, int64(len(s)))
	return append(append(dst, s...), "\r\n"...)
}

var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// appendLine keeps line breaks out of a line, where they would start another reply.
func appendLine(dst []byte, sign byte, s string) []byte {
	if strings.ContainsAny(s, "\r\n") {
		s = oneLine.Replace(s)
	}
	return append(append(append(dst, sign), s...), "\r\n"...)
}
