package report

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// A Change is a file before and after. Before is nil for a new file, After for
// one that goes.
type Change struct {
	Path          string // relative, with forward slashes
	Before, After []byte
	Generated     bool // belongs to the generated package
}

// diffContext is the number of unchanged lines around a change, as in git.
const diffContext = 3

// WriteDiff writes the changes as one unified diff, by path, that git apply and
// patch -p1 accept in the directory that the paths are relative to. It says
// whether there was a difference.
//
// The headers are those of a plain unified diff rather than git's own: git
// takes the paths of a "diff --git" header as relative to the repository's root,
// and a module may lie below it.
func WriteDiff(w io.Writer, changes []Change) (differs bool, err error) {
	sorted := append([]Change(nil), changes...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Path < sorted[j].Path })
	out := bufio.NewWriter(w)
	for _, c := range sorted {
		if string(c.Before) == string(c.After) && (c.Before == nil) == (c.After == nil) {
			continue
		}
		differs = true
		if err := writeFile(out, c); err != nil {
			return differs, err
		}
	}
	return differs, out.Flush()
}

func writeFile(w io.Writer, c Change) error {
	from, to := header("a/"+c.Path), header("b/"+c.Path)
	if c.Before == nil {
		from = "/dev/null"
	}
	if c.After == nil {
		to = "/dev/null"
	}
	before, after := string(c.Before), string(c.After)
	diff, err := udiff.ToUnifiedDiff(from, to, before, udiff.Lines(before, after), diffContext)
	if err != nil {
		return fmt.Errorf("diff of %s: %w", c.Path, err)
	}
	if len(diff.Hunks) == 0 {
		return nil // an empty file comes or goes: no unified diff can say that
	}
	fmt.Fprintf(w, "--- %s\n+++ %s\n", from, to)
	grown := 0 // lines that the hunks so far have added
	for _, h := range diff.Hunks {
		grown += writeHunk(w, h, grown)
	}
	return nil
}

// writeHunk writes one hunk and returns by how many lines it makes the file
// longer. The line in the new file is counted here: the library's own ToLine is
// off behind a hunk of several changes.
func writeHunk(w io.Writer, h *udiff.Hunk, grown int) int {
	fromCount, toCount := 0, 0
	for _, l := range h.Lines {
		if l.Kind != udiff.Insert {
			fromCount++
		}
		if l.Kind != udiff.Delete {
			toCount++
		}
	}
	fmt.Fprintf(w, "@@ -%s +%s @@\n", span(h.FromLine, fromCount), span(h.FromLine+grown, toCount))
	for _, l := range h.Lines {
		sign := " "
		switch l.Kind {
		case udiff.Delete:
			sign = "-"
		case udiff.Insert:
			sign = "+"
		}
		fmt.Fprintf(w, "%s%s", sign, l.Content)
		if !strings.HasSuffix(l.Content, "\n") {
			fmt.Fprint(w, "\n\\ No newline at end of file\n")
		}
	}
	return toCount - fromCount
}

// span writes a hunk's range. An empty one starts at the line before it.
func span(line, count int) string {
	if count == 0 {
		line--
	}
	if count == 1 {
		return fmt.Sprint(line)
	}
	return fmt.Sprintf("%d,%d", max(line, 0), count)
}

// header writes a path as git does: quoted when it has bytes that would end it,
// with a tab behind it when it has a space.
func header(path string) string {
	plain := true
	for _, b := range []byte(path) {
		if b < ' ' || b == '"' || b == '\\' || b >= utf8.RuneSelf {
			plain = false
		}
	}
	if plain {
		if strings.Contains(path, " ") {
			return path + "\t"
		}
		return path
	}
	var q strings.Builder
	q.WriteByte('"')
	for _, b := range []byte(path) {
		switch {
		case b == '"' || b == '\\':
			q.WriteByte('\\')
			q.WriteByte(b)
		case b < ' ' || b >= utf8.RuneSelf:
			fmt.Fprintf(&q, "\\%03o", b)
		default:
			q.WriteByte(b)
		}
	}
	q.WriteByte('"')
	return q.String()
}

// PaintDiff writes a unified diff with its lines marked by the style.
func PaintDiff(w io.Writer, diff []byte, st Style) error {
	for _, line := range strings.SplitAfter(string(diff), "\n") {
		text, end := strings.CutSuffix(line, "\n")
		switch {
		case strings.HasPrefix(text, "+++ "), strings.HasPrefix(text, "--- "):
			text = st.Bold(text)
		case strings.HasPrefix(text, "@@"):
			text = st.Faint(text)
		case strings.HasPrefix(text, "+"):
			text = st.Good(text)
		case strings.HasPrefix(text, "-"):
			text = st.Bad(text)
		}
		if end {
			text += "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}
