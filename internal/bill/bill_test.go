package bill

import (
	"math"
	"testing"
)

func TestEveryMeterHasAPrice(t *testing.T) {
	for i, p := range Prices {
		if p.Name == "" || p.Unit == "" || p.Per <= 0 || p.Dollars <= 0 || p.Included <= 0 {
			t.Errorf("meter %d: %+v", i, p)
		}
	}
}

func TestWhatIsIncludedCostsNothing(t *testing.T) {
	var u Usage
	for i := range u {
		u[i] = Prices[i].Included
	}
	if lines, total := Of(u); len(lines) != 0 || total != Base {
		t.Errorf("%v, %v", lines, total)
	}
}

// A hundred writes a second, each of a row and a session row and in a frame of its
// own: 100 * 2 * 2,592,000 = 518.4 million rows in a month.
func TestABillByHand(t *testing.T) {
	second := Usage{ObjectRowsWritten: 200, ObjectRequests: 100.0 / MessagesPerRequest}
	lines, total := Of(second.Times(Month))
	// Rows: (518.4 - 50) million at 1 $; requests: (12.96 - 1) million at 0.15 $.
	want := 468.4 + 11.96*0.15 + Base
	if len(lines) != 2 || math.Abs(total-want) > 1e-9 {
		t.Errorf("%v, %v, want %v", lines, total, want)
	}
	if got := Dollars(total); got != "475 $" {
		t.Error(got)
	}
	if got := Dollars(5); got != "5.00 $" {
		t.Error(got)
	}
}

func TestUsagesAdd(t *testing.T) {
	if got := (Usage{KVReads: 1}).Plus(Usage{KVReads: 2}.Times(3)); got != (Usage{KVReads: 7}) {
		t.Error(got)
	}
}
