package engine

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// loadCases are texts that FUNCTION LOAD answers as redis-server does.
var loadCases = []string{
	`return 1`, `#!lua name=x`, "#!lua\nreturn 1", "#!lua name=a-b\nx", "#!lua name=\nx", "#!js name=a\nx", "#!lua name=a name=b\nx", "#!lua foo=a\nx",
	"#!lua name=\"a b\"\nx", "#!lua name=a \"\nx", "#! name=a\nx", "#!lua name=\"a\"b\nx", "#!\nx", "#!lua name='a'\nreturn 1", `#!lua name="\x61"` + "\nreturn 1",
	"#!lua name=a\nreturn 1", "#!lua name=a\n\nfoo()", "#!lua name=a\nredis.call('get', 'x')", "#!lua name=a\nx=1", "#!lua name=a\nerror('boo')",
	"#!lua name=a\nreturn string.upper('x')", "#!lua name=a\nreturn KEYS", "#!lua name=a\nredis.x = 1",
	"#!LUA NAME=a\nredis.register_function('f', function(k,a) return #k end)",
	"#!lua name=a\nredis.log(redis.LOG_WARNING, redis.REDIS_VERSION) redis.register_function('f_1', function() end)",
	reg(``), reg(`'x'`), reg(`1, 2`), reg(`{}, 2`), reg(`'x', 'y'`), reg(`'x', function() end, 3`), reg(`nil, nil`),
	reg(`{function_name='x'}`), reg(`{callback=function() end}`), reg(`{function_name='x', callback=1}`), reg(`{function_name={}, callback=function() end}`),
	reg(`{function_name=1, callback=function() end}`), reg(`{function_name='x', callback=function() end, description={}}`),
	reg(`{function_name='x', callback=function() end, flags={'bad'}}`), reg(`{function_name='x', callback=function() end, flags=1}`),
	reg(`{function_name='x', callback=function() end, flags={1}}`), reg(`{function_name='x', callback=function() end, fl=1}`), reg(`{[1]=2}`),
	reg(`'a-b', function() end`), reg(`'', function() end`), reg(`'f', function() end`) + " " + reg(`'f', function() end`)[len("#!lua name=a\n"):],
	reg(`{FUNCTION_NAME='x', Callback=function() end, flags={'NO-writes', 'allow-oom'}}`),
}

// reg is a library that registers one function with the given arguments.
func reg(args string) string { return "#!lua name=a\nredis.register_function(" + args + ")" }

