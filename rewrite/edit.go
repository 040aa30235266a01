// Package rewrite turns sites and a plan into text edits on a ladder of rungs.
// Edits are values: it never writes a file and never prints syntax trees over
// code that it does not change.
package rewrite

// An Edit replaces the bytes [Start, End) of a file by New. Edits of one file
// never overlap.
type Edit struct {
	File       string // absolute path
	Start, End int    // byte offsets into the file as it was read
	New        string
	Rung       Rung
	Group      int // edits of one group only make sense together
	Site       int // index of the site this edit belongs to, -1 for none
}

// Rung is a step of the ladder. Verification takes back the highest rung that
// touches an error first.
type Rung uint8

const (
	RungSwap Rung = iota + 1 // imports, types, constructors, symbols
	RungView                 // rdb.Get -> cfstore.Session(rdb).Get
)
