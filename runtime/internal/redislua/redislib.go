package redislua

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

func (s *State) openRedis() {
	lib := s.l.NewTable()
	s.real.RawSetString("redis", s.seal(lib))
	if s.unit == scripts {
		s.real.RawSetString("server", s.real.RawGetString("redis"))
		s.define(lib, map[string]lua.LGFunction{
			"replicate_commands": func(l *lua.LState) int { l.Push(lua.LTrue); return 1 },
			"breakpoint":         func(l *lua.LState) int { l.Push(lua.LFalse); return 1 },
			"debug":              func(l *lua.LState) int { return 0 },
		})
	}
	s.define(lib, map[string]lua.LGFunction{
		"call":         func(l *lua.LState) int { return s.redisCall(l, true) },
		"pcall":        func(l *lua.LState) int { return s.redisCall(l, false) },
		"error_reply":  s.errorReply,
		"status_reply": s.statusReply,
		"sha1hex":      s.sha1hex,
		"setresp":      s.setResp,
		"set_repl":     func(l *lua.LState) int { return 0 },
	})
	s.openLog(lib)
	for name, n := range map[string]int{
		"REPL_NONE": 0, "REPL_AOF": 1, "REPL_SLAVE": 2, "REPL_REPLICA": 2, "REPL_ALL": 3,
	} {
		lib.RawSetString(name, lua.LNumber(n))
	}
}

// openLog adds what libraries have while they are loaded, too.
func (s *State) openLog(lib *lua.LTable) {
	s.define(lib, map[string]lua.LGFunction{"log": func(l *lua.LState) int { return 0 }})
	for name, n := range map[string]int{
		"LOG_DEBUG": 0, "LOG_VERBOSE": 1, "LOG_NOTICE": 2, "LOG_WARNING": 3, "REDIS_VERSION_NUM": 0x00070000 | 15,
	} {
		lib.RawSetString(name, lua.LNumber(n))
	}
	lib.RawSetString("REDIS_VERSION", lua.LString("7.0.15"))
}

// redisCall is redis.call, which raises a command's error, and redis.pcall,
// which returns it.
func (s *State) redisCall(l *lua.LState, raise bool) int {
	var r resp.Reply
	n := l.GetTop()
	if n == 0 {
		r = resp.NewError("ERR Please specify at least one argument for this redis lib call")
	} else {
		args := make([]string, n)
		for i := range args {
			a, ok := argument(l.Get(i + 1))
			if !ok {
				args = nil
				r = resp.NewError("ERR Lua redis lib command arguments must be strings or integers")
				break
			}
			args[i] = a
		}
		if args != nil {
			s.walk(callSteps)
			r = s.call(args)
			s.grow(fieldBytes * elements(r))
		}
	}
	if r.Kind == resp.Error {
		t := s.errorTable(r.Str, true)
		if raise {
			l.Error(t, 1)
		}
		l.Push(t)
		return 1
	}
	l.Push(s.value(r))
	return 1
}

// errorReply builds an error table. Without a code the code is ERR.
func (s *State) errorReply(l *lua.LState) int {
	msg, ok := l.Get(1).(lua.LString)
	if !ok || l.GetTop() != 1 {
		l.Push(s.errorTable("ERR wrong number or type of arguments", false))
		return 1
	}
	m := strings.TrimPrefix(oneLine(string(msg)), "-")
	if !strings.Contains(m, " ") {
		m = "ERR " + m
	}
	l.Push(s.errorTable(m, false))
	return 1
}

func (s *State) statusReply(l *lua.LState) int {
	msg, ok := l.Get(1).(lua.LString)
	if !ok || l.GetTop() != 1 {
		l.Push(s.errorTable("ERR wrong number or type of arguments", false))
		return 1
	}
	t := l.NewTable()
	t.RawSetString("ok", msg)
	l.Push(t)
	return 1
}

func (s *State) sha1hex(l *lua.LState) int {
	if l.GetTop() != 1 {
		l.RaiseError("wrong number of arguments")
	}
	data, _ := text(l.Get(1))
	s.walk(len(data) / 8)
	l.Push(lua.LString(SHA1(data)))
	return 1
}

func (s *State) setResp(l *lua.LState) int {
	if l.GetTop() != 1 {
		l.RaiseError("redis.setresp() requires one argument.")
	}
	n, ok := l.Get(1).(lua.LNumber)
	if !ok || n != 2 && n != 3 {
		l.RaiseError("RESP version must be 2 or 3.")
	}
	s.resp3 = n == 3
	return 0
}
