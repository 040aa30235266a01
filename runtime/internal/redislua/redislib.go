package redislua

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

func (s *State) openRedis() {
	lib := s.library(0, []function{
		{"call", func(l *lua.Thread) int { return s.redisCall(l, true) }},
		{"pcall", func(l *lua.Thread) int { return s.redisCall(l, false) }},
	})
	s.openLog(lib)
	for _, f := range []function{
		{"setresp", s.setResp}, {"sha1hex", s.sha1hex}, {"error_reply", s.errorReply}, {"status_reply", s.statusReply},
		{"set_repl", s.setRepl},
	} {
		lib.SetText(f.name, s.g.Func(f.run).Value())
	}
	constants(lib, "REPL_NONE", 0, "REPL_AOF", 1, "REPL_SLAVE", 2, "REPL_REPLICA", 2, "REPL_ALL", 3)
	lib.SetText("acl_check_cmd", s.g.Func(s.aclCheck).Value())
	if s.unit == scripts {
		for _, f := range []function{
			{"breakpoint", func(l *lua.Thread) int { l.Push(lua.False); return 1 }},
			{"debug", func(l *lua.Thread) int { return 0 }},
			{"replicate_commands", func(l *lua.Thread) int { l.Push(lua.True); return 1 }},
		} {
			lib.SetText(f.name, s.g.Func(f.run).Value())
		}
	}
	s.real.SetText("redis", lib.Value())
}

// constants sets names and numbers in turn.
func constants(lib *lua.Table, pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		lib.SetText(pairs[i].(string), lua.Int(pairs[i+1].(int)))
	}
}

// openLog adds what libraries have while they are loaded, too.
func (s *State) openLog(lib *lua.Table) {
	lib.SetText("log", s.g.Func(s.log).Value())
	constants(lib, "LOG_DEBUG", 0, "LOG_VERBOSE", 1, "LOG_NOTICE", 2, "LOG_WARNING", 3, "REDIS_VERSION_NUM", 0x00070000|15)
	lib.SetText("REDIS_VERSION", lua.Text("7.0.15"))
}

// fail raises an error as Redis's own functions do: a table.
func (s *State) fail(l *lua.Thread, msg string) int {
	l.Throw(s.errorTable(msg).Value())
	return 0
}

// log checks what it is given; there is no log to write to.
func (s *State) log(l *lua.Thread) int {
	if l.Args() < 2 {
		return s.fail(l, "ERR redis.log() requires two arguments or more.")
	}
	level, ok := l.Arg(1).ToNumber()
	if !ok {
		return s.fail(l, "ERR First argument must be a number (log level).")
	}
	if level = float64(lua.Truncate(level)); level < 0 || level > 3 {
		return s.fail(l, "ERR Invalid debug level.")
	}
	return 0
}

func (s *State) setRepl(l *lua.Thread) int {
	if l.Args() != 1 {
		return s.fail(l, "ERR redis.set_repl() requires two arguments.")
	}
	n, _ := l.Arg(1).ToNumber()
	if flags := lua.Truncate(n); flags&^3 != 0 {
		return s.fail(l, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return 0
}

// redisCall is redis.call, which raises a command's error, and redis.pcall,
// which returns it.
func (s *State) redisCall(l *lua.Thread, raise bool) int {
	r, ok := s.callArgs(l)
	if ok {
		s.g.Walk(callSteps)
		r = s.call(s.takeArgs(l))
	}
	if r.Kind == resp.Error {
		t := s.errorTable(r.Str)
		if ok {
			t.Set(fieldIgnore, lua.True)
		}
		if raise {
			l.Throw(t.Value())
		}
		l.Push(t.Value())
		return 1
	}
	l.Push(s.value(r))
	return 1
}

// callSteps is what a command counts as.
const callSteps = 50

// callArgs checks the arguments of a command.
func (s *State) callArgs(l *lua.Thread) (bad resp.Reply, ok bool) {
	n := l.Args()
	if n == 0 {
		return errNoArgs, false
	}
	for i := 1; i <= n; i++ {
		if k := l.Arg(i).Kind(); k != lua.KindString && k != lua.KindNumber {
			return errBadArgs, false
		}
	}
	return bad, true
}

var (
	errNoArgs  = resp.NewError("ERR Please specify at least one argument for this redis lib call")
	errBadArgs = resp.NewError("ERR Lua redis lib command arguments must be strings or integers")
)

// takeArgs are the arguments of a command, until the next one.
func (s *State) takeArgs(l *lua.Thread) []string {
	n := l.Args()
	s.g.Grow(16 * n)
	if cap(s.args) < n {
		s.args = make([]string, n, max(n, 8))
	}
	s.args = s.args[:n]
	for i := range s.args {
		s.args[i], _ = argument(l.Arg(i + 1))
	}
	return s.args
}

// maxArgs is how many arguments there is room for between scripts.
const maxArgs = 64

// forgetArgs lets go of what the last commands were given.
func (s *State) forgetArgs() {
	if s.args = s.args[:cap(s.args)]; len(s.args) > maxArgs {
		s.args = nil
	}
	clear(s.args)
}

const errNoCommand = "ERR Invalid command passed to redis.acl_check_cmd()"

// aclCheck answers that the user may do everything: there is no access control.
func (s *State) aclCheck(l *lua.Thread) int {
	bad, ok := s.callArgs(l)
	if !ok {
		return s.fail(l, bad.Str)
	}
	args := s.takeArgs(l)
	if s.Known != nil && !s.Known(args) {
		return s.fail(l, errNoCommand)
	}
	l.Push(lua.True)
	return 1
}

// errorReply builds an error table. Without a code the code is ERR.
func (s *State) errorReply(l *lua.Thread) int {
	msg, ok := l.Arg(1).AsString()
	if !ok || l.Args() != 1 {
		l.Push(s.errorTable("ERR wrong number or type of arguments").Value())
		return 1
	}
	code, m, ok := strings.Cut(strings.TrimPrefix(cString(msg), "-"), " ")
	if !ok {
		code, m = "ERR", code
	}
	l.Push(s.errorTable(code + " " + strings.Trim(m, "\r\n")).Value())
	return 1
}

func (s *State) statusReply(l *lua.Thread) int {
	msg, ok := l.Arg(1).AsString()
	if !ok || l.Args() != 1 {
		l.Push(s.errorTable("ERR wrong number or type of arguments").Value())
		return 1
	}
	t := s.g.NewTable(0, 0)
	t.Set(fieldOK, lua.Text(msg))
	l.Push(t.Value())
	return 1
}

func (s *State) sha1hex(l *lua.Thread) int {
	if l.Args() != 1 {
		return s.fail(l, "ERR wrong number of arguments")
	}
	data, _ := l.Arg(1).ToString()
	s.g.Walk(len(data) / 8)
	l.PushText(SHA1(data))
	return 1
}

func (s *State) setResp(l *lua.Thread) int {
	if l.Args() != 1 {
		return s.fail(l, "ERR redis.setresp() requires one argument.")
	}
	n, _ := l.Arg(1).ToNumber()
	if n != 2 && n != 3 {
		return s.fail(l, "ERR RESP version must be 2 or 3.")
	}
	s.resp3 = n == 3
	return 0
}
