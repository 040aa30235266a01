package redislua

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// fuzzBudget ends what takes long, which is no fault.
var fuzzBudget = Budget{Steps: 200_000, Bytes: 4 << 20}

// runFuzzed runs a script on an argument and returns its reply.
func runFuzzed(t *testing.T, s *State, script, arg string) resp.Reply {
	t.Helper()
	p, err := Compile(script)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := s.Run(p, nil, []string{arg}, fuzzBudget, func([]string) resp.Reply { return resp.NewBulk(arg) })
	return r
}

// FuzzScript compiles and runs any text.
func FuzzScript(f *testing.F) {
	for _, script := range []string{
		"return 1", "local t = {} for i = 1, 3 do t[i] = i .. '' end return t", "return pcall(error, {})", "return ('x'):rep(3):gsub('.', '%0%0')",
		"goto x", "return #{...}", "return function(...) return arg end", "repeat local x = 1 until x", "return redis.call('x')", "return {map={a={1}}}",
	} {
		f.Add(script)
	}
	s := New()
	f.Fuzz(func(t *testing.T, script string) {
		p, err := Compile(script)
		if err != nil {
			return
		}
		s.Run(p, []string{"k"}, []string{"a"}, fuzzBudget, func(args []string) resp.Reply { return resp.Bulks(args) })
	})
}

// FuzzJSON decodes any text; what is decoded is encoded and decoded to the same.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`[1,2,{"a":null}]`, `"\u00e9\ud83d\ude00"`, `1e400`, `0x1p4`, `{"a":{"b":[true,false,{}]}}`, `[1,`, "\"\\x", ` nan `} {
		f.Add(text)
	}
	s := New()
	f.Fuzz(func(t *testing.T, text string) {
		r := runFuzzed(t, s, `cjson.encode_invalid_numbers(true) local ok, v = pcall(cjson.decode, ARGV[1]) if not ok then return 1 end
			local a = cjson.encode(v) return a == cjson.encode(cjson.decode(a)) and 1 or a`, text)
		// Numbers lose digits beyond 14 and fields may change places once.
		if r.Kind == resp.Error && !strings.Contains(r.Str, "sparse") && !strings.Contains(r.Str, "budget") && !strings.Contains(r.Str, "nested") {
			t.Fatalf("%q: %s", text, r.Str)
		}
	})
}

// FuzzMsgpack unpacks any data and packs it again.
func FuzzMsgpack(f *testing.F) {
	for _, data := range []string{"\x93\x01\x02\x03", "\x81\xa1a\x01", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "\xdd\x7f\xff\xff\xff", "\xc1", "\xca?\x80\x00\x00"} {
		f.Add(data)
	}
	s := New()
	f.Fuzz(func(t *testing.T, data string) {
		r := runFuzzed(t, s, `local r = {pcall(cmsgpack.unpack, ARGV[1])} if not r[1] then return 1 end table.remove(r, 1) cmsgpack.pack(r) return 1`, data)
		if r.Kind == resp.Error && !strings.Contains(r.Str, "budget") {
			t.Fatalf("%q: %s", data, r.Str)
		}
	})
}

// FuzzStruct unpacks data by any layout.
func FuzzStruct(f *testing.F) {
	for _, layout := range []string{">I2i4", "bc0", "!8d s", "i33", "c99999999999"} {
		f.Add(layout, "\x03abcdefghijklmnop\x00")
	}
	s := New()
	f.Fuzz(func(t *testing.T, layout, data string) {
		runFuzzed(t, s, `pcall(struct.size, ARGV[1]) return pcall(struct.unpack, string.match(ARGV[1], '^(.-)\0?$'), ARGV[1])`, layout+"\x00"+data)
		runFuzzed(t, s, `return pcall(struct.unpack, 'bc0', ARGV[1])`, data)
	})
}

// FuzzPattern matches any pattern; none escapes the budget or crashes.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{"(%w+)=(%w*)", "^.-$", "%b()", "%f[%w]", "[^%d-]+", "((a*)*)*", "%1", "[", "(()"} {
		f.Add(pattern, "key=value (x) aaa")
	}
	s := New()
	f.Fuzz(func(t *testing.T, pattern, text string) {
		s.Run(mustCompile(t, `return {pcall(string.find, ARGV[1], ARGV[2]), pcall(string.gsub, ARGV[1], ARGV[2], '%0')}`), nil, []string{text, pattern}, fuzzBudget, nil)
	})
}

// FuzzFormat writes and reads numbers in any format.
func FuzzFormat(f *testing.F) {
	for _, format := range []string{"%d", "%5.3f", "%-10s|", "%q", "%#x", "%99.99f", "%", "%y"} {
		f.Add(format, 1.5)
	}
	s := New()
	f.Fuzz(func(t *testing.T, format string, n float64) {
		s.Run(mustCompile(t, `return {pcall(string.format, ARGV[1], ARGV[2], ARGV[2])}`), nil, []string{format, lua.FormatG(n, 17)}, fuzzBudget, nil)
	})
}

func mustCompile(t *testing.T, script string) *Program {
	t.Helper()
	p, err := Compile(script)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzConversion makes replies of any shape, gives them to a script, which
// returns them, and compares in RESP3, where nothing is lost but what Lua has no
// word for.
func FuzzConversion(f *testing.F) {
	f.Add([]byte("a\x03bcd"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	s := New()
	f.Fuzz(func(t *testing.T, shape []byte) {
		in := replyOf(&shape, 0)
		out, _ := s.Run(mustCompile(t, `redis.setresp(3) return redis.call('x')`), nil, nil, Budget{}, func([]string) resp.Reply { return in })
		if got, want := string(resp.AppendReply(nil, 3, out)), string(resp.AppendReply(nil, 3, in)); got != want {
			t.Fatalf("in %q, out %q", want, got)
		}
	})
}

// replyOf reads the shape of a reply.
func replyOf(shape *[]byte, depth int) resp.Reply {
	take := func() byte {
		if len(*shape) == 0 {
			return 0
		}
		b := (*shape)[0]
		*shape = (*shape)[1:]
		return b
	}
	switch kind := take() % 8; {
	case kind < 2:
		return resp.NewInt(int64(int8(take())) << (take() % 46))
	case kind == 2:
		n := min(int(take()%8), len(*shape))
		text := string((*shape)[:n])
		*shape = (*shape)[n:]
		return resp.NewBulk(text)
	case kind == 3:
		return resp.NewStatus("S" + string(rune('a'+take()%26)))
	case kind == 4:
		return resp.NewBool(take()%2 == 0)
	case kind == 5:
		return resp.NewDouble(float64(int8(take())) / 8)
	case depth < 5:
		out := resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}
		for n := take() % 5; n > 0; n-- {
			out.Elems = append(out.Elems, replyOf(shape, depth+1))
		}
		return out
	}
	return resp.NewBulk("end")
}
