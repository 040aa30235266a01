package value

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Types as TYPE answers them.
const (
	TypeNone   = "none"
	TypeString = "string"
	TypeList   = "list"
	TypeHash   = "hash"
	TypeSet    = "set"
	TypeZSet   = "zset"
	TypeStream = "stream"
	TypeJSON   = "ReJSON-RL"
)

// supported tells whether values of a type can be brought.
func Supported(typ string) bool {
	switch typ {
	case TypeString, TypeList, TypeHash, TypeSet, TypeZSet, TypeStream, TypeJSON:
		return true
	}
	return false
}

// NoExpiry is the expiry of a key that has none.
const NoExpiry = -1

// A Head is what is known of a key before its value is read.
type Head struct {
	Key    string
	Type   string
	Expire int64 // Unix time in milliseconds; NoExpiry
	Bytes  int64 // what the end says that the key takes; 0 where it says nothing
	// Alone is a key of a family that is in Workers KV alone (consistency: primary): when it
	// expires is not known there, and what is read may be a minute old.
	Alone bool
}

// A Row is one element of a value:
//
//	string, JSON  a part of the text
//	list          the element
//	hash          field, value, expiry of the field in Unix milliseconds or ""
//	set           the member
//	zset          the member, its score
//	stream        id, then fields and values in turn; or, with an empty id, what
//	              the stream has beside its entries, as in tailRows
type Row []string

// A Piece is a part of a value, in order where the type has one.
type Piece []Row

// Kinds of a stream's rows beside its entries.
const (
	rowLast     = "last"     // "", last, last id, entries added or "", greatest deleted id or ""
	rowGroup    = "group"    // "", group, name, last delivered id, entries read or ""
	rowConsumer = "consumer" // "", consumer, group, name
	rowPending  = "pending"  // "", pending, group, consumer, id, delivered at in ms, times
)

// commandRows is how many elements one command brings: a command's arguments are
// bounded on some ends, and a long one holds up everybody else.
const commandRows = 500

// commands are what adds a piece to a key; first is set for the first piece.
func Commands(key, typ string, p Piece, first bool) []resp.Command {
	var out []resp.Command
	var cmd resp.Command
	n := 0
	flush := func() {
		if len(cmd) > 2 {
			out = append(out, cmd)
		}
		cmd, n = nil, 0
	}
	add := func(name string, args ...string) {
		if n >= commandRows {
			flush()
		}
		if cmd == nil {
			cmd = resp.Command{name, key}
		}
		cmd = append(cmd, args...)
		n++
	}
	var expiries []resp.Command
	for _, row := range p {
		switch typ {
		case TypeString:
			name := "APPEND"
			if first {
				name = "SET"
			}
			out = append(out, resp.Command{name, key, row[0]})
			first = false
		case TypeJSON:
			out = append(out, resp.Command{"JSON.SET", key, "$", row[0]})
		case TypeList:
			add("RPUSH", row[0])
		case TypeSet:
			add("SADD", row[0])
		case TypeZSet:
			add("ZADD", row[1], row[0])
		case TypeHash:
			add("HSET", row[0], row[1])
			if row[2] != "" {
				expiries = append(expiries, resp.Command{"HPEXPIREAT", key, row[2], "FIELDS", "1", row[0]})
			}
		case TypeStream:
			if row[0] != "" {
				out = append(out, append(resp.Command{"XADD", key}, row...))
				first = false
				continue
			}
			out = append(out, streamCommands(key, row, first)...)
			first = false
		}
	}
	flush()
	return append(out, expiries...)
}

// streamCommands are what sets a row of a stream that is no entry.
func streamCommands(key string, row Row, empty bool) []resp.Command {
	switch row[1] {
	case rowLast:
		var out []resp.Command
		if empty { // a stream without entries is there all the same
			out = append(out, resp.Command{"XADD", key, "MAXLEN", "0", "0-1", "", ""})
		}
		set := resp.Command{"XSETID", key, row[2]}
		if row[3] != "" && row[4] != "" {
			set = append(set, "ENTRIESADDED", row[3], "MAXDELETEDID", row[4])
		}
		return append(out, set)
	case rowGroup:
		create := resp.Command{"XGROUP", "CREATE", key, row[2], row[3]}
		if row[4] != "" {
			create = append(create, "ENTRIESREAD", row[4])
		}
		return []resp.Command{create}
	case rowConsumer:
		return []resp.Command{{"XGROUP", "CREATECONSUMER", key, row[2], row[3]}}
	}
	return []resp.Command{{"XCLAIM", key, row[2], row[3], "0", row[4], "TIME", row[5], "RETRYCOUNT", row[6], "FORCE", "JUSTID"}}
}

// A Digest is the same for equal values, in whatever order and pieces they come, and
// differs for others but for one in 2^128.
type Digest [16]byte

// A digester makes the digest of one value.
type Digester struct {
	typ      string
	a, b     uint64 // sums over the elements of what has no order
	sequence [sha256.Size]byte
	n        uint64
	text     interface { // of a string
		Write([]byte) (int, error)
		Sum([]byte) []byte
	}
}

func NewDigester(typ string) *Digester {
	d := &Digester{typ: typ}
	if typ == TypeString || typ == TypeJSON {
		d.text = sha256.New()
	}
	return d
}

func (d *Digester) Add(p Piece) {
	for _, row := range p {
		if d.text != nil {
			_, _ = d.text.Write([]byte(row[0])) // a hash has no errors
			continue
		}
		if d.typ == TypeStream && row[0] == "" && row[1] == rowPending {
			row = append(row[:5:5], row[6]) // when it was delivered is known to a millisecond or two
		}
		var b []byte
		for i, s := range row {
			if d.typ == TypeZSet && i == 1 {
				f, _ := parseScore(s) // what is no score is compared as it is below
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
				continue
			}
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
		h := sha256.Sum256(b)
		d.n++
		switch d.typ {
		case TypeList, TypeStream:
			d.sequence = sha256.Sum256(append(d.sequence[:], h[:]...))
		default:
			d.a += binary.LittleEndian.Uint64(h[:])
			d.b += binary.LittleEndian.Uint64(h[8:])
		}
	}
}

// sum is the digest of a value with its type; its expiry is compared apart.
func (d *Digester) Sum() (out Digest) {
	b := append([]byte(d.typ), 0)
	b = binary.LittleEndian.AppendUint64(b, d.n)
	b = binary.LittleEndian.AppendUint64(b, d.a)
	b = binary.LittleEndian.AppendUint64(b, d.b)
	b = append(b, d.sequence[:]...)
	if d.text != nil {
		b = d.text.Sum(b)
	}
	h := sha256.Sum256(b)
	copy(out[:], h[:])
	return out
}

func parseScore(s string) (float64, error) {
	switch strings.ToLower(s) {
	case "inf", "+inf":
		return math.Inf(1), nil
	case "-inf":
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(s, 64)
}

func formatScore(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}
