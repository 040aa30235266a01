package beside_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/extra/rediscmd/v9"
	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/cfcmd"
	"github.com/redis2cf/redis2cf/runtime/cfotel"
	"github.com/redis2cf/redis2cf/runtime/cftest"
)

// pair is a client of the facade and one of go-redis, each on a server of its own, at
// one address: that of the first.
type pair struct {
	ours   *runtime.Client
	theirs *redis.Client
}

func newPair(t *testing.T) pair {
	t.Helper()
	theirs := cftest.RunT(t)
	p := pair{
		ours:   runtime.NewClient(&runtime.Options{Addr: cftest.RunT(t).Addr()}),
		theirs: redis.NewClient(&redis.Options{Addr: theirs.Addr(), DisableIdentity: true, PoolSize: 1}),
	}
	t.Cleanup(func() { p.ours.Close(); p.theirs.Close() })
	// The handshake of a connection is not what the program does.
	if err := p.theirs.Ping(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// steps are done to both clients.
var steps = []struct {
	name   string
	ours   func(context.Context, *runtime.Client)
	theirs func(context.Context, *redis.Client)
}{
	{"a write", func(ctx context.Context, c *runtime.Client) { c.Set(ctx, "a", "1", time.Minute) }, func(ctx context.Context, c *redis.Client) { c.Set(ctx, "a", "1", time.Minute) }},
	{"a read", func(ctx context.Context, c *runtime.Client) { c.Get(ctx, "a") }, func(ctx context.Context, c *redis.Client) { c.Get(ctx, "a") }},
	{"nothing there", func(ctx context.Context, c *runtime.Client) { c.Get(ctx, "none") }, func(ctx context.Context, c *redis.Client) { c.Get(ctx, "none") }},
	{"the wrong type", func(ctx context.Context, c *runtime.Client) { c.LPush(ctx, "a", 1, 2.5, true) }, func(ctx context.Context, c *redis.Client) { c.LPush(ctx, "a", 1, 2.5, true) }},
	{"binary", func(ctx context.Context, c *runtime.Client) { c.Set(ctx, "b", []byte{0, 255}, 0) }, func(ctx context.Context, c *redis.Client) { c.Set(ctx, "b", []byte{0, 255}, 0) }},
	{"a subcommand", func(ctx context.Context, c *runtime.Client) { c.ObjectEncoding(ctx, "a") }, func(ctx context.Context, c *redis.Client) { c.ObjectEncoding(ctx, "a") }},
	{"a sorted set", func(ctx context.Context, c *runtime.Client) { c.ZAdd(ctx, "z", runtime.Z{Score: 1.5, Member: "m"}) }, func(ctx context.Context, c *redis.Client) { c.ZAdd(ctx, "z", redis.Z{Score: 1.5, Member: "m"}) }},
	{"any command", func(ctx context.Context, c *runtime.Client) { c.Do(ctx, "incrby", "n", 4) }, func(ctx context.Context, c *redis.Client) { c.Do(ctx, "incrby", "n", 4) }},
	{"a password", func(ctx context.Context, c *runtime.Client) { c.Do(ctx, "auth", "secret") }, func(ctx context.Context, c *redis.Client) { c.Do(ctx, "auth", "secret") }},
	{"a script", func(ctx context.Context, c *runtime.Client) { c.Eval(ctx, "return 1", []string{"a"}) }, func(ctx context.Context, c *redis.Client) { c.Eval(ctx, "return 1", []string{"a"}) }},
	{"a pipeline", func(ctx context.Context, c *runtime.Client) {
		p := c.Pipeline()
		p.Get(ctx, "a")
		p.Get(ctx, "b")
		p.Incr(ctx, "n")
		p.Exec(ctx)
	}, func(ctx context.Context, c *redis.Client) {
		p := c.Pipeline()
		p.Get(ctx, "a")
		p.Get(ctx, "b")
		p.Incr(ctx, "n")
		p.Exec(ctx)
	}},
	{"a pipeline with an error", func(ctx context.Context, c *runtime.Client) {
		p := c.Pipeline()
		p.LLen(ctx, "a")
		p.Get(ctx, "none")
		p.Exec(ctx)
	}, func(ctx context.Context, c *redis.Client) {
		p := c.Pipeline()
		p.LLen(ctx, "a")
		p.Get(ctx, "none")
		p.Exec(ctx)
	}},
	{"a transaction", func(ctx context.Context, c *runtime.Client) {
		p := c.TxPipeline()
		p.Incr(ctx, "n")
		p.Get(ctx, "n")
		p.Exec(ctx)
	}, func(ctx context.Context, c *redis.Client) {
		p := c.TxPipeline()
		p.Incr(ctx, "n")
		p.Get(ctx, "n")
		p.Exec(ctx)
	}},
	{"the end of its time", func(ctx context.Context, c *runtime.Client) {
		ctx, end := context.WithCancel(ctx)
		end()
		c.Get(ctx, "a")
	}, func(ctx context.Context, c *redis.Client) {
		ctx, end := context.WithCancel(ctx)
		end()
		c.Get(ctx, "a")
	}},
}

// spans are what steps leave behind, as text.
func spans(t *testing.T, exporter *tracetest.InMemoryExporter, addr string) []string {
	t.Helper()
	var out []string
	for _, s := range exporter.GetSpans() {
		if s.Name == "redis.dial" {
			continue // see the package's documentation
		}
		text := fmt.Sprintf("%s kind %s status %s %q", s.Name, s.SpanKind, s.Status.Code, s.Status.Description)
		attrs := map[string]string{}
		for _, kv := range s.Attributes {
			attrs[string(kv.Key)] = kv.Value.Emit()
		}
		if fn, ok := attrs["code.function"]; ok {
			// Two steps do not stand on one line, and redisotel takes a function of go-redis's
			// that was inlined for the caller.
			if line, _ := strconv.Atoi(attrs["code.lineno"]); s.InstrumentationLibrary.Name != "github.com/redis/go-redis/extra/redisotel" &&
				(!strings.HasPrefix(fn, "beside_test.") || filepath.Base(attrs["code.filepath"]) != "beside_test.go" || line < 50) {
				t.Errorf("%s: the caller is %s at %s:%d", s.Name, fn, attrs["code.filepath"], line)
			}
			attrs["code.function"], attrs["code.filepath"], attrs["code.lineno"] = "a function", "a file", "a line"
		}
		keys := make([]string, 0, len(attrs))
		for k := range attrs {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			text += fmt.Sprintf("\n\t%s=%s", k, attrs[k])
		}
		for _, e := range s.Events {
			for _, kv := range e.Attributes {
				if kv.Key == "exception.message" {
					text += fmt.Sprintf("\n\t%s %s", e.Name, kv.Value.Emit())
				}
			}
		}
		host, port, _ := strings.Cut(addr, ":")
		out = append(out, strings.NewReplacer(addr, "ADDR", "server.address="+host, "server.address=HOST", "server.port="+port, "server.port=PORT").Replace(text))
	}
	exporter.Reset()
	return out
}

func TestSpansAreThoseOfRedisotel(t *testing.T) {
	own := func(cmd interface{ Name() string }) bool { return cmd.Name() == "get" }
	for _, c := range []struct {
		name   string
		ours   []cfotel.TracingOption
		theirs []redisotel.TracingOption
	}{
		{"as it comes", nil, nil},
		{"all options", []cfotel.TracingOption{
			cfotel.WithDBSystem("valkey"), cfotel.WithAttributes(attribute.String("team", "a"), attribute.Int("n", 1)),
			cfotel.WithDBStatement(false), cfotel.WithCallerEnabled(false), cfotel.WithDialFilter(true),
			cfotel.WithCommandFilter(func(cmd runtime.Cmder) bool { return own(cmd) }),
			cfotel.WithCommandsFilter(func(cmds []runtime.Cmder) bool { return len(cmds) > 3 }),
		}, []redisotel.TracingOption{
			redisotel.WithDBSystem("valkey"), redisotel.WithAttributes(attribute.String("team", "a"), attribute.Int("n", 1)),
			redisotel.WithDBStatement(false), redisotel.WithCallerEnabled(false), redisotel.WithDialFilter(true),
			redisotel.WithCommandFilter(func(cmd redis.Cmder) bool { return own(cmd) }),
			redisotel.WithCommandsFilter(func(cmds []redis.Cmder) bool { return len(cmds) > 3 }),
		}},
		{"no filters", []cfotel.TracingOption{cfotel.WithCommandFilter(nil), cfotel.WithCommandsFilter(nil)},
			[]redisotel.TracingOption{redisotel.WithCommandFilter(nil), redisotel.WithCommandsFilter(nil)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t)
			exporter := tracetest.NewInMemoryExporter()
			provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
			if err := cfotel.InstrumentTracing(p.ours, append(c.ours, cfotel.WithTracerProvider(provider))...); err != nil {
				t.Fatal(err)
			}
			if err := redisotel.InstrumentTracing(p.theirs, append(c.theirs, redisotel.WithTracerProvider(provider))...); err != nil {
				t.Fatal(err)
			}
			made := 0
			for _, s := range steps {
				s.ours(context.Background(), p.ours)
				got := spans(t, exporter, p.ours.Options().Addr)
				s.theirs(context.Background(), p.theirs)
				want := spans(t, exporter, p.theirs.Options().Addr)
				made += len(got)
				// The facade's cfcmd leaves passwords out, as later versions of rediscmd do.
				if text := strings.ReplaceAll(strings.Join(want, "\n"), "auth secret", "auth <redacted>"); strings.Join(got, "\n") != text {
					t.Errorf("%s: the spans are\n%s\nredisotel's are\n%s", s.name, strings.Join(got, "\n"), text)
				}
			}
			if made < 8 {
				t.Errorf("%d spans", made)
			}
		})
	}
}

// instruments are the names, kinds and attributes of what was measured, with what does
// not depend on time or on the kind of connection.
func instruments(t *testing.T, reader *sdkmetric.ManualReader, addr string) map[string]string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			var points []string
			kind := ""
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				kind = "histogram"
				for _, p := range data.DataPoints {
					points = append(points, fmt.Sprintf("%s count %d", p.Attributes.Encoded(attribute.DefaultEncoder()), p.Count))
				}
			case metricdata.Sum[int64]:
				kind = fmt.Sprintf("sum monotonic %v", data.IsMonotonic)
				for _, p := range data.DataPoints {
					points = append(points, p.Attributes.Encoded(attribute.DefaultEncoder()))
				}
			default:
				t.Fatalf("%s is a %T", m.Name, data)
			}
			sort.Strings(points)
			out[m.Name] = strings.ReplaceAll(fmt.Sprintf("%s %q %q\n\t%s", kind, m.Description, m.Unit, strings.Join(points, "\n\t")), addr, "ADDR")
		}
	}
	return out
}

