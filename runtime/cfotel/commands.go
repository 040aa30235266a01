package cfotel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	facade "github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// commandTimes is a hook that measures how long commands take. A command of a pipeline
// takes as long as the pipeline: that is what its caller waits for.
type commandTimes struct {
	conf     *config
	duration metric.Float64Histogram
	side     func(keys []string) string
	families *kvprimary.Families
	sets     sync.Map // of measured: metric.MeasurementOption
}

// measured is what tells measurements apart.
type measured struct{ side, family, outcome string }

func newCommandTimes(conf *config, duration metric.Float64Histogram, side func(keys []string) string) *commandTimes {
	var families []kvprimary.Family
	for _, p := range facade.Plans() {
		for _, f := range p.Families {
			families = append(families, kvprimary.Family{Pattern: f.Pattern, Name: f.Name})
		}
	}
	return &commandTimes{conf: conf, duration: duration, side: side, families: kvprimary.NewFamilies(families)}
}

func (h *commandTimes) DialHook(next facade.DialHook) facade.DialHook { return next }

func (h *commandTimes) ProcessHook(next facade.ProcessHook) facade.ProcessHook {
	return func(ctx context.Context, cmd facade.Cmder) error {
		start := time.Now()
		err := next(ctx, cmd)
		h.record(ctx, time.Since(start), cmd, err)
		return err
	}
}

func (h *commandTimes) ProcessPipelineHook(next facade.ProcessPipelineHook) facade.ProcessPipelineHook {
	return func(ctx context.Context, cmds []facade.Cmder) error {
		start := time.Now()
		err := next(ctx, cmds)
		took := time.Since(start)
		for _, cmd := range cmds {
			h.record(ctx, took, cmd, cmd.Err())
		}
		return err
	}
}

func (h *commandTimes) record(ctx context.Context, took time.Duration, cmd facade.Cmder, err error) {
	keys := keysOf(cmd)
	key := measured{h.side(keys), h.family(keys), outcome(cmd, err)}
	set, ok := h.sets.Load(key)
	if !ok {
		attrs := h.conf.attributes(attribute.String("side", key.side), attribute.String("family", key.family), attribute.String("outcome", key.outcome))
		set, _ = h.sets.LoadOrStore(key, metric.WithAttributeSet(attribute.NewSet(attrs...)))
	}
	h.duration.Record(ctx, took.Seconds(), set.(metric.MeasurementOption))
}

func outcome(cmd facade.Cmder, err error) string {
	switch {
	case facade.IsStale(cmd):
		return "stale"
	case err == nil:
		return "ok"
	case errors.Is(err, facade.Nil):
		return "nil"
	}
	return "error"
}

// longWord is how long a word is that can only be a value here: keysOf looks at no key
// behind it.
const longWord = 1024

// keysOf are the keys of a command.
func keysOf(cmd facade.Cmder) []string {
	args := cmd.Args()
	line := make(resp.Command, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			line[i] = a
		case []byte:
			if len(a) <= longWord {
				line[i] = string(a)
			}
		default:
			line[i] = fmt.Sprint(a)
		}
	}
	return engine.Keys(line)
}

// family is the name of the family that all keys of a command have, "several" where they
// are of several, "" where it has none or the plan does not know them.
func (h *commandTimes) family(keys []string) string {
	name := ""
	for i, k := range keys {
		f, _ := h.families.Of(k)
		if i > 0 && f.Name != name {
			return "several"
		}
		name = f.Name
	}
	return name
}
