package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// A pageFile is one file of the page's diff.
type pageFile struct {
	Path           string
	Added, Removed int
	Note           string
	Lines          []pageLine
}

// A pageLine is a line of a diff, or the place where the next ones are.
type pageLine struct {
	Hunk     string
	Class    string // a added, d deleted
	Old, New int
	Sign     string
	Text     string
}

// diff fills in the files that differ, sources first: they are what a person
// reads.
func (p *page) diff(changes []Change, written bool) {
	p.DiffNote = "What redis2cf -w would write, but for go.mod and go.sum, which it settles then."
	if written {
		p.DiffNote = "What redis2cf -w wrote."
	}
	room := maxDiffLines
	for _, generated := range []bool{false, true} {
		for _, c := range changes {
			if c.Generated != generated || string(c.Before) == string(c.After) {
				continue
			}
			f := diffOf(c)
			if most := min(maxFileLines, room); len(f.Lines) > most {
				f.Note = strings.TrimPrefix(fmt.Sprintf("%s, the first %d lines", f.Note, most), ", ")
				f.Lines = f.Lines[:most]
			}
			room -= len(f.Lines)
			p.Files = append(p.Files, f)
		}
	}
}

func diffOf(c Change) pageFile {
	f := pageFile{Path: oneLine(c.Path)}
	switch {
	case c.Generated && c.Before == nil:
		f.Note = "generated, new"
	case c.Generated:
		f.Note = "generated"
	case c.Before == nil:
		f.Note = "new"
	case c.After == nil:
		f.Note = "removed"
	}
	if !utf8.Valid(c.Before) || !utf8.Valid(c.After) {
		f.Note = strings.TrimPrefix(f.Note+", not UTF-8", ", ")
	}
	before, after := string(c.Before), string(c.After)
	diff, err := udiff.ToUnifiedDiff(c.Path, c.Path, before, udiff.Lines(before, after), diffContext)
	if err != nil { // the edits are the library's own; it does not refuse them
		f.Note = err.Error()
		return f
	}
	grown := 0
	for _, h := range diff.Hunks {
		from, to := h.FromLine, h.FromLine+grown
		f.Lines = append(f.Lines, pageLine{Hunk: fmt.Sprintf("from line %d", max(to, 1))})
		for _, l := range h.Lines {
			line := pageLine{Old: from, New: to, Text: visible(strings.TrimRight(l.Content, "\r\n"))}
			switch l.Kind {
			case udiff.Delete:
				line.New, line.Class, line.Sign = 0, "d", "−"
				f.Removed++
				from++
				grown--
			case udiff.Insert:
				line.Old, line.Class, line.Sign = 0, "a", "+"
				f.Added++
				to++
				grown++
			default:
				from++
				to++
			}
			f.Lines = append(f.Lines, line)
		}
	}
	return f
}

// visible shows what could make a line look like another one, and keeps its tabs.
func visible(line string) string {
	parts := strings.Split(line, "\t")
	for i := range parts {
		parts[i] = printable(parts[i])
	}
	return strings.Join(parts, "\t")
}
