package rewrite

// counterparts declares the runtime's packages that stand for libraries, as testServer
// does for the test server: what spec.Libraries lets move, by import path. A test
// compares them with the real packages.
var counterparts = map[string]string{
	"github.com/redis2cf/redis2cf/runtime/cfcmd": `package cfcmd

import "github.com/redis2cf/redis2cf/runtime"

func CmdString(cmd runtime.Cmder) string
func CmdsString(cmds []runtime.Cmder) (summary, text string)
func AppendCmd(b []byte, cmd runtime.Cmder) []byte
`,
	"github.com/redis2cf/redis2cf/runtime/cfotel": `package cfotel

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/redis2cf/redis2cf/runtime"
)

type config struct{}

type Option interface {
	TracingOption
	MetricsOption
}

type TracingOption interface {
	apply(*config)
	tracing()
}

type MetricsOption interface {
	apply(*config)
	metrics()
}

func InstrumentTracing(rdb runtime.UniversalClient, opts ...TracingOption) error
func InstrumentMetrics(rdb runtime.UniversalClient, opts ...MetricsOption) error

func WithDBSystem(system string) Option
func WithAttributes(attrs ...attribute.KeyValue) Option
func WithPoolName(name string) Option
func WithTracerProvider(p trace.TracerProvider) TracingOption
func WithDBStatement(on bool) TracingOption
func WithCallerEnabled(on bool) TracingOption
func WithCommandFilter(filter func(cmd runtime.Cmder) bool) TracingOption
func WithCommandsFilter(filter func(cmds []runtime.Cmder) bool) TracingOption
func WithDialFilter(on bool) TracingOption
func DefaultCommandFilter(cmd runtime.Cmder) bool
func BasicCommandFilter(cmd runtime.Cmder) bool
func WithMeterProvider(p metric.MeterProvider) MetricsOption
func WithCloseChan(closed chan struct{}) MetricsOption
func WithSemConvCompliantMetrics(on bool) MetricsOption
`,
}
