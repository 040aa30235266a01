package cfotel

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	facade "github.com/redis2cf/redis2cf/runtime"
)

// InstrumentMetrics adds a hook to a client that measures how long commands and
// pipelines take, in milliseconds, and observes the numbers of its sessions.
func InstrumentMetrics(rdb facade.UniversalClient, opts ...MetricsOption) error {
	conf := newConfig()
	for _, o := range opts {
		o.apply(conf)
	}
	meter := conf.meters.Meter(scope, metric.WithInstrumentationVersion("semver:"+facade.Version()))
	pool := conf.pool
	var observed observers
	err := each(rdb, func(c hookable, _, addr string) error {
		if pool == "" {
			pool = addr
		}
		attrs := conf.attributes(attribute.String("pool.name", pool))
		reg, err := observe(meter, conf, c, attrs)
		if err != nil {
			return err
		}
		observed.add(reg)
		useTime, err := meter.Float64Histogram("db.client.connections.use_time",
			metric.WithDescription("The time between borrowing a connection and returning it to the pool."), metric.WithUnit("ms"))
		if err != nil {
			return err
		}
		c.AddHook(&measuring{useTime: useTime, attrs: attrs})
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

// observers are what asks clients for their numbers.
type observers struct {
	mu   sync.Mutex
	list []metric.Registration
}

func (o *observers) add(reg metric.Registration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, reg)
}

func (o *observers) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, reg := range o.list {
		if err := reg.Unregister(); err != nil {
			otel.Handle(err)
		}
	}
	o.list = nil
}

// limits are the options that the numbers are held against.
type limits struct{ maxIdle, minIdle, size int }

func limitsOf(c hookable) limits {
	switch c := c.(type) {
	case *facade.Client:
		opt := c.Options()
		return limits{opt.MaxIdleConns, opt.MinIdleConns, opt.PoolSize}
	case *facade.ClusterClient:
		opt := c.Options()
		return limits{opt.MaxIdleConns, opt.MinIdleConns, opt.PoolSize}
	}
	return limits{}
}

// A number is an instrument with what is observed by it.
type number struct {
	name, about, unit string
	grows             bool // never falls
	of                func(limits, *facade.PoolStats) int64
	state             string // of the connections; "" for all
}

var numbers = []number{
	{name: "idle.max", about: "The maximum number of idle open connections allowed",
		of: func(l limits, _ *facade.PoolStats) int64 { return int64(l.maxIdle) }},
	{name: "idle.min", about: "The minimum number of idle open connections allowed",
		of: func(l limits, _ *facade.PoolStats) int64 { return int64(l.minIdle) }},
	{name: "max", about: "The maximum number of open connections allowed",
		of: func(l limits, _ *facade.PoolStats) int64 { return int64(l.size) }},
	{name: "usage", about: "The number of connections that are currently in state described by the state attribute", state: "idle",
		of: func(_ limits, s *facade.PoolStats) int64 { return int64(s.IdleConns) }},
	{name: "usage", about: "The number of connections that are currently in state described by the state attribute", state: "used",
		of: func(_ limits, s *facade.PoolStats) int64 { return int64(s.TotalConns - s.IdleConns) }},
	{name: "waits", about: "The number of times a connection was waited for", grows: true,
		of: func(_ limits, s *facade.PoolStats) int64 { return int64(s.WaitCount) }},
	{name: "waits_duration", about: "The total time spent for waiting a connection in nanoseconds", unit: "ns",
		of: func(_ limits, s *facade.PoolStats) int64 { return s.WaitDurationNs }},
	{name: "timeouts", about: "The number of connection timeouts that have occurred trying to obtain a connection from the pool", grows: true,
		of: func(_ limits, s *facade.PoolStats) int64 { return int64(s.Timeouts) }},
	{name: "hits", about: "The number of times free connection was found in the pool", grows: true,
		of: func(_ limits, s *facade.PoolStats) int64 { return int64(s.Hits) }},
	{name: "misses", about: "The number of times free connection was not found in the pool", grows: true,
		of: func(_ limits, s *facade.PoolStats) int64 { return int64(s.Misses) }},
}

// observe registers the numbers of one client.
func observe(meter metric.Meter, conf *config, c hookable, attrs []attribute.KeyValue) (metric.Registration, error) {
	instruments := make([]metric.Int64Observable, len(numbers))
	sets := make([]attribute.Set, len(numbers))
	all := make([]metric.Observable, len(numbers))
	for i, n := range numbers {
		var err error
		if name := "db.client.connections." + n.name; n.grows && conf.monotonic {
			instruments[i], err = meter.Int64ObservableCounter(name, metric.WithDescription(n.about), metric.WithUnit(n.unit))
		} else {
			instruments[i], err = meter.Int64ObservableUpDownCounter(name, metric.WithDescription(n.about), metric.WithUnit(n.unit))
		}
		if err != nil {
			return nil, err
		}
		all[i] = instruments[i]
		own := append([]attribute.KeyValue{}, attrs...)
		if n.state != "" {
			own = append(own, attribute.String("state", n.state))
		}
		sets[i] = attribute.NewSet(own...)
	}
	limits := limitsOf(c)
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		stats := c.PoolStats()
		for i, n := range numbers {
			o.ObserveInt64(instruments[i], n.of(limits, stats), metric.WithAttributeSet(sets[i]))
		}
		return nil
	}, all...)
}

type measuring struct {
	useTime metric.Float64Histogram
	attrs   []attribute.KeyValue
}

func (m *measuring) DialHook(next facade.DialHook) facade.DialHook { return next }

func (m *measuring) ProcessHook(next facade.ProcessHook) facade.ProcessHook {
	return func(ctx context.Context, cmd facade.Cmder) error {
		start := time.Now()
		err := next(ctx, cmd)
		m.record(ctx, start, "command", err)
		return err
	}
}

func (m *measuring) ProcessPipelineHook(next facade.ProcessPipelineHook) facade.ProcessPipelineHook {
	return func(ctx context.Context, cmds []facade.Cmder) error {
		start := time.Now()
		err := next(ctx, cmds)
		m.record(ctx, start, "pipeline", err)
		return err
	}
}

func (m *measuring) record(ctx context.Context, start time.Time, kind string, err error) {
	took := time.Since(start)
	attrs := append(m.attrs[:len(m.attrs):len(m.attrs)], attribute.String("type", kind), statusOf(err), kindOf(err))
	m.useTime.Record(ctx, float64(took)/float64(time.Millisecond), metric.WithAttributeSet(attribute.NewSet(append([]attribute.KeyValue{}, attrs...)...)))
}

func statusOf(err error) attribute.KeyValue {
	switch {
	case err == nil:
		return attribute.String("status", "ok")
	case err == facade.Nil:
		return attribute.String("status", "nil")
	}
	return attribute.String("status", "error")
}

func kindOf(err error) attribute.KeyValue {
	kind := "other"
	switch {
	case err == nil:
		kind = "none"
	case errors.Is(err, context.Canceled):
		kind = "context_canceled"
	case errors.Is(err, context.DeadlineExceeded):
		kind = "context_timeout"
	}
	return attribute.String("error_type", kind)
}
