package engine

import (
	"math"
	"testing"
)

// TestStoredDistances compares with what redis-server 7.0.15 stored, whose C
// library rounds in other places.
func TestStoredDistances(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "GEOADD", "g", "81.8645", "-77.83438767", "a", "-103.763", "-29.9008406", "m4", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania")
	for _, c := range []struct {
		args   []string
		member string
		want   float64
	}{
		{[]string{"GEORADIUS", "g", "-143.9", "-25.90665", "4358.50", "km", "STOREDIST", "d"}, "m4", 3950.4740177908066},
		{[]string{"GEOSEARCHSTORE", "d", "g", "FROMMEMBER", "Palermo", "BYRADIUS", "200", "km", "STOREDIST"}, "Catania", 166.27415156960032},
		{[]string{"GEORADIUSBYMEMBER", "g", "Palermo", "200", "km", "STOREDIST", "d"}, "Palermo", 0},
	} {
		run(e, s, c.args...)
		if got := run(e, s, "ZSCORE", "d", c.member).Float(); math.Abs(got-c.want) > 1e-14*c.want {
			t.Errorf("%q stored %v, want %v", c.args, got, c.want)
		}
	}
}
