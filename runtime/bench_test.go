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
