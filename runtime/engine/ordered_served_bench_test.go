package engine_test

import (
	"fmt"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// BenchmarkServed runs commands on a list and a sorted set of a million elements
// in a file that are served from their rows, commits included. Filling the file
// takes a minute.
func BenchmarkServed(b *testing.B) {
	const n, each = 1_000_000, 10_000
	st, end := orderedStores["file"](b)
	defer end()
	s := &orderedSide{t: b, store: st, opt: engine.Options{MaxBytes: 64 << 20}}
	s.open()
	for i := 0; i < n; i += each {
		list, zset := resp.Command{"RPUSH", "l"}, resp.Command{"ZADD", "z"}
		for j := i; j < i+each; j++ {
			list = append(list, fmt.Sprint("element ", j))
			zset = append(zset, fmt.Sprint(j*7919%n), fmt.Sprint("member ", j))
		}
		s.exec(1, []resp.Command{list, zset})
	}
	for _, bench := range []struct {
		name string
		cmds func(i int) []resp.Command
	}{
		{"LPUSH", func(i int) []resp.Command { return []resp.Command{{"LPUSH", "l", fmt.Sprint("element ", i)}} }},
		{"RPOP", func(i int) []resp.Command { return []resp.Command{{"RPOP", "l"}} }},
		{"LINDEX", func(i int) []resp.Command { return []resp.Command{{"LINDEX", "l", fmt.Sprint(i * 7919 % n)}} }},
		{"LRANGE50", func(i int) []resp.Command {
			return []resp.Command{{"LRANGE", "l", fmt.Sprint(i * 7919 % n), fmt.Sprint(i*7919%n + 49)}}
		}},
		{"LPOS", func(i int) []resp.Command { return []resp.Command{{"LPOS", "l", "nothing", "MAXLEN", "100000"}} }},
		{"ZADD", func(i int) []resp.Command {
			return []resp.Command{{"ZADD", "z", fmt.Sprint(i * 31 % n), fmt.Sprint("member ", i*7919%n)}}
		}},
		{"ZINCRBY", func(i int) []resp.Command {
			return []resp.Command{{"ZINCRBY", "z", "1", fmt.Sprint("member ", i*7919%n)}}
		}},
		{"ZSCORE", func(i int) []resp.Command { return []resp.Command{{"ZSCORE", "z", fmt.Sprint("member ", i*7919%n)}} }},
		{"ZRANGE50", func(i int) []resp.Command { return []resp.Command{{"ZRANGE", "z", "0", "49"}} }},
		{"ZREVRANGE50", func(i int) []resp.Command { return []resp.Command{{"ZREVRANGE", "z", "0", "49"}} }},
		{"ZRANGEBYSCORE50", func(i int) []resp.Command {
			return []resp.Command{{"ZRANGEBYSCORE", "z", fmt.Sprint(i * 7919 % n), "+inf", "LIMIT", "0", "50"}}
		}},
		{"ZPOPMIN", func(i int) []resp.Command { return []resp.Command{{"ZPOPMIN", "z"}} }},
		{"ZRANK", func(i int) []resp.Command { return []resp.Command{{"ZRANK", "z", fmt.Sprint("member ", i*7919%n)}} }},
		{"ZCOUNT1000", func(i int) []resp.Command {
			return []resp.Command{{"ZCOUNT", "z", fmt.Sprint(i * 7919 % n), fmt.Sprint(i*7919%n + 999)}}
		}},
		{"ZCARD-first", nil},
		{"ZRANGE50-middle", func(i int) []resp.Command {
			return []resp.Command{{"ZRANGE", "z", fmt.Sprint(i * 7919 % (n / 2)), fmt.Sprint(i*7919%(n/2) + 49)}}
		}},
		{"ZRANDMEMBER", func(i int) []resp.Command { return []resp.Command{{"ZRANDMEMBER", "z"}} }},
		{"ZSCAN-page", func(i int) []resp.Command { return []resp.Command{{"ZSCAN", "z", fmt.Sprint(i), "COUNT", "100"}} }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				if bench.cmds == nil {
					b.StopTimer()
					s.open()
					b.StartTimer()
					s.exec(1, []resp.Command{{"ZCARD", "z"}})
					continue
				}
				s.exec(1, bench.cmds(i))
			}
		})
	}
}
