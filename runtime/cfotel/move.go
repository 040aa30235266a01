package cfotel

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	facade "github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/fault"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// InstrumentMove measures what a client does while its data moves from Redis to a store,
// and afterwards: how long commands take at either side, by family of the plan; what
// package phase and package fault count, where they stand before the store; and, with
// WithUsage, what the store bills. docs/dashboard.json and docs/alerts.yaml of the
// project are made of these instruments.
//
// What the store itself tells is observed from the client's first command on: measuring
// opens no store.
func InstrumentMove(rdb facade.UniversalClient, opts ...MetricsOption) error {
	conf := newConfig()
	for _, o := range opts {
		o.apply(conf)
	}
	meter := conf.meters.Meter(scope, metric.WithInstrumentationVersion("semver:"+facade.Version()))
	var observed observers
	err := each(rdb, func(c hookable, _, _ string) error {
		client, ok := c.(facade.UniversalClient)
		if !ok {
			return fmt.Errorf("cfotel: %T is no client of the runtime", c)
		}
		m := &move{conf: conf, client: client}
		duration, err := meter.Float64Histogram(commandDuration.name, metric.WithDescription(commandDuration.about), metric.WithUnit(commandDuration.unit),
			metric.WithExplicitBucketBoundaries(buckets...))
		if err != nil {
			return err
		}
		reg, err := m.observe(meter)
		if err != nil {
			return err
		}
		observed.add(reg)
		c.AddHook(newCommandTimes(conf, duration, m.side))
		return nil
	})
	if err != nil {
		observed.end()
		return err
	}
	if conf.closed != nil {
		go func() {
			<-conf.closed
			observed.end()
		}()
	}
	return nil
}

// WithUsage has InstrumentMove ask the store what it bills, where it tells, and at most
// once in an interval: each time is a request of each of its objects, and keeps those from
// sleeping. Without it, or with 0, the store is not asked.
func WithUsage(interval time.Duration) MetricsOption {
	return metricsOption(func(c *config) { c.usage = interval })
}

// WithConflicts has InstrumentMove observe a count of updates that found another version
// than the one they were made from, such as an adapter's Conflicts.
func WithConflicts(count func() uint64) MetricsOption {
	return metricsOption(func(c *config) { c.conflicts = count })
}

// move is what is behind one client.
type move struct {
	conf   *config
	client facade.UniversalClient
	found  atomic.Pointer[behind]

	asked time.Time // when the store was asked for its usage; only collections look at it
	usage []store.Usage
}

// behind is what stands before and in the store of a client.
type behind struct {
	url   string
	phase *phase.Backend // nil: none
	fault *fault.Backend // nil: none
	meter store.Meter    // nil: none
}

// look finds what is behind the client once more: a client may open its store again.
func (m *move) look() (*behind, error) {
	b, err := facade.BackendOf(m.client)
	if err != nil {
		return nil, err
	}
	found := &behind{url: b.URL()}
	found.phase, _ = store.As[*phase.Backend](b)
	found.fault, _ = store.As[*fault.Backend](b)
	found.meter, _ = store.As[store.Meter](b)
	m.found.Store(found)
	return found, nil
}

// side is where a command with these keys goes: to Redis, or to the store.
func (m *move) side(keys []string) string {
	b := m.found.Load()
	if b == nil {
		var err error
		if b, err = m.look(); err != nil {
			return "store" // it could not be opened
		}
	}
	key := ""
	if len(keys) > 0 {
		key = keys[0]
	}
	if b.phase != nil && b.phase.PhaseOf(key) == phase.Redis {
		return "redis"
	}
	return "store"
}

// An instrument is a name with what it means.
type instrument struct {
	name, about, unit string
	grows             bool // never falls
}

// commandDuration is the histogram of what callers wait for.
var commandDuration = instrument{name: "redis2cf.command.duration", about: "How long commands take, by side (redis, store), family of the plan and outcome (ok, nil, error, stale)", unit: "s"}

