package engine

import (
	"strconv"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
)

// benchScripts are scripts of the kinds that programs run most.
var benchScripts = []struct {
	name, text string
	keys       []string
	argv       []string
}{
	{"incr", `return redis.call('INCR', KEYS[1])`, []string{"k"}, nil},
	{"loop", `local n = 0 for i = 1, 1000 do n = n + i end return n`, []string{"k"}, nil},
	{"table", `local t = {} for i = 1, 1000 do t[i] = i end return #t`, []string{"k"}, nil},
	{"hset", `redis.call('HSET', KEYS[1], 'f', 1, 'g', 2) return redis.call('HGET', KEYS[1], 'f')`, []string{"k"}, nil},
	{"rate-limit", `local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n`, []string{"k"}, []string{"60000"}},
	{"lock", `redis.call('SET', KEYS[1], ARGV[1]) if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`, []string{"k"}, []string{"token"}},
	{"window", `local now = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
local n = redis.call('ZCARD', KEYS[1])
if n < tonumber(ARGV[3]) then redis.call('ZADD', KEYS[1], now, ARGV[4]) redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end
return 0`, []string{"k"}, []string{"1700000000000", "60000", "100", "member"}},
	{"enqueue", `if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DEL', KEYS[1], KEYS[2]) end
redis.call('HSET', KEYS[1], 'msg', ARGV[1], 'state', 'pending', 'pending_since', ARGV[3])
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1`, []string{"asynq:{q}:t:1", "asynq:{q}:pending"}, []string{"a message of some bytes", "1", "1700000000000"}},
}

// BenchmarkScripts runs scripts by their text and by their name.
func BenchmarkScripts(b *testing.B) {
	for _, c := range benchScripts {
		c := c
		args := append([]string{strconv.Itoa(len(c.keys))}, append(c.keys, c.argv...)...)
		for _, how := range [][]string{{"EVAL", c.text}, {"EVALSHA", redislua.SHA1(c.text)}} {
			how, cmd := how, append(how, args...)
			b.Run(c.name+"/"+how[0], func(b *testing.B) {
				e, s := newTestEngine(b)
				run(e, s, append([]string{"EVAL", c.text}, args...)...)
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i++ {
					run(e, s, cmd...)
				}
			})
		}
	}
}
