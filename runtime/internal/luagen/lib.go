package luagen

// A call is a library function with the kinds of its arguments: n a number, i a
// small whole number, s a string, p a pattern, f a format, t a table, c a
// function of two arguments, j JSON, m packed data, k a layout, a anything.
type call struct{ name, args string }

var calls = []call{
	{"tostring", "a"}, {"tonumber", "a"}, {"tonumber", "si"}, {"type", "a"}, {"select", "iaaa"}, {"select", "'#'aa"}, {"unpack", "t"}, {"unpack", "tii"},
	{"next", "t"}, {"rawget", "ta"}, {"rawequal", "aa"}, {"rawset", "taa"}, {"pcall", "ca"}, {"pcall", "a"}, {"error", "a"}, {"error", "ai"}, {"assert", "aa"},
	{"getmetatable", "a"}, {"xpcall", "cc"}, {"ipairs", "a"}, {"pairs", "a"}, {"loadstring", "s"}, {"setmetatable", "tt"},
	{"string.len", "a"}, {"string.sub", "sii"}, {"string.sub", "si"}, {"string.rep", "si"}, {"string.reverse", "s"}, {"string.lower", "s"}, {"string.upper", "s"},
	{"string.byte", "sii"}, {"string.byte", "s"}, {"string.char", "iii"}, {"string.find", "sp"}, {"string.find", "spi"}, {"string.find", "spia"}, {"string.match", "sp"},
	{"string.match", "spi"}, {"string.gsub", "sps"}, {"string.gsub", "spt"}, {"string.gsub", "spc"}, {"string.gsub", "spsi"}, {"string.format", "fa"}, {"string.format", "fnn"},
	{"string.format", "fs"}, {"string.format", "fsn"}, {"string.gmatch", "sp"},
	{"table.concat", "t"}, {"table.concat", "ts"}, {"table.concat", "tsii"}, {"table.insert", "ta"}, {"table.insert", "tia"}, {"table.remove", "t"}, {"table.remove", "ti"},
	{"table.getn", "t"}, {"table.maxn", "t"}, {"table.sort", "t"}, {"table.sort", "tc"}, {"table.foreach", "tc"}, {"table.foreachi", "tc"}, {"table.setn", "ti"},
	{"math.floor", "n"}, {"math.ceil", "n"}, {"math.abs", "n"}, {"math.max", "nnn"}, {"math.min", "nnn"}, {"math.fmod", "nn"}, {"math.mod", "nn"}, {"math.modf", "n"}, {"math.frexp", "n"},
	{"math.ldexp", "ni"}, {"math.sqrt", "n"}, {"math.pow", "nn"}, {"math.log10", "n"}, {"math.deg", "n"}, {"math.rad", "n"},
	{"cjson.encode", "a"}, {"cjson.encode", "t"}, {"cjson.decode", "j"}, {"cjson.decode", "s"}, {"cjson.decode", "o"}, {roundtrip, "o"}, {roundtrip, "o"}, {"cmsgpack.pack", "aa"}, {"cmsgpack.pack", "t"}, {"cmsgpack.unpack", "m"}, {"cmsgpack.unpack_one", "mi"},
	{"cmsgpack.unpack_limit", "mii"}, {"struct.pack", "knns"}, {"struct.pack", "kaa"}, {"struct.unpack", "ks"}, {"struct.unpack", "ksi"}, {"struct.unpack", "km"}, {"struct.size", "k"},
	{"bit.tobit", "n"}, {"bit.band", "nn"}, {"bit.bor", "nn"}, {"bit.bxor", "nn"}, {"bit.bnot", "n"}, {"bit.lshift", "ni"}, {"bit.rshift", "ni"}, {"bit.arshift", "ni"}, {"bit.rol", "ni"},
	{"bit.ror", "ni"}, {"bit.bswap", "n"}, {"bit.tohex", "n"}, {"bit.tohex", "ni"},
	{"redis.sha1hex", "a"}, {"redis.error_reply", "a"}, {"redis.status_reply", "a"}, {"redis.setresp", "i"}, {"redis.set_repl", "i"}, {"redis.log", "ia"}, {"redis.call", "sa"}, {"redis.pcall", "aaa"},
	{"cjson.encode_sparse_array", "aii"}, {"cjson.encode_max_depth", "i"}, {"cjson.decode_max_depth", "i"}, {"cjson.encode_number_precision", "i"}, {"cjson.encode_invalid_numbers", "a"},
	{"cjson.decode_invalid_numbers", "a"}, {"cjson.encode_keep_buffer", "a"},
}