// buckets are for stores in the process and those at the other end of the world, in
// seconds.
var buckets = []float64{0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// A reading is an instrument of what T counts.
type reading[T any] struct {
	instrument
	of func(T) float64
	// by are the values of an attribute, one measurement each; of is given none then.
	attribute string
	by        func(T) map[string]float64
}

func is(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var phaseReadings = []reading[phase.Stats]{
	{instrument: instrument{name: "redis2cf.move.phase", about: "1 for the phase in which the keys are as this process knows it, 0 for the others; several are 1 where families differ"}, attribute: "phase",
		by: func(s phase.Stats) map[string]float64 {
			out := map[string]float64{}
			for _, p := range phase.Phases {
				out[string(p)] = is(s.Has(p))
			}
			return out
		}},
	{instrument: instrument{name: "redis2cf.move.switching", about: "1 while commands wait for a switch of the phase"}, of: func(s phase.Stats) float64 { return is(s.Switching) }},
	{instrument: instrument{name: "redis2cf.move.following", about: "1 for the process that brings changes to the other side"}, of: func(s phase.Stats) float64 { return is(s.Following) }},
	{instrument: instrument{name: "redis2cf.move.commands", about: "Commands that were run at the truth", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Commands) }},
	{instrument: instrument{name: "redis2cf.move.marked", about: "Keys that were marked because they were about to change", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Marked) }},
	{instrument: instrument{name: "redis2cf.move.brought", about: "Keys whose state was brought to the other side", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Brought) }},
	{instrument: instrument{name: "redis2cf.move.refused", about: "Times that the other side did not take a key", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Refused) }},
	{instrument: instrument{name: "redis2cf.move.same", about: "Keys that the comparison in the background found equal", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Same) }},
	{instrument: instrument{name: "redis2cf.move.different", about: "Keys that it found to differ, and that were brought again", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Different) }},
	{instrument: instrument{name: "redis2cf.move.fallbacks", about: "Reads of caches that the other side answered, stale", grows: true}, of: func(s phase.Stats) float64 { return float64(s.Fallbacks) }},
}

// followerReadings are of the process that follows.
var followerReadings = []reading[phase.Stats]{
	{instrument: instrument{name: "redis2cf.move.marks.left", about: "Changes that the other side may not have yet, those under way among them"}, of: func(s phase.Stats) float64 { return float64(s.Left) }},
	{instrument: instrument{name: "redis2cf.move.lag", about: "For how long the change was seen that was brought last", unit: "s"}, of: func(s phase.Stats) float64 { return s.Lag.Seconds() }},
	{instrument: instrument{name: "redis2cf.move.waiting", about: "For how long the oldest change waits that was not brought", unit: "s"}, of: func(s phase.Stats) float64 { return s.Waiting.Seconds() }},
}

var faultReadings = []reading[fault.Stats]{
	{instrument: instrument{name: "redis2cf.fault.breaker", about: "1 for the state of the circuit breaker, 0 for the others"}, attribute: "state",
		by: func(s fault.Stats) map[string]float64 {
			out := map[string]float64{}
			for _, st := range []fault.State{fault.Closed, fault.HalfOpen, fault.Open} {
				out[string(st)] = is(s.Breaker == st)
			}
			return out
		}},
	{instrument: instrument{name: "redis2cf.fault.frames", about: "Frames that callers sent", grows: true}, of: func(s fault.Stats) float64 { return float64(s.Frames) }},
	{instrument: instrument{name: "redis2cf.fault.failures", about: "Frames that failed, repeats among them", grows: true}, of: func(s fault.Stats) float64 { return float64(s.Failures) }},
	{instrument: instrument{name: "redis2cf.fault.retries", about: "Frames of reads that were sent again", grows: true}, of: func(s fault.Stats) float64 { return float64(s.Retries) }},
	{instrument: instrument{name: "redis2cf.fault.refused", about: "Frames that the breaker refused", grows: true}, of: func(s fault.Stats) float64 { return float64(s.Refused) }},
	{instrument: instrument{name: "redis2cf.fault.fallbacks", about: "Commands that were answered from memory, stale", grows: true}, of: func(s fault.Stats) float64 { return float64(s.Fallbacks) }},
	{instrument: instrument{name: "redis2cf.fault.conflicts", about: "Transactions that found another version of what they watched", grows: true}, of: func(s fault.Stats) float64 { return float64(s.Conflicts) }},
	{instrument: instrument{name: "redis2cf.fault.remembered", about: "Memory of the answers that are remembered", unit: "By"}, of: func(s fault.Stats) float64 { return float64(s.Bytes) }},
}

