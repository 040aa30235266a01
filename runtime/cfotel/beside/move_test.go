package beside_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/cfotel"
	"github.com/redis2cf/redis2cf/runtime/fault"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	"github.com/redis2cf/redis2cf/runtime/value"
)

var _ = runtime.RegisterPlan(runtime.Plan{Package: "beside", Families: []runtime.Family{
	{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv"}, {Pattern: "page:*", Name: "Page", Type: "string", Store: "kv"},
}})

// metered is a store that tells what it has used, and that fails when it is told to.
type metered struct {
	store.Backend
	asked int
	fails atomic.Bool // the follower reads beside the test
}

func (m *metered) Usage(context.Context) ([]store.Usage, error) {
	m.asked++
	return []store.Usage{{Object: "main/0", Requests: 1, Messages: 20, Alarms: 3, RowsRead: 400, RowsWritten: 50}}, nil
}

func (m *metered) NewSession(o store.SessionOptions) (store.Session, error) {
	s, err := m.Backend.NewSession(o)
	return meteredSession{s, m}, err
}

type meteredSession struct {
	store.Session
	m *metered
}

func (s meteredSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if s.m.fails.Load() && cmds[0].Name() == "GET" {
		return nil, errors.New("the connection is lost")
	}
	return s.Session.Execute(ctx, cmds)
}

// A mover is a client in a move, with what Prometheus reads of it.
type mover struct {
	*runtime.Client
	t            *testing.T
	redis, store *metered
	registry     *prometheus.Registry
}

func newMover(t *testing.T, opts ...cfotel.MetricsOption) *mover {
	t.Helper()
	open := func(name string) *metered {
		b, err := store.Open("memory://" + t.Name() + "-" + name)
		if err != nil {
			t.Fatal(err)
		}
		return &metered{Backend: b}
	}
	m := &mover{t: t, redis: open("redis"), store: open("store"), registry: prometheus.NewRegistry()}
	b, err := phase.Open(context.Background(), phase.Side{Backend: m.redis, Together: true}, phase.Side{Backend: m.store, Together: true},
		phase.Options{Follow: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	m.Client = runtime.ClientOver(fault.Wrap(b, fault.Options{Caches: []string{"page:*"}, Retries: 1, Pause: time.Microsecond}), &runtime.Options{})
	t.Cleanup(func() { m.Close() })
	exporter, err := otelprom.New(otelprom.WithRegisterer(m.registry), otelprom.WithoutScopeInfo(), otelprom.WithoutTargetInfo())
	if err != nil {
		t.Fatal(err)
	}
	opts = append(opts, cfotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))), cfotel.WithUsage(time.Hour), cfotel.WithConflicts(func() uint64 { return 7 }))
	if err := cfotel.InstrumentMove(m.Client, opts...); err != nil {
		t.Fatal(err)
	}
	return m
}

// read is every measurement, by its name and its labels.
func (m *mover) read() (values map[string]float64, labels map[string]map[string]bool) {
	m.t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		m.t.Fatal(err)
	}
	values, labels = map[string]float64{}, map[string]map[string]bool{}
	for _, f := range families {
		names := []string{f.GetName()}
		if f.GetType() == dto.MetricType_HISTOGRAM {
			names = []string{f.GetName() + "_bucket", f.GetName() + "_count", f.GetName() + "_sum"}
		}
		for _, name := range names {
			labels[name] = map[string]bool{}
			if strings.HasSuffix(name, "_bucket") {
				labels[name]["le"] = true
			}
		}
		for _, p := range f.GetMetric() {
			var of []string
			for _, l := range p.GetLabel() {
				for _, name := range names {
					labels[name][l.GetName()] = true
				}
				if n := l.GetName(); n != "store" && n != "db_system" {
					of = append(of, n+"="+l.GetValue())
				}
			}
			id := strings.TrimSpace(strings.TrimPrefix(f.GetName(), "redis2cf_") + " " + strings.Join(of, " "))
			switch {
			case p.GetHistogram() != nil:
				values[id] = float64(p.GetHistogram().GetSampleCount())
			case p.GetCounter() != nil:
				values[id] = p.GetCounter().GetValue()
			default:
				values[id] = p.GetGauge().GetValue()
			}
		}
	}
	return values, labels
}