func TestMeasurementsAreThoseOfRedisotel(t *testing.T) {
	p := newPair(t)
	ours, theirs := sdkmetric.NewManualReader(), sdkmetric.NewManualReader()
	if err := cfotel.InstrumentMetrics(p.ours, cfotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(ours))), cfotel.WithAttributes(attribute.String("team", "a"))); err != nil {
		t.Fatal(err)
	}
	if err := redisotel.InstrumentMetrics(p.theirs, redisotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(theirs))), redisotel.WithAttributes(attribute.String("team", "a"))); err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		s.ours(context.Background(), p.ours)
		s.theirs(context.Background(), p.theirs)
	}
	got, want := instruments(t, ours, p.ours.Options().Addr), instruments(t, theirs, p.theirs.Options().Addr)
	delete(want, "db.client.connections.create_time") // there is nothing to create
	for _, name := range []string{"idle.max", "idle.min", "max", "waits", "waits_duration", "hits", "misses"} {
		if got["db.client.connections."+name] == "" {
			t.Errorf("nothing measures %s", name)
		}
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s is %s\nredisotel's is %s", name, got[name], w)
		}
		delete(got, name)
	}
	// Instruments that later versions of redisotel have.
	for name := range got {
		switch strings.TrimPrefix(name, "db.client.connections.") {
		case "waits", "waits_duration", "hits", "misses":
		default:
			t.Errorf("redisotel has no %s", name)
		}
	}
}

