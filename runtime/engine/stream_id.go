package engine

import (
	"cmp"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A streamID is the id of a stream's entry: Unix milliseconds, and a number
// that tells entries of one millisecond apart.
type streamID struct{ ms, seq uint64 }

var maxStreamID = streamID{math.MaxUint64, math.MaxUint64}

func (a streamID) compare(b streamID) int {
	if c := cmp.Compare(a.ms, b.ms); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

func (a streamID) less(b streamID) bool { return a.compare(b) < 0 }

// next is the id after this one; ok is false after the last.
func (a streamID) next() (id streamID, ok bool) {
	switch {
	case a.seq < math.MaxUint64:
		return streamID{a.ms, a.seq + 1}, true
	case a.ms < math.MaxUint64:
		return streamID{a.ms + 1, 0}, true
	}
	return streamID{}, false
}

// prev is the id before this one; ok is false before the first.
func (a streamID) prev() (id streamID, ok bool) {
	switch {
	case a.seq > 0:
		return streamID{a.ms, a.seq - 1}, true
	case a.ms > 0:
		return streamID{a.ms - 1, math.MaxUint64}, true
	}
	return maxStreamID, false
}

// String is the id as Redis writes it.
func (a streamID) String() string {
	b := make([]byte, 0, 41)
	b = strconv.AppendUint(b, a.ms, 10)
	b = append(b, '-')
	return string(strconv.AppendUint(b, a.seq, 10))
}

func (a streamID) reply() resp.Reply { return resp.NewBulk(a.String()) }

// bytes is the id in 16 bytes whose order is the ids'.
func (a streamID) bytes() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], a.ms)
	binary.BigEndian.PutUint64(b[8:], a.seq)
	return string(b[:])
}

// streamIDOf reads what bytes wrote.
func streamIDOf(s string) streamID {
	if len(s) != 16 {
		return streamID{}
	}
	b := []byte(s)
	return streamID{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

var errStreamID = resp.NewError("ERR Invalid stream ID specified as stream command argument")

// An idForm says how an id may be written.
type idForm struct {
	seq  uint64 // what follows when only milliseconds are given
	ends bool   // "-" and "+" are the least and the greatest id
	star bool   // "5-*" leaves the number to the stream
}

// parse reads an id. auto is set for "5-*".
func (f idForm) parse(s string) (id streamID, auto, ok bool) {
	if len(s) > 127 {
		return id, false, false
	}
	s, _, _ = strings.Cut(s, "\x00")
	switch s {
	case "-":
		return streamID{}, false, f.ends
	case "+":
		return maxStreamID, false, f.ends
	}
	ms, seq, both := strings.Cut(s, "-")
	if id.ms, ok = parseUnsigned(ms); !ok {
		return id, false, false
	}
	switch {
	case !both:
		id.seq = f.seq
	case f.star && seq == "*":
		return id, true, true
	default:
		id.seq, ok = parseUnsigned(seq)
	}
	return id, false, ok
}

// strictID reads an id as most commands want it: no "-" and no "+".
func strictID(s string) (streamID, bool) {
	id, _, ok := idForm{}.parse(s)
	return id, ok
}

// parseUnsigned reads 64 bits as Redis does: what is not a plain integer goes
// through strtoull, which takes spaces and a sign before the digits.
func parseUnsigned(s string) (uint64, bool) {
	if n, ok := parseInt(s); ok {
		return uint64(n), n >= 0
	}
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	minus := strings.HasPrefix(s, "-")
	if minus || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if minus {
		n = -n
	}
	return n, err == nil
}

// idBounds reads the two ends of an interval, "(" before one leaves it out.
func idBounds(start, end string) (from, to streamID, bad resp.Reply) {
	var ok bool
	if from, ok = idBound(start, 0); !ok {
		return from, to, errStreamID
	}
	if excluded(start) {
		if from, ok = from.next(); !ok {
			return from, to, resp.NewError("ERR invalid start ID for the interval")
		}
	}
	if to, ok = idBound(end, math.MaxUint64); !ok {
		return from, to, errStreamID
	}
	if excluded(end) {
		if to, ok = to.prev(); !ok {
			return from, to, resp.NewError("ERR invalid end ID for the interval")
		}
	}
	return from, to, resp.Reply{}
}

func excluded(s string) bool { return len(s) > 1 && s[0] == '(' }

func idBound(s string, seq uint64) (streamID, bool) {
	form := idForm{seq: seq, ends: true}
	if excluded(s) {
		s, form.ends = s[1:], false
	}
	id, _, ok := form.parse(s)
	return id, ok
}
