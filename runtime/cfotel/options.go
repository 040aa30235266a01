package cfotel

import (
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/redis2cf/redis2cf/runtime"
)

type config struct {
	system string
	attrs  []attribute.KeyValue
	pool   string

	tracers   trace.TracerProvider
	statement bool
	caller    bool
	skip      func(runtime.Cmder) bool
	skipAll   func([]runtime.Cmder) bool

	meters    metric.MeterProvider
	monotonic bool
	closed    chan struct{}
	usage     time.Duration // see WithUsage
	conflicts func() uint64 // see WithConflicts
}

func newConfig() *config {
	return &config{
		system:  "redis",
		tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider(),
		statement: true, caller: true,
		skip: DefaultCommandFilter,
		skipAll: func(cmds []runtime.Cmder) bool {
			for _, cmd := range cmds {
				if DefaultCommandFilter(cmd) {
					return true
				}
			}
			return false
		},
	}
}

// attributes are those of every span and measurement.
func (c *config) attributes(more ...attribute.KeyValue) []attribute.KeyValue {
	out := append([]attribute.KeyValue{}, c.attrs...)
	return append(append(out, attribute.String("db.system", c.system)), more...)
}

// An Option is one of InstrumentTracing and of InstrumentMetrics.
type Option interface {
	TracingOption
	MetricsOption
}

// A TracingOption is one of InstrumentTracing.
type TracingOption interface {
	apply(*config)
	tracing()
}

// A MetricsOption is one of InstrumentMetrics.
type MetricsOption interface {
	apply(*config)
	metrics()
}

type (
	option        func(*config)
	tracingOption func(*config)
	metricsOption func(*config)
)

func (o option) apply(c *config)        { o(c) }
func (option) tracing()                 {}
func (option) metrics()                 {}
func (o tracingOption) apply(c *config) { o(c) }
func (tracingOption) tracing()          {}
func (o metricsOption) apply(c *config) { o(c) }
func (metricsOption) metrics()          {}

// WithDBSystem sets db.system, which is "redis" without it.
func WithDBSystem(system string) Option { return option(func(c *config) { c.system = system }) }

// WithAttributes adds attributes to every span and measurement.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	return option(func(c *config) { c.attrs = append(c.attrs, attrs...) })
}

// WithPoolName sets pool.name of measurements, which is the client's address without it.
func WithPoolName(name string) Option { return option(func(c *config) { c.pool = name }) }

// WithTracerProvider sets where the tracer comes from; the global provider without it.
func WithTracerProvider(p trace.TracerProvider) TracingOption {
	return tracingOption(func(c *config) { c.tracers = p })
}

// WithDBStatement says whether spans have the commands with their arguments; they do
// without it.
func WithDBStatement(on bool) TracingOption {
	return tracingOption(func(c *config) { c.statement = on })
}

// WithCallerEnabled says whether spans have the calling function, file and line; they
// do without it.
func WithCallerEnabled(on bool) TracingOption {
	return tracingOption(func(c *config) { c.caller = on })
}

// WithCommandFilter sets which commands get no span: those for which filter is true.
func WithCommandFilter(filter func(cmd runtime.Cmder) bool) TracingOption {
	return tracingOption(func(c *config) { c.skip = filter })
}

// WithCommandsFilter is WithCommandFilter for pipelines.
func WithCommandsFilter(filter func(cmds []runtime.Cmder) bool) TracingOption {
	return tracingOption(func(c *config) { c.skipAll = filter })
}

// WithDialFilter does nothing: there is nothing to dial.
func WithDialFilter(on bool) TracingOption { return tracingOption(func(*config) {}) }

// DefaultCommandFilter is true for AUTH, and for a HELLO that has credentials.
func DefaultCommandFilter(cmd runtime.Cmder) bool {
	switch strings.ToLower(cmd.Name()) {
	case "auth":
		return true
	case "hello":
		if args := cmd.Args(); len(args) > 2 {
			word, ok := args[2].(string)
			return ok && strings.EqualFold(word, "auth")
		}
	}
	return false
}

// BasicCommandFilter is DefaultCommandFilter.
//
// Deprecated: as in redisotel.
func BasicCommandFilter(cmd runtime.Cmder) bool { return DefaultCommandFilter(cmd) }

// WithMeterProvider sets where the meter comes from; the global provider without it.
func WithMeterProvider(p metric.MeterProvider) MetricsOption {
	return metricsOption(func(c *config) { c.meters = p })
}

// WithCloseChan ends what observes the client when the channel is closed.
func WithCloseChan(closed chan struct{}) MetricsOption {
	return metricsOption(func(c *config) { c.closed = closed })
}

// WithSemConvCompliantMetrics makes the sums that only grow (waits, timeouts, hits,
// misses) counters, as OpenTelemetry's conventions for databases have them; they are
// up-down counters without it.
func WithSemConvCompliantMetrics(on bool) MetricsOption {
	return metricsOption(func(c *config) { c.monotonic = on })
}
