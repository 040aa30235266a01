package spec

// An Effort is how much of a person's time it takes to do what a reason code
// says, at one place: a size for planning, not a promise.
type Effort string

const (
	EffortNone    Effort = "none"    // nothing has to be done
	EffortMinutes Effort = "minutes" // a line, without side effects: ten minutes
	EffortSmall   Effort = "small"   // a function and its test: an hour
	EffortMedium  Effort = "medium"  // a type, a library or an interface: half a day
	EffortLarge   Effort = "large"   // a part of the design, which wants another product: days
)

// Efforts are the sizes, from nothing to much.
var Efforts = []Effort{EffortNone, EffortMinutes, EffortSmall, EffortMedium, EffortLarge}

// Hours is what a size is taken for where several are added up.
func (e Effort) Hours() float64 {
	switch e {
	case EffortMinutes:
		return 1.0 / 6
	case EffortSmall:
		return 1
	case EffortMedium:
		return 4
	case EffortLarge:
		return 24
	}
	return 0
}
