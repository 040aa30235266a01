package engine

import (
	"bufio"
	"fmt"
	"net"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

// libraryCases are scripts on Redis's Lua libraries whose answers must be those
// of redis-server. Objects have one field: Lua's order of fields is its own.
var libraryCases = []string{
	// cjson
	`return cjson.encode({1, 2, 3.5, 'x', true, false, cjson.null})`, `return cjson.encode({})`, `return cjson.encode({a = {}})`,
	`return cjson.encode({a = 1/3})`, `return cjson.encode(1e100)`, `return cjson.encode(123456789012345678)`, `return cjson.encode(-0)`,
	`return cjson.encode('a"b\\c/d\b\t\n\f\r\0\1\127\200\255')`, `return cjson.encode({[1] = 1, [3] = 3})`, `return cjson.encode({[1] = 1, [40] = 3})`,
	`return cjson.encode({[1.5] = 1})`, `return cjson.encode({[true] = 1})`, `return cjson.encode(function() end)`, `return cjson.encode(0/0)`,
	`return cjson.encode(1/0)`, `return cjson.encode()`, `return cjson.encode(1, 2)`, `return cjson.encode(nil)`, `return cjson.encode({nil, 2})`,
	`return cjson.encode({['10'] = 1})`, `return cjson.encode({[0] = 1})`, `return cjson.encode({[-1] = 1})`, `return cjson.encode(true)`,
	`local t = {} t.t = t return cjson.encode(t)`, `local t = {} for i = 1, 1001 do t = {t} end return cjson.encode(t)`,
	`cjson.encode_number_precision(3) return cjson.encode(math.pi)`, `return cjson.encode_number_precision(17)`,
	`cjson.encode_number_precision(14) return cjson.encode_number_precision()`,
	`cjson.encode_sparse_array(true) local r = cjson.encode({[1] = 1, [40] = 3}):len() cjson.encode_sparse_array(false) return r`,
	`return {tostring(cjson.encode_sparse_array()), select(2, cjson.encode_sparse_array())}`,
	`cjson.encode_invalid_numbers('null') local r = cjson.encode({0/0, 1/0}) cjson.encode_invalid_numbers(false) return r`,
	`cjson.encode_invalid_numbers(true) local r = cjson.encode({0/0, 1/0, -1/0}) cjson.encode_invalid_numbers(false) return r`,
	`return cjson.encode_max_depth(0)`, `return cjson.encode_max_depth('x')`, `return cjson.decode_max_depth()`, `return tostring(cjson.encode_keep_buffer())`,
	`local d = cjson.decode('[1, 2.5, "x", true, false, null, -3e2, {"a": [{}]}]') return {d[1], tostring(d[2]), d[3], d[4], d[5], d[6] == cjson.null, d[7], #d[8].a}`,
	`return cjson.decode('"\\u00e9\\ud83d\\ude00\\u0041\\/\\n"')`, `return cjson.decode('"\\ud83d"')`, `return cjson.decode('"\\ude00\\ud83d"')`,
	`return cjson.decode('"\\u12g4"')`, `return cjson.decode('"\\x"')`, `return cjson.decode('"open')`, `return cjson.decode('')`, `return cjson.decode('[1,]')`,
	`return cjson.decode('[1 2]')`, `return cjson.decode('{1:2}')`, `return cjson.decode('{"a" 2}')`, `return cjson.decode('{"a":2,}')`, `return cjson.decode('{"a":2')`,
	`return cjson.decode('[1')`, `return cjson.decode('nul')`, `return cjson.decode('tru')`, `return cjson.decode('1 2')`, `return cjson.decode('@')`,
	`return tostring(cjson.decode('0x1F'))`, `return tostring(cjson.decode('inf'))`, `return tostring(cjson.decode('-Infinity'))`, `return tostring(cjson.decode('012'))`,
	`return tostring(cjson.decode('+4'))`, `return tostring(cjson.decode('1e'))`, `return tostring(cjson.decode('-'))`, `return tostring(cjson.decode('.5'))`,
	`return tostring(cjson.decode('1.'))`, `return cjson.decode('"a\0b"')`, `return cjson.decode('\0\0')`, `return cjson.decode('[]x')`, `return cjson.decode(5)`,
	`return cjson.decode(nil)`, `return cjson.decode()`, `return cjson.decode({})`, `return cjson.decode('"\200\255"')`, `return type(cjson.null)`, `return cjson.null`,
	`local s = '' for i = 1, 1001 do s = s .. '[' end return cjson.decode(s)`, `cjson.x = 1`, `cjson.decode_invalid_numbers(false) return cjson.decode('0x1F')`,
	`cjson.decode_invalid_numbers(false) return cjson.decode('nan')`, `return cjson._NAME .. cjson._VERSION`,
	`return cjson.decode(cjson.encode({KEYS[1], ARGV[1]}))`, `return cjson.encode(cjson.decode('{"a":[1,2,{"b":null}]}'))`, `return cjson.encode({a = cjson.null})`,
	// cmsgpack
	`return cmsgpack.pack(1, -1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 2^53)`, `return cmsgpack.pack(-32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649, -2^53)`,
	`return cmsgpack.pack(1.5, 0.1, 1e300, 1/0)`, `return cmsgpack.pack(true, false, nil)`, `return cmsgpack.pack('', 'abc', ('x'):rep(31), ('x'):rep(32), ('y'):rep(256))`,
	`return cmsgpack.pack({}, {1,2,3}, {a = 1}, {[1] = 1, [3] = 3 , [2] = 2})`, `return cmsgpack.pack({['1'] = 'a'})`, `return cmsgpack.pack({1, {2, {3, {a = {}}}}})`,
	`local t = {} for i = 1, 20 do t = {t} end return cmsgpack.pack(t)`, `local t = {} for i = 1, 20 do t[i] = i end return cmsgpack.pack(t)`, `return cmsgpack.pack()`,
	`return cmsgpack.pack(function() end)`, `return {cmsgpack.unpack(cmsgpack.pack(1, 'a', {1, 2}, true, -5, 1.5))}`, `return cmsgpack.unpack('')`, `return cmsgpack.unpack('\220')`,
	`return cmsgpack.unpack('\193')`, `return cmsgpack.unpack('\146\1')`, `return cmsgpack.unpack('\129\192\1')`, `return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3))}`,
	`return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), 2)}`, `return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), 4)}`, `return {cmsgpack.unpack_one(cmsgpack.pack(1), -1)}`,
	`return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2, 1)}`, `return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), -1)}`, `return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2)}`,
	`return cmsgpack.unpack('\196\2ab')`, `return {cmsgpack.unpack('\204\200\208\200\209\255\0\210\255\255\255\0\205\1\2')}`, `return cmsgpack._NAME .. cmsgpack._VERSION`, `return cmsgpack.unpack()`,
	// bit
	`return bit.tobit(0xffffffff)`, `return bit.tobit(0xffffffff + 1.6)`, `return bit.tobit(2.5)`, `return bit.tobit(-2.5)`, `return bit.tobit(2^40 + 5)`, `return bit.tobit(1e100)`,
	`return bit.bnot(0)`, `return bit.band(0xff, 0x0f, 7)`, `return bit.bor(1, 2, 4)`, `return bit.bxor(0xa5a5, 0xffff)`, `return bit.lshift(1, 31)`, `return bit.rshift(-1, 28)`,
	`return bit.arshift(-256, 4)`, `return bit.rol(0x12345678, 12)`, `return bit.ror(0x12345678, 36)`, `return bit.bswap(0x12345678)`, `return bit.tohex(1)`, `return bit.tohex(-1, 4)`,
	`return bit.tohex(0xdeadbeef, -8)`, `return bit.tohex(0xdeadbeef, 20)`, `return bit.tohex(5, 0)`, `return bit.band('7', 3)`, `return bit.band()`, `return bit.band('x')`, `return bit.lshift(1)`, `return bit.band(nil, 1)`,
	// struct
	`return struct.pack('bBhHiIlLT', -1, 255, -2, 65535, -3, 4294967295, -4, 5, 6)`, `return struct.pack('>HI3i5', 1, 2, -3)`, `return struct.pack('<fd', 1.5, -0.1)`,
	`return struct.pack('>fd', 1.5, -0.1)`, `return struct.pack('sc3c0', 'ab', 'abcd', 'xyz')`, `return struct.pack('c5', 'abc')`, `return struct.pack('!bi!4hd', 1, 2, 3, 4)`,
	`return struct.pack('bxb', 1, 2)`, `return struct.pack('i33', 1)`, `return struct.pack('!3b', 1)`, `return struct.pack('z', 1)`, `return struct.pack('i16', -5)`, `return struct.pack('b')`,
	`return struct.pack('b', 'x')`, `return struct.pack('b', 300)`, `return struct.pack('I8', 2^63)`, `return struct.pack('i99999999999', 1)`,
	`return {struct.unpack('bBhH', '\255\255\254\255\255\255')}`, `return {struct.unpack('>I2I3', '\1\2\3\4\5')}`, `return {struct.unpack('sb', 'abc\0\5')}`, `return struct.unpack('s', 'abc')`,
	`return {struct.unpack('bc0', '\3abcdef')}`, `return {struct.unpack('c0', 'abc')}`, `return struct.unpack('I4', 'abc')`, `return {struct.unpack('b', 'abc', 3)}`, `return struct.unpack('b', 'abc', 0)`,
	`return struct.unpack('b', 'abc', 5)`, `local f, d = struct.unpack('<fd', struct.pack('<fd', 1.5, -0.1)) return {tostring(f), tostring(d)}`, `return struct.size('bhild')`, `return struct.size('!bhild')`,
	`return struct.size('s')`, `return struct.size('c0')`, `return struct.size('c10')`, `return {struct.unpack('i16', struct.pack('i16', -5))}`, `return {struct.unpack('>i0b', 'a')}`,
	// patterns
	`return {string.find('hello world', 'o', 6)}`, `return {string.find('a.b', '.', 1, true)}`, `return {string.find('abc', 'b', -1)}`, `return {string.find('abc', '', 10)}`, `return {('abc'):find('(b)(c)')}`,
	`return {string.match('key = value', '(%w+)%s*=%s*(%w+)')}`, `return {string.match('hello', '()ll()')}`, `return string.match('2024-01-02', '%d+-(%d+)')`, `return string.match('  trim  ', '^%s*(.-)%s*$')`,
	`return {string.gsub('hello world', 'o', '0')}`, `return {string.gsub('hello', '', '-')}`, `return {string.gsub('abc', '%w', '%0%0')}`, `return {string.gsub('abc', '(a)(b)', '%2%1')}`,
	`return {string.gsub('hello world', '%w+', {hello = 'bye'})}`, `return {string.gsub('abc', '.', function(c) if c ~= 'b' then return c:upper() end end)}`, `return {string.gsub('abc', 'b', '%')}`,
	`return {string.gsub('abcabc', 'b', 'x', 1)}`, `return {string.gsub('abc', '^a', 'x')}`, `return {string.gsub('aaa', '^a', 'x')}`, `return string.gsub('abc', 'b', true)`, `return string.gsub('abc', '(', 'x')`,
	`return string.gsub('abc', 'b', '%2')`, `return string.gsub('abc', 'b', function() return {} end)`, `return string.find('abc', '[a')`, `return string.find('abc', '%')`, `return string.find('abc', 'a)')`,
	`return string.find('THE (quick) fox', '%((%a+)%)')`, `return string.match('f(a(b)c)d', '%b()')`, `return string.find('a', '%b')`, `return {string.find('THE (quick) fox', '%f[%a]%a+', 5)}`, `return string.find('a', '%f')`,
	`return string.match('abab', '(ab)%1')`, `return string.match('x', '%1')`, `return string.match('aXb', '[^%l]')`, `return string.match('a-b]c', '[]-]')`, `return string.match('x^y', '[x^]+')`, `return string.match('abc', '[a-]')`,
	`return string.match('\0a', '%z')`, `return string.find('a\0b', '\0')`, `return string.find('a\0b', 'a\0c')`, `return string.match('a$b', 'a$b')`, `return string.match('aaa', 'a-$')`, `return string.match('aaab', 'a?a?b')`, `return string.match('caaab', 'a+b')`,
	`local t = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do t[#t + 1] = k .. v end return t`, `local t = {} for w in string.gmatch('abc', '') do t[#t + 1] = w end return #t`,
	`local t = {} for w in string.gmatch('^a^b', '^%w') do t[#t + 1] = w end return t`, `return string.find(12345, 34)`, `return string.find()`, `return string.rep('x', -1)`, `return string.rep('ab', 3)`, `return #string.rep('', 1e9)`,
	`return string.match('%d', '%%d')`, `return string.match('É', '%a')`, `return string.gsub('abc', '%w', '%%')`, `return string.match('a\n b', '%s+')`, `return string.match('!#a', '%p+')`, `return string.match('fFgG', '%x+')`, `return string.match('AbC', '%u%l%U?')`,
	`local t = {} for i = 1, 7000 do t[i] = i end return select('#', unpack(t))`, `return redis.call('rpush', KEYS[1], unpack({1, 2, 3}))`, `local t = {3, 1, 2} table.sort(t) return t`,
	`local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) table.insert(t, 1, 9) table.insert(t, 8) table.remove(t, 2) return t`,
	`local function f(n) if n == 0 then return {0} end return f(n - 1) end return f(50)`, `local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v .. '!') end}) for i = 1, 3 do t[i] = i end return t`,
	`local n = 0 repeat local x = n n = n + 1 until x >= 5 return n`, `local t = {} for _, v in ipairs({1, 2, 3}) do t[#t + 1] = function() return v end end return t[1]() + t[3]()`,
	`local function v(...) return {...} end return v(1, 2, 3)`, `local function v(...) return #{..., 5} end return v(1, 2, 3)`, `local t = {} while #t < 3 do t[#t + 1] = {#t} end return t`,
}

// TestLibrariesAnswerLikeRedis runs every case on redis-server, too.
func TestLibrariesAnswerLikeRedis(t *testing.T) {
	conn, err := net.Dial("tcp", testneed.RedisServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	e, s := newTestEngine(t)
	for i, script := range libraryCases {
		args := []string{"EVAL", script, "1", fmt.Sprint("library", i), "41"}
		fmt.Fprintf(conn, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(a), a)
		}
		want, err := readReply(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(run(e, s, args...)); got != want {
			t.Errorf("%s\n engine: %q\n redis:  %q", script, got, want)
		}
	}
}
