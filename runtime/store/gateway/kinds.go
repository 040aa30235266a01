package gateway

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// traits are what the way of a command depends on.
type traits uint8

const (
	slow    traits = 1 << iota // takes the second lane
	blocks                     // waits for data
	telling                    // its reply says something about the session that must be remembered
	tying                      // ties the session to the client that runs it: WATCH, MULTI
	tuned                      // ties it for good: subscriptions, MONITOR
	perhaps                    // XREAD: whether it blocks is in its words
	hidden                     // it is not for callers, see engine.BlobCommand
)

var traitsOf = map[string]traits{
	"blpop": slow | blocks, "brpop": slow | blocks, "brpoplpush": slow | blocks, "blmove": slow | blocks, "blmpop": slow | blocks,
	"bzpopmin": slow | blocks, "bzpopmax": slow | blocks, "bzmpop": slow | blocks, "wait": slow | blocks, "waitaof": slow | blocks,
	"xread": perhaps, "xreadgroup": perhaps,

	"eval": slow, "evalsha": slow, "eval_ro": slow, "evalsha_ro": slow, "fcall": slow, "fcall_ro": slow,
	"script": slow, "function": slow, "keys": slow, "sort": slow, "sort_ro": slow, "flushall": slow, "flushdb": slow,
	"dump": slow, "restore": slow, "debug": slow, "memory": slow,

	"multi": tying | telling, "exec": tying | telling, "discard": tying | telling, "watch": tying | telling, "unwatch": tying | telling,
	"select": telling, "hello": telling, "auth": telling, "reset": telling, "quit": telling, "client": telling,

	"subscribe": tuned | telling, "psubscribe": tuned | telling, "ssubscribe": tuned | telling,
	"unsubscribe": tuned | telling, "punsubscribe": tuned | telling, "sunsubscribe": tuned | telling,
	"monitor": tuned | telling,

	engine.BlobCommand: hidden,
}

func init() {
	for name, t := range traitsOf {
		traitsOf[strings.ToUpper(name)] = t
	}
	for _, name := range []string{"GET", "SET", "DEL", "INCR", "HGET", "HSET", "HGETALL", "LPUSH", "RPUSH", "LRANGE", "MGET", "EXPIRE", "PUBLISH"} {
		traitsOf[name] = 0 // found at once
	}
}

// traitsOfCommand are the traits of a command line.
func traitsOfCommand(cmd resp.Command) traits {
	if len(cmd) == 0 {
		return 0
	}
	t, ok := traitsOf[cmd[0]]
	if !ok {
		t = foldedTraits(cmd[0])
	}
	if t&perhaps != 0 {
		t &^= perhaps
		for _, word := range cmd[1:] {
			if strings.EqualFold(word, "block") {
				return t | slow | blocks
			}
			if strings.EqualFold(word, "streams") {
				break
			}
		}
	}
	return t
}

// foldedTraits finds a name that is not in lower case.
func foldedTraits(name string) traits {
	var buf [16]byte
	if len(name) > len(buf) {
		return 0
	}
	changed := false
	for i := 0; i < len(name); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
			changed = true
		}
		buf[i] = c
	}
	if !changed {
		return 0
	}
	return traitsOf[string(buf[:len(name)])]
}

// largeCommand is how many bytes a command has that takes the second lane, so that
// small ones need not wait until it is through.
const largeCommand = 64 << 10

// manyCommands is how many commands a pipeline has that takes the second lane.
const manyCommands = 128
