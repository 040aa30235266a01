package cfotel

import (
	"context"
	"fmt"
	"net"
	"path"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	facade "github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/cfcmd"
)

// scope is the name of the tracer and the meter.
const scope = "github.com/redis2cf/redis2cf/runtime/cfotel"

// InstrumentTracing adds a hook to a client that makes a span of each command and of
// each pipeline.
func InstrumentTracing(rdb facade.UniversalClient, opts ...TracingOption) error {
	conf := newConfig()
	for _, o := range opts {
		o.apply(conf)
	}
	tracer := conf.tracers.Tracer(scope, trace.WithInstrumentationVersion("semver:"+facade.Version()))
	return each(rdb, func(c hookable, network, addr string) error {
		attrs := append(conf.attributes(), serverOf(addr)...)
		attrs = append(attrs, attribute.String("db.connection_string", connection(network, addr)))
		c.AddHook(&tracing{conf: conf, tracer: tracer, start: []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...),
		}})
		return nil
	})
}

// hookable is a client, or a shard of one.
type hookable interface {
	AddHook(facade.Hook)
	PoolStats() *facade.PoolStats
}

// each does something with the clients that rdb consists of: with itself, and with
// every shard of a ring. A cluster is one store.
func each(rdb facade.UniversalClient, do func(c hookable, network, addr string) error) error {
	switch rdb := rdb.(type) {
	case *facade.Client:
		opt := rdb.Options()
		return do(rdb, opt.Network, opt.Addr)
	case *facade.ClusterClient:
		addr := ""
		if addrs := rdb.Options().Addrs; len(addrs) > 0 {
			addr = addrs[0]
		}
		return do(rdb, "tcp", addr)
	case *facade.Ring:
		for _, shard := range rdb.GetShardClients() {
			if err := do(shard, shard.Options().Network, shard.Options().Addr); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("cfotel: %T is no client of the runtime that hooks can be added to", rdb)
}

func serverOf(addr string) []attribute.KeyValue {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	out := []attribute.KeyValue{attribute.String("server.address", host)}
	if n, err := strconv.Atoi(port); err == nil {
		out = append(out, attribute.Int("server.port", n))
	}
	return out
}

func connection(network, addr string) string {
	if network == "tcp" {
		network = "redis"
	}
	return network + "://" + addr
}

type tracing struct {
	conf   *config
	tracer trace.Tracer
	start  []trace.SpanStartOption
}

func (t *tracing) DialHook(next facade.DialHook) facade.DialHook { return next }

func (t *tracing) ProcessHook(next facade.ProcessHook) facade.ProcessHook {
	return func(ctx context.Context, cmd facade.Cmder) error {
		if t.conf.skip != nil && t.conf.skip(cmd) {
			return next(ctx, cmd)
		}
		attrs := t.caller()
		if t.conf.statement {
			attrs = append(attrs, attribute.String("db.statement", cfcmd.CmdString(cmd)))
		}
		return t.span(ctx, cmd.FullName(), attrs, func(ctx context.Context) error { return next(ctx, cmd) })
	}
}

func (t *tracing) ProcessPipelineHook(next facade.ProcessPipelineHook) facade.ProcessPipelineHook {
	return func(ctx context.Context, cmds []facade.Cmder) error {
		if t.conf.skipAll != nil && t.conf.skipAll(cmds) {
			return next(ctx, cmds)
		}
		attrs := append(t.caller(), attribute.Int("db.redis.num_cmd", len(cmds)))
		summary, text := cfcmd.CmdsString(cmds)
		if t.conf.statement {
			attrs = append(attrs, attribute.String("db.statement", text))
		}
		return t.span(ctx, "redis.pipeline "+summary, attrs, func(ctx context.Context) error { return next(ctx, cmds) })
	}
}

func (t *tracing) span(ctx context.Context, name string, attrs []attribute.KeyValue, do func(context.Context) error) error {
	opts := append(t.start[:len(t.start):len(t.start)], trace.WithAttributes(attrs...))
	ctx, span := t.tracer.Start(ctx, name, opts...)
	defer span.End()
	err := do(ctx)
	if err != nil && err != facade.Nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}

// caller is the function that called the client. Without one in the first frames there
// is none to tell.
func (t *tracing) caller() []attribute.KeyValue {
	if !t.conf.caller {
		return nil
	}
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Function != "" && !own(f) {
			fn := f.Function[strings.LastIndexByte(f.Function, '/')+1:]
			return []attribute.KeyValue{attribute.String("code.function", fn), attribute.String("code.filepath", f.File), attribute.Int("code.lineno", f.Line)}
		}
		if !more {
			return nil
		}
	}
}

// own reports whether a frame is the client's or this package's. A function within one
// that was inlined has the caller's name, so its file tells.
func own(f runtime.Frame) bool {
	return path.Dir(f.File) == clientDir || strings.HasPrefix(f.Function, scope+".")
}

// clientDir is the directory of the facade's sources, as the binary has it.
var clientDir = func() string {
	pc := reflect.ValueOf(facade.NewClient).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return path.Dir(file)
}()
