package embedded

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// leastMemory is what an engine needs to be of use, in bytes.
const leastMemory = 1 << 20

// memoryUnits are what a size may end in, longer ones first.
var memoryUnits = []struct {
	suffix string
	bytes  int64
}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1}}

// ParseMemory reads the memory parameter of a store URL: a whole number of
// bytes, or of KB, MB or GB of 1024, 1024² and 1024³ bytes, in any case. It is
// what engine.Options.MaxBytes takes; empty is 0, the default.
func ParseMemory(s string) (bytes int64, err error) {
	if s == "" {
		return 0, nil
	}
	digits, unit := strings.ToLower(s), int64(1)
	for _, u := range memoryUnits {
		if cut, ok := strings.CutSuffix(digits, u.suffix); ok {
			digits, unit = cut, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	switch {
	case err != nil || int64(n) > math.MaxInt64/unit:
		return 0, fmt.Errorf("%q is no amount of memory: write it as 64MB or 1GB", s)
	case int64(n)*unit < leastMemory:
		return 0, fmt.Errorf("%s of memory is too little: write 1MB or more", s)
	}
	return int64(n) * unit, nil
}
