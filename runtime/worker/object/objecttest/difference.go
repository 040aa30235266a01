package objecttest

import "sort"

// Difference is which lines are missing and which are too many, in order.
func Difference(want, got []string) (missing, extra []string) {
	has := map[string]int{}
	for _, l := range want {
		has[l]++
	}
	for _, l := range got {
		if has[l]--; has[l] < 0 {
			extra = append(extra, l)
		}
	}
	for _, l := range want {
		if has[l] > 0 {
			missing = append(missing, l)
			has[l]--
		}
	}
	sort.Strings(missing)
	sort.Strings(extra)
	return missing, extra
}

// some are the first lines of many.