// work uses everything that is measured.
func (m *mover) work() {
	ctx := context.Background()
	m.Set(ctx, "session:1", "a", 0)
	m.Get(ctx, "session:none")
	m.Get(ctx, "page:1")
	m.LPush(ctx, "session:1", "x") // the wrong type
	m.MSet(ctx, "session:2", 1, "page:2", 2)
	m.Do(ctx, "PING")
	m.Pipelined(ctx, func(p runtime.Pipeliner) error { p.Get(ctx, "session:1"); p.Incr(ctx, "other"); return nil })
	m.redis.fails.Store(true)
	m.Get(ctx, "page:1") // from memory
	m.redis.fails.Store(false)
}

func TestAMoveIsMeasured(t *testing.T) {
	m := newMover(t)
	if values, _ := m.read(); len(values) != 1 || values["adapter_conflicts_total"] != 7 {
		t.Error("before the first command:", values)
	}
	m.work()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if v, _ := m.read(); v["move_marks_left"] == 0 && v["move_waiting_seconds"] == 0 && v["move_brought_total"] >= 4 {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(v)
		}
	}
	values, _ := m.read()
	for name, want := range map[string]float64{
		"command_duration_seconds family=Session outcome=ok side=redis":    2,
		"command_duration_seconds family=Session outcome=nil side=redis":   1,
		"command_duration_seconds family=Session outcome=error side=redis": 1,
		"command_duration_seconds family=Page outcome=nil side=redis":      1,
		"command_duration_seconds family=Page outcome=stale side=redis":    1,
		"command_duration_seconds family=several outcome=ok side=redis":    1,
		"command_duration_seconds family= outcome=ok side=redis":           2,
		"move_phase phase=redis":                 1,
		"move_phase phase=cloudflare":            0,
		"move_following":                         1,
		"move_switching":                         0,
		"move_waiting_seconds":                   0,
		"move_refused_total":                     0,
		"fault_breaker state=closed":             1,
		"fault_breaker state=open":               0,
		"fault_fallbacks_total":                  1,
		"fault_failures_total":                   2,
		"fault_retries_total":                    1,
		"usage_requests_total object=main/0":     1,
		"usage_messages_total object=main/0":     20,
		"usage_alarms_total object=main/0":       3,
		"usage_rows_read_total object=main/0":    400,
		"usage_rows_written_total object=main/0": 50,
	} {
		if got, ok := values[name]; !ok || got != want {
			t.Errorf("%s is %v %v, not %v", name, got, ok, want)
		}
	}
	if values["move_commands_total"] < 7 || values["move_marked_total"] < 5 || values["fault_remembered_bytes"] == 0 {
		t.Error(values)
	}
	if m.store.asked != 1 {
		t.Errorf("the store was asked %d times in an hour", m.store.asked)
	}
	ends := func(b store.Backend) func(int) (value.End, error) {
		return func(db int) (value.End, error) {
			s, err := b.NewSession(store.SessionOptions{DB: db, Protocol: 2})
			return sessionEnd{s}, err
		}
	}
	if err := phase.Switch(context.Background(), phase.SwitchOptions{Redis: ends(m.redis), Store: ends(m.store), To: phase.Cloudflare}); err != nil {
		t.Fatal(err)
	}
	m.Get(context.Background(), "session:1") // waits until this process has heard of it
	values, _ = m.read()
	if values["move_phase phase=cloudflare"] != 1 || values["move_phase phase=redis"] != 0 || values["command_duration_seconds family=Session outcome=ok side=store"] != 1 {
		t.Error(values)
	}
}

type sessionEnd struct{ store.Session }

func (sessionEnd) Name() string { return "an end" }
func (e sessionEnd) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return e.Execute(ctx, cmds)
}

