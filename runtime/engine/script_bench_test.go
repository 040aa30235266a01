package engine

import "testing"

// BenchmarkScripts is scripts with and without loops through the budget's
// counters.
func BenchmarkScripts(b *testing.B) {
	for name, script := range map[string]string{
		"incr":  `return redis.call('INCR', KEYS[1])`,
		"loop":  `local n = 0 for i = 1, 1000 do n = n + i end return n`,
		"table": `local t = {} for i = 1, 1000 do t[i] = i end return #t`,
		"hset":  `redis.call('HSET', KEYS[1], 'f', 1, 'g', 2) return redis.call('HGET', KEYS[1], 'f')`,
	} {
		script := script
		b.Run(name, func(b *testing.B) {
			e, s := newTestEngine(b)
			run(e, s, "EVAL", script, "1", "k")
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				run(e, s, "EVAL", script, "1", "k")
			}
		})
	}
}
