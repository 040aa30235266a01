package lua

import (
	"strings"
	"sync"
	"testing"
)

// A programCase is a program and what redis-server 7.0.15 says that it returns.
type programCase struct{ text, want string }

// harness runs a program as the goldens were made: it writes what the program
// returns, or its error.
const harness = `local text = ...
local function show(ok, ...)
	local out = {}
	for i = 1, select('#', ...) do out[i] = tostring((select(i, ...))) end
	return (ok and '' or 'error: ') .. table.concat(out, ' ')
end
local f, e = loadstring(text, '@t')
if not f then return 'syntax: ' .. e end
return show(pcall(f))`

func newHarness(t *testing.T) (*State, *Proto) {
	t.Helper()
	p, err := Compile(harness, "@harness")
	if err != nil {
		t.Fatal(err)
	}
	return NewState(), p
}

// runText runs a program with a budget.
func runText(t *testing.T, g *State, p *Proto, text string, b Budget) string {
	t.Helper()
	var got string
	if err := g.Run(b, nil, g.Load(p), []Value{Text(text)}, func(v Value) { got, _ = v.ToString() }); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return got
}

// TestPrograms runs all programs in one state, which no program may spoil.
func TestPrograms(t *testing.T) {
	g, p := newHarness(t)
	for _, group := range []struct {
		name  string
		cases []programCase
	}{
		{"syntax", syntaxCases}, {"number", numberCases}, {"string", stringCases}, {"pattern", patternCases}, {"table", tableCases},
		{"metatable", metatableCases}, {"function", functionCases}, {"coroutine", coroutineCases}, {"name", nameCases}, {"limit", limitCases},
	} {
		for _, c := range group.cases {
			if got := runText(t, g, p, c.text, Budget{}); got != c.want {
				t.Errorf("%s: %s\n got:  %q\n want: %q", group.name, c.text, got, c.want)
			}
		}
	}
}

// TestBudgetEndsPrograms runs programs that nothing else would end, or that would
// take more than there is.
func TestBudgetEndsPrograms(t *testing.T) {
	g, p := newHarness(t)
	for _, c := range []struct{ text, want string }{
		{`while true do end`, "steps"},
		{`local function f() return f() end f()`, "steps"},
		{`while true do pcall(error) end`, "steps"},
		{`pcall(function() while true do end end) return 'caught'`, "steps"},
		{`xpcall(function() while true do end end, function() while true do end end)`, "steps"},
		{`coroutine.wrap(function() while true do end end)()`, "steps"},
		{`while true do coroutine.resume(coroutine.create(function() error('x') end)) end`, ""},
		{`return ('a'):rep(30):find(('a-'):rep(30) .. 'b')`, "steps"},
		{`table.sort({1, 2, 3}, function() while true do end end)`, "steps"},
		{`return setmetatable({}, {__index = function() while true do end end}).x`, "steps"},
		{`local s = 'x' while true do s = s .. s end`, "bytes"},
		{`return ('x'):rep(1e10)`, "bytes"},
		{`local t = {} for i = 1, 1e9 do t[i] = {} end`, "bytes"},
		{`local t = {} for i = 1, 1e9 do t[i .. ''] = i end`, "bytes"},
		{`local f f = function() return function() return f end end while true do f = f() end`, "steps"},
		{`return ('%099d'):rep(1000000)`, "bytes"},
		{`return ('x'):rep(2000):gsub('', ('y'):rep(50000))`, ""}, // either is spent
	} {
		err := g.Run(Budget{Steps: 1_000_000, Bytes: 16 << 20}, nil, g.Load(p), []Value{Text(c.text)}, func(Value) { t.Errorf("%s came to an end", c.text) })
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if over := g.Exceeded(); over == nil || !strings.Contains(over.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, over, c.want)
		}
		if got := runText(t, g, p, "return 1 + 1", Budget{}); got != "2" || g.Exceeded() != nil {
			t.Errorf("behind %s: %s, %v", c.text, got, g.Exceeded())
		}
	}
}

// TestProgramsAreSharedByStates runs one compiled program in several states at a
// time, which the race detector watches.
func TestProgramsAreSharedByStates(t *testing.T) {
	p, err := Compile(`local t = {} for i = 1, 100 do t['k' .. i] = ('x'):rep(i) end return #t.k50 .. t.k3`, "@t")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			g := NewState()
			if err := g.Run(Budget{}, nil, g.Load(p), nil, func(v Value) {
				if s, _ := v.ToString(); s != "50xxx" {
					t.Error(s)
				}
			}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
}

// TestErrorsAreHandledWhereTheyAreRaised calls the handler with the stack still
// there, and returns what it makes of the error.
func TestErrorsAreHandledWhereTheyAreRaised(t *testing.T) {
	p, err := Compile("local function f()\n error({}) end\nlocal x = f()", "@t")
	if err != nil {
		t.Fatal(err)
	}
	g := NewState()
	var place string
	handler := g.Func(func(l *Thread) int {
		place = l.Where(2)
		l.PushText("handled a " + l.Arg(1).Type())
		return 1
	})
	raised := g.Run(Budget{}, handler, g.Load(p), nil, func(Value) { t.Error("no error") })
	if raised == nil || raised.Error() != "handled a table" || place != "t:2: " {
		t.Errorf("%v at %q", raised, place)
	}
}

// TestReadonlyTables are what a sandbox is made of.
func TestReadonlyTables(t *testing.T) {
	g, p := newHarness(t)
	lib := g.NewTable(0, 1)
	lib.SetText("x", Int(1))
	lib.SetReadonly(true)
	g.Globals.SetText("lib", lib.Value())
	const want = "error: t:1: Attempt to modify a readonly table"
	for _, text := range []string{`lib.x = 2`, `lib.y = 2`, `lib[1] = 2`, `rawset(lib, 'x', 2)`, `setmetatable(lib, {})`, `table.insert(lib, 1)`} {
		if got := runText(t, g, p, text, Budget{}); !strings.HasSuffix(got, strings.TrimPrefix(want, "error: t:1: ")) {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := runText(t, g, p, "return lib.x, lib.y, #lib", Budget{}); got != "1 nil 0" {
		t.Error(got)
	}
}