// functionLibrary has a function for each thing that functions may do.
const functionLibrary = `#!lua name=lib
local n = 0
local reg = redis.register_function
reg('count', function(k, a) n = n + 1 return n end)
reg('args', function(k, a) return {#k, #a, k[1], a[1]} end)
reg('nofield', function(k, a) return redis.foo end)
reg('noglob', function(k, a) return foo end)
reg('keysglob', function(k, a) return KEYS end)
reg('setglob', function(k, a) x = 1 end)
reg('rereg', function(k, a) reg('x', function() end) end)
reg('bad', function(k, a) return redis.call('nope') end)
reg('incr', function(k, a) return redis.call('incr', k[1]) end)
reg('wrong', function(k, a) redis.call('set', k[1], 'x') return redis.call('lpush', k[1], 'x') end)
reg('err', function(k, a) error('boom') end)
reg('errt', function(k, a) error({err='MY boom'}) end)
reg('ret', function(k, a) return redis.error_reply('MY x') end)
reg('multi2', function(k, a) return 1, 2 end)
reg('api', function(k, a) return {type(redis.call), type(redis.pcall), type(redis.setresp), type(redis.sha1hex), type(redis.log),
	type(redis.breakpoint), type(redis.replicate_commands), type(redis.set_repl), type(redis.debug), redis.REDIS_VERSION, redis.REDIS_VERSION_NUM,
	type(redis.REPL_ALL), type(redis.LOG_DEBUG), type(cjson), type(bit), type(struct), type(cmsgpack), type(string), type(loadstring), type(load),
	type(getmetatable), type(pcall), tostring(_G ~= nil), type(redis.register_function)} end)
reg('server', function(k, a) return type(server) end)
reg('os', function(k, a) return type(os) end)
reg('env', function(k, a) return loadstring('return 1 .. 1')() end)
reg('fcall', function(k, a) return redis.call('fcall', 'count', 0) end)
reg('hash', function(k, a) redis.setresp(3) redis.call('hset', k[1], 'a', 1) return redis.call('hgetall', k[1]).map.a end)
reg('pc', function(k, a) return redis.pcall('get') end)
reg('pc2', function(k, a) local ok, e = pcall(redis.call, 'get') return e end)
reg('pc3', function(k, a) local ok, e = pcall(function() return nosuch end) return e end)
reg('concat', function(k, a) return 'x' .. 10/3 .. table.concat({1, 'y'}) end)
reg('num', function(k, a) return 3.99 end)
reg('json', function(k, a) return cjson.encode({a=1}) end)
reg{function_name='ro', callback=function(k, a) return redis.call('get', k[1]) end, flags={'no-writes'}, description='reads'}
reg{function_name='row', callback=function(k, a) return redis.call('set', k[1], 1) end, flags={'no-writes','allow-stale','no-cluster','allow-oom'}}
reg{function_name='xslot', callback=function(k, a) return 1 end, flags={'allow-cross-slot-keys'}}
`

// single has one function: redis-server lists several in the order of its hash table.
const single = "#!lua name=one\nredis.register_function{function_name='only', callback=function() return 'v1' end, description='d', flags={'no-writes', 'allow-oom'}}"

func functionCommands() (cmds [][]string) {
	for _, text := range loadCases {
		cmds = append(cmds, []string{"FUNCTION", "FLUSH"}, []string{"FUNCTION", "LOAD", text})
	}
	cmds = append(cmds, []string{"FUNCTION", "FLUSH", "SYNC"}, []string{"FUNCTION", "LOAD", single})
	for _, words := range []string{
		"FUNCTION LIST", "FUNCTION LIST WITHCODE", "FUNCTION LIST LIBRARYNAME ONE", "FUNCTION LIST libraryname o* withcode", "FUNCTION LIST LIBRARYNAME x*",
		"FCALL only 0", "FCALL ONLY 0", "FUNCTION STATS", "FUNCTION DELETE One", "FUNCTION DELETE one", "FCALL only 0", "FUNCTION LIST", "FUNCTION STATS",
	} {
		cmds = append(cmds, strings.Fields(words))
	}
	cmds = append(cmds, []string{"FUNCTION", "LOAD", functionLibrary})
	for _, line := range strings.Split(functionLibrary, "\n") {
		_, rest, ok := strings.Cut(line, "reg('")
		if _, named, found := strings.Cut(line, "function_name='"); found {
			rest, ok = named, true
		}
		if name, _, _ := strings.Cut(rest, "'"); ok && name != "x" {
			cmds = append(cmds, []string{"FCALL", name, "1", "key:" + name, "arg"}, []string{"FCALL_RO", name, "1", "key:" + name})
		}
	}
	for _, words := range []string{
		"FCALL count 0", "FCALL args 0 a b", "FCALL args 2 a b", "FCALL ro x", "FCALL ro -1", "FCALL ro 3 a", "FCALL nosuch x", "FCALL nosuch -1 x", "FCALL",
		"FUNCTION LIST foo", "FUNCTION LIST LIBRARYNAME", "FUNCTION LIST WITHCODE withcode", "FUNCTION LIST LIBRARYNAME a LIBRARYNAME b",
		"FUNCTION STATS", "FUNCTION DELETE x", "FUNCTION DELETE", "FUNCTION FLUSH x", "FUNCTION FLUSH async x", "FUNCTION KILL", "FUNCTION RESTORE x",
		"FUNCTION RESTORE x y", "FUNCTION RESTORE x append z", "FUNCTION LOAD", "FUNCTION LOAD x y", "FUNCTION LOAD replace", "FUNCTION LOAD replace replace",
		"FUNCTION LOAD replace replace x y", "FUNCTION", "FUNCTION foo", "FLUSHALL", "FCALL count 0", "FLUSHDB", "FCALL count 0", "DBSIZE",
		"MULTI", "FCALL incr 1 n", "FUNCTION DELETE lib", "FCALL count 0", "EXEC", "GET n",
	} {
		cmds = append(cmds, strings.Fields(words))
	}
	return append(cmds,
		[]string{"FUNCTION", "LOAD", functionLibrary}, []string{"FUNCTION", "LOAD", functionLibrary},
		[]string{"FUNCTION", "LOAD", "#!lua name=other\nredis.register_function('count', function() end)"},
		[]string{"FUNCTION", "LOAD", "REPLACE", "#!lua name=other\nredis.register_function('count', function() end)"},
		[]string{"FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('count', function() return 'new' end)"},
		[]string{"FCALL", "count", "0"}, []string{"FCALL", "args", "0"},
		[]string{"FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nerror()"}, []string{"FCALL", "count", "0"},
		[]string{"EVAL", "return redis.call('fcall', 'count', 0)", "0"}, []string{"EVAL", "return redis.call('function', 'flush')", "0"},
		[]string{"FUNCTION", "FLUSH"}, []string{"FUNCTION", "LIST"},
		[]string{"FUNCTION", "LOAD", reg(`'f', function() return 'f' end`)}, []string{"FCALL", "F", "0"},
		[]string{"FUNCTION", "LOAD", strings.ReplaceAll(reg(`'F', function() return 'F' end`), "=a", "=A")},
		[]string{"FUNCTION", "DELETE", "A"}, []string{"FUNCTION", "DELETE", "a"}, []string{"FCALL", "F", "0"},
	)
}

