package engine

import (
	"fmt"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// slowLog is SLOWLOG. The engine's clock stands still while a command runs, so
// each takes 0 microseconds: the log fills when slowlog-log-slower-than is 0,
// which asks for every command, and is empty otherwise.
type slowLog struct {
	all     bool   // slowlog-log-slower-than is 0
	slower  *int64 // slowlog-log-slower-than; nil: Redis's default
	length  *int   // slowlog-max-len; nil: Redis's default
	entries []slowEntry
	bytes   int // of their texts and places, about
	next    int64
}

type slowEntry struct {
	id, at     int64 // at in Unix seconds
	args       []string
	addr, name string
}

const (
	slowArgs     = 32  // arguments that an entry keeps
	slowArgBytes = 128 // bytes of each
	// maxSlowBytes bounds the memory of the log, whatever slowlog-max-len is: some six times
	// what Redis's default of 128 entries takes at most.
	maxSlowBytes = 4 << 20
)

func (l *slowLog) threshold() string {
	if l.slower == nil {
		return "10000"
	}
	return strconv.FormatInt(*l.slower, 10)
}

func (l *slowLog) limit() int {
	if l.length == nil {
		return 128
	}
	return *l.length
}

func setSlowThreshold(e *Engine, value string) string {
	n, ok := parseInt(value)
	if !ok {
		return "argument couldn't be parsed into an integer"
	}
	if n < -1 {
		return "argument must be between -1 and 9223372036854775807 inclusive"
	}
	e.admin.slow.slower, e.admin.slow.all = &n, n == 0
	return ""
}

func setSlowLimit(e *Engine, value string) string {
	n, ok := parseInt(value)
	if !ok {
		return "argument couldn't be parsed into an integer"
	}
	if n < 0 || n > 1<<20 {
		return "argument must be between 0 and 1048576 inclusive"
	}
	length := int(n)
	e.admin.slow.length = &length
	e.admin.slow.trim()
	return ""
}

func (l *slowLog) trim() {
	over := max(len(l.entries)-l.limit(), 0)
	for _, entry := range l.entries[:over] {
		l.bytes -= entry.bytes()
	}
	for ; l.bytes > maxSlowBytes && over < len(l.entries); over++ {
		l.bytes -= l.entries[over].bytes()
	}
	clear(l.entries[:over])
	l.entries = l.entries[over:]
}

// bytes is about what an entry takes.
func (entry *slowEntry) bytes() int {
	n := 100 + len(entry.addr) + len(entry.name)
	for _, a := range entry.args {
		n += 16 + len(a)
	}
	return n
}

// add logs a command. Passwords are not kept.
func (l *slowLog) add(c *call) {
	if c.cmd.name == "auth" || c.cmd.name == "hello" || c.cmd.name == "exec" {
		return
	}
	entry := slowEntry{id: l.next, at: c.e.now / 1e6, addr: c.s.peer.Addr, name: c.s.name}
	l.next++
	for i, a := range c.args {
		if i == slowArgs-1 && len(c.args) > slowArgs {
			entry.args = append(entry.args, fmt.Sprintf("... (%d more arguments)", len(c.args)-slowArgs+1))
			break
		}
		if len(a) > slowArgBytes {
			a = fmt.Sprintf("%s... (%d more bytes)", a[:slowArgBytes], len(a)-slowArgBytes)
		}
		entry.args = append(entry.args, a)
	}
	l.entries = append(l.entries, entry)
	l.bytes += entry.bytes()
	l.trim()
}

var slowlogHandlers = map[string]handler{
	"slowlog|get": cmdSlowlogGet, "slowlog|len": cmdSlowlogLen, "slowlog|reset": cmdSlowlogReset,
	"slowlog": cmdContainer,
}

func cmdSlowlogGet(c *call) resp.Reply {
	count := int64(10)
	if len(c.args) > 3 {
		return c.badSubcommand()
	}
	if len(c.args) == 3 {
		n, ok := parseInt(c.args[2])
		if !ok || n < -1 {
			return resp.NewError("ERR count should be greater than or equal to -1")
		}
		count = n
	}
	entries := c.e.admin.slow.entries
	if count == -1 {
		count = int64(len(entries))
	}
	elems := []resp.Reply{}
	for i := len(entries) - 1; i >= 0 && int64(len(elems)) < count; i-- {
		s := entries[i]
		elems = append(elems, resp.NewArray(intReply(s.id), intReply(s.at), intReply(0), resp.Bulks(s.args), resp.NewBulk(s.addr), resp.NewBulk(s.name)))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdSlowlogLen(c *call) resp.Reply { return intReply(int64(len(c.e.admin.slow.entries))) }

func cmdSlowlogReset(c *call) resp.Reply {
	c.e.admin.slow.entries, c.e.admin.slow.bytes = nil, 0
	return resp.OK
}
