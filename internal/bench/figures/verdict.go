package figures

import "fmt"

// A verdict is a figure beside its target.
type verdict struct {
	name         string
	got, target  float64
	least, holds bool
}

// Verdicts are all figures of a run that have a target.
type Verdicts []verdict

// AtMost notes a figure that must not be greater than its target; 0 is none.
func (v *Verdicts) AtMost(name string, got, target float64) {
	if target > 0 {
		*v = append(*v, verdict{name, got, target, false, got <= target})
	}
}

// AtLeast notes a figure that must not be less than its target; 0 is none.
func (v *Verdicts) AtLeast(name string, got, target float64) {
	if target > 0 {
		*v = append(*v, verdict{name, got, target, true, got >= target})
	}
}

// Print lists what was missed and returns how much that is.
func (v Verdicts) Print() (missed int) {
	for _, e := range v {
		if e.holds {
			continue
		}
		missed++
		bound := "at most"
		if e.least {
			bound = "at least"
		}
		fmt.Printf("missed: %s: %.2f, %s %g is asked for\n", e.name, e.got, bound, e.target)
	}
	fmt.Printf("\n%d of %d targets are met\n", len(v)-missed, len(v))
	return missed
}
