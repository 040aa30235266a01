package runtime

import "context"

// What code that was written for go-redis v8 needs beside the names of v9, which
// are the facade's. redis2cf writes these where an edit alone would not mean the
// same; new code has no use for them.

// ZValues are the elements behind pointers: v8's ZAdd took those. As there, a nil
// pointer panics.
func ZValues(members []*Z) []Z {
	out := make([]Z, len(members))
	for i, m := range members {
		out[i] = *m
	}
	return out
}

// RESP2 sets Protocol to 2 where none was chosen, and returns the options. It was
// v8's protocol: in it, Do's replies have no maps, sets, numbers with a fraction
// or booleans.
func (o *Options) RESP2() *Options { o.Protocol = resp2(o.Protocol); return o }

// RESP2 sets Protocol to 2 where none was chosen; see Options.RESP2.
func (o *ClusterOptions) RESP2() *ClusterOptions { o.Protocol = resp2(o.Protocol); return o }

// RESP2 sets Protocol to 2 where none was chosen; see Options.RESP2.
func (o *FailoverOptions) RESP2() *FailoverOptions { o.Protocol = resp2(o.Protocol); return o }

// RESP2 sets Protocol to 2 where none was chosen; see Options.RESP2.
func (o *RingOptions) RESP2() *RingOptions { o.Protocol = resp2(o.Protocol); return o }

// RESP2 sets Protocol to 2 where none was chosen; see Options.RESP2.
func (o *UniversalOptions) RESP2() *UniversalOptions { o.Protocol = resp2(o.Protocol); return o }

func resp2(chosen int) int {
	if chosen == 0 {
		return 2
	}
	return chosen
}

// HookV8 is the Hook of go-redis v8. The first hook that is added is called first
// before and last after.
type HookV8 interface {
	BeforeProcess(ctx context.Context, cmd Cmder) (context.Context, error)
	AfterProcess(ctx context.Context, cmd Cmder) error

	BeforeProcessPipeline(ctx context.Context, cmds []Cmder) (context.Context, error)
	AfterProcessPipeline(ctx context.Context, cmds []Cmder) error
}

// FromHookV8 makes a Hook that calls hook as v8 did: its After is called even when
// its Before failed, and gets the context of the last Before of all such hooks.
func FromHookV8(hook HookV8) Hook { return hookV8{hook} }

type hookV8 struct{ HookV8 }

// lastContext is what the last Before of a call returned. The first hook puts it
// into the context, the others find it there by the call's command: a hook may
// send commands of its own with the context that it was given.
type lastContext struct {
	of  Cmder
	ctx context.Context
}

type lastContextKey struct{}

func enter(ctx context.Context, of Cmder) (context.Context, *lastContext) {
	if last, ok := ctx.Value(lastContextKey{}).(*lastContext); ok && last.of == of {
		return ctx, last
	}
	last := &lastContext{of: of}
	return context.WithValue(ctx, lastContextKey{}, last), last
}

// DialHook has no counterpart in v8.
func (h hookV8) DialHook(next DialHook) DialHook { return next }

// ProcessHook calls Before, the next hook or the store, and After.
func (h hookV8) ProcessHook(next ProcessHook) ProcessHook {
	return func(ctx context.Context, cmd Cmder) error {
		ctx, last := enter(ctx, cmd)
		ctx, err := h.BeforeProcess(ctx, cmd)
		last.ctx = ctx
		if err == nil {
			err = next(ctx, cmd)
		}
		cmd.SetErr(err)
		if e := h.AfterProcess(last.ctx, cmd); e != nil {
			err = e
			cmd.SetErr(err)
		}
		return err
	}
}

// ProcessPipelineHook calls Before, the next hook or the store, and After.
func (h hookV8) ProcessPipelineHook(next ProcessPipelineHook) ProcessPipelineHook {
	return func(ctx context.Context, cmds []Cmder) error {
		if len(cmds) == 0 {
			return next(ctx, cmds)
		}
		ctx, last := enter(ctx, cmds[0])
		ctx, err := h.BeforeProcessPipeline(ctx, cmds)
		last.ctx = ctx
		if err == nil {
			err = next(ctx, cmds)
		} else {
			setErr(cmds, err)
		}
		if e := h.AfterProcessPipeline(last.ctx, cmds); e != nil {
			err = e
			setErr(cmds, err)
		}
		return err
	}
}
