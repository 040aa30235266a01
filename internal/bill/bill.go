// Package bill reckons what a load costs on Cloudflare in a month. It knows
// prices and what is included, and never what the load is for.
//
// The prices are those of the paid plan, read in Cloudflare's public
// documentation in 2026-07, for usage in one account; requests within
// Cloudflare and egress cost nothing there. Check them before they are quoted.
package bill

import "fmt"

// Month is how many seconds are billed: 30 days.
const Month = 30 * 24 * 3600

// A Meter is something that Cloudflare counts.
type Meter int

const (
	WorkerRequests Meter = iota
	ObjectRequests       // HTTP requests to a Durable Object; 20 incoming WebSocket messages count as one
	ObjectDuration       // GB-seconds that a Durable Object is awake: 128 MB for each second
	ObjectRowsRead
	ObjectRowsWritten // index rows and alarms count
	ObjectStorage     // GB-months
	D1RowsRead
	D1RowsWritten
	D1Storage // GB-months
	KVReads
	KVWrites // deletes and lists have the same price
	KVStorage
	R2Writes // class A
	R2Reads  // class B
	R2Storage
	meters
)

// A Price is what a meter costs.
type Price struct {
	Name     string
	Unit     string
	Included float64 // in a month
	Dollars  float64 // for each Per beyond
	Per      float64
}

const million = 1e6

// Prices is the list of prices by meter.
var Prices = [meters]Price{
	WorkerRequests:    {"Worker requests", "requests", 10 * million, 0.30, million},
	ObjectRequests:    {"Durable Object requests", "requests", million, 0.15, million},
	ObjectDuration:    {"Durable Object duration", "GB-s", 400_000, 12.50, million},
	ObjectRowsRead:    {"Durable Object rows read", "rows", 25_000 * million, 0.001, million},
	ObjectRowsWritten: {"Durable Object rows written", "rows", 50 * million, 1.00, million},
	ObjectStorage:     {"Durable Object storage", "GB", 5, 0.20, 1},
	D1RowsRead:        {"D1 rows read", "rows", 25_000 * million, 0.001, million},
	D1RowsWritten:     {"D1 rows written", "rows", 50 * million, 1.00, million},
	D1Storage:         {"D1 storage", "GB", 5, 0.75, 1},
	KVReads:           {"KV reads", "reads", 10 * million, 0.50, million},
	KVWrites:          {"KV writes", "writes", million, 5.00, million},
	KVStorage:         {"KV storage", "GB", 1, 0.50, 1},
	R2Writes:          {"R2 writes", "operations", million, 4.50, million},
	R2Reads:           {"R2 reads", "operations", 10 * million, 0.36, million},
	R2Storage:         {"R2 storage", "GB", 10, 0.015, 1},
}

// Base is what the paid plan costs in a month, in dollars, whatever is used.
const Base = 5.0

// MessagesPerRequest is how many incoming WebSocket messages are billed as one request.
const MessagesPerRequest = 20

// Usage is what a load uses, by meter: of a month, or of a second.
type Usage [meters]float64

// Times multiplies a usage.
func (u Usage) Times(f float64) Usage {
	for i := range u {
		u[i] *= f
	}
	return u
}

// Plus adds two usages.
func (u Usage) Plus(v Usage) Usage {
	for i := range u {
		u[i] += v[i]
	}
	return u
}

// A Line is one position of a bill.
type Line struct {
	Meter   Meter
	Used    float64
	Dollars float64
}

// Of is the bill of a month's usage: its positions, those that cost nothing left out,
// and the sum, the plan's own price included.
func Of(month Usage) (lines []Line, total float64) {
	total = Base
	for i := range month {
		p := &Prices[i]
		d := max(month[i]-p.Included, 0) / p.Per * p.Dollars
		if d > 0 {
			lines = append(lines, Line{Meter(i), month[i], d})
			total += d
		}
	}
	return lines, total
}

// Dollars writes a sum for people: cents below a hundred dollars.
func Dollars(d float64) string {
	if d < 100 {
		return fmt.Sprintf("%.2f $", d)
	}
	return fmt.Sprintf("%.0f $", d)
}
