package difftest

import (
	"fmt"
	"strings"
)

// What stands for a payload that the same side answered last, to DUMP and to
// FUNCTION DUMP: the bytes are each implementation's own.
const (
	Dumped          = "@dumped"
	DumpedLibraries = "@libraries"
)

// scriptShapes are scripts made of random commands, libraries of functions, and
// values that are taken out and put back.
var scriptShapes = []shape{
	{"", 8, everywhere, "EVAL body 2 k k v v"},
	{"", 2, everywhere, "EVAL_RO body 2 k k v v"},
	{"", 1, everywhere, "EVALSHA_RO sha 1 k v"},
	{"", 1, outside, "SCRIPT :FLUSH ( | SYNC | ASYNC | FOO )"},

	{"", 4, everywhere, "FUNCTION :LOAD ( | REPLACE | REPLACE | FOO ) lib"},
	{"", 1, everywhere, "FUNCTION :DELETE libname"},
	{"", 8, everywhere, "FCALL fn 1 k v"},
	{"", 3, everywhere, "FCALL_RO fn 1 k v"},
	{"", 1, everywhere, "FCALL fn nk k v"},
	{"", 2, everywhere, "FUNCTION :LIST ( | LIBRARYNAME p | LIBRARYNAME libname WITHCODE | WITHCODE | FOO )"},
	{"", 1, everywhere, "FUNCTION :STATS"},
	{"", 1, everywhere, "FUNCTION :FLUSH ( SYNC | ASYNC | FOO )"},
	{"", 1, everywhere, "FUNCTION :KILL"},
	{"", 2, outside, "FUNCTION :DUMP"},
	{"", 2, outside, "FUNCTION :RESTORE libraries ( | FLUSH | APPEND | REPLACE | FOO )"},

	{"", 6, outside, "DUMP k"},
	{"", 6, outside, "RESTORE k ( 0 | 0 | 0 | sec | -1 | 'a ) dumped ( REPLACE | REPLACE | | ABSTTL | FREQ n | IDLETIME i | FOO )"},
	{"", 1, outside, "RESTORE k futms dumped ABSTTL ( | REPLACE )"},

	{"", 1, everywhere, "OBJECT :REFCOUNT 'none:9"},
	{"", 2, everywhere, "OBJECT :ENCODING k"},
	{"", 1, everywhere, "OBJECT :IDLETIME k"},
	{"", 1, everywhere, "OBJECT :FREQ k"},
	{"", 1, everywhere, "MEMORY :USAGE k ( | SAMPLES n )"},
	{"", 1, outside, "FLUSHALL ( | ASYNC | SYNC | FOO )"},
}

func init() {
	makers["body"] = (*Gen).scriptBody
	makers["lib"] = func(g *Gen) string { return libraries[g.rnd.Intn(len(libraries))] }
	makers["libname"] = func(g *Gen) string { return pickOf(g.rnd, "plain", "flags", "twice", "odd", "none") }
	makers["fn"] = func(g *Gen) string {
		return pickOf(g.rnd, "get", "put", "put", "count", "count", "readonly", "fails", "both", "args", "GET", "none")
	}
	for name, place := range map[string]string{"dumped": Dumped, "libraries": DumpedLibraries} {
		place := place
		makers[name] = func(g *Gen) string {
			if g.chance(90) {
				return place
			}
			return pickOf(g.rnd, "", "abc", strings.Repeat("\xff", 30))
		}
	}
	shapes = append(shapes, scriptShapes...)
}

// libraries are what FUNCTION LOAD is tried with, good ones and bad ones.
var libraries = []string{
	`#!lua name=plain
redis.register_function('get', function(keys, args) return redis.call('GET', keys[1]) end)
redis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1] or 'none') end)`,
	`#!lua name=flags
redis.register_function{function_name='readonly', callback=function(keys, args) return redis.call('TYPE', keys[1]) end, flags={'no-writes'}}
redis.register_function{function_name='fails', callback=function(keys, args) return redis.call('DEL', keys[1]) end, flags={'no-writes'}, description='writes all the same'}`,
	`#!lua name=twice
local n = 0
redis.register_function('count', function(keys, args) redis.call('INCR', keys[1]) return redis.pcall('INCRBY', keys[1], args[1]) end)
redis.register_function('both', function(keys, args) return {redis.call('EXISTS', keys[1]), #args, args, keys} end)`,
	`#!lua name=odd
redis.register_function('args', function(keys, args) return {err = 'MINE ' .. #keys} end)
redis.register_function('get', function(keys, args) return 'another get' end)`,
	`#!lua name=odd
redis.register_function('args', function(keys, args) return args end)`,
	"#!lua name=empty\nlocal x = 1",
	"#!lua name=bad-name\nredis.register_function('f', function() end)",
	"#!lua\nredis.register_function('f', function() end)",
	"#!js name=other\nredis.register_function('f', function() end)",
	"redis.register_function('f', function() end)",
	"#!lua name=calls\nredis.call('PING')",
	"#!lua name=dup\nredis.register_function('f', function() end)\nredis.register_function('f', function() end)",
	"#!lua name=flag\nredis.register_function{function_name='f', callback=function() end, flags={'nope'}}",
	"#!lua name=arity\nredis.register_function('f')",
	"#!lua name=plain extra=1\nredis.register_function('f', function() end)",
}

// clocked answer with times, which only their own rules make comparable.
var clocked = map[string]bool{"xinfo|stream": true, "xinfo|groups": true, "xinfo|consumers": true, "xpending": true}

// scriptBody is a script of a few random commands that returns what they answer.
func (g *Gen) scriptBody() string {
	group := g.group
	defer func() { g.group = group }()
	var b strings.Builder
	b.WriteString("local r = {}\n")
	for n := 1 + g.rnd.Intn(4); n > 0; {
		p := g.any()
		if p.inTx || p.outTx || p.group == "auto" || p.group == "lex" || strings.HasPrefix(p.name, "eval") || strings.HasPrefix(p.name, "fcall") || strings.HasPrefix(p.name, "function") ||
			strings.HasPrefix(p.name, "script") || strings.HasPrefix(p.name, "select") || clocked[p.name] || strings.Contains(p.text, "*") {
			continue
		}
		cmd := g.fill(p)
		if ruleOf(cmd) != exact || len(cmd) > 20 {
			continue
		}
		n--
		call := "pcall"
		if g.chance(10) {
			call = "call"
		}
		args := make([]string, len(cmd))
		for i, a := range cmd {
			switch {
			case i > 0 && g.chance(10):
				args[i] = pickOf(g.rnd, "KEYS[1]", "KEYS[2]", "ARGV[1]", "ARGV[2]", "1", "2.5", "-0", "1e15", "10/4")
			default:
				args[i] = luaQuote(a)
			}
		}
		fmt.Fprintf(&b, "r[#r+1] = redis.%s(%s)\n", call, strings.Join(args, ", "))
	}
	b.WriteString("return r")
	return b.String()
}

// luaQuote is a string constant of Lua.
func luaQuote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 127 || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, `\%03d`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