// roundtrip reads JSON and writes what was read, by way of MessagePack, too.
const roundtrip = `(function(j) local v = cjson.decode(j) return cjson.encode(v) .. cjson.encode(cmsgpack.unpack(cmsgpack.pack(v))) end)`

var patterns = []string{
	`'.'`, `'a'`, `'%d+'`, `'(%w+)=(%w+)'`, `'^%s*(.-)%s*$'`, `'[^,]*'`, `'[a-c]+'`, `'%b()'`, `'%f[%w]%w+'`, `'(.)%1'`, `'()'`, `'.-'`, `'x*'`, `'(l+)(o*)'`, `'%'`, `'['`, `'(a'`, `'a)'`, `'[%a_][%w_]*'`,
	`'%z'`, `'[]]'`, `'[^%s]'`, `'a-'`, `'a?b?c?'`, `'%%'`, `'^'`, `'$'`, `'[%'`, `'%1'`, `'[a-%d]'`, `'%p'`, `'%c'`, `'%x%X'`, `'.-b'`, `'(((a)))'`, `'%b'`, `'%f'`, `''`, `'[a-'`, `'[--a]'`, `'%g'`,
}

var formats = []string{
	`'%d'`, `'%5d'`, `'%-5d|'`, `'%05d'`, `'%+d'`, `'% d'`, `'%x'`, `'%X'`, `'%#x'`, `'%o'`, `'%#o'`, `'%u'`, `'%c'`, `'%e'`, `'%E'`, `'%f'`, `'%.3f'`, `'%10.2f'`, `'%g'`, `'%G'`, `'%.14g'`, `'%.17g'`, `'%s'`, `'%10s'`,
	`'%-10s|'`, `'%.2s'`, `'%q'`, `'%%'`, `'%'`, `'%y'`, `'%100d'`, `'%.100f'`, `'%i'`, `'%#g'`, `'%#.3e'`, `'%5c|'`, `'%d %d'`, `'%s %s'`, `'%.0f'`, `'%.20g'`, `'%5.1s|'`, `'%.d'`, `'%.3d'`, `'%+.3d'`, `'%08.3f'`, `'% 5d'`,
	`'%-+5d|'`, `'%------d'`, `'%a'`, `'%5%'`, `'%l'`, `'%#X'`, `'%#5x'`, `'%010s'`, `'%+s'`, `'%.99f'`, `'%99d'`,
}

var jsons = []string{
	`'[1,2,3]'`, `'{"a":1}'`, `'[]'`, `'{}'`, `'null'`, `'"x"'`, `'1e5'`, `'-0'`, `'[1,[2,[3,[4]]]]'`, `'{"a":{"b":{"c":[1,2,{"d":null}]}}}'`, `'[1,'`, `'{"a"}'`, `'{"a":}'`, `'tru'`, `'[1 2]'`, `'"\\u00e9\\n"'`,
	`'"\\ud83d\\ude00"'`, `'"\\ud83d"'`, `'"\\x"'`, `'"abc'`, `'[nan]'`, `'[Infinity]'`, `'0x10'`, `'01'`, `'1.'`, `'.1'`, `'[1]x'`, `' [ 1 , 2 ] '`, `'{"a":1,"a":2}'`, `'{"1":1}'`, `'12345678901234567890'`, `'1e400'`,
	`'"\\/\\b"'`, `'[true,false,null]'`, `'{a:1}'`, `"{'a':1}"`, `'"\1"'`, `'-'`, `'--1'`, `'1e+'`, `'{"a":1,}'`, `('['):rep(1001)`, `'[' .. ('1,'):rep(60) .. '1]'`,
}

var packed = []string{
	`cmsgpack.pack(1, 'a', {1, 2})`, `cmsgpack.pack({a = 1})`, `cmsgpack.pack(-1, 300, 70000, 2^40, 1.5)`, `'\220\0\2\1\2'`, `'\129\161a\1'`, `'\193'`, `'\146\1'`, `''`, `'\204'`, `'\211\255\255\255\255\255\255\255\255'`,
	`'\202\63\128\0\0'`, `'\217\2ab'`, `'\197\0\2ab'`, `'\222\0\1\1\2'`, `'\129\192\1'`, `'\207\255\255\255\255\255\255\255\255'`, `'\196\1a'`, `'\199\1\1a'`, `'\212\1a'`,
}

var layouts = []string{
	`'b'`, `'BB'`, `'hH'`, `'i4'`, `'>I3'`, `'<i2>i2'`, `'d'`, `'f'`, `'s'`, `'c3'`, `'c0'`, `'bc0'`, `'!4bi'`, `'x'`, `'l'`, `'i33'`, `'z'`, `'!3b'`, `'i0'`, `'T'`, `' b b'`, `'!bi!2d'`, `'i16'`, `'c'`, `'L'`, `'>d<d'`, `'ss'`,
}

