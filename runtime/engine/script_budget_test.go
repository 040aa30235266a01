package engine

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// hungry are scripts that work or grow without end, each in its own way, or that
// ask for more at once than there may be. None of them may escape the budget.
var hungry = []string{
	// loops without what looks like work
	`while true do end`, `repeat until false`, `for i = 1, 1e300 do end`, `for i = 1, 0, -1e-300 do end`,
	`for k in function() return 1 end do end`, `local function f() return f() end return f()`, `while true do local a, b, c = 1, 2, 3 end`,
	// errors and handlers
	`while true do pcall(error, 'x') end`, `local function f() pcall(f) return f() end return f()`,
	`xpcall(function() while true do end end, function() while true do end end)`, `xpcall(error, function(e) while true do end end)`,
	`while true do pcall(function() while true do end end) end`, `local function f() return xpcall(error, f) end while true do f() end`,
	`while true do pcall(error, ('x'):rep(1000)) end`, `local s = ('x'):rep(1e6) while true do pcall(error, s) end`,
	`local function f() local ok, e = pcall(f) error(e .. 'x', 0) end while true do pcall(f) end`,
	// recursion
	`local function f() return 1 + f() end while true do pcall(f) end`, `local function f(...) return 1 + f(1, 2, 3, ...) end while true do pcall(f) end`,
	`local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end while true do pcall(function() return t.x end) end`,
	`local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) while true do pcall(function() return a.x end) end`,
	`local t = setmetatable({}, {}) getmetatable(t).__newindex = t while true do pcall(function() t.x = 1 end) end`,
	`local t = setmetatable({}, {__call = 1}) while true do pcall(t) end`, `local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) while true do pcall(tostring, t) end`,
	`local t = setmetatable({}, {__lt = function(a, b) return a < b end}) while true do pcall(function() return t < t end) end`,
	`local t = {} for i = 1, 90 do t = setmetatable({}, {__index = t}) end while true do local x = t.x end`,
	// patterns
	`return string.find(('a'):rep(5000), ('.-'):rep(8) .. 'b')`, `return ('a'):rep(50000):gsub('.-b', '')`, `return string.match(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(40) .. 'b')`,
	`for w in ('a'):rep(20000):gmatch('.-.-b') do end`, `while true do string.find(('x'):rep(1e5), '(x*)%1b') end`, `while true do string.find(('('):rep(1e5), '%b()') end`,
	`while true do string.find(('a'):rep(1e5), ('a'):rep(1e4) .. 'b', 1, true) end`, `while true do string.find(('a'):rep(1e5), '[^b]*[^b]*c') end`, `while true do string.gsub(('a'):rep(1e4), '', '') end`,
	`while true do string.gsub(('a'):rep(1e4), '.', function() end) end`, `return string.gsub('x', 'x', function() while true do end end)`, `while true do ('x'):rep(1e4):gsub('%f[x]x', '') end`,
	// strings
	`local s = 'x' while true do s = s .. s end`, `local s = 'x' while true do pcall(function() s = s .. s end) end`, `return string.rep('x', 2^30)`, `return ('x'):rep(2^31 - 1)`, `return ('xy'):rep(2^31 - 1)`,
	`local t = {} while true do t[#t + 1] = string.format('%99d', #t) end`, `local f = ('%99d'):rep(1e4) while true do pcall(string.format, f, 1) end`, `local t = {} while true do t[#t + 1] = ('x'):rep(1000):upper() end`,
	`local s = ('x'):rep(1e5) while true do s:reverse() end`, `local s = ('x'):rep(1e5) while true do local a = s:lower() end`, `local s = ('x'):rep(1e6) while true do local a = s:sub(2) end`,
	`local s = ('\0'):rep(1e5) while true do local a = string.format('%q', s) end`, `return ('x'):rep(3000):gsub('x', ('y'):rep(10000))`, `return ('x'):rep(1000):gsub('(x*)', ('%1'):rep(100000))`,
	`local s = ('x'):rep(7000) while true do string.char(s:byte(1, -1)) end`, `local s, r = ('x'):rep(1e6), ('x'):rep(999999) r = r .. 'x' while true do local b = s == r end`,
	`local s, r = ('x'):rep(1e6), ('x'):rep(999999) r = r .. 'y' while true do local b = s < r end`, `local t = {} while true do t[#t + 1] = #t .. '' end`, `while true do tostring({}) end`,
	`local t = {} for i = 1, 100 do t[i] = ('x'):rep(1e4) end while true do table.concat(t) end`, `local t = {} for i = 1, 1000 do t[i] = '' end while true do table.concat(t, ('x'):rep(1000)) end`,
	`while true do tonumber(('1'):rep(1e5)) end`, `local s = ('1'):rep(1e5) while true do local a = s + 1 end`, `local s = (' '):rep(1e6) while true do tonumber(s) end`, `local s = ('1'):rep(1e5) while true do tonumber(s, 7) end`,
	// tables
	`local t = {} for i = 1, 1e9 do t[i] = i end`, `local t = {} while true do t[#t + 1] = {} end`, `local t while true do t = {t} end`, `local t = {} for i = 1, 1e9 do t[-i] = i end`, `local t = {} for i = 1, 1e9 do t['k' .. i] = i end`,
	`local t = {} while true do t[{}] = 1 end`, `local t = {} while true do table.insert(t, 'x') end`, `local t = {} while true do table.insert(t, 1, 'x') end`, `local t = {} for i = 1, 1e9 do rawset(t, i, i) end`,
	`local t = {} for i = 1, 1000 do t[i] = i end while true do table.insert(t, 1, 1) table.remove(t, 1) end`, `table.insert({}, -2^31, 1)`, `local t = {} for i = 1, 2^17 do t[i] = 1 end for i = 2, 2^17 do t[i] = nil end while true do next(t, 1) end`,
	`local t = {} for i = 1, 2^12 do t['k' .. i] = i end local n = 0 while true do n = n + 1 t['k' .. n] = nil t['n' .. n] = 1 end`, `local t = {} for i = 1, 1e9 do t[i * 2^32] = 1 end`,
	`local t = {} for i = 1, 1e9 do t[('x'):rep(100) .. i] = 1 end`, `local t = {} for i = 1, 3000 do t[i] = i end while true do table.sort(t) end`, `local t = {} for i = 1, 3000 do t[i] = i end while true do pcall(table.sort, t, function() return true end) end`,
	`local t = {} for i = 1, 3000 do t[i] = 1 end table.sort(t, function() while true do end end)`, `while true do table.maxn({1, 2, 3}) end`, `table.foreach({1}, function() while true do end end)`, `while true do local a, b, c = unpack({1, 2, 3}) end`,
	`local t = {} for i = 1, 7000 do t[i] = i end while true do local r = {unpack(t)} end`, `local t = {} for i = 1, 7000 do t[i] = i end while true do select('#', unpack(t)) end`, `local t = {} for i = 1, 7000 do t[i] = i end while true do math.max(unpack(t)) end`,
	`local function v(...) return {...} end local t = {} for i = 1, 1e9 do t = {t, v(unpack(ARGV))} end`, `return table.concat({}, '', 1, 2^31 - 1)`, `local t = setmetatable({}, {__index = function() return 'x' end}) while true do local s = 0 for k, v in ipairs(t) do s = s + 1 end end`,
	// functions and coroutines
	`local f while true do local g = f f = function() return g end end`, `local t = {} while true do t[#t + 1] = coroutine.create(function() end) end`, `while true do coroutine.wrap(function() coroutine.yield() end)() end`,
	`local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end`, `coroutine.wrap(function() while true do end end)()`, `local function f() return coroutine.wrap(f)() end while true do pcall(f) end`,
	`while true do coroutine.resume(coroutine.create(function() while true do end end)) end`, `local function f(...) local a, b, c, d, e, g, h = ... return 1 + f(...) end while true do coroutine.resume(coroutine.create(f), unpack(ARGV)) end`,
	// compiling
	`while true do loadstring(('x = 1 '):rep(1000)) end`, `while true do loadstring(('('):rep(1e5)) end`, `while true do loadstring('return ' .. ('{'):rep(190) .. ('}'):rep(190)) end`, `while true do loadstring('--' .. ('x'):rep(1e5)) end`,
	`while true do loadstring('x = "' .. ('x'):rep(1e5) .. '"') end`, `while true do load(function() return 'x' end) end`, `load(function() return ' ' end)`, `load(function() while true do end end)`, `while true do loadstring('return ' .. ('1 .. '):rep(190) .. '1') end`,
	`while true do loadstring('local a = ' .. ('f() + '):rep(1e3) .. '1') end`, `local s = ('a'):rep(1e5) while true do loadstring(s .. ' = 1') end`,
	// Redis's libraries
	`local t = {'x'} while true do t = {t, cjson.encode({('x'):rep(100)})} end`, `local t = {} while true do t[#t + 1] = cjson.decode('[1,2,3,4,5,6,7,8]') end`, `cjson.encode_max_depth(1e9) local t = {} for i = 1, 1e4 do t = {t} end while true do pcall(cjson.encode, t) end`,
	`local t = {} t[1] = t while true do pcall(cjson.encode, t) end`, `local s = ('['):rep(900) .. (']'):rep(900) while true do cjson.decode(s) end`, `local s = '"' .. ('\\u0041'):rep(1e4) .. '"' while true do cjson.decode(s) end`, `cjson.encode({[1] = 1, [2^31 - 1] = 2})`,
	`cjson.encode_sparse_array(false, 0) cjson.encode({[1] = 1, [2^31 - 1] = 2})`, `local s = (' '):rep(1e6) while true do pcall(cjson.decode, s) end`, `local s = ('1'):rep(1e5) while true do cjson.decode(s) end`, `while true do cjson.new() end`,
	`local t = {} while true do t[#t + 1] = cmsgpack.pack(('x'):rep(1000)) end`, `local s = ('\145'):rep(3000) .. '\1' while true do cmsgpack.unpack(s) end`, `local s = '\221\127\255\255\255' while true do pcall(cmsgpack.unpack, s) end`, `local s = ('\1'):rep(7000) while true do cmsgpack.unpack(s) end`,
	`local t = {1} t[2] = t while true do cmsgpack.pack(t) end`, `local t = {} for i = 1, 16 do t = {t, t} end while true do cmsgpack.pack(t) end`, `while true do struct.pack('c0', ('x'):rep(1e5)) end`, `local f = ('b'):rep(1e4) while true do pcall(struct.unpack, f, 'x') end`,
	`struct.pack(('x'):rep(1e6):rep(100))`, `while true do struct.unpack('s', ('x'):rep(1e5) .. '\0') end`, `while true do struct.size(('i'):rep(1e4)) end`, `while true do redis.sha1hex(('x'):rep(1e6)) end`, `while true do bit.band(1, 2, 3) end`,
	`while true do redis.error_reply(('x'):rep(1e5)) end`, `while true do redis.log(1, ('x'):rep(1e5)) end`, `while true do math.random() end`,
	// commands and replies
	`redis.call('RPUSH', 'l', unpack(ARGV)) local t = {} while true do t[#t + 1] = redis.call('LRANGE', 'l', 0, -1) end`, `while true do redis.call('RPUSH', 'l', 'x') end`, `while true do redis.pcall('GET') end`, `while true do redis.pcall('NOPE', ('x'):rep(1e5)) end`,
	`while true do redis.call('SET', 'k', ('x'):rep(1e5)) end`, `redis.call('SET', 'k', ('x'):rep(1e6)) local t = {} while true do t[#t + 1] = redis.call('GETRANGE', 'k', #t, -1) end`, `while true do redis.call('APPEND', 'k', ('x'):rep(1e5)) end`,
	`local t = {} for i = 1, 20 do t = {t, t} end return t`, `local t = {} for i = 1, 24 do t = {map = {[1] = t, [2] = t}} end return t`, `local t = {} for i = 1, 1e5 do t[i] = t end return t`, `redis.setresp(3) while true do redis.pcall('HSET', 'h', {}) end`,
	`local t = {} for i = 1, 7000 do t[i] = 'x' end while true do redis.pcall('PING', unpack(t)) end`, `for i = 1, 1e9 do redis.call('SET', i, i) end`, `while true do redis.call('DEL', unpack(ARGV)) end`,
}

// TestNoScriptEscapesItsBudget holds each script to a second of a processor and
// to a small multiple of its bytes, and its effects to nothing.
func TestNoScriptEscapesItsBudget(t *testing.T) {
	const budget = 8 << 20
	e, err := Open(nothing{}, Options{ScriptSteps: 1_000_000, ScriptBytes: budget})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	args := strings.Fields(strings.Repeat("argument ", 200))
	for _, script := range hungry {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		out := e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: []resp.Command{append(resp.Command{"EVAL", script, "0"}, args...), {"DBSIZE"}}})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		r := out.Replies[0]
		endless := strings.Contains(script, "while") || strings.Contains(script, "repeat") || strings.Contains(script, "1e9")
		if !strings.HasPrefix(r.Str, "ERR script exceeded its budget of ") && (endless || r.Kind != resp.Error) {
			t.Errorf("%s: kind %v, %q", script, r.Kind, r.Str)
		}
		if n := out.Replies[1].Int; n != 0 {
			t.Errorf("%s left %d keys", script, n)
			run(e, s, "FLUSHALL")
		}
		if took > 2*time.Second {
			t.Errorf("%s took %v", script, took)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 12*budget {
			t.Errorf("%s made %d MiB", script, made>>20)
		}
	}
}
