package runtime_test

import (
	"context"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
)

// BenchmarkFacade is what the facade costs by itself: its store answers at once.
func BenchmarkFacade(b *testing.B) {
	f := &fake{}
	fakes.Store("bench", f)
	answer := []resp.Reply{resp.NewBulk("value")}
	f.answer = func([]resp.Command) ([]resp.Reply, error) { f.frames = f.frames[:0]; return answer, nil }
	c := runtime.NewClient(&runtime.Options{Addr: "fake://bench"})
	defer c.Close()
	get(b, c)
}

// BenchmarkMemory is a GET with the engine behind it.
func BenchmarkMemory(b *testing.B) {
	c := runtime.NewClient(&runtime.Options{Addr: "memory://bench"})
	defer c.Close()
	c.Set(context.Background(), "key", "value", 0)
	get(b, c)
}

func get(b *testing.B, c *runtime.Client) {
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if v, err := c.Get(ctx, "key").Result(); v != "value" || err != nil {
			b.Fatal(v, err)
		}
	}
}

// BenchmarkCommands are the everyday commands with the engine behind them.
func BenchmarkCommands(b *testing.B) {
	ctx := context.Background()
	c := runtime.NewClient(&runtime.Options{Addr: "memory://commands"})
	defer c.Close()
	for i := 0; i < 50; i++ {
		c.RPush(ctx, "list", "an element of the list")
	}
	c.Set(ctx, "key", "value", 0)
	n := 0
	for _, command := range []struct {
		name string
		run  func() error
	}{
		{"GET", func() error { return c.Get(ctx, "key").Err() }},
		{"SET", func() error { n++; return c.Set(ctx, "key", n, 0).Err() }},
		{"INCR", func() error { return c.Incr(ctx, "counter").Err() }},
		{"HSET", func() error { n++; return c.HSet(ctx, "hash", "field", n).Err() }},
		{"ZADD", func() error { n++; return c.ZAdd(ctx, "zset", runtime.Z{Score: float64(n), Member: "m"}).Err() }},
		{"LRANGE50", func() error { return c.LRange(ctx, "list", 0, -1).Err() }},
		{"pipeline50", func() error {
			p := c.Pipeline()
			for i := 0; i < 25; i++ {
				n++
				p.Set(ctx, "key", n, 0)
				p.Get(ctx, "key")
			}
			_, err := p.Exec(ctx)
			return err
		}},
	} {
		b.Run(command.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				if err := command.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