var functions = []string{
	`function(a, b) return a end`, `function(a, b) return b end`, `function(a, b) return tostring(a) < tostring(b) end`, `function(a, b) return a < b end`, `function() end`, `function() return nil, 2 end`,
	`function(a) error(a) end`, `function(a) error({err = 'E x'}) end`, `function(a) error({code = 1}) end`, `function(a) return a .. '!' end`, `function(...) return select('#', ...) end`, `error`, `tostring`, `string.rep`,
	`function() local x = nil; return x.y end`, `function() error('lvl', 2) end`, `function() error() end`, `function(a) return redis.call('nope') end`, `function(...) return arg.n end`, `coroutine.wrap(function(a) coroutine.yield(a) end)`,
}

var layoutsOf = map[byte][]string{'p': patterns, 'f': formats, 'j': jsons, 'm': packed, 'k': layouts, 'c': functions}

// library is a call of a library function, with arguments that mostly fit.
func (g *generator) library() *node {
	if g.Intn(8) == 0 {
		return g.command()
	}
	c := calls[g.Intn(len(calls))]
	parts := []any{c.name, "("}
	n := 0
	for i := 0; i < len(c.args); i++ {
		if g.Intn(40) == 0 {
			break
		}
		if n > 0 {
			parts = append(parts, ", ")
		}
		n++
		if c.args[i] == '\'' {
			parts = append(parts, c.args[i:i+3])
			i += 2
			continue
		}
		if g.Intn(25) == 0 {
			parts = append(parts, g.expr(1))
			continue
		}
		parts = append(parts, g.argument(c.args[i]))
	}
	return &node{expression, append(parts, ")")}
}

func (g *generator) argument(kind byte) *node {
	switch kind {
	case 'n':
		if g.Intn(6) == 0 {
			return g.text()
		}
		return g.number()
	case 'i':
		return &node{expression, []any{pick(g, "0", "1", "2", "3", "-1", "-2", "5", "10", "16", "36", "'2'", "1.9", "64", "-8")}}
	case 's':
		return g.text()
	case 't':
		return g.table(1)
	case 'a':
		return g.expr(1)
	case 'o':
		return g.jsonText()
	}
	if words := layoutsOf[kind]; words != nil {
		return &node{expression, []any{pick(g, words...)}}
	}
	return g.constant()
}

var commands = []string{
	`redis.call('set', KEYS[1], %)`, `redis.call('get', KEYS[1])`, `redis.call('get', 'nokey')`, `redis.pcall('incr', KEYS[1])`, `redis.call('incrbyfloat', 'num', %)`, `redis.call('lpush', 'list', %, 'b')`,
	`redis.call('lrange', 'list', 0, -1)`, `redis.call('hset', 'hash', 'f', %)`, `redis.call('hgetall', 'hash')`, `redis.call('zadd', 'zset', 1.5, %)`, `redis.call('zrange', 'zset', 0, -1, 'withscores')`,
	`redis.call('zscore', 'zset', %)`, `redis.call('sadd', 'set', 'm')`, `redis.call('smembers', 'set')`, `redis.call('sismember', 'set', 'm')`, `redis.call('exists', KEYS[1], 'list')`, `redis.call('type', 'list')`,
	`redis.pcall('get', 'list')`, `redis.pcall('nope', %)`, `redis.pcall('get')`, `redis.pcall('set', %, %)`, `redis.call('mget', KEYS[1], 'nokey', 'list')`, `redis.call('ping')`, `redis.call('echo', %)`,
	`redis.pcall('eval', 'return 1', 0)`, `redis.pcall('multi')`, `redis.call('del', 'list')`, `redis.call('llen', 'list')`, `redis.call('strlen', KEYS[1])`, `redis.call('hget', 'hash', 'nofield')`, `redis.call('zincrby', 'zset', %, 'm')`,
	`redis.call('lpop', 'list', 2)`, `redis.call('lpop', 'nolist', 2)`, `redis.call('select', 0)`, `redis.pcall('select', 99)`, `redis.pcall('expire', KEYS[1], %)`, `redis.call('ttl', 'nokey')`, `redis.call('object', 'refcount', 'nokey')`,
}

// command is a call of a command, each % an argument.
func (g *generator) command() *node {
	n := &node{kind: expression}
	text := commands[g.Intn(len(commands))]
	start := 0
	for i := range text {
		if text[i] == '%' {
			n.parts = append(n.parts, text[start:i], g.constant())
			start = i + 1
		}
	}
	n.parts = append(n.parts, text[start:])
	return n
}

