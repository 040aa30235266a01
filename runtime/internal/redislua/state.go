package redislua

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A State runs scripts, one at a time. Nothing that a script does to its
// globals or libraries is seen by the next one.
type State struct {
	unit    unit
	l       *lua.LState
	real    *lua.LTable // what scripts see as globals
	env     *lua.LTable // the empty, protected table through which they see it
	missing *lua.LTable // metatable of tables whose missing fields are errors
	loader  *lua.LTable // what a library sees as globals while it is loaded
	loading *Library    // the library that is being loaded
	sealed  map[*lua.LTable]*lua.LTable
	concat  *lua.LFunction
	placed  *lua.LFunction // error handler: notes where a table was raised
	call    func(args []string) resp.Reply
	resp3   bool
	random  drand
	meter   *meter
	null    *lua.LUserData // cjson.null
	json    jsonOptions
	running bool
}

// New returns a state with Redis's libraries for scripts.
func New() *State { return newState(scripts) }

func newState(u unit) *State {
	l := lua.NewState(lua.Options{SkipOpenLibs: true, IncludeGoStackTrace: false, CallStackSize: 256, MinimizeStackMemory: true,
		// unpack of a list that Redis's Lua still takes
		RegistryMaxSize: 64 << 10, RegistryGrowStep: 4 << 10})
	s := &State{unit: u, l: l, meter: newMeter(), sealed: map[*lua.LTable]*lua.LTable{}, random: drand{firstRandom}}
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable},
		{lua.StringLibName, lua.OpenString}, {lua.MathLibName, lua.OpenMath},
	} {
		l.Push(l.NewFunction(lib.open))
		l.Push(lua.LString(lib.name))
		l.Call(1, 0)
	}
	s.real = l.NewTable()
	s.openBase()
	s.openString()
	s.openTable()
	s.openMath()
	s.openRedis()
	s.openData()
	s.concat = l.NewFunction(s.concatenate)
	s.placed = l.NewFunction(func(l *lua.LState) int {
		t, ok := l.Get(1).(*lua.LTable)
		if !ok {
			msg, _ := text(l.Get(1))
			t = l.NewTable()
			t.RawSetString("err", lua.LString("ERR "+msg))
		}
		if s.sealed[t] == nil {
			t.RawSetString("source", lua.LString("@"+s.unit.chunk))
			t.RawSetString("line", lua.LNumber(s.line(l)))
		}
		l.Push(t)
		return 1
	})
	s.real.RawSetString(concatName, s.concat)
	s.real.RawSetString(growName, l.NewFunction(s.growth))
	s.real.RawSetString(sizedName, l.NewFunction(s.sized))
	l.SetContext(s.meter)

	s.missing = l.NewTable()
	s.missing.RawSetString("__index", l.NewFunction(func(l *lua.LState) int {
		name, _ := text(l.Get(2))
		l.RaiseError("Script attempted to access nonexistent global variable '%s'", name)
		return 0
	}))
	s.real.Metatable = s.missing
	s.env = s.seal(s.real)
	s.real.RawSetString("_G", s.env)
	return s
}

// Close frees the state.
func (s *State) Close() { s.l.Close() }

// seal returns an empty table that shows another one and cannot be changed.
func (s *State) seal(t *lua.LTable) *lua.LTable {
	meta := s.l.NewTable()
	meta.RawSetString("__index", t)
	meta.RawSetString("__newindex", s.l.NewFunction(readonly))
	meta.RawSetString("__metatable", lua.LFalse)
	shell := s.l.NewTable()
	shell.Metatable = meta
	s.sealed[shell] = t
	return shell
}

func readonly(l *lua.LState) int {
	l.RaiseError("Attempt to modify a readonly table")
	return 0
}

// Run runs a program. call does what redis.call and redis.pcall ask for; its
// reply's shapes follow resp3, which a script may switch on by redis.setresp.
// An error of the script is an error reply without Redis's trailing
// "script: …, on …", which is in at. A script that passes its budget is ended,
// and Exceeded says so.
func (s *State) Run(p *Program, keys, argv []string, budget Budget, call func(args []string) resp.Reply) (r resp.Reply, at string) {
	fn := s.l.NewFunctionFromProto(p.proto)
	fn.Env = s.env
	r, at = s.run(budget, call, func() {
		s.real.RawSetString("KEYS", s.strings(keys))
		s.real.RawSetString("ARGV", s.strings(argv))
		s.l.Push(fn)
	}, 0)
	s.real.RawSetString("KEYS", lua.LNil)
	s.real.RawSetString("ARGV", lua.LNil)
	return r, at
}

// run calls the function that push has put on the stack with its arguments.
func (s *State) run(budget Budget, call func(args []string) resp.Reply, push func(), args int) (r resp.Reply, at string) {
	if s.running {
		return resp.NewError("ERR scripts cannot run scripts"), ""
	}
	s.running, s.call, s.resp3 = true, call, false
	s.meter.reset(budget)
	s.json = jsonDefaults
	defer func() {
		s.running, s.call = false, nil
		s.l.SetTop(0)
	}()
	push()
	err := s.l.PCall(args, 1, s.placed)
	switch {
	case s.Exceeded():
		return resp.NewError("ERR " + s.meter.Err().Error()), ""
	case err != nil:
		return s.scriptError(err)
	}
	return s.reply(s.l.Get(-1), 0), ""
}

// SetRESP3 tells whether the running script asked for RESP3 replies.
func (s *State) RESP3() bool { return s.resp3 }

func (s *State) strings(list []string) *lua.LTable {
	t := s.l.CreateTable(len(list), 0)
	for i, v := range list {
		t.RawSetInt(i+1, lua.LString(v))
	}
	return t
}

// scriptError turns what a script raised into an error reply and a place.
func (s *State) scriptError(err error) (resp.Reply, string) {
	api, ok := err.(*lua.ApiError)
	if !ok {
		return resp.NewError("ERR " + oneLine(err.Error())), ""
	}
	if t, ok := api.Object.(*lua.LTable); ok {
		// An error table of redis.call, raised again or not.
		msg, _ := text(t.RawGetString("err"))
		place, _ := text(t.RawGetString("source"))
		if line, ok := t.RawGetString("line").(lua.LNumber); ok {
			place += ":" + number(line)
		}
		if msg == "" {
			msg = "ERR unknown error"
		}
		return resp.NewError(oneLine(msg)), place
	}
	msg, ok := text(api.Object)
	if !ok {
		msg = api.Object.String()
	}
	place := ""
	if rest, found := strings.CutPrefix(msg, s.unit.chunk+":"); found {
		if line, _, found := strings.Cut(rest, ":"); found {
			place = "@" + s.unit.chunk + ":" + line
		}
	}
	return resp.NewError("ERR " + oneLine(msg)), place
}

func oneLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
}

// SHA1 is the name of a script: the hexadecimal SHA-1 of its text.
func SHA1(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// line is the script's line that is being run.
func (s *State) line(l *lua.LState) (n int) {
	for level := 0; level < 8; level++ {
		// "user_script:3: " for a function of the script, else something else
		if at, ok := strings.CutPrefix(l.Where(level), s.unit.chunk+":"); ok {
			fmt.Sscanf(at, "%d", &n)
			return n
		}
	}
	return 0
}
