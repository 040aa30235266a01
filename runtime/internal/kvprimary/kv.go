package kvprimary

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Stale is how long KV may answer what a key was before: places that have read the key,
// or have found it missing, keep that answer so long (Cloudflare's figure, 2026-07, which
// says "or more" and promises no bound).
const Stale = 60 * time.Second

// A KV carries reads and writes to a namespace of Workers KV. Names are those of Name.
// Its methods may be called from several goroutines.
type KV interface {
	// Read reads names, all different, in any number: one value each. A name that could
	// not be read has its error in its value; an error of Read itself is about all of them.
	Read(ctx context.Context, names []string) ([]Value, error)
	// Write writes names, all different, in any number. The errors are one for each
	// write, or none at all when all of them are stored; an error of Write itself says
	// that it is not known which are.
	Write(ctx context.Context, writes []Write) ([]error, error)
}

// A Value is what Read found.
type Value struct {
	Data  string
	Found bool
	Err   error
}

// A Write puts one name, or removes it.
type Write struct {
	Name   string
	Data   string
	TTL    int64 // seconds from when KV gets it, 60 at least; 0: none
	At     int64 // Unix seconds at which it expires, in place of TTL; 0: never
	Delete bool
}

// expires is when the value is gone, on a clock that shows now; the zero time is never.
func (w *Write) expires(now time.Time) time.Time {
	switch {
	case w.TTL > 0:
		return now.Add(time.Duration(w.TTL) * time.Second)
	case w.At > 0:
		return time.Unix(w.At, 0)
	}
	return time.Time{}
}

// Binary reports whether a value's bytes change on the way through text, as bulk reads
// have it: it is written with the metadata {"binary":true}, and read by itself.
func Binary(data string) bool {
	return !utf8.ValidString(data) || strings.HasPrefix(data, "\ufeff")
}
