package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// BenchmarkSet writes fresh values to a file: SQLite does not write a page that
// stays the same.
func BenchmarkSet(b *testing.B) {
	for _, level := range []string{"commit", "behind", "off"} {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d", level, writers), func(b *testing.B) {
				st, err := store.Open("file:" + filepath.Join(b.TempDir(), "x.db") + "?durability=" + level)
				if err != nil {
					b.Fatal(err)
				}
				var next atomic.Int64
				var wg sync.WaitGroup
				b.ReportAllocs()
				b.ResetTimer()
				for w := 0; w < writers; w++ {
					s, err := st.NewSession(store.SessionOptions{})
					if err != nil {
						b.Fatal(err)
					}
					wg.Add(1)
					go func() {
						defer wg.Done()
						for {
							n := next.Add(1)
							if n > int64(b.N) {
								return
							}
							value := fmt.Sprint("value ", n)
							if _, err := s.Execute(context.Background(), []resp.Command{{"SET", fmt.Sprint("key:", n%10000), value}}); err != nil {
								b.Error(err)
								return
							}
						}
					}()
				}
				wg.Wait()
				if err := st.Close(); err != nil { // what waits is part of the price
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
			})
		}
	}
}
