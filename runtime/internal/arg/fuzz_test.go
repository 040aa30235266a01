package arg

import (
	"math"
	"strconv"
	"testing"
	"time"
)

// FuzzString writes values and reads them back.
func FuzzString(f *testing.F) {
	f.Add(int64(0), uint64(0), "")
	f.Add(int64(-1), math.Float64bits(0.1), "a\x00b")
	f.Add(int64(math.MinInt64), math.Float64bits(math.Inf(1)), "é")
	f.Add(int64(math.MaxInt64), math.Float64bits(5e-324), "1e5")
	f.Fuzz(func(t *testing.T, n int64, bits uint64, s string) {
		text := func(v interface{}) string {
			got, err := String(v)
			if err != nil {
				t.Fatalf("%T: %v", v, err)
			}
			return got
		}
		if back, err := strconv.ParseInt(text(n), 10, 64); err != nil || back != n {
			t.Errorf("%d came back as %d, %v", n, back, err)
		}
		if back, err := strconv.ParseUint(text(bits), 10, 64); err != nil || back != bits {
			t.Errorf("%d came back as %d, %v", bits, back, err)
		}
		d := math.Float64frombits(bits)
		if back, err := strconv.ParseFloat(text(d), 64); err != nil || back != d && !(math.IsNaN(back) && math.IsNaN(d)) {
			t.Errorf("%v came back as %v, %v", d, back, err)
		}
		if text(s) != s || text([]byte(s)) != s || text(&s) != s {
			t.Errorf("%q is written as %q, %q and %q", s, text(s), text([]byte(s)), text(&s))
		}
		if got := text(time.Duration(n)); got != strconv.FormatInt(n, 10) {
			t.Errorf("the duration %d is written as %s", n, got)
		}
		flat := Flatten(nil, []interface{}{[]interface{}{s, n, d}})
		if len(flat) != 3 || flat[0] != s || flat[1] != n {
			t.Errorf("a slice is flattened to %v", flat)
		}
		if flat := Flatten(nil, []interface{}{map[string]interface{}{s: n}}); len(flat) != 2 || flat[0] != s || flat[1] != n {
			t.Errorf("a map is flattened to %v", flat)
		}
	})
}
