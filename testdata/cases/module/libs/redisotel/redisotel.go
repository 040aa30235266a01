// Package redisotel has the names of go-redis's instrumentation.
package redisotel

import (
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

type config struct{}

// TracingOption is one of InstrumentTracing.
type TracingOption interface{ tracing() }

// MetricsOption is one of InstrumentMetrics.
type MetricsOption interface{ metrics() }

// Option is one of both.
type Option interface {
	TracingOption
	MetricsOption
}

// InstrumentTracing takes a client.
func InstrumentTracing(rdb redis.UniversalClient, opts ...TracingOption) error { return nil }

// InstrumentMetrics takes a client.
func InstrumentMetrics(rdb redis.UniversalClient, opts ...MetricsOption) error { return nil }

// WithAttributes is an option.
func WithAttributes(attrs ...attribute.KeyValue) Option { return nil }

// WithTracerProvider is an option.
func WithTracerProvider(p trace.TracerProvider) TracingOption { return nil }

// WithCommandFilter is an option.
func WithCommandFilter(filter func(cmd redis.Cmder) bool) TracingOption { return nil }

// WithMeterProvider is an option.
func WithMeterProvider(p metric.MeterProvider) MetricsOption { return nil }

// WithSomethingNew is an option of a version that the table does not know.
func WithSomethingNew() TracingOption { return nil }
