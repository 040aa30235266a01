package redislua

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Budget bounds what one script may do; see package lua. A command counts as
// callSteps.
type Budget = lua.Budget

// A State runs scripts, one at a time. Nothing that a script does to its
// globals or libraries is seen by the next one.
type State struct {
	unit    unit
	g       *lua.State
	real    *lua.Table // what scripts see as globals
	missing *lua.Table // metatable of tables whose missing fields are errors
	loader  *lua.Table // what a library sees as globals while it is loaded
	loading *Library   // the library that is being loaded
	handler *lua.Function
	call    func(args []string) resp.Reply
	resp3   bool
	null    *lua.UserData // cjson.null
	json    jsonOptions
	running bool
	// What each script gets anew.
	keys, argv *lua.Table
	program    *lua.Function
	args       []string // of the command that runs
	// Known tells whether a command exists, for redis.acl_check_cmd.
	Known func(args []string) bool
}

// New returns a state with Redis's libraries for scripts.
func New() *State {
	s := newState(scripts)
	s.real.SetMeta(s.missing)
	protect(s.real)
	return s
}

// newState returns a state whose tables can still be changed. The globals of
// libraries are an empty table, through which they see the real ones.
func newState(u unit) *State {
	s := &State{unit: u, g: lua.NewState(), json: jsonDefaults}
	s.real = s.g.Globals
	s.missing = s.g.NewTable(0, 1)
	s.missing.SetText("__index", s.g.Func(func(l *lua.Thread) int {
		name, _ := l.Arg(2).ToString()
		l.Errorf("Script attempted to access nonexistent global variable '%s'", cString(name))
		return 0
	}).Value())
	s.real.SetText("pcall", s.g.Func(s.protectedCall(s.real.GetText("pcall").AsFunction())).Value())
	s.openRedis()
	s.openData()
	s.keys, s.argv, s.program = s.g.NewTable(0, 0), s.g.NewTable(0, 0), s.g.Load(nil)
	s.handler = s.g.Func(s.handleError)
	s.real.SetText("__redis__err__handler", s.handler.Value())
	protect(s.g.StringMeta())
	if u == libraries {
		s.real.SetMeta(s.missing)
		protect(s.real)
		meta := s.g.NewTable(0, 1)
		meta.SetText("__index", s.real.Value())
		meta.SetReadonly(true)
		s.g.Globals = s.g.NewTable(0, 0)
		s.g.Globals.SetMeta(meta)
		s.g.Globals.SetReadonly(true)
	}
	return s
}

// protect keeps a table, its metatable and the tables in it from changes.
func protect(t *lua.Table) {
	if t.Readonly() {
		return
	}
	t.SetReadonly(true)
	if m := t.Meta(); m != nil {
		protect(m)
	}
	t.Each(func(_, v lua.Value) bool {
		if inner := v.AsTable(); inner != nil {
			protect(inner)
		}
		return true
	})
}

// A function of a library, with its name.
type function struct {
	name string
	run  func(*lua.Thread) int
}

// library makes a table of functions, with room for some. The room and the order
// decide that of pairs.
func (s *State) library(room int, fns []function) *lua.Table {
	t := s.g.NewTable(0, room)
	for _, f := range fns {
		t.SetText(f.name, s.g.Func(f.run).Value())
	}
	return t
}

// openData adds the libraries that Redis gives scripts for data formats.
func (s *State) openData() {
	s.null = &lua.UserData{Text: "(nil)"}
	s.real.SetText("cjson", s.jsonLib().Value())
	s.real.SetText("struct", s.structLib().Value())
	s.real.SetText("cmsgpack", s.msgpackLib().Value())
	s.real.SetText("bit", s.bitLib().Value())
}

// handleError makes a table of an error where it is raised, with its place.
func (s *State) handleError(l *lua.Thread) int {
	err := l.Arg(1)
	t := err.AsTable()
	if t == nil {
		msg, _ := l.ToStringMeta(err).ToString()
		t = s.errorTable("ERR " + msg)
	}
	chunk, line, ok := l.Place(1)
	if chunk == "=[C]" {
		chunk, line, ok = l.Place(2)
	}
	if t.Readonly() {
		t = s.errorTable("ERR err_handler_def:10: Attempt to modify a readonly table")
		chunk, line = "@err_handler_def", 10
	}
	if ok {
		t.Set(fieldSource, lua.Text(chunk))
		t.Set(fieldLine, lua.Int(line))
	}
	l.Push(t.Value())
	return 1
}

