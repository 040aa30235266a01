// Package figures is what the benchmark commands have in common: medians,
// tables, CPU time, and figures held against their targets.
package figures

import (
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// Median of durations; the lower of the two in the middle.
func Median(d []time.Duration) time.Duration {
	s := slices.Clone(d)
	slices.Sort(s)
	return s[(len(s)-1)/2]
}

// Middle is the median of figures; the lower of the two in the middle.
func Middle(f []float64) float64 {
	s := slices.Clone(f)
	slices.Sort(s)
	return s[(len(s)-1)/2]
}

// NewTable starts an aligned table on standard output.
func NewTable() *tabwriter.Writer {
	return tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
}
