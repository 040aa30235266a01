package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// scripts are the scripts that EVALSHA knows, and the Lua state that runs them.
// The state is made when the first script runs.
type scripts struct {
	known map[string]*redislua.Program // by SHA-1
	lua   *redislua.State
}

var scriptHandlers = map[string]handler{
	"eval": cmdEval, "eval_ro": cmdEvalRO, "evalsha": cmdEvalSHA, "evalsha_ro": cmdEvalSHARO,
	"script|load": cmdScriptLoad, "script|exists": cmdScriptExists, "script|flush": cmdScriptFlush,
	"script": cmdContainer,
}

// compile returns a script's name and its program, compiled once.
func (e *Engine) compile(text string) (sha string, p *redislua.Program, bad resp.Reply) {
	sha = redislua.SHA1(text)
	if p = e.scripts.known[sha]; p != nil {
		return sha, p, resp.Reply{}
	}
	p, err := redislua.Compile(text)
	if err != nil {
		return sha, nil, resp.NewError("ERR " + oneLine(err.Error()))
	}
	if e.scripts.known == nil {
		e.scripts.known = map[string]*redislua.Program{}
	}
	e.scripts.known[sha] = p
	return sha, p, resp.Reply{}
}

func cmdEval(c *call) resp.Reply   { return c.evalText(false) }
func cmdEvalRO(c *call) resp.Reply { return c.evalText(true) }

func (c *call) evalText(readonly bool) resp.Reply {
	keys, argv, bad := c.scriptArgs(errNotInt)
	if bad.Kind == resp.Error {
		return bad
	}
	sha, p, bad := c.e.compile(c.args[1])
	if p == nil {
		return bad
	}
	return c.runScript(sha, p, keys, argv, readonly)
}

var errNoScript = resp.NewError("NOSCRIPT No matching script. Please use EVAL.")

func cmdEvalSHA(c *call) resp.Reply   { return c.evalName(false) }
func cmdEvalSHARO(c *call) resp.Reply { return c.evalName(true) }

func (c *call) evalName(readonly bool) resp.Reply {
	if len(c.args[1]) != 40 {
		return errNoScript
	}
	keys, argv, bad := c.scriptArgs(errNotInt)
	if bad.Kind == resp.Error {
		return bad
	}
	sha := strings.ToLower(c.args[1])
	p := c.e.scripts.known[sha]
	if p == nil {
		return errNoScript
	}
	return c.runScript(sha, p, keys, argv, readonly)
}

// scriptArgs reads "numkeys key … arg …"; the error is that of a numkeys that is
// no number.
func (c *call) scriptArgs(notInt resp.Reply) (keys, argv []string, bad resp.Reply) {
	n, ok := parseInt(c.args[2])
	switch {
	case !ok:
		return nil, nil, notInt
	case n > int64(len(c.args)-3):
		return nil, nil, resp.NewError("ERR Number of keys can't be greater than number of args")
	case n < 0:
		return nil, nil, resp.NewError("ERR Number of keys can't be negative")
	}
	return c.args[3 : 3+n], c.args[3+n:], resp.Reply{}
}

// runScript runs a program as one command.
func (c *call) runScript(sha string, p *redislua.Program, keys, argv []string, readonly bool) resp.Reply {
	if readonly && p.MayWrite {
		return errMayWrite
	}
	e := c.e
	if e.scripts.lua == nil {
		e.scripts.lua = redislua.New()
		e.scripts.lua.Known = e.knows
	}
	lua := e.scripts.lua
	return c.runLua(lua, sha, readonly || p.NoWrites, func(call func([]string) resp.Reply) (resp.Reply, string) {
		return lua.Run(p, keys, argv, e.scriptBudget(), call)
	})
}

var errMayWrite = resp.NewError("ERR Can not execute a script with write flag using *_ro command.")

// knows reports whether there is a command, whatever its arguments.
func (e *Engine) knows(args []string) bool {
	cmd, bad := e.check(args)
	return cmd != nil || !strings.HasPrefix(bad.Str, "ERR unknown ")
}

func (e *Engine) scriptBudget() redislua.Budget {
	return redislua.Budget{Steps: e.opt.ScriptSteps, Bytes: e.opt.ScriptBytes}
}

// runLua runs a script or a function as one command. Its commands see a session
// of their own, so that SELECT inside a script ends with it. name is what errors
// call it by.
func (c *call) runLua(lua *redislua.State, name string, readonly bool, run func(call func([]string) resp.Reply) (resp.Reply, string)) resp.Reply {
	e := c.e
	undo := &undoLog{pushes: len(e.pushes), charge: lua.Charge}
	e.undo = undo
	var broken any
	inner := &session{id: c.s.id, db: c.s.db, proto: 2, name: c.s.name, since: c.s.since}
	r, at := run(func(args []string) resp.Reply {
		if lua.RESP3() {
			inner.proto = 3
		}
		defer func() {
			// A script's pcall must not swallow a fault of the store.
			if p := recover(); p != nil {
				broken = p
				panic(p)
			}
		}()
		return e.scriptCall(inner, args, readonly)
	})
	e.undo = nil
	undo.stop()
	if broken != nil {
		panic(broken)
	}
	if lua.Exceeded() {
		e.rollBack(undo)
	} else {
		e.emptyTrash(undo)
	}
	if r.Kind == resp.Error && at != "" {
		r.Str += " script: " + name + ", on " + at + "."
	}
	return r
}

// mayReplicate are the commands that read, but that Redis sends to its replicas:
// a script that must not write may not call them.
var mayReplicate = map[string]bool{"publish": true, "spublish": true, "pfcount": true}

// scriptCall runs one command of a script.
func (e *Engine) scriptCall(s *session, args resp.Command, readonly bool) resp.Reply {
	cmd, bad := e.check(args)
	if cmd == nil {
		switch {
		case strings.HasPrefix(bad.Str, "ERR unknown command"), strings.HasPrefix(bad.Str, "ERR unknown subcommand"):
			return resp.NewError("ERR Unknown Redis command called from script")
		case strings.HasPrefix(bad.Str, "ERR wrong number"):
			return resp.NewError("ERR Wrong number of args calling Redis command from script")
		}
		return bad
	}
	if cmd.flags&flagNoScript != 0 {
		return resp.NewError("ERR This Redis command is not allowed from script")
	}
	if readonly && (cmd.flags&flagWrite != 0 || mayReplicate[cmd.name]) {
		return resp.NewError("ERR Write commands are not allowed from read-only scripts.")
	}
	c := call{e: e, s: s, args: args, cmd: cmd, script: true}
	if e.admin.watching {
		c.before()
	}
	e.undo.writing = cmd.flags&flagWrite != 0
	r := cmd.run(&c)
	c.after(r)
	e.undo.settle()
	if !e.volatile {
		e.keepBound()
	}
	return r
}

func cmdScriptLoad(c *call) resp.Reply {
	sha, p, bad := c.e.compile(c.args[2])
	if p == nil {
		return bad
	}
	return resp.NewBulk(sha)
}

func cmdScriptExists(c *call) resp.Reply {
	elems := make([]resp.Reply, 0, len(c.args)-2)
	for _, sha := range c.args[2:] {
		elems = append(elems, boolInt(c.e.scripts.known[strings.ToLower(sha)] != nil))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdScriptFlush(c *call) resp.Reply {
	if len(c.args) > 2 {
		if mode := strings.ToUpper(c.args[2]); len(c.args) > 3 || mode != "ASYNC" && mode != "SYNC" {
			return resp.NewError("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		}
	}
	c.e.scripts.known = nil
	return resp.OK
}