// protectedCall is pcall as Redis has it: of an error table of redis.call it
// gives the message, and behind a table without one what stands there.
func (s *State) protectedCall(pcall *lua.Function) func(*lua.Thread) int {
	return func(l *lua.Thread) int {
		if l.Args() == 0 {
			l.Push(lua.False)
			l.Push(lua.Text("attempt to call a boolean value")) // its own first result
			return 2
		}
		n := l.Run(pcall)
		if n != 2 || !l.Result(2).Equal(lua.False) || l.Result(1).AsTable() == nil {
			return n
		}
		err := l.Index(l.Result(1), fieldErr)
		if _, ok := err.ToString(); ok {
			l.Pop()
			n--
		}
		l.Push(err)
		return n + 1
	}
}

// Run runs a program. call does what redis.call and redis.pcall ask for; its
// reply's shapes follow resp3, which a script may switch on by redis.setresp.
// An error of the script is an error reply without Redis's trailing
// "script: …, on …", which is in at. A script that passes its budget is ended,
// and Exceeded says so.
func (s *State) Run(p *Program, keys, argv []string, budget Budget, call func(args []string) resp.Reply) (r resp.Reply, at string) {
	if s.running {
		return errNested, ""
	}
	// Nothing of a script outlives it: there is nowhere to keep it.
	s.keys.Refill(keys)
	s.argv.Refill(argv)
	s.real.Set(globalKeys, s.keys.Value())
	s.real.Set(globalArgv, s.argv.Value())
	s.g.Reload(s.program, p.proto)
	return s.run(budget, call, s.program)
}

var (
	globalKeys = lua.Text("KEYS")
	globalArgv = lua.Text("ARGV")
	errNested  = resp.NewError("ERR scripts cannot run scripts")
)

// run calls a function.
func (s *State) run(budget Budget, call func(args []string) resp.Reply, fn *lua.Function, args ...lua.Value) (r resp.Reply, at string) {
	if s.running {
		return errNested, ""
	}
	s.running, s.call, s.resp3 = true, call, false
	s.json = jsonDefaults
	defer func() {
		s.running, s.call = false, nil
		s.forgetArgs()
	}()
	err := s.g.Run(budget, s.handler, fn, args, func(v lua.Value) { r = s.reply(v, 0) })
	switch {
	case s.g.Exceeded() != nil:
		return resp.NewError("ERR " + s.g.Exceeded().Error()), ""
	case err != nil:
		return s.scriptError(err.Value)
	}
	return r, ""
}

// Close frees the state.
func (s *State) Close() {}

// Charge counts bytes that a command of the running script made elsewhere. The
// script ends at its next step when the budget does not have them.
func (s *State) Charge(bytes int) { s.g.Charge(bytes) }

// Exceeded reports whether the last script was ended because its budget was
// spent.
func (s *State) Exceeded() bool { return s.g.Exceeded() != nil }

// Steps is how many steps of its budget the last script took.
func (s *State) Steps() int64 { return s.g.Used() }

// RESP3 tells whether the running script asked for RESP3 replies.
func (s *State) RESP3() bool { return s.resp3 }

func (s *State) strings(list []string) *lua.Table {
	t := s.g.NewTable(0, 0)
	t.Reserve(len(list))
	for i, v := range list {
		t.SetInt(i+1, lua.Text(v))
	}
	return t
}

// scriptError turns what a script raised into an error reply and a place.
func (s *State) scriptError(v lua.Value) (resp.Reply, string) {
	t := v.AsTable()
	if t == nil {
		msg, _ := v.ToString()
		return resp.NewError("ERR " + oneLine(cString(msg))), ""
	}
	msg, _ := t.Get(fieldErr).ToString()
	place, ok := t.Get(fieldSource).ToString()
	line, ok2 := t.Get(fieldLine).ToString()
	if msg == "" {
		msg = "ERR unknown error"
	}
	if !ok || !ok2 {
		return resp.NewError(oneLine(cString(msg))), ""
	}
	return resp.NewError(oneLine(cString(msg))), oneLine(cString(place) + ":" + line)
}

var newlines = strings.NewReplacer("\r", " ", "\n", " ")

func oneLine(s string) string { return newlines.Replace(s) }
