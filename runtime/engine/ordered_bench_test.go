package engine

import (
	"fmt"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// BenchmarkOrdered runs commands on lists and sorted sets that are in memory, of a
// thousand elements and of a million.
func BenchmarkOrdered(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		e, err := Open(nothing{}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		s := e.NewSession(0, 3, "")
		for i := 0; i < n; i++ {
			run(e, s, "RPUSH", "l", fmt.Sprint("element ", i))
			run(e, s, "ZADD", "z", fmt.Sprint(i*7919%n), fmt.Sprint("member ", i))
		}
		for _, bench := range []struct {
			name string
			cmds func(i int) []resp.Command
		}{
			{"LPUSH+LTRIM", func(i int) []resp.Command {
				return []resp.Command{{"LPUSH", "l", fmt.Sprint("element ", i)}, {"LTRIM", "l", "0", fmt.Sprint(n - 1)}}
			}},
			{"LRANGE50", func(i int) []resp.Command { return []resp.Command{{"LRANGE", "l", "0", "49"}} }},
			{"LINDEX", func(i int) []resp.Command { return []resp.Command{{"LINDEX", "l", fmt.Sprint(i * 7919 % n)}} }},
			{"ZADD", func(i int) []resp.Command {
				return []resp.Command{{"ZADD", "z", fmt.Sprint(i * 31 % n), fmt.Sprint("member ", i*7919%n)}}
			}},
			{"ZRANGE50", func(i int) []resp.Command { return []resp.Command{{"ZRANGE", "z", "0", "49"}} }},
			{"ZRANK", func(i int) []resp.Command { return []resp.Command{{"ZRANK", "z", fmt.Sprint("member ", i*7919%n)}} }},
			{"ZSCORE", func(i int) []resp.Command { return []resp.Command{{"ZSCORE", "z", fmt.Sprint("member ", i*7919%n)}} }},
		} {
			b.Run(fmt.Sprintf("%s/%d", bench.name, n), func(b *testing.B) {
				frames := make([]Frame, 1<<14)
				for i := range frames {
					frames[i] = Frame{Session: s, Commands: bench.cmds(i)}
				}
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i++ {
					e.Exec(1, 1, frames[i&(1<<14-1)])
				}
			})
		}
	}
}
