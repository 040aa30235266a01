package engine

import "math"

// fphaEnds are the types that JSON.SET's FPHA names for arrays of floats, each
// with the magnitude from which on a number would be rounded to infinity.
// Numbers are kept at full precision all the same.
var fphaEnds = map[string]float64{
	"BF16": 0x1.FFp127, "FP16": 65520, "FP32": 0x1.FFFFFFp127, "FP64": math.Inf(1),
}

// within reports whether all arrays of numbers in v that have a float among them
// keep below an end.
func (v *jsonValue) within(end float64) bool {
	numbers, floats, beyond := true, false, false
	for _, e := range v.elems() {
		if !e.within(end) {
			return false
		}
		numbers = numbers && e.isNumber()
		floats = floats || e.kind == jsonFloat
		beyond = beyond || e.isNumber() && math.Abs(e.float()) >= end
	}
	return v.kind != jsonArray || !numbers || !floats || !beyond
}
