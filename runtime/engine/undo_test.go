package engine_test

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// endless runs the commands that ARGV holds, each after its number of words,
// and never ends.
const endless = `
local i = 1
while i <= #ARGV do
  local n = tonumber(ARGV[i])
  redis.pcall(unpack(ARGV, i + 1, i + n))
  i = i + n + 1
end
while true do pcall(function() while true do end end) end`

// undone is an engine with a small budget.
type undone struct {
	t       *testing.T
	e       *engine.Engine
	store   engine.Store
	rows    *memory.Rows
	session uint64
	seed    uint64
}

func (u *undone) open() {
	e, err := engine.Open(u.store, engine.Options{ScriptSteps: 60_000})
	if err != nil {
		u.t.Fatal(err)
	}
	u.e, u.session = e, e.NewSession(0, 3, "")
}

func (u *undone) run(cmds ...resp.Command) []resp.Reply {
	u.t.Helper()
	u.seed++
	out := u.e.Exec(1_700_000_000_000_000, u.seed, engine.Frame{Session: u.session, Commands: cmds, NoBlock: true})
	if out.Err != nil {
		u.t.Fatal(out.Err)
	}
	if out.Change != nil {
		if err := u.rows.Commit(out.Change); err != nil {
			u.t.Fatal(err)
		}
	}
	return out.Replies
}

// readers are the commands that show a whole value.
var readers = map[string][]string{
	"string": {"GET"}, "list": {"LRANGE", "0", "-1"}, "hash": {"HGETALL"}, "set": {"SMEMBERS"},
	"zset": {"ZRANGE", "0", "-1", "WITHSCORES"}, "stream": {"XINFO", "FULL", "COUNT", "0"},
}

// state is all that the databases hold. The order in which hashes and sets
// answer is theirs as long as they are in memory; rows do not keep it.
func (u *undone) state(ordered bool) string {
	var b strings.Builder
	for _, db := range []string{"0", "1", "2"} {
		for _, key := range u.run(resp.Command{"SELECT", db}, resp.Command{"KEYS", "*"})[1].Elems {
			typ := u.run(resp.Command{"TYPE", key.Str}, resp.Command{"PEXPIRETIME", key.Str})
			fmt.Fprintf(&b, "%s %q %s %d", db, key.Str, typ[0].Str, typ[1].Int)
			if read := readers[typ[0].Str]; read != nil {
				cmd := append(resp.Command{read[0], key.Str}, read[1:]...)
				if typ[0].Str == "stream" {
					cmd = slices.Insert(cmd, 1, "STREAM")
				}
				elems, step := u.run(cmd)[0].Elems, 1
				if typ[0].Str == "string" {
					elems = u.run(cmd)
				}
				if typ[0].Str == "hash" {
					step = 2
				}
				if typ[0].Str == "stream" && !ordered { // how entries are packed is not kept
					elems = append(elems[:2:2], elems[6:]...)
				}
				var parts []string
				for i := 0; i < len(elems); i += step {
					part := ""
					for _, e := range elems[i : i+step] {
						part += " " + difftest.Show(e)
					}
					parts = append(parts, part)
				}
				if !ordered && (typ[0].Str == "hash" || typ[0].Str == "set") {
					sort.Strings(parts)
				}
				value := strings.Join(parts, "") + " "
				if !ordered { // -0 lives as long as the set that had grown too large for 0 alone
					value = strings.ReplaceAll(value, "(double) -0 ", "(double) 0 ")
				}
				b.WriteString(value)
			}
			b.WriteString("\n")
		}
	}
	u.run(resp.Command{"SELECT", "0"})
	return b.String()
}

