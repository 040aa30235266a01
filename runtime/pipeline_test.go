package runtime_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

var ctx = context.Background()

func TestPipelineSendsOneFrameAndReturnsTheFirstError(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	f.answer = replies([]resp.Reply{resp.NewInt(1), resp.NewError("ERR bad"), resp.NewBulk("v"), {}})
	p := c.Pipeline()
	a, b, d, e := p.Incr(ctx, "a"), p.Incr(ctx, "b"), p.Get(ctx, "d"), p.Get(ctx, "e")
	if p.Len() != 4 || len(p.Cmds()) != 4 {
		t.Fatalf("Len %d", p.Len())
	}
	cmds, err := p.Exec(ctx)
	if len(cmds) != 4 || err == nil || err.Error() != "ERR bad" {
		t.Errorf("Exec: %v, %v", cmds, err)
	}
	if a.Val() != 1 || b.Err() != err || d.Val() != "v" || d.Err() != nil || e.Err() != error(runtime.Nil) {
		t.Errorf("results %v, %v, %v, %v", a, b, d, e)
	}
	if got := f.sent(); !reflect.DeepEqual(got, []string{"incr a; incr b; get d; get e"}) {
		t.Errorf("frames %q", got)
	}
	if cmds, err := p.Exec(ctx); cmds != nil || err != nil {
		t.Errorf("an empty pipeline: %v, %v", cmds, err)
	}
	p.Get(ctx, "x")
	p.Discard()
	if p.Len() != 0 {
		t.Error("Discard left commands")
	}
}

func TestPipelineWithAnArgumentThatCannotBeMarshalledSendsNothing(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	cmds, err := c.Pipelined(ctx, func(p runtime.Pipeliner) error {
		p.Set(ctx, "a", 1, 0)
		p.Set(ctx, "b", struct{ X int }{1}, 0)
		return nil
	})
	want := "redis: can't marshal struct { X int } (implement encoding.BinaryMarshaler)"
	if err == nil || err.Error() != want || cmds[0].Err() != err || cmds[1].Err() != err || len(f.sent()) != 0 {
		t.Errorf("%v, %v, sent %q", cmds, err, f.sent())
	}
	boom := errors.New("boom")
	if cmds, err := c.Pipelined(ctx, func(runtime.Pipeliner) error { return boom }); cmds != nil || err != boom {
		t.Errorf("%v, %v", cmds, err)
	}
}

func TestTransaction(t *testing.T) {
	queued := resp.NewStatus("QUEUED")
	for name, test := range map[string]struct {
		replies []resp.Reply
		err     string
		first   string
		second  string
	}{
		"runs":             {[]resp.Reply{resp.OK, queued, queued, resp.NewArray(resp.NewInt(5), resp.NewBulk("v"))}, "", "incr a: 5", "get b: v"},
		"one fails":        {[]resp.Reply{resp.OK, queued, queued, resp.NewArray(resp.NewError("WRONGTYPE x"), resp.NewBulk("v"))}, "WRONGTYPE x", "incr a: WRONGTYPE x", "get b: v"},
		"watched changed":  {[]resp.Reply{resp.OK, queued, queued, {Kind: resp.NilArray}}, "redis: transaction failed", "incr a: redis: transaction failed", "get b: redis: transaction failed"},
		"one is not taken": {[]resp.Reply{resp.OK, resp.NewError("ERR args"), queued, resp.NewError("EXECABORT x")}, "EXECABORT x", "incr a: ERR args", "get b: EXECABORT x"},
		"multi is refused": {[]resp.Reply{resp.NewError("LOADING x"), queued, queued, resp.NewError("ERR EXEC without MULTI")}, "LOADING x", "incr a: LOADING x", "get b: LOADING x"},
	} {
		t.Run(name, func(t *testing.T) {
			f, opt := newFake(t)
			c := client(t, opt)
			f.answer = replies(test.replies)
			cmds, err := c.TxPipelined(ctx, func(p runtime.Pipeliner) error {
				p.Incr(ctx, "a")
				p.Get(ctx, "b")
				return nil
			})
			text := ""
			if err != nil {
				text = err.Error()
			}
			if text != test.err || len(cmds) != 2 || cmds[0].String() != test.first || cmds[1].String() != test.second {
				t.Errorf("%v, %v", cmds, err)
			}
			if got := f.sent(); !reflect.DeepEqual(got, []string{"multi; incr a; get b; exec"}) {
				t.Errorf("frames %q", got)
			}
		})
	}
}

func TestWatchHasASessionOfItsOwn(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	c.Get(ctx, "x")
	f.answer = replies([]resp.Reply{resp.OK}, []resp.Reply{resp.NewBulk("1")}, []resp.Reply{resp.OK, resp.NewStatus("QUEUED"), {}})
	err := c.Watch(ctx, func(tx *runtime.Tx) error {
		if n, err := tx.Get(ctx, "k").Int(); n != 1 || err != nil {
			t.Errorf("Get in Watch: %d, %v", n, err)
		}
		_, err := tx.TxPipelined(ctx, func(p runtime.Pipeliner) error { p.Set(ctx, "k", 2, 0); return nil })
		return err
	}, "k", "l")
	if err != error(runtime.TxFailedErr) {
		t.Errorf("Watch: %v", err)
	}
	want := []string{"get x", "watch k l", "get k", "multi; set k 2; exec"}
	if got := f.sent(); !reflect.DeepEqual(got, want) {
		t.Errorf("frames %q, want %q", got, want)
	}
	if n := f.openSessions(); n != 1 {
		t.Errorf("%d sessions are open after Watch, want the shared one", n)
	}
	f.answer = nil
	_ = c.Watch(ctx, func(tx *runtime.Tx) error { return nil }, "k")
	if got := f.sent(); got[len(got)-1] != "unwatch" {
		t.Errorf("a watch that was not used ends with %q", got[len(got)-1])
	}
}

func TestLostSessionOfATransactionIsNotReplaced(t *testing.T) {
	f, opt := newFake(t)
	c := client(t, opt)
	_ = c.Watch(ctx, func(tx *runtime.Tx) error {
		f.answer = func([]resp.Command) ([]resp.Reply, error) { return nil, errLost }
		if err := tx.Get(ctx, "k").Err(); !errors.Is(err, errLost) {
			t.Errorf("first: %v", err)
		}
		f.answer = nil
		if err := tx.Get(ctx, "k").Err(); !errors.Is(err, errLost) {
			t.Errorf("after the session was lost, what it watched is not watched any more, and Get says %v", err)
		}
		return nil
	}, "k")
}
