package report

import (
	"fmt"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/bill"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Rates are the writes a second that a month's bill is reckoned for.
var Rates = []int{1, 100, 1000}

// framesPerSecond is how many frames one program makes: one is in flight at a
// time, and a round trip to the object takes about 10 ms. What is written in the
// meantime shares the next frame, and what is billed for a frame.
const framesPerSecond = 100

// A Cost is what the writes of one family cost on Cloudflare's paid plan.
type Cost struct {
	Month []Month `json:"month"` // the family alone, by Rates
	Parts []Part  `json:"parts"` // what a write uses
	// Object is the same with store: do, for families that are followed elsewhere.
	Object []Month `json:"object"`
}

// A Month is a month's bill at a steady rate.
type Month struct {
	Rate    int     `json:"writesPerSecond"`
	Dollars float64 `json:"dollars"` // the plan's own price included
	Lines   []Line  `json:"lines"`   // what is beyond what the plan includes, the dearest first
}

// A Line is one position of a bill.
type Line struct {
	Meter   string  `json:"meter"`
	Used    float64 `json:"used"` // in the month
	Unit    string  `json:"unit"`
	Dollars float64 `json:"dollars"`
}

// A Part is what is used of one meter.
type Part struct {
	Meter    string  `json:"meter"`
	PerWrite float64 `json:"perWrite"`
	PerFrame float64 `json:"perFrame"` // and for the frame, which writes at the same time share
	Price    string  `json:"price"`
	Why      string  `json:"why"`
	meter    bill.Meter
}

// A Bill is what all families cost together.
type Bill struct {
	Plan    float64  `json:"plan"` // dollars a month for the paid plan itself
	Month   []Month  `json:"month"`
	Assumes []string `json:"assumes"` // one sentence each
}

// parts says what one write to a family uses. It is the one model of the bill: the
// report, README.md and docs/report.md quote it, over the prices of internal/bill, which
// are those that Cloudflare publishes for the paid plan.
//
// The rows are those that `make bench-cloudflare` counts on workerd, one command
// alone in its frame: 1 for the element, and 1 for the frame's commit, which is a row of the
// journal. They are upper figures, for writes to ever new keys: the journal is settled some
// hundred commits later, and a key that was written several times in between is one row
// then. By that the bench's mixes, whose keys come again, stay below the model: 1,517 $ for
// 80 % GET and 20 % SET and 2,218 $ for the mix with 50 % writes, at 1,000 writes a second,
// where a family of new keys is 2,808 $.
func parts(f *plan.Family) []Part {
	if f.Store == plan.StoreKV && f.Consistency == plan.Primary {
		return []Part{
			part(bill.KVWrites, 1, 0, "each write goes to KV itself"),
			part(bill.WorkerRequests, 1, 0, "by way of the Worker"),
		}
	}
	rows, why := 1.0, "1 for the element"
	switch {
	case f.Type == spec.ZSet:
		rows, why = 2, "1 for the member and 1 for its place in the order"
	case f.TTL != "" && f.TTL != "none" && f.Type == spec.String:
		rows, why = 2, "1 for the key and 1 in the index of expiries"
	}
	frame, shared := 1.0, "1 for the frame's commit"
	follows := f.Store == plan.StoreKV || f.Store == plan.StoreD1
	if follows {
		frame, shared = 3, "1 for the frame's commit, and 2 that tell "+strings.ToUpper(string(f.Store))+" and are removed when it knows"
	}
	out := []Part{
		part(bill.ObjectRowsWritten, rows, frame, why+"; "+shared),
		part(bill.ObjectRequests, 0, 1.0/bill.MessagesPerRequest, fmt.Sprintf("%d WebSocket messages are billed as 1 request, and a frame is a message", bill.MessagesPerRequest)),
	}
	switch f.Store {
	case plan.StoreKV:
		out = append(out, part(bill.KVWrites, 1, 0, "each change is put to KV, at most once a second for a key"))
	case plan.StoreD1:
		out = append(out, part(bill.D1RowsWritten, 1, 0, "the same row in D1"))
	case plan.StoreR2:
		out = append(out, part(bill.R2Writes, 1, 0, "values above 64 KB are uploaded"))
	}
	return out
}

func part(m bill.Meter, write, frame float64, why string) Part {
	p := &bill.Prices[m]
	return Part{Meter: p.Name, PerWrite: write, PerFrame: frame, Why: why, meter: m, Price: price(p)}
}

func price(p *bill.Price) string {
	per := "a " + strings.TrimSuffix(p.Unit, "s")
	if p.Per == 1e6 {
		per = "a million " + p.Unit
	}
	cents := fmt.Sprintf("%.2f", p.Dollars)
	if p.Dollars < 0.01 {
		cents = fmt.Sprintf("%.3f", p.Dollars)
	}
	return cents + " $ " + per
}

// second is what a family uses in a second at a rate of writes.
func second(parts []Part, rate float64) bill.Usage {
	var u bill.Usage
	frames := min(rate, framesPerSecond)
	for _, p := range parts {
		u[p.meter] += p.PerWrite*rate + p.PerFrame*frames
	}
	return u
}

// awake is the duration of so many objects that something is written to all month.
func awake(objects int) float64 { return float64(objects) * 0.128 * bill.Month } // 128 MB each

// objects counts the objects that families are in: one for each group, or its shards.
func objects(p *plan.Plan, families []*plan.Family) int {
	shards := map[string]int{}
	for i, g := range p.Groups {
		shards[g.Name] = max(g.Shards, 1)
		if i == 0 {
			shards[""] = max(g.Shards, 1)
		}
	}
	n, seen := 0, map[string]bool{}
	for _, f := range families {
		if f.Store == plan.StoreKV && f.Consistency == plan.Primary || seen[f.Group] {
			continue
		}
		seen[f.Group] = true
		n += max(shards[f.Group], 1)
	}
	return n
}

func month(rate int, u bill.Usage) Month {
	lines, total := bill.Of(u)
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Dollars > lines[j].Dollars })
	m := Month{Rate: rate, Dollars: total}
	for _, l := range lines {
		p := &bill.Prices[l.Meter]
		m.Lines = append(m.Lines, Line{Meter: p.Name, Used: l.Used, Unit: p.Unit, Dollars: l.Dollars})
	}
	return m
}

