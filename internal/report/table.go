package report

import (
	"bytes"
	"io"
	"strings"
	"text/tabwriter"
)

// table aligns rows of cells; the last cell of a row may be of any length.
// Each line is indented by two spaces. The first row is a heading when the
// style has one.
func table(w io.Writer, st Style, rows [][]string) error {
	var buf bytes.Buffer
	tw := tabwriter.NewWriter(&buf, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		clean := make([]string, len(row))
		for i, cell := range row {
			clean[i] = strings.NewReplacer("\t", " ", "\n", " ").Replace(cell)
		}
		if _, err := io.WriteString(tw, "  "+strings.Join(clean, "\t")+"\n"); err != nil {
			return err
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for i, line := range strings.SplitAfter(buf.String(), "\n") {
		text := strings.TrimRight(line, " \n")
		if text == "" {
			continue
		}
		if i == 0 {
			text = st.Faint(text)
		}
		if _, err := io.WriteString(w, text+"\n"); err != nil {
			return err
		}
	}
	return nil
}