// TestFunctionsAnswerLikeRedis runs every command on redis-server, too.
func TestFunctionsAnswerLikeRedis(t *testing.T) {
	conn, err := net.Dial("tcp", testneed.RedisServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	e, s := newTestEngine(t)
	for _, args := range functionCommands() {
		fmt.Fprintf(conn, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(a), a)
		}
		want, err := readReply(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(run(e, s, args...)); got != want {
			t.Errorf("%q\n engine: %s\n redis:  %s", args, got, want)
		}
	}
}

func expectReply(t *testing.T, e *Engine, s uint64, want string, args ...string) {
	t.Helper()
	if got := show(run(e, s, args...)); got != want {
		t.Fatalf("%q: %s, want %s", args, got, want)
	}
}

func value(name, result string) string {
	return "#!lua name=" + name + "\nredis.register_function('f_" + name + "', function() return '" + result + "' end)"
}

func TestFunctionsAreDumpedAndRestored(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "FUNCTION", "LOAD", value("a", "one"))
	run(e, s, "FUNCTION", "LOAD", value("b", "two"))
	dump := run(e, s, "FUNCTION", "DUMP").Str
	expectReply(t, e, s, "-ERR Library a already exists", "FUNCTION", "RESTORE", dump)
	expectReply(t, e, s, "-ERR Library a already exists", "FUNCTION", "RESTORE", dump, "append")

	run(e, s, "FUNCTION", "LOAD", "REPLACE", value("a", "changed"))
	run(e, s, "FUNCTION", "LOAD", value("c", "three"))
	expectReply(t, e, s, "+OK", "FUNCTION", "RESTORE", dump, "Replace")
	expectReply(t, e, s, `"one"`, "FCALL", "f_a", "0")
	expectReply(t, e, s, `"three"`, "FCALL", "f_c", "0")

	expectReply(t, e, s, "+OK", "FUNCTION", "RESTORE", dump, "flush")
	expectReply(t, e, s, "-ERR Function not found", "FCALL", "f_c", "0")
	expectReply(t, e, s, `"two"`, "FCALL", "f_b", "0")

	run(e, s, "FUNCTION", "FLUSH")
	run(e, s, "FUNCTION", "LOAD", "#!lua name=z\nredis.register_function('f_b', function() return 'mine' end)")
	expectReply(t, e, s, "-ERR Function f_b already exists", "FUNCTION", "RESTORE", dump, "REPLACE")
	expectReply(t, e, s, "-ERR Function not found", "FCALL", "f_a", "0") // all or none
	expectReply(t, e, s, `"mine"`, "FCALL", "f_b", "0")

	for i := range dump {
		broken := []byte(dump)
		broken[i] ^= 1
		expectReply(t, e, s, "-ERR DUMP payload version or checksum are wrong", "FUNCTION", "RESTORE", string(broken), "REPLACE")
		expectReply(t, e, s, "-ERR DUMP payload version or checksum are wrong", "FUNCTION", "RESTORE", dump[:i], "REPLACE")
	}
	run(e, s, "FUNCTION", "FLUSH")
	empty := run(e, s, "FUNCTION", "DUMP").Str
	expectReply(t, e, s, "+OK", "FUNCTION", "RESTORE", empty)
}