var usageReadings = []reading[store.Usage]{
	{instrument: instrument{name: "redis2cf.usage.requests", about: "Requests of an object", grows: true}, of: func(u store.Usage) float64 { return float64(u.Requests) }},
	{instrument: instrument{name: "redis2cf.usage.messages", about: "Messages to an object, twenty of which are billed as a request", grows: true}, of: func(u store.Usage) float64 { return float64(u.Messages) }},
	{instrument: instrument{name: "redis2cf.usage.alarms", about: "Alarms of an object", grows: true}, of: func(u store.Usage) float64 { return float64(u.Alarms) }},
	{instrument: instrument{name: "redis2cf.usage.rows.read", about: "Rows that an object has read", grows: true}, of: func(u store.Usage) float64 { return float64(u.RowsRead) }},
	{instrument: instrument{name: "redis2cf.usage.rows.written", about: "Rows that an object has written", grows: true}, of: func(u store.Usage) float64 { return float64(u.RowsWritten) }},
}

var adapterReadings = []reading[uint64]{
	{instrument: instrument{name: "redis2cf.adapter.conflicts", about: "Updates that found another version than the one they were made from", grows: true}, of: func(n uint64) float64 { return float64(n) }},
}

// made are readings with their instruments.
type made[T any] struct {
	list        []reading[T]
	instruments []metric.Float64Observable
}

func makeAll[T any](meter metric.Meter, list []reading[T], all *[]metric.Observable) (made[T], error) {
	m := made[T]{list, make([]metric.Float64Observable, len(list))}
	for i, r := range list {
		var err error
		if r.grows {
			m.instruments[i], err = meter.Float64ObservableCounter(r.name, metric.WithDescription(r.about), metric.WithUnit(r.unit))
		} else {
			m.instruments[i], err = meter.Float64ObservableGauge(r.name, metric.WithDescription(r.about), metric.WithUnit(r.unit))
		}
		if err != nil {
			return m, err
		}
		*all = append(*all, m.instruments[i])
	}
	return m, nil
}

func (m made[T]) observe(o metric.Observer, of T, attrs []attribute.KeyValue) {
	for i, r := range m.list {
		if r.by == nil {
			o.ObserveFloat64(m.instruments[i], r.of(of), metric.WithAttributes(attrs...))
			continue
		}
		for value, n := range r.by(of) {
			with := append(attrs[:len(attrs):len(attrs)], attribute.String(r.attribute, value))
			o.ObserveFloat64(m.instruments[i], n, metric.WithAttributes(with...))
		}
	}
}

// observe registers what the store of the client tells.
func (m *move) observe(meter metric.Meter) (metric.Registration, error) {
	var all []metric.Observable
	ofPhase, err1 := makeAll(meter, phaseReadings, &all)
	ofFollower, err2 := makeAll(meter, followerReadings, &all)
	ofFault, err3 := makeAll(meter, faultReadings, &all)
	ofUsage, err4 := makeAll(meter, usageReadings, &all)
	ofAdapter, err5 := makeAll(meter, adapterReadings, &all)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		if m.conf.conflicts != nil {
			ofAdapter.observe(o, m.conf.conflicts(), m.conf.attributes())
		}
		if m.found.Load() == nil {
			return nil // no command yet
		}
		b, err := m.look()
		if err != nil {
			return nil //nolint:nilerr // the client is closed
		}
		attrs := m.conf.attributes(attribute.String("store", b.url))
		if b.phase != nil {
			stats := b.phase.Stats()
			ofPhase.observe(o, stats, attrs)
			if stats.Following {
				ofFollower.observe(o, stats, attrs)
			}
		}
		if b.fault != nil {
			ofFault.observe(o, b.fault.Stats(), attrs)
		}
		for _, u := range m.used(ctx, b) {
			ofUsage.observe(o, u, append(attrs[:len(attrs):len(attrs)], attribute.String("object", u.Object)))
		}
		return nil
	}, all...)
}

// used is what the store has used, as it was told in the last interval.
func (m *move) used(ctx context.Context, b *behind) []store.Usage {
	if m.conf.usage <= 0 || b.meter == nil {
		return nil
	}
	if now := time.Now(); m.asked.IsZero() || now.Sub(m.asked) >= m.conf.usage {
		m.asked = now
		usage, err := b.meter.Usage(ctx)
		if err != nil {
			otel.Handle(fmt.Errorf("cfotel: what %s has used: %w", b.url, err))
			return m.usage
		}
		m.usage = usage
	}
	return m.usage
}
