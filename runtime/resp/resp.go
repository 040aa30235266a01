// Package resp holds the two values that pass every door of the runtime: a
// Command going in and a Reply coming out. It knows nothing of sockets, stores
// or what a command means; it writes RESP's wire format and leaves reading it to
// those who have a connection.
package resp

import (
	"math"
	"strings"
)

// A Command is a name and its arguments, as Redis receives them: Command[0] is
// the name in any case. The strings are binary-safe and immutable; whoever
// builds a Command must not let them share memory with a buffer that is reused
// or that is much larger, because the engine keeps arguments as values.
type Command []string

// Name is the command's name in upper case, empty for an empty command.
func (c Command) Name() string {
	if len(c) == 0 {
		return ""
	}
	return strings.ToUpper(c[0])
}

// Kind is the type of a Reply. The kinds are those of RESP3, with Pairs added.
type Kind uint8

const (
	// Nil is the null reply, and the zero value.
	Nil Kind = iota
	// NilArray is a null that RESP2 writes as a null array (*-1): the reply of
	// an aborted EXEC or of BLPOP after its timeout.
	NilArray
	// Status is a simple string: OK, PONG, QUEUED.
	Status
	// Error carries Redis's own text, prefix included: "WRONGTYPE Operation …".
	Error
	// Int is a 64-bit integer.
	Int
	// Bulk is a binary-safe string.
	Bulk
	// Double is a float64, a bulk string in RESP2.
	Double
	// Bool is a boolean, the integers 0 and 1 in RESP2.
	Bool
	// BigNumber is an integer of any size in decimal, a bulk string in RESP2.
	BigNumber
	// Verbatim is a string with a three-letter format ("txt:…" in Str).
	Verbatim
	// Array is a list of replies.
	Array
	// Map holds keys and values in turn in Elems; a flat array in RESP2.
	Map
	// Set is an array without order; an array in RESP2.
	Set
	// Pairs holds the two halves of each pair in turn in Elems. RESP2 writes it
	// flat, RESP3 as an array of two-element arrays: ZRANGE … WITHSCORES.
	Pairs
	// None stands where a command has no reply of its own: the confirmations of
	// SUBSCRIBE and its kin come as Push replies to the session.
	None
	// Push is an out-of-band message (pub/sub); an array in RESP2.
	Push
	// Blob stands for a string that lies elsewhere, in R2: Str is its id, followed by @
	// and an offset when not all of it is meant, Int how many bytes there are. Who
	// receives it fetches them and hands out a Bulk: no caller sees it.
	Blob
)

// A Reply is one value of Redis's protocol. Elems of a reply that was handed
// out must not be changed: the engine may share them.
type Reply struct {
	Kind  Kind
	Stale bool    // remembered from an earlier answer, see package fault; of the outermost reply
	Int   int64   // Int and Bool; the bits of a Double; the bytes of a Blob
	Str   string  // Status, Error, Bulk, BigNumber, Verbatim; a Double that is written with other digits than the fewest
	Elems []Reply // Array, Map, Set, Pairs, Push
}

// OK is the reply of most writes.
var OK = Reply{Kind: Status, Str: "OK"}

// NewInt returns an integer reply.
func NewInt(n int64) Reply { return Reply{Kind: Int, Int: n} }

// NewBulk returns a bulk string reply.
func NewBulk(s string) Reply { return Reply{Kind: Bulk, Str: s} }

// NewStatus returns a simple string reply.
func NewStatus(s string) Reply { return Reply{Kind: Status, Str: s} }

// NewError returns an error reply; text starts with the prefix (ERR, WRONGTYPE, …).
func NewError(text string) Reply { return Reply{Kind: Error, Str: text} }

// NewDouble returns a double reply.
func NewDouble(f float64) Reply { return Reply{Kind: Double, Int: int64(math.Float64bits(f))} }

// NewBool returns a boolean reply.
func NewBool(b bool) Reply {
	if b {
		return Reply{Kind: Bool, Int: 1}
	}
	return Reply{Kind: Bool}
}

// NewArray returns an array reply.
func NewArray(elems ...Reply) Reply { return Reply{Kind: Array, Elems: elems} }

// Bulks returns an array of bulk strings.
func Bulks(ss []string) Reply {
	elems := make([]Reply, len(ss))
	for i, s := range ss {
		elems[i] = NewBulk(s)
	}
	return Reply{Kind: Array, Elems: elems}
}

// Float is the value of a Double.
func (r Reply) Float() float64 { return math.Float64frombits(uint64(r.Int)) }

// IsNil reports whether r is one of the two nulls.
func (r Reply) IsNil() bool { return r.Kind == Nil || r.Kind == NilArray }
