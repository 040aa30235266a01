// Package explain writes the reason codes for people: the answers of redis2cf explain
// and the page docs/reason-codes.md. It knows no code by name: all that it says is in
// the table of internal/spec.
package explain

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

//go:generate go test . -run TestThePage -update

// width is where lines for a terminal end, in bytes.
const width = 80

// Table lists all codes with their titles.
func Table(w io.Writer) error {
	long := 0
	for _, c := range spec.Codes() {
		long = max(long, len(c.Code))
	}
	var b strings.Builder
	for _, c := range spec.Codes() {
		fmt.Fprintf(&b, "%-*s  %s\n", long, c.Code, c.Title)
	}
	b.WriteString("\nredis2cf explain CODE says why, what to do, and shows an example.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Write explains one code.
func Write(w io.Writer, c spec.Code) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", c.Code, c.Title, wrap(c.Why, ""))
	fmt.Fprintf(&b, "\nWhat to do\n%s\n", wrap(c.Do, "  "))
	fmt.Fprintf(&b, "\nEffort at each place: %s\n", c.Effort)
	b.WriteString("\nExample\n")
	for _, line := range strings.Split(Example(c), "\n") {
		b.WriteString(strings.TrimRight("  "+strings.ReplaceAll(line, "\t", "    "), " ") + "\n")
	}
	fmt.Fprintf(&b, "\n%s\n", c.URL())
	_, err := io.WriteString(w, b.String())
	return err
}

// Example is a code's example without the line breaks around it.
func Example(c spec.Code) string { return strings.Trim(c.Example, "\n") }

// wrap breaks text between words.
func wrap(text, indent string) string {
	var lines []string
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

// Find gives the code that a person has written: case does not count, and blanks and
// dashes stand for the underscore.
func Find(name string) (spec.Code, bool) {
	return spec.CodeOf(normal(name))
}

func normal(name string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(name)))
}

// Near gives the codes that could be meant by a name that is none, the best first, at
// most five: those that differ in a few letters, and those that share a word with it.
func Near(name string) []string {
	name = normal(name)
	type hit struct {
		code string
		far  int
	}
	var hits []hit
	for _, c := range spec.Codes() {
		far := distance(name, c.Code)
		switch {
		case far <= max(2, len(name)/4):
		case shareWord(name, c.Code):
			far += 100
		default:
			continue
		}
		hits = append(hits, hit{c.Code, far})
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.far - b.far })
	var out []string
	for _, h := range hits[:min(5, len(hits))] {
		out = append(out, h.code)
	}
	return out
}

// shareWord tells whether a word of a name is the beginning of one of the other's.
func shareWord(name, code string) bool {
	for _, n := range strings.Split(name, "_") {
		if len(n) < 3 {
			continue
		}
		for _, c := range strings.Split(code, "_") {
			if strings.HasPrefix(c, n) {
				return true
			}
		}
	}
	return false
}

// distance is how many letters have to be changed, put in or left out to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
