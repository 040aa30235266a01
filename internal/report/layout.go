package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

// Options say for whom text is written.
type Options struct {
	Style Style
	Width int  // of the terminal in columns; 0: lines of any length
	All   bool // nothing is shortened
}

// minText is the room that text at the end of a table's row needs beside it;
// with less it goes below the row.
const minText = 30

// A column of a table. The last one is text and may be of any length.
type column struct {
	head  string
	right bool // numbers end at the same place
}

// table aligns rows below their heading, indented by two spaces. Text in the last
// column is wrapped at the terminal's width.
func (o Options) table(w io.Writer, columns []column, rows [][]string) {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = uniseg.StringWidth(c.head)
		for _, row := range rows {
			widths[i] = max(widths[i], uniseg.StringWidth(oneLine(row[i])))
		}
	}
	last := len(columns) - 1
	fixed := 2
	for _, n := range widths[:last] {
		fixed += n + 2
	}
	below := o.Width > 0 && !columns[last].right && o.Width-fixed < min(minText, widths[last])
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.head
	}
	for n, row := range append([][]string{head}, rows...) {
		var b strings.Builder
		for i, cell := range row {
			cell = oneLine(cell)
			if i == last && !columns[i].right {
				break
			}
			pad := strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
			if columns[i].right {
				cell = pad + cell
			} else {
				cell += pad
			}
			b.WriteString("  " + cell)
		}
		line, text := strings.TrimRight(b.String(), " "), ""
		if !columns[last].right {
			text = oneLine(row[last])
		}
		switch {
		case n == 0:
			if !below {
				line = strings.TrimRight(b.String()+"  "+text, " ")
			}
			fmt.Fprintln(w, o.Style.Faint(line))
		case text == "":
			fmt.Fprintln(w, line)
		case below:
			fmt.Fprintln(w, line)
			o.wrap(w, "      ", "", text)
		default:
			lines := o.lines(text, fixed)
			fmt.Fprintln(w, b.String()+"  "+lines[0])
			for _, l := range lines[1:] {
				fmt.Fprintln(w, strings.Repeat(" ", fixed)+l)
			}
		}
	}
}

// wrap writes text behind an indent, with a first word or words of its own in
// front; what does not fit goes on below, indented by as much again.
func (o Options) wrap(w io.Writer, indent, first, text string) {
	lines := o.lines(oneLine(first+text), len(indent)+2)
	for i, l := range lines {
		if i > 0 {
			l = "  " + l
		}
		fmt.Fprintln(w, indent+l)
	}
}

// lines breaks text between words so that it fits beside an indent.
func (o Options) lines(text string, indent int) []string {
	room := o.Width - indent
	if o.Width == 0 || room < 1 || uniseg.StringWidth(text) <= room {
		return []string{text}
	}
	var out []string
	line, width := "", 0
	for _, word := range strings.Fields(text) {
		n := uniseg.StringWidth(word)
		if line != "" && width+1+n > room {
			out = append(out, line)
			line, width = "", 0
		}
		if line != "" {
			line, width = line+" ", width+1
		}
		line, width = line+word, width+n
	}
	return append(out, line)
}

// oneLine is a text without line breaks and without what a terminal acts on.
func oneLine(s string) string {
	return printable(strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ").Replace(s))
}

// shorten says how many of n things are shown, and the line that tells of the
// others: noun is what they are called, several of them.
func (o Options) shorten(n, most int, noun ...string) (shown int, more string) {
	if o.All || n <= most+1 { // the line would take the place of the last one
		return n, ""
	}
	left := fmt.Sprintf("%d more", n-most)
	if len(noun) > 0 {
		left += " " + noun[len(noun)-1]
	}
	return most, "and " + left + "; -all shows them"
}
