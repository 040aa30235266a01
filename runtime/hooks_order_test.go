package runtime

import (
	"context"
	"strings"
	"testing"
)

// speaking says when it is asked and when it is answered.
type speaking struct {
	name string
	said *[]string
}

func (h speaking) DialHook(next DialHook) DialHook { return next }

func (h speaking) say(what string) { *h.said = append(*h.said, h.name+what) }

func (h speaking) ProcessHook(next ProcessHook) ProcessHook {
	return func(ctx context.Context, cmd Cmder) error {
		h.say("<" + cmd.Name())
		defer h.say(">")
		return next(ctx, cmd)
	}
}

func (h speaking) ProcessPipelineHook(next ProcessPipelineHook) ProcessPipelineHook {
	return func(ctx context.Context, cmds []Cmder) error {
		var names []string
		for _, cmd := range cmds {
			names = append(names, cmd.Name())
		}
		h.say("<" + strings.Join(names, ","))
		defer h.say(">")
		return next(ctx, cmds)
	}
}

func TestHooksOfAClientAndOfItsNode(t *testing.T) {
	storeFor(t)
	var said []string
	c := NewClusterClient(&ClusterOptions{Addrs: []string{"a:1"}})
	r := NewRing(&RingOptions{Addrs: map[string]string{"a": "a:1"}})
	for _, client := range []interface {
		UniversalClient
		ForEachShard(context.Context, func(context.Context, *Client) error) error
	}{c, r} {
		defer client.Close()
		client.AddHook(speaking{"1", &said})
		client.AddHook(speaking{"2", &said})
		_ = client.ForEachShard(background, func(_ context.Context, node *Client) error {
			node.AddHook(speaking{"n", &said})
			return nil
		})
		for _, test := range []struct {
			do   func()
			want string
		}{
			{func() { client.Get(background, "k") }, "1<get 2<get n<get n> 2> 1>"},
			{func() { client.Pipelined(background, func(p Pipeliner) error { p.Get(background, "k"); return nil }) }, "1<get 2<get n<get n> 2> 1>"},
			{func() { client.TxPipelined(background, func(p Pipeliner) error { p.Get(background, "k"); return nil }) },
				"1<multi,get,exec 2<multi,get,exec n<multi,get,exec n> 2> 1>"},
			{func() { client.Watch(background, func(tx *Tx) error { return nil }, "k") }, "n<watch n> n<unwatch n>"},
		} {
			said = nil
			test.do()
			if got := strings.Join(said, " "); got != test.want {
				t.Errorf("%T: %s, want %s", client, got, test.want)
			}
		}
	}
}

// TestAHookMayAnswer without asking the store, and what it changes is sent.
func TestAHookMayAnswer(t *testing.T) {
	storeFor(t)
	c := NewClient(&Options{})
	defer c.Close()
	c.AddHook(&answering{})
	if v, err := c.Get(background, "canned").Result(); v != "from the hook" || err != nil {
		t.Error(v, err)
	}
	set(t, c, "renamed", "v")
	if v := c.Get(background, "was renamed").Val(); v != "v" {
		t.Error(v)
	}
	clone := c.WithTimeout(1e9)
	clone.AddHook(&silent{})
	if clone.Get(background, "renamed").Err() != Nil || c.Get(background, "renamed").Err() != nil {
		t.Error("a clone's hooks are its own")
	}
}

type answering struct{ counting }

func (*answering) ProcessHook(next ProcessHook) ProcessHook {
	return func(ctx context.Context, cmd Cmder) error {
		if get, ok := cmd.(*StringCmd); ok && len(cmd.Args()) > 1 {
			if cmd.Args()[1] == "canned" {
				get.SetVal("from the hook")
				return nil
			}
		}
		if len(cmd.Args()) > 1 && cmd.Args()[1] == "was renamed" {
			cmd.Args()[1] = "renamed"
		}
		return next(ctx, cmd)
	}
}

// silent answers that there is nothing, whatever the hooks around it think.
type silent struct{ counting }

func (*silent) ProcessHook(ProcessHook) ProcessHook {
	return func(_ context.Context, cmd Cmder) error { return Nil }
}
