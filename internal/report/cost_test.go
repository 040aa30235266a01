package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

func plain(store plan.Store, typ spec.Type, ttl string) *plan.Family {
	return &plan.Family{Pattern: "a:*", Name: "A", Type: typ, Store: store, TTL: ttl, Sites: 1, Group: "main"}
}

// By hand, for a month of 2.592 million seconds.
func TestTheBillOfAFamilyByHand(t *testing.T) {
	one := &plan.Plan{Groups: []plan.Group{{Name: "main", Shards: 1}}}
	primary := plain(plan.StoreKV, spec.String, "none")
	primary.Consistency = plan.Primary
	for _, c := range []struct {
		name string
		f    *plan.Family
		want [3]float64
	}{
		// 2 rows a second are within the 50 million that are included; at 100 a second
		// each write has a frame of its own: 200 rows are 518.4 million, and 5 requests
		// 12.96 million. At 1,000 only 100 frames are made: 1,100 rows, 5 requests.
		{"list in the object", plain(plan.StoreDO, spec.List, ""), [3]float64{5, 5 + 468.4 + 11.96*0.15, 5 + 2801.2 + 11.96*0.15}},
		// The index of expiries is a row more.
		{"string that expires", plain(plan.StoreDO, spec.String, "1h0m0s"), [3]float64{5, 5 + 727.6 + 11.96*0.15, 5 + 5393.2 + 11.96*0.15}},
		// D1: one row; telling it: two rows for each frame.
		{"list in d1", plain(plan.StoreD1, spec.List, ""), [3]float64{5, 5 + (1036.8 - 50) + 11.96*0.15 + 209.2, 5 + (2592 + 777.6 - 50) + 11.96*0.15 + 2542}},
		// 2.592 million KV writes, a million of which are included.
		{"string in kv", plain(plan.StoreKV, spec.String, "none"), [3]float64{5 + 1.592*5, 5 + (1036.8 - 50) + 11.96*0.15 + 258.2*5, 5 + (2592 + 777.6 - 50) + 11.96*0.15 + 2591*5}},
		{"string in KV alone", primary, [3]float64{5 + 1.592*5, 5 + 258.2*5 + 249.2*0.3, 5 + 2591*5 + 2582*0.3}},
	} {
		got := costOf(one, c.f)
		for i, m := range got.Month {
			if math.Abs(m.Dollars-c.want[i]) > 0.01 {
				t.Errorf("%s, %d writes a second: %.2f $, want %.2f $ (%+v)", c.name, m.Rate, m.Dollars, c.want[i], m.Lines)
			}
		}
		if (len(got.Object) == 0) != (c.f.Store == plan.StoreDO) {
			t.Errorf("%s: %d figures for the object alone", c.name, len(got.Object))
		}
	}
}

// README.md quotes the model, and nothing else.
func TestTheReadmeQuotesTheBill(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	one := &plan.Plan{Groups: []plan.Group{{Name: "main", Shards: 1}}}
	s := sums(costOf(one, plain(plan.StoreDO, spec.Hash, "none")).Month)
	want := fmt.Sprintf("%s, %s and %s $", s[0], s[1], s[2])
	if !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// Families that are written at the same time share frames: together they make
// no more of them than one alone.
func TestFamiliesShareFrames(t *testing.T) {
	p := &plan.Plan{Groups: []plan.Group{{Name: "main", Shards: 1}}}
	for range 100 {
		p.Families = append(p.Families, *plain(plan.StoreDO, spec.List, ""))
	}
	tests := *plain(plan.StoreKV, spec.String, "none")
	tests.TestOnly = true
	p.Families = append(p.Families, tests)
	together, alone := billOf(p), costOf(p, &p.Families[0])
	for i := range Rates {
		if got, want := together.Month[i].Dollars, alone.Month[i].Dollars; math.Abs(got-want) > 0.01 {
			t.Errorf("%d writes a second: 100 families cost %.2f $, one %.2f $", Rates[i], got, want)
		}
	}
}

// Two objects that are awake all month are more than the plan includes.
func TestEachObjectIsAwake(t *testing.T) {
	p := &plan.Plan{Groups: []plan.Group{{Name: "main", Shards: 1}, {Name: "other", Shards: 3}}}
	f := plain(plan.StoreDO, spec.List, "")
	f.Group = "other"
	got := costOf(p, f).Month[0].Dollars
	if want := 5 + (3*331_776-400_000)*12.5/1e6; math.Abs(got-want) > 0.01 {
		t.Errorf("3 shards: %.2f $, want %.2f $", got, want)
	}
}

func TestMoneyAndTimeAreWrittenForPeople(t *testing.T) {
	for d, want := range map[float64]string{5: "5.00", 99.994: "99.99", 100: "100", 999: "999", 12955: "12,955", 1234567: "1,234,567"} {
		if got := money(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for h, want := range map[float64]string{0: "nothing to do", 0.2: "about 10 minutes", 1: "about an hour", 3.4: "about 3 hours", 8: "about 8 hours", 9: "about a day", 50: "about 6 days"} {
		if got := (Effort{Hours: h}).About(); got != want {
			t.Errorf("%v hours: %s, want %s", h, got, want)
		}
	}
}
