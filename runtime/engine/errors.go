package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Redis's own error texts.
var (
	errWrongType     = resp.NewError("WRONGTYPE Operation against a key holding the wrong kind of value")
	errNotInt        = resp.NewError("ERR value is not an integer or out of range")
	errNotFloat      = resp.NewError("ERR value is not a valid float")
	errSyntax        = resp.NewError("ERR syntax error")
	errNoSuchKey     = resp.NewError("ERR no such key")
	errOverflow      = resp.NewError("ERR increment or decrement would overflow")
	errOutOfRange    = resp.NewError("ERR index out of range")
	errNegative      = resp.NewError("ERR value is out of range, must be positive")
	errNaN           = resp.NewError("ERR increment would produce NaN or Infinity")
	errTimeoutFloat  = resp.NewError("ERR timeout is not a float or out of range")
	errTimeoutNeg    = resp.NewError("ERR timeout is negative")
	errExecAbort     = resp.NewError("EXECABORT Transaction discarded because of previous errors.")
	errTooLong       = resp.NewError("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
	errBadScanCursor = resp.NewError("ERR invalid cursor")
)

// maxString is Redis's default proto-max-bulk-len in bytes.
const maxString = 512 << 20

func errArity(name string) resp.Reply {
	return resp.NewError("ERR wrong number of arguments for '" + name + "' command")
}

func errInvalidExpire(name string) resp.Reply {
	return resp.NewError("ERR invalid expire time in '" + strings.ToLower(name) + "' command")
}

// intReply is shorthand used everywhere.
func intReply(n int64) resp.Reply { return resp.NewInt(n) }

// nilReply is the null reply.
var nilReply = resp.Reply{Kind: resp.Nil}

// nilArray is the null array.
var nilArray = resp.Reply{Kind: resp.NilArray}

// emptyArray is an array without elements.
var emptyArray = resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}

// boolInt is 1 or 0.
func boolInt(b bool) resp.Reply {
	if b {
		return intReply(1)
	}
	return intReply(0)
}