// A client without anything before its store is measured, and its closed store is none.
func TestAClientThatDoesNotMove(t *testing.T) {
	ctx := context.Background()
	c := runtime.NewClient(&runtime.Options{Addr: "memory://" + t.Name()})
	registry := prometheus.NewRegistry()
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithoutScopeInfo(), otelprom.WithoutTargetInfo())
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	if err := cfotel.InstrumentMove(c, cfotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))), cfotel.WithCloseChan(closed)); err != nil {
		t.Fatal(err)
	}
	m := &mover{t: t, registry: registry}
	c.Set(ctx, "session:1", 1, 0)
	for i := 0; i < 2; i++ {
		values, _ := m.read()
		found := false
		for name := range values {
			found = found || name == "command_duration_seconds family=Session outcome=ok side=store"
			if strings.HasPrefix(name, "move_") || strings.HasPrefix(name, "fault_") || strings.HasPrefix(name, "usage_") {
				t.Error(name)
			}
		}
		if !found {
			t.Error(values)
		}
		if i == 0 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			close(closed)
		}
	}
}

// docs is where the dashboard and the rules are.
const docs = "../../../docs"

// comparedNames are the metrics of redis2cf compare -metrics.
func comparedNames(t *testing.T) map[string]map[string]bool {
	t.Helper()
	source, err := os.ReadFile("../../../internal/cli/metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, name := range regexp.MustCompile(`"(redis2cf_compare_\w+)"`).FindAllStringSubmatch(string(source), -1) {
		out[name[1]] = map[string]bool{"from": true, "to": true, "database": true}
	}
	return out
}

// usesOnly holds an expression against the metrics that there are, and notes those that it
// uses.
func usesOnly(t *testing.T, where, expr string, there map[string]map[string]bool, used map[string]bool) {
	t.Helper()
	parsed, err := parser.ParseExpr(expr)
	if err != nil {
		t.Errorf("%s: %s: %v", where, expr, err)
		return
	}
	any := false
	var known map[string]bool // labels of the one metric below
	parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			any = true
			labels := there[s.Name]
			if labels == nil {
				t.Errorf("%s: nobody measures %s", where, s.Name)
				return nil
			}
			known, used[s.Name] = labels, true
			for _, l := range s.LabelMatchers {
				if l.Name != "__name__" && !labels[l.Name] {
					t.Errorf("%s: %s has no label %s", where, s.Name, l.Name)
				}
			}
		}
		return nil
	})
	parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
		if a, ok := n.(*parser.AggregateExpr); ok {
			for _, l := range a.Grouping {
				if known != nil && !known[l] {
					t.Errorf("%s: %s: no label %s", where, expr, l)
				}
			}
		}
		return nil
	})
	if !any {
		t.Errorf("%s: %s measures nothing", where, expr)
	}
}

// The dashboard and the rules ask for what is measured, and for all of it.
func TestDashboardAndAlerts(t *testing.T) {
	m := newMover(t)
	m.work()
	_, there := m.read()
	for name, labels := range comparedNames(t) {
		there[name] = labels
	}
	used := map[string]bool{}

	var board struct {
		Title         string
		SchemaVersion int
		Templating    struct {
			List []struct{ Name, Type, Definition string }
		}
		Panels []struct {
			ID          int
			Type, Title string
			GridPos     struct{ H, W, X, Y int }
			Targets     []struct{ RefID, Expr string }
		}
	}
	text, err := os.ReadFile(filepath.Join(docs, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if board.Title == "" || board.SchemaVersion == 0 || len(board.Panels) < 10 {
		t.Errorf("%d panels", len(board.Panels))
	}
	variables := []string{"$__rate_interval", "5m"}
	for _, v := range board.Templating.List {
		variables = append(variables, "$"+v.Name, ".*")
	}
	fill := strings.NewReplacer(variables...)
	ids, taken := map[int]bool{}, map[string]string{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%s: the id %d is another panel's", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				at := fmt.Sprint(x, y)
				if taken[at] != "" || x >= 24 {
					t.Fatalf("%s lies over %s", p.Title, taken[at])
				}
				taken[at] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			usesOnly(t, p.Title, fill.Replace(target.Expr), there, used)
		}
	}
	for name := range there {
		if strings.HasPrefix(name, "redis2cf_") && !used[name] && !strings.HasSuffix(name, "_sum") && name != "redis2cf_compare_skipped" {
			t.Errorf("no panel shows %s", name)
		}
	}

	rules, errs := rulefmt.ParseFile(filepath.Join(docs, "alerts.yaml"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	n := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			n++
			usesOnly(t, r.Alert.Value, r.Expr.Value, there, used)
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("%s: no severity or no summary", r.Alert.Value)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d rules", n)
	}
}