func TestOptionsOfLaterVersions(t *testing.T) {
	p := newPair(t)
	reader := sdkmetric.NewManualReader()
	closed := make(chan struct{})
	err := cfotel.InstrumentMetrics(p.ours, cfotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		cfotel.WithPoolName("main"), cfotel.WithSemConvCompliantMetrics(true), cfotel.WithCloseChan(closed))
	if err != nil {
		t.Fatal(err)
	}
	got := instruments(t, reader, p.ours.Options().Addr)
	for name, want := range map[string]bool{"hits": true, "misses": true, "waits": true, "timeouts": true, "usage": false, "idle.max": false, "waits_duration": false} {
		text := got["db.client.connections."+name]
		if !strings.HasPrefix(text, fmt.Sprintf("sum monotonic %v", want)) || !strings.Contains(text, "pool.name=main") {
			t.Errorf("%s is %s", name, text)
		}
	}
	close(closed)
	for end := time.Now().Add(10 * time.Second); len(instruments(t, reader, "")) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the closed channel did not end what observes the client")
		}
	}
}

// Each shard of a ring has its own address; a cluster is one store.
func TestEveryKindOfClient(t *testing.T) {
	a, b := cftest.RunT(t), cftest.RunT(t)
	ring := runtime.NewRing(&runtime.RingOptions{Addrs: map[string]string{"a": a.Addr(), "b": b.Addr()}})
	cluster := runtime.NewClusterClient(&runtime.ClusterOptions{Addrs: []string{a.Addr()}})
	defer ring.Close()
	defer cluster.Close()
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	for _, c := range []runtime.UniversalClient{ring, cluster} {
		if err := cfotel.InstrumentTracing(c, cfotel.WithTracerProvider(provider)); err != nil {
			t.Fatal(err)
		}
		if err := cfotel.InstrumentMetrics(c); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 50; i++ {
			c.Set(context.Background(), fmt.Sprint("key", i), i, 0)
		}
		where := map[string]int{}
		for _, s := range exporter.GetSpans() {
			for _, kv := range s.Attributes {
				if kv.Key == "db.connection_string" {
					where[kv.Value.AsString()]++
				}
			}
		}
		exporter.Reset()
		want := 1
		if c == runtime.UniversalClient(ring) {
			want = 2
		}
		sum := 0
		for _, n := range where {
			sum += n
		}
		if len(where) != want || sum != 50 {
			t.Errorf("the spans of a %T are at %v", c, where)
		}
	}
	if err := cfotel.InstrumentTracing(nil); err == nil {
		t.Error("nil was instrumented")
	}
}

