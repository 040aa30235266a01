package engine

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// scriptCases are scripts whose answers must be those of redis-server.
var scriptCases = []string{
	`return 3.99`, `return -3.99`, `return {1,2,{3,'x'}}`, `return {1,nil,3}`, `return true`, `return false`, `return nil`,
	`return tostring(0.1+0.2)`, `return tostring(1e15)`, `return tostring(1e100)`, `return 1e15 .. ''`, `return 0.1 .. 'x' .. 10/3`,
	`return tostring(3)`, `return 100000000000000 .. ''`, `return tostring(-0)`, `return 2^53 .. ''`, `return 1/0 .. ''`, `return tostring(0/0)`,
	`return table.concat({1.5, 10/3, 'x'}, ',')`, `return string.format('%5.2f|%d|%s|%q|%x|%5s|%-5d|%05d|%g', 3.14159, 42, 1/3, 'a"b', 255, 'ab', 7, 42, 0.1)`,
	`return string.len(10/3)`, `return ('x'):rep(3)`, `return string.sub(12345.678, 2, 5)`, `return string.gsub('abc', 'b', 1.5)`,
	`redis.call('set', KEYS[1], 10/3) return redis.call('get', KEYS[1])`,
	`redis.call('set', KEYS[1], 1e20) return redis.call('get', KEYS[1])`,
	`redis.call('set', KEYS[1], 0.1) return redis.call('get', KEYS[1])`,
	`return redis.call('get', 'no such key')`, `return type(redis.call('get', 'no such key'))`,
	`return redis.call('set', KEYS[1], 'v')`, `return redis.call('set', KEYS[1], 'v').ok`,
	`redis.call('set', KEYS[1], 'v') return redis.pcall('lpush', KEYS[1], 'x')`,
	`local ok, e = pcall(redis.call, 'get') return e`, `local ok, e = pcall(error, {err='E x'}) return {ok, e, type(e)}`, `return {pcall(function() return 1, 2 end)}`,
	`local ok, e = pcall(error, {1, 2}) return e`, `local ok, e = pcall(error, false) return tostring(e)`,
	`redis.call('set', KEYS[1], 'v') return redis.call('lpush', KEYS[1], 'x')`,
	`local e = redis.pcall('nope') return e.err`, `return redis.call('nope')`, `return redis.call('get')`, `return redis.call()`,
	`return redis.call('get', {})`, `return redis.error_reply('MY error')`, `return redis.error_reply('FAILED')`, `return redis.error_reply('-X y')`,
	`return redis.status_reply('FINE')`, `return {err='E x'}`, `return {ok='fine'}`, `return redis.sha1hex('')`, `return redis.sha1hex('abc')`,
	`error('boom')`, `error({err='My Err'})`, `return undefined_name`, `undefined_name = 1`, `local x = nil; return pcall(function() return 1 end)`,
	`redis.foo = 1`, `string.x = 1`, `rawset(_G, 'x', 1) return 1`, `return type(_G)`, `return #KEYS .. #ARGV`,
	`return ARGV[1] + 1`, `return tonumber('0x10')`, `return tonumber('z', 36)`, `return math.random(100)`, `return math.random(1000000)`,
	`math.randomseed(42) return {math.random(1000), math.random(1000)}`, `return unpack({1,2,3})`, `return redis.call('subscribe', 'x')`,
	`return redis.call('multi')`, `return loadstring('return 1 .. 2')()`, `local t = {} t[1]=1 t[2]=2 return #t`, `return redis.call('incrbyfloat', KEYS[1], '1.5')`,
	`redis.call('hset', KEYS[1], 'a', 1, 'b', 2) return redis.call('hgetall', KEYS[1])`,
	`redis.call('rpush', KEYS[1], 'a', 'b') return redis.call('lrange', KEYS[1], 0, -1)`,
	`redis.call('select', 5) redis.call('set', KEYS[1], 'x') return redis.call('exists', KEYS[1])`,
	`redis.setresp(3) redis.call('hset', KEYS[1], 'a', 1) return redis.call('hgetall', KEYS[1])['map']['a']`,
	`return setmetatable({}, {__concat = function(a, b) return 'meta' end}) .. 'x'`, `return string.rep('ab', 3, ',')`,
	`return {1.5, '2.5', 3}`, `return string.find('hello world', 'o w')`, `return string.format('%s %s', 1, 1.5)`,
	`return tostring(12345678901234567890)`, `return 123456789012345 .. ''`, `return string.format('%d', 3.7)`, `return -1 .. ''`,
	`for i=1,3 do redis.call('rpush', KEYS[1], i) end return redis.call('lrange', KEYS[1], 0, -1)`,
	`local s = '' for i=1,5 do s = s .. i .. ',' end return s`, `return #'abc' .. 'x'`, `goto done`,
	`return string.byte('A') .. string.char(66)`, `return ('%d'):format(3)`, `return redis.call('time')[3]`, `return redis.REDIS_VERSION`,
	`#!lua flags=no-writes
redis.call('set', KEYS[1], 1)`, `#!lua flags=nonsense
return 1`, `return redis.call('eval', 'return 1', 0)`,
}

// TestScriptsAnswerLikeRedis runs every case on redis-server, too.
func TestScriptsAnswerLikeRedis(t *testing.T) {
	conn, err := net.Dial("tcp", testneed.RedisServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	e, s := newTestEngine(t)
	for i, script := range scriptCases {
		key := fmt.Sprint("k", i)
		args := []string{"EVAL", script, "1", key, "41"}
		fmt.Fprintf(conn, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(a), a)
		}
		want, err := readReply(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(run(e, s, args...)); got != want {
			t.Errorf("%s\n engine: %s\n redis:  %s", script, got, want)
		}
	}
}

// readReply reads one RESP2 reply as show writes it.
func readReply(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	rest := strings.TrimSuffix(line[1:], "\r\n")
	switch line[0] {
	case '$':
		n, _ := strconv.Atoi(rest)
		if n < 0 {
			return "nil", nil
		}
		b := make([]byte, n+2)
		_, err := io.ReadFull(in, b)
		return strconv.Quote(string(b[:n])), err
	case '*':
		n, _ := strconv.Atoi(rest)
		if n < 0 {
			return "nil", nil
		}
		parts := make([]string, n)
		for i := range parts {
			if parts[i], err = readReply(in); err != nil {
				return "", err
			}
		}
		return "[" + strings.Join(parts, " ") + "]", nil
	}
	return string(line[0]) + rest, nil
}

// show writes a reply as RESP2 would carry it.
func show(r resp.Reply) string {
	switch r.Kind {
	case resp.Nil, resp.NilArray:
		return "nil"
	case resp.Int, resp.Bool:
		return fmt.Sprint(":", r.Int)
	case resp.Status:
		return "+" + r.Str
	case resp.Error:
		return "-" + r.Str
	case resp.Double:
		return strconv.Quote(formatDouble(r.Float()))
	case resp.Bulk, resp.BigNumber, resp.Verbatim:
		return strconv.Quote(r.Str)
	}
	parts := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		parts[i] = show(e)
	}
	return "[" + strings.Join(parts, " ") + "]"
}
