package engine_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// BenchmarkOnFile runs commands on a hash, a set and a stream of a million
// elements each, which a file holds and which are not in memory.
func BenchmarkOnFile(b *testing.B) {
	const n = 1_000_000
	file := fileStore(b)
	defer file.Close()
	s := &pagedSubject{t: b, name: "file", rows: file}
	s.open()
	fillLarge(s, n)
	next, cursor := 0, "0"
	field := func() string { next++; return strconv.Itoa(next * 7919 % n) }
	for _, bench := range []struct {
		name  string
		first bool // the collection's first use after the store was opened
		cmd   func() resp.Command
	}{
		{"HGET/first", true, func() resp.Command { return resp.Command{"HGET", "h", "field:" + field()} }},
		{"HGET", false, func() resp.Command { return resp.Command{"HGET", "h", "field:" + field()} }},
		{"HSET", false, func() resp.Command { return resp.Command{"HSET", "h", "field:" + field(), "value " + field()} }},
		{"SISMEMBER", false, func() resp.Command { return resp.Command{"SISMEMBER", "s", "member:" + field()} }},
		{"SADD", false, func() resp.Command { return resp.Command{"SADD", "s", "another:" + strconv.Itoa(next) + field()} }},
		{"SPOP", false, func() resp.Command { return resp.Command{"SPOP", "s"} }},
		{"SRANDMEMBER", false, func() resp.Command { return resp.Command{"SRANDMEMBER", "s"} }},
		{"HSCAN", false, func() resp.Command { return resp.Command{"HSCAN", "h", cursor} }},
		{"XADD/first", true, func() resp.Command { return resp.Command{"XADD", "x", "*", "n", field()} }},
		{"XADD", false, func() resp.Command { return resp.Command{"XADD", "x", "*", "n", field()} }},
		{"XADD+MAXLEN", false, func() resp.Command { return resp.Command{"XADD", "x", "MAXLEN", "1000000", "*", "n", field()} }},
		{"XADD+MAXLEN~", false, func() resp.Command {
			return resp.Command{"XADD", "x", "MAXLEN", "~", "1000000", "*", "n", field()}
		}},
		{"XRANGE10", false, func() resp.Command { return resp.Command{"XRANGE", "x", field(), "+", "COUNT", "10"} }},
		{"XREVRANGE10", false, func() resp.Command { return resp.Command{"XREVRANGE", "x", "+", "-", "COUNT", "10"} }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s.t = b
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				if bench.first {
					b.StopTimer()
					s.open()
					b.StartTimer()
				}
				next++
				if r := s.run(pagedNow, uint64(next), bench.cmd())[0]; bench.name == "HSCAN" {
					cursor = r.Elems[0].Str
				}
			}
		})
	}
	for _, cmd := range []resp.Command{{"HLEN", "h"}, {"HGETALL", "h"}, {"XLEN", "x"}} {
		b.Run("once/"+cmd.Name(), func(b *testing.B) {
			s.t = b
			for i := 0; i < b.N; i++ {
				b.StopTimer()
				s.open()
				b.StartTimer()
				s.run(pagedNow, 1, cmd)
			}
		})
	}
}

// BenchmarkFields runs commands on hashes, sets and streams that are in memory.
func BenchmarkFields(b *testing.B) {
	for _, tracked := range []bool{false, true} {
		name, rows := "volatile", engine.Store(memory.Volatile{})
		if tracked {
			name, rows = "tracked", discarding{memory.NewRows()}
		}
		for _, n := range []int{10, 1000} {
			s := &pagedSubject{t: b, name: name, rows: rows}
			s.open()
			fillLarge(s, n)
			for _, bench := range []struct {
				name string
				cmds func(i int) []resp.Command
			}{
				{"HSET", func(i int) []resp.Command {
					return []resp.Command{{"HSET", "h", fmt.Sprint("field:", i%n), fmt.Sprint("value ", i)}}
				}},
				{"HGET", func(i int) []resp.Command { return []resp.Command{{"HGET", "h", fmt.Sprint("field:", i%n)}} }},
				{"HGETALL", func(i int) []resp.Command { return []resp.Command{{"HGETALL", "h"}} }},
				{"SADD", func(i int) []resp.Command {
					return []resp.Command{{"SADD", "s", fmt.Sprint("another:", i)}, {"SREM", "s", fmt.Sprint("another:", i)}}
				}},
				{"SISMEMBER", func(i int) []resp.Command { return []resp.Command{{"SISMEMBER", "s", fmt.Sprint("member:", i%n)}} }},
				{"XADD", func(i int) []resp.Command {
					return []resp.Command{{"XADD", "x", "MAXLEN", fmt.Sprint(n), "*", "n", "v"}}
				}},
				{"XRANGE", func(i int) []resp.Command { return []resp.Command{{"XRANGE", "x", "-", "+", "COUNT", "10"}} }},
			} {
				frames := make([]engine.Frame, 1<<12)
				for i := range frames {
					frames[i] = engine.Frame{Session: s.session, Commands: bench.cmds(i)}
				}
				b.Run(fmt.Sprintf("%s/%s/%d", bench.name, name, n), func(b *testing.B) {
					b.ReportAllocs()
					for i := 0; i < b.N; i++ {
						s.e.Exec(pagedNow, 1, frames[i&(1<<12-1)])
					}
				})
			}
		}
	}
}

// discarding keeps rows and takes no changes: the engine is not asked to read
// them again.
type discarding struct{ *memory.Rows }