// A command as text is what rediscmd makes of it.
func TestTextOfCommands(t *testing.T) {
	ctx := context.Background()
	var ours []runtime.Cmder
	var theirs []redis.Cmder
	for _, args := range [][]interface{}{
		{"get", "a"}, {"set", "a", []byte("é"), "\x00"}, {"x", nil, 1, int8(2), uint64(3), float32(1.5), 2.25, true, time.Unix(1, 2).UTC(), struct{ A int }{1}},
		{"cluster", "info"}, {"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}, {"h"}, {"i"}, {"i"},
	} {
		o, h := runtime.NewCmd(ctx, args...), redis.NewCmd(ctx, args...)
		if got, want := cfcmd.CmdString(o), rediscmd.CmdString(h); got != want {
			t.Errorf("%q, rediscmd has %q", got, want)
		}
		o.SetErr(errors.New("no"))
		h.SetErr(errors.New("no"))
		if got, want := string(cfcmd.AppendCmd([]byte("> "), o)), string(rediscmd.AppendCmd([]byte("> "), h)); got != want {
			t.Errorf("%q, rediscmd has %q", got, want)
		}
		ours, theirs = append(ours, o), append(theirs, h)
	}
	s1, t1 := cfcmd.CmdsString(ours)
	s2, t2 := rediscmd.CmdsString(theirs)
	if s1 != s2 || t1 != t2 {
		t.Errorf("%q %q, rediscmd has %q %q", s1, t1, s2, t2)
	}
}

// Whoever used redisotel finds every name here, with the types of the facade.
func TestNamesAreThoseOfRedisotel(t *testing.T) {
	text := func(f interface{}) string {
		return strings.NewReplacer("redis.", "", "runtime.", "", "redisotel.", "", "cfotel.", "").Replace(reflect.TypeOf(f).String())
	}
	for name, f := range map[string][2]interface{}{
		"InstrumentTracing": {cfotel.InstrumentTracing, redisotel.InstrumentTracing}, "InstrumentMetrics": {cfotel.InstrumentMetrics, redisotel.InstrumentMetrics},
		"WithDBSystem": {cfotel.WithDBSystem, redisotel.WithDBSystem}, "WithAttributes": {cfotel.WithAttributes, redisotel.WithAttributes},
		"WithTracerProvider": {cfotel.WithTracerProvider, redisotel.WithTracerProvider}, "WithDBStatement": {cfotel.WithDBStatement, redisotel.WithDBStatement},
		"WithCallerEnabled": {cfotel.WithCallerEnabled, redisotel.WithCallerEnabled}, "WithDialFilter": {cfotel.WithDialFilter, redisotel.WithDialFilter},
		"WithCommandFilter": {cfotel.WithCommandFilter, redisotel.WithCommandFilter}, "WithCommandsFilter": {cfotel.WithCommandsFilter, redisotel.WithCommandsFilter},
		"WithMeterProvider": {cfotel.WithMeterProvider, redisotel.WithMeterProvider}, "WithCloseChan": {cfotel.WithCloseChan, redisotel.WithCloseChan},
		"DefaultCommandFilter": {cfotel.DefaultCommandFilter, redisotel.DefaultCommandFilter}, "BasicCommandFilter": {cfotel.BasicCommandFilter, redisotel.BasicCommandFilter},
	} {
		if got, want := text(f[0]), text(f[1]); got != want {
			t.Errorf("%s is %s, redisotel's is %s", name, got, want)
		}
	}
}
