package rewrite

import (
	"bytes"
	"fmt"
	"go/format"
	"sort"
)

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
	RungCut                  // foreign.New(rdb) -> foreign.New(cfstore.GoRedis(rdb))
	RungView                 // rdb.Get -> cfstore.Session(rdb).Get
)

func (r Rung) String() string {
	switch r {
	case RungSwap:
		return "swap"
	case RungCut:
		return "cut"
	case RungView:
		return "view"
	}
	return fmt.Sprintf("rung %d", uint8(r))
}

// sortEdits orders edits by file and position; insertions at one place keep
// their order.
func sortEdits(edits []Edit) {
	sort.SliceStable(edits, func(i, j int) bool {
		a, b := edits[i], edits[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Start != b.Start {
			return a.Start < b.Start
		}
		return a.End < b.End
	})
}

// Apply returns src with the edits of one file made. Edits that overlap are an
// error of the caller.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("edit [%d,%d) of %s overlaps the one before it or leaves the file", e.Start, e.End, e.File)
		}
		out.Write(src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(src[at:])
	return out.Bytes(), nil
}

// originalOffset maps an offset of the edited file back into the file as it was
// read: into the replaced span when it lies in new text.
func originalOffset(edits []Edit, offset int) int {
	shift := 0 // edited - original, before the current edit
	for _, e := range edits {
		start := e.Start + shift
		if offset < start {
			break
		}
		if offset < start+len(e.New) {
			return e.Start
		}
		shift += len(e.New) - (e.End - e.Start)
	}
	return offset - shift
}

// Tidy brings an edited file back into gofmt's form if it was in it before:
// names of another length move aligned columns and the order of imports.
// Carriage returns, which gofmt would drop, are kept.
func Tidy(before, after []byte) []byte {
	crlf := bytes.Contains(before, []byte("\r\n"))
	if crlf {
		before = bytes.ReplaceAll(before, []byte("\r\n"), []byte("\n"))
		after = bytes.ReplaceAll(after, []byte("\r\n"), []byte("\n"))
	}
	was, err := format.Source(before)
	out := after
	if err == nil && bytes.Equal(was, before) {
		if f, err := format.Source(after); err == nil {
			out = f
		}
	}
	if crlf {
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
	}
	return out
}