func months(p *plan.Plan, f *plan.Family) []Month {
	var out []Month
	for _, rate := range Rates {
		u := second(parts(f), float64(rate)).Times(bill.Month)
		u[bill.ObjectDuration] = awake(objects(p, []*plan.Family{f}))
		out = append(out, month(rate, u))
	}
	return out
}

// costOf reckons one family on its own.
func costOf(p *plan.Plan, f *plan.Family) Cost {
	c := Cost{Parts: parts(f), Month: months(p, f)}
	if f.Store != plan.StoreDO {
		alone := *f
		alone.Store, alone.Consistency = plan.StoreDO, ""
		c.Object = months(p, &alone)
	}
	return c
}

// billOf reckons the families together: so many writes a second spread evenly
// over them, in frames that they share. Families that only tests use are left out.
func billOf(p *plan.Plan) Bill {
	b := Bill{Plan: bill.Base, Assumes: []string{
		"Prices are those of Cloudflare's paid plan as published in July 2026, with what it includes; look them up before you decide.",
		"Each write is to another key. A key that is written again soon after costs less: its row is written once for some hundred commits, and KV hears of it once a second.",
		fmt.Sprintf("One program writes, 10 ms away from the object: it makes %d frames a second at most, and writes that wait meanwhile share the next one.", framesPerSecond),
		"Reads by this program cost requests only. Reads at the edge are 0.50 $ a million from KV, and 0.001 $ a million rows from D1.",
		"What is stored, and moving existing data there once, is not in it.",
	}}
	var used []*plan.Family
	var all [][]Part
	for i := range p.Families {
		if f := &p.Families[i]; f.Sites > 0 && !f.TestOnly {
			used = append(used, f)
			all = append(all, parts(f))
		}
	}
	if len(all) == 0 {
		return b
	}
	for _, rate := range Rates {
		var u bill.Usage
		for _, parts := range all {
			u = u.Plus(second(parts, float64(rate)/float64(len(all))))
		}
		u = shareFrames(u, all, float64(rate)).Times(bill.Month)
		u[bill.ObjectDuration] = awake(objects(p, used))
		b.Month = append(b.Month, month(rate, u))
	}
	return b
}

// shareFrames takes back what families that write at the same time were billed
// too much for: the frame is one for all of them.
func shareFrames(u bill.Usage, all [][]Part, rate float64) bill.Usage {
	each := rate / float64(len(all))
	had := map[bill.Meter]float64{}
	most := map[bill.Meter]float64{}
	for _, parts := range all {
		for _, p := range parts {
			had[p.meter] += p.PerFrame * min(each, framesPerSecond)
			most[p.meter] = max(most[p.meter], p.PerFrame)
		}
	}
	for m, n := range had {
		u[m] += min(n, most[m]*min(rate, framesPerSecond)) - n
	}
	return u
}

// Writing is what it uses to write elements of a family in so many frames, once.
func Writing(f *plan.Family, elements, frames float64) bill.Usage {
	var u bill.Usage
	for _, p := range parts(f) {
		u[p.meter] += p.PerWrite*elements + p.PerFrame*frames
	}
	return u
}