// special is a piece that random expressions rarely make.
func (g *generator) special() *node {
	texts := []string{
		`local co = coroutine.create(function(a, ...) local b = coroutine.yield(a, %) return b, ... end) out[#out+1] = P(coroutine.resume(co, 1, 2)) .. P(coroutine.resume(co, %)) .. P(coroutine.resume(co)) .. coroutine.status(co)`,
		`local t = setmetatable({}, {__index = function(t, k) return % end, __call = function(self, a) return a, % end}) out[#out+1] = P(t.foo, t[1]) .. P(pcall(t, %))`,
		`local t = setmetatable({}, {__add = function(a, b) return % end, __lt = function() return true end, __concat = function(a, b) return 'cat' end, __unm = function() return % end}) out[#out+1] = P(pcall(function() return t + 1, 1 + t, t < t, t .. 'x', 1 .. t, -t, t <= t end))`,
		`local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, %) end, __eq = function() return true end, __len = function() return 7 end}) t.x = 1 t[1] = 2 out[#out+1] = P(t, #t, t == setmetatable({}, getmetatable(t)))`,
		`local t = setmetatable({}, {__tostring = function() return % end}) out[#out+1] = P(pcall(tostring, t))`,
		`out[#out+1] = P(xpcall(function() error(%) end, function(e) return 'handled', e end))`,
		`out[#out+1] = P(pcall(error, %, 2)) .. P(pcall(error)) .. P(pcall(function() error(%, 0) end))`,
		`local s = '' for k, v in string.gmatch('a=1, b=2, c=3', '(%w+)=(%w+)') do s = s .. k .. v end out[#out+1] = s`,
		`local t = {} for i = 1, 20 do t[i] = i end for i = 1, 20, 3 do t[i] = nil end out[#out+1] = P(t, #t, table.maxn(t))`,
		`local t = {} for i = 1, 12 do t['k' .. i] = i end t.k3 = nil t.new = 1 out[#out+1] = P(t)`,
		`local t = {5, 2, 8, 1, 9, 3, 7} table.sort(t, function(a, b) return a > b end) out[#out+1] = P(t)`,
		`local t = {} for i = 1, 30 do t[i] = {i % 3, i} end table.sort(t, function(a, b) return a[1] < b[1] end) out[#out+1] = P(t)`,
		`local f = {} for i = 1, 3 do local j = i f[i] = function() j = j + 1 return i, j end end out[#out+1] = P(f[1](), f[1](), f[2]())`,
		`local a, b, c = (function() return 1, 2, 3 end)() out[#out+1] = P(a, b, c, (function() return 4, 5 end)(), (function() return 6, 7 end)())`,
		`local function r(n) if n == 0 then return 'done' end return r(n - 1) end out[#out+1] = P(r(300), pcall(function() local function q(n) return 1 + q(n) end return q(1) end))`,
		`cjson.encode_sparse_array(true, 2, 3) out[#out+1] = P(pcall(cjson.encode, {[1] = 1, [20] = %}))`,
		`out[#out+1] = P(cjson.decode(cjson.encode({%, x = {%, {y = %}}})))`,
		`out[#out+1] = P(cmsgpack.unpack(cmsgpack.pack(%, {%, x = %}, %)))`,
		`math.randomseed(%) out[#out+1] = P(math.random(), math.random(10), math.random(3, 7))`,
		`local ok, e = pcall(redis.call, 'lpush', KEYS[1]) out[#out+1] = P(ok, e)`,
		`local e = redis.pcall('incr', 'list') out[#out+1] = P(e)`,
		`out[#out+1] = P(pcall(loadstring('local a = ... return a, %') , 5))`,
		`out[#out+1] = P(loadstring('return return')) .. P(loadstring('x = = 2', 'name')) .. P(loadstring('x = "abc', '=n')) .. P(loadstring('for i = 1 do end', '@f'))`,
		`local t = {n = 0} function t:inc(by) self.n = self.n + (by or 1) return self end out[#out+1] = P(t:inc():inc(2).n, pcall(t.inc))`,
		`local u local function up() return u.x end out[#out+1] = P(pcall(up), pcall(function() u() end), pcall(function() return u + 1 end), pcall(function() u.a.b = 1 end))`,
	}
	text := pick(g, texts...)
	n := &node{kind: statement}
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && (i+1 == len(text) || text[i+1] != 'w' && text[i+1] != ' ') {
			n.parts = append(n.parts, text[start:i], g.constant())
			start = i + 1
		}
	}
	n.parts = append(n.parts, text[start:])
	return n
}
