package runtime

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// oldHook is a hook of go-redis v8 that writes down what it sees.
type oldHook struct {
	name   string
	log    *[]string
	before error // of BeforeProcess and BeforeProcessPipeline
	after  error
	inside *Client // sends a command of its own in Before
}

type trailKey struct{}

func (h *oldHook) enter(ctx context.Context, what string) (context.Context, error) {
	if h.inside != nil && ctx.Value(trailKey{}) == nil {
		h.inside.Ping(context.WithValue(ctx, trailKey{}, "inside"))
	}
	*h.log = append(*h.log, h.name+" before "+what)
	trail, _ := ctx.Value(trailKey{}).(string)
	return context.WithValue(ctx, trailKey{}, trail+h.name), h.before
}

func (h *oldHook) leave(ctx context.Context, what string, err error) error {
	*h.log = append(*h.log, fmt.Sprintf("%s after %s, context %v, error %v", h.name, what, ctx.Value(trailKey{}), err))
	return h.after
}

func (h *oldHook) BeforeProcess(ctx context.Context, cmd Cmder) (context.Context, error) {
	return h.enter(ctx, cmd.Name())
}

func (h *oldHook) AfterProcess(ctx context.Context, cmd Cmder) error {
	return h.leave(ctx, cmd.Name(), cmd.Err())
}

func (h *oldHook) BeforeProcessPipeline(ctx context.Context, cmds []Cmder) (context.Context, error) {
	return h.enter(ctx, names(cmds))
}

func (h *oldHook) AfterProcessPipeline(ctx context.Context, cmds []Cmder) error {
	return h.leave(ctx, names(cmds), cmds[0].Err())
}

func names(cmds []Cmder) string {
	var all []string
	for _, c := range cmds {
		all = append(all, c.Name())
	}
	return strings.Join(all, "+")
}

// TestHooksOfV8 holds the order, contexts and errors to what go-redis v8's
// hooks.process does: After is called for each hook whose Before was, in reverse,
// with the context of the last Before, and its error is the command's.
func TestHooksOfV8(t *testing.T) {
	ctx := context.Background()
	refused, late := errors.New("refused"), errors.New("late")
	for _, c := range []struct {
		name   string
		hooks  []oldHook
		run    func(c *Client) error
		want   []string
		result error
	}{
		{
			"a command",
			[]oldHook{{name: "a"}, {name: "b"}},
			func(c *Client) error { return c.Get(ctx, "none").Err() },
			[]string{"a before get", "b before get", "b after get, context ab, error redis: nil", "a after get, context ab, error redis: nil"},
			Nil,
		},
		{
			"before fails",
			[]oldHook{{name: "a"}, {name: "b", before: refused}, {name: "c"}},
			func(c *Client) error { return c.Get(ctx, "none").Err() },
			[]string{"a before get", "b before get", "b after get, context ab, error refused", "a after get, context ab, error refused"},
			refused,
		},
		{
			"after fails",
			[]oldHook{{name: "a"}, {name: "b", after: late}},
			func(c *Client) error { return c.Set(ctx, "k", 1, 0).Err() },
			[]string{"a before set", "b before set", "b after set, context ab, error <nil>", "a after set, context ab, error late"},
			late,
		},
		{
			"a pipeline",
			[]oldHook{{name: "a"}, {name: "b"}},
			func(c *Client) error {
				_, err := c.Pipelined(ctx, func(p Pipeliner) error { p.Get(ctx, "none"); p.Ping(ctx); return nil })
				return err
			},
			[]string{"a before get+ping", "b before get+ping", "b after get+ping, context ab, error redis: nil", "a after get+ping, context ab, error redis: nil"},
			Nil,
		},
		{
			"a transaction, refused",
			[]oldHook{{name: "a", before: refused}},
			func(c *Client) error {
				_, err := c.TxPipelined(ctx, func(p Pipeliner) error { p.Ping(ctx); return nil })
				return err
			},
			[]string{"a before multi+ping+exec", "a after multi+ping+exec, context a, error refused"},
			refused,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := NewClient(&Options{Addr: "memory://v8hooks"})
			defer client.Close()
			var log []string
			for i := range c.hooks {
				c.hooks[i].log = &log
				client.AddHook(FromHookV8(&c.hooks[i]))
			}
			if err := c.run(client); !errors.Is(err, c.result) {
				t.Errorf("the error is %v, want %v", err, c.result)
			}
			if !reflect.DeepEqual(log, c.want) {
				t.Errorf("the hooks saw\n%s\nwant\n%s", strings.Join(log, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestHookOfV8SendsItsOwnCommands: the context that a hook was given leads a
// command of its own through the same hooks, and does not mix the two up.
func TestHookOfV8SendsItsOwnCommands(t *testing.T) {
	client := NewClient(&Options{Addr: "memory://v8inside"})
	defer client.Close()
	var log []string
	client.AddHook(FromHookV8(&oldHook{name: "a", log: &log, inside: client}))
	client.AddHook(FromHookV8(&oldHook{name: "b", log: &log}))
	client.Get(context.Background(), "none")
	want := []string{
		"a before ping", "b before ping", "b after ping, context insideab, error <nil>", "a after ping, context insideab, error <nil>",
		"a before get", "b before get", "b after get, context ab, error redis: nil", "a after get, context ab, error redis: nil",
	}
	if !reflect.DeepEqual(log, want) {
		t.Errorf("the hooks saw\n%s\nwant\n%s", strings.Join(log, "\n"), strings.Join(want, "\n"))
	}
}

// TestRESP2IsV8sShapeOfReplies: Do answers a map under RESP3 and a slice under
// RESP2, unless the options choose.
func TestRESP2IsV8sShapeOfReplies(t *testing.T) {
	ctx := context.Background()
	for want, opt := range map[string]*Options{
		"[]interface {}":                        (&Options{Addr: "memory://v8resp"}).RESP2(),
		"map[interface {}]interface {}":         {Addr: "memory://v8resp"},
		"map[interface {}]interface {}, chosen": (&Options{Addr: "memory://v8resp", Protocol: 3}).RESP2(),
	} {
		client := NewClient(opt)
		client.HSet(ctx, "h", "f", "v")
		got, err := client.Do(ctx, "HGETALL", "h").Result()
		if name, _, _ := strings.Cut(want, ","); err != nil || fmt.Sprintf("%T", got) != name {
			t.Errorf("HGETALL answers %T, %v; want %s", got, err, want)
		}
		client.Close()
	}
}

// TestPipelineTakesCommandsOfSeveralGoroutines: v8 promised it.
func TestPipelineTakesCommandsOfSeveralGoroutines(t *testing.T) {
	ctx := context.Background()
	client := NewClient(&Options{Addr: "memory://v8pipeline"})
	defer client.Close()
	p := client.Pipeline()
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 500; j++ {
				p.Incr(ctx, "n")
			}
		}()
	}
	wg.Wait()
	if p.Len() != 4000 {
		t.Fatalf("%d commands wait, want 4000", p.Len())
	}
	if _, err := p.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if n := client.Get(ctx, "n").Val(); n != "4000" {
		t.Errorf("n is %s", n)
	}
}

func TestZValuesAreWhatPointersMean(t *testing.T) {
	z := &Z{Score: 1, Member: "a"}
	got := ZValues([]*Z{z, {Score: 2, Member: "b"}})
	z.Score = 9
	if want := []Z{{Score: 1, Member: "a"}, {Score: 2, Member: "b"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