// onlyIn is the lines of one text that the other does not have.
func onlyIn(a, b string) string {
	var kept []string
	for _, line := range strings.Split(a, "\n") {
		if !strings.Contains(b, line+"\n") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// TestWhatPassesTheBudgetLeavesNoTrace ends scripts of random commands by their
// budget, in the frame of other commands and alone.
func TestWhatPassesTheBudgetLeavesNoTrace(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		for seed := int64(1); seed <= 40; seed++ {
			gen, err := difftest.NewGen(seed, 1_700_000_000_000, engine.Served)
			if err != nil {
				t.Fatal(err)
			}
			u := &undone{t: t, store: memory.Volatile{}}
			if keeps {
				u.rows = memory.NewRows()
				u.store = u.rows
			}
			u.open()
			plain := func(n int) (cmds []resp.Command) {
				for len(cmds) < n {
					for _, cmd := range gen.Next() {
						switch cmd.Name() {
						case "MULTI", "EXEC", "DISCARD", "WATCH", "SELECT", "EVAL", "EVALSHA", "EVAL_RO", "SCRIPT":
						default:
							cmds = append(cmds, cmd)
						}
					}
				}
				return cmds
			}
			for round := 0; round < 3; round++ {
				u.run(plain(150)...)
				before, contents := u.state(true), u.state(false)
				script := resp.Command{"EVAL", endless, "0"}
				inner := plain(1 + int(seed)%40)
				for _, cmd := range inner {
					script = append(append(script, strconv.Itoa(len(cmd))), cmd...)
				}
				// A change in the same frame is not in the rows yet.
				frame := []resp.Command{{"SET", "frame", "1"}, {"LPUSH", "framelist", "1"}, script, {"DEL", "frame", "framelist"}}
				if replies := u.run(frame...); !strings.HasPrefix(replies[2].Str, "ERR script exceeded its budget of 60000 steps") {
					t.Fatalf("the script answered %s", difftest.Show(replies[2]))
				}
				show := func(what, before, got string) {
					if got != before {
						for _, cmd := range inner {
							t.Log(difftest.Line(cmd))
						}
						t.Fatalf("seed %d, kept %v, %s:\nonly before\n%s\nonly after\n%s", seed, keeps, what, onlyIn(before, got), onlyIn(got, before))
					}
				}
				show("in memory", before, u.state(true))
				if keeps {
					u.rows.Sweep(1 << 30)
					u.open()
					show("from the rows", contents, u.state(false))
				}
			}
		}
	}
}

// TestScriptsThatNeverEndAreEnded tries what passed budgets of instructions
// alone, each for a bounded time and with a bounded budget of bytes.
func TestScriptsThatNeverEndAreEnded(t *testing.T) {
	e, err := engine.Open(memory.Volatile{}, engine.Options{ScriptSteps: 2_000_000, ScriptBytes: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	for _, script := range []string{
		`while true do end`,
		`local function f() return f() end f()`,
		`while true do pcall(error, 'x') end`,
		`xpcall(function() while true do end end, function() while true do end end)`,
		`return string.find(('a'):rep(5000), ('.-'):rep(8) .. 'b')`,
		`return ('a'):rep(50000):gsub('.-b', '')`,
		`return string.match(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(40) .. 'b')`,
		`for w in ('a'):rep(20000):gmatch('.-.-b') do end`,
		`local s = 'x' while true do s = s .. s end`,
		`local s = 'x' while true do pcall(function() s = s .. s end) end`,
		`return string.rep('x', 2^30)`, `return ('x'):rep(2^31 - 1)`,
		`local t = {} for i = 1, 1e9 do t[i] = i end`,
		`local t = {} while true do t[#t + 1] = {} end`,
		`local t while true do t = {t} end`,
		`local f while true do local g = f f = function() return g end end`,
		`local t = {} while true do table.insert(t, 'x') end`,
		`local t = {} for i = 1, 1e9 do rawset(t, i, i) end`,
		`local function v(...) return {...} end local t = {} for i = 1, 1e9 do t = {t, v(unpack(ARGV))} end`,
		`local t = {} for i = 1, 20000 do t[i] = ('x'):rep(50) end local r = {} while true do r[#r + 1] = table.concat(t) end`,
		`local t = {} while true do t[#t + 1] = string.format('%99d', #t) end`,
		`local t = {} while true do t[#t + 1] = ('x'):rep(1000):upper() end`,
		`return ('x'):rep(3000):gsub('x', ('y'):rep(10000))`,
		`return ('x'):rep(1000):gsub('(x*)', ('%1'):rep(100000))`,
		`local t = {'x'} while true do t = {t, cjson.encode({('x'):rep(100)})} end`,
		`local t = {} while true do t[#t + 1] = cjson.decode('[1,2,3,4,5,6,7,8]') end`,
		`local t = {} while true do t[#t + 1] = cmsgpack.pack(('x'):rep(1000)) end`,
		`redis.call('RPUSH', 'l', unpack(ARGV)) local t = {} while true do t[#t + 1] = redis.call('LRANGE', 'l', 0, -1) end`,
		`while true do redis.call('RPUSH', 'l', 'x') end`,
		`while true do loadstring(('x = 1 '):rep(1000)) end`,
		`local t = {} for i = 1, 1000 do t[i] = i end while true do table.sort(t) end`,
		`local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return pcall(function() return t[1] end) and 1 or (function() while true do end end)()`,
	} {
		args := resp.Command{"EVAL", script, "0"}
		for i := 0; i < 200; i++ {
			args = append(args, "argument")
		}
		start := time.Now()
		out := e.Exec(1_700_000_000_000_000, 1, engine.Frame{Session: s, Commands: []resp.Command{args, {"DBSIZE"}}})
		if r := out.Replies[0]; !strings.HasPrefix(r.Str, "ERR script exceeded its budget of ") {
			t.Errorf("%s: %s", script, difftest.Show(r))
		}
		if n := out.Replies[1].Int; n != 0 {
			t.Errorf("%s left %d keys", script, n)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s took %v", script, d)
		}
	}
}