// FuzzFunctionRestore looks for dumps that are taken although they are none.
func FuzzFunctionRestore(f *testing.F) {
	f.Add(dumpLibraries(nil))
	f.Add("r2cf-functions\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, dump string) {
		if codes, ok := readDump(dump); ok && len(codes) > len(dump) {
			t.Fatalf("%d libraries in %d bytes", len(codes), len(dump))
		}
	})
}

// TestFunctionThatSpendsItsBudgetIsUndone is the rule of scripts for functions.
func TestFunctionThatSpendsItsBudgetIsUndone(t *testing.T) {
	e, s := newTestEngine(t)
	e.opt.ScriptSteps = 100_000
	loop := "#!lua name=loop\nredis.register_function('loop', function(k) redis.call('set', k[1], 'x') while true do end end)\n" +
		"redis.register_function('fine', function(k) return redis.call('get', k[1]) end)"
	expectReply(t, e, s, `"loop"`, "FUNCTION", "LOAD", loop)
	run(e, s, "SET", "k", "before")
	if got := show(run(e, s, "FCALL", "loop", "1", "k")); !strings.Contains(got, "budget") {
		t.Fatal(got)
	}
	expectReply(t, e, s, `"before"`, "FCALL", "fine", "1", "k")
	got := run(e, s, "FUNCTION", "LOAD", "#!lua name=endless\nlocal function f() return f() end f()").Str
	if !strings.Contains(got, "Error registering functions") || !strings.Contains(got, "budget") {
		t.Fatal(got)
	}
	expectReply(t, e, s, `"before"`, "FCALL", "fine", "1", "k")
}

// TestFunctionsHaveProtocol3Shapes looks at what RESP2 does not show.
func TestFunctionsHaveProtocol3Shapes(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "HELLO", "3")
	run(e, s, "FUNCTION", "LOAD", single)
	lib := run(e, s, "FUNCTION", "LIST").Elems[0]
	if lib.Kind != resp.Map || lib.Elems[5].Elems[0].Kind != resp.Map || lib.Elems[5].Elems[0].Elems[5].Kind != resp.Set {
		t.Errorf("%+v", lib)
	}
	stats := run(e, s, "FUNCTION", "STATS")
	if stats.Kind != resp.Map || !slices.ContainsFunc(stats.Elems, func(r resp.Reply) bool { return r.Kind == resp.Map }) {
		t.Errorf("%+v", stats)
	}
}
