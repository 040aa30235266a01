package difftest

import (
	"crypto/sha1"
	"encoding/hex"
)

// scripts are what EVAL is tried with: replies of every kind, numbers on their
// way through Lua, errors raised and caught.
var scripts = []string{
	"return redis.call('GET', KEYS[1])",
	"return redis.pcall('INCR', KEYS[1])",
	"return redis.call('TYPE', KEYS[1])",
	"return redis.call('SADD', KEYS[1], ARGV[1], 3, 4.0, 'x')",
	"return redis.call('ZADD', KEYS[1], ARGV[1], 'm1')",
	"return redis.call('ZADD', KEYS[1], 0.1, 'm1', 1e17, 'm2', 3, 'm3')",
	"return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')",
	"return redis.call('ZSCORE', KEYS[1], 'm1')",
	"return redis.call('LPUSH', KEYS[1], 1.5, 2, 1e15, 3.0, 0.1, -0.25)",
	"return redis.call('LRANGE', KEYS[1], 0, 2)",
	"return redis.call('SORT', KEYS[1], 'BY', 'nosort')",
	"return redis.call('BLPOP', KEYS[1], 0)",
	"return redis.call('BZPOPMIN', KEYS[1], 0)",
	"return redis.call('SPOP', KEYS[1], 0)",
	"return {1, 2, {3, 'x'}, false, true, nil, 4}",
	"return {1.9, -1.9, '1.9', {}, {ok = 'fine'}}",
	"return {err = 'MY error'}",
	"return redis.error_reply('OTHER error')",
	"return redis.status_reply('fine')",
	"return #KEYS + #ARGV",
	"return tostring(tonumber(ARGV[1]))",
	"return tonumber(ARGV[1]) and tostring(ARGV[1] + 1) or 'no number'",
	"return tostring(' 0x10 ' / 1)",
	"return tonumber(ARGV[1] or 'ff', 16)",
	"return 3.99",
	"return nil",
	"return redis.sha1hex(ARGV[1])",
	"return string.format('%.3f %d %s %5.1f', 1.5, 3, 'x', 2.25)",
	"local r = redis.pcall('INCR', KEYS[1], 'too', 'many') return r.err",
	"redis.call('SET', KEYS[1], 'before') return redis.call('NOSUCH')",
	"redis.call('DEL', KEYS[1]) error('raised')",
	"local n = 0 for i = 1, 10 do n = n + i / 3 end return tostring(n)",
	"return {redis.call('SETNX', KEYS[1], 1), redis.call('EXISTS', KEYS[1])}",
	"return redis.call('HSET', KEYS[1], 'f', 10 / 4, 'g', 2 ^ 53)",
	"return undefined_global",
	"new_global = 1",
}

// scriptHash is the name that EVALSHA knows a script by.
func scriptHash(script string) string {
	sum := sha1.Sum([]byte(script))
	return hex.EncodeToString(sum[:])
}
