package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// scripts are the scripts that EVALSHA knows, and the Lua state that runs them.
// The state is made when the first script runs.
type scripts struct {
	loaded      map[string]*redislua.Program // by SHA-1, those that SCRIPT LOAD was given
	loadedBytes int                          // of their texts
	steps       int64                        // that scripts took since changes were handed over
	// Those that EVAL was given, by SHA-1: used since fresh was begun, and before. A
	// program that writes scripts would fill memory with them, so fresh takes the
	// place of stale when it is full, as Redis has done since 7.4 in its own way.
	fresh, stale map[string]given
	freshBytes   int                 // of the texts of fresh
	texts        map[string]compiled // of those that ran last, so that EVAL need not hash them
	bytes        int                 // of these texts
	lua          *redislua.State
	run          scriptRun
	most         int  // bytes of the texts of a generation
	flushed      bool // SCRIPT FLUSH has not reached the store, which keeps scripts
}

// A given is a script that EVAL was given, with the bytes of its text.
type given struct {
	p     *redislua.Program
	bytes int
}

// A compiled is a script with its name.
type compiled struct {
	sha string
	p   *redislua.Program
}

// maxFresh is how many scripts that EVAL was given are certain to be known, when their
// texts have no more than maxFreshBytes.
const (
	maxFresh      = 500
	maxFreshBytes = 4 << 20
)

// find returns the program with a SHA-1, nil when there is none.
func (s *scripts) find(sha string) *redislua.Program {
	if p := s.loaded[sha]; p != nil {
		return p
	}
	if g, ok := s.fresh[sha]; ok {
		return g.p
	}
	g, ok := s.stale[sha]
	if ok {
		s.keep(sha, g)
	}
	return g.p
}

// findScript is find, and asks a store that keeps scripts.
func (e *Engine) findScript(sha string) *redislua.Program {
	p := e.scripts.find(sha)
	if p != nil || !e.opt.KeepScripts || e.volatile {
		return p
	}
	text, ok := e.loadedScript(sha)
	if !ok {
		return nil
	}
	p, err := redislua.Compile(text)
	if err != nil {
		return nil // it was compiled before it was stored
	}
	if e.scripts.loaded == nil {
		e.scripts.loaded = map[string]*redislua.Program{}
	}
	e.scripts.loaded[sha] = p
	e.scripts.loadedBytes += len(text)
	return p
}

// keep remembers a script that EVAL was given.
func (s *scripts) keep(sha string, g given) {
	if len(s.fresh) >= maxFresh || s.freshBytes > s.most {
		s.stale, s.fresh, s.freshBytes = s.fresh, nil, 0
		s.texts, s.bytes = nil, 0 // a text goes with its name
	}
	if s.fresh == nil {
		s.fresh = map[string]given{}
	}
	s.fresh[sha] = g
	s.freshBytes += g.bytes
	delete(s.stale, sha)
}

// count is how many scripts EVALSHA knows.
func (s *scripts) count() int { return len(s.loaded) + len(s.fresh) + len(s.stale) }

// maxTexts is how many bytes of scripts' texts are kept beside their programs.
const maxTexts = 1 << 20

// A scriptRun is the script or function that runs. What it needs is used again
// for the next one.
type scriptRun struct {
	lua      *redislua.State
	charge   func(bytes int)                // of lua
	do       func(args []string) resp.Reply // what redis.call asks for
	session  session
	call     call
	undo     undoLog
	readonly bool
}

var scriptHandlers = map[string]handler{
	"eval": cmdEval, "eval_ro": cmdEvalRO, "evalsha": cmdEvalSHA, "evalsha_ro": cmdEvalSHARO,
	"script|load": cmdScriptLoad, "script|exists": cmdScriptExists, "script|flush": cmdScriptFlush,
	"script": cmdContainer,
}

// compile returns a script's name and its program, compiled once.
func (e *Engine) compile(text string) (sha string, p *redislua.Program, bad resp.Reply) {
	if known, ok := e.scripts.texts[text]; ok {
		return known.sha, known.p, resp.Reply{}
	}
	sha = redislua.SHA1(text)
	if p = e.scripts.find(sha); p != nil {
		e.scripts.keepText(text, compiled{sha, p})
		return sha, p, resp.Reply{}
	}
	p, err := redislua.Compile(text)
	if err != nil {
		return sha, nil, resp.NewError("ERR " + oneLine(err.Error()))
	}
	e.scripts.keep(sha, given{p, len(text)})
	return sha, p, resp.Reply{}
}

// keepText remembers the text of a script that is run again.
func (s *scripts) keepText(text string, c compiled) {
	if len(text) > maxTexts/16 {
		return
	}
	if s.bytes += len(text); s.texts == nil || s.bytes > min(maxTexts, s.most) {
		s.texts, s.bytes = map[string]compiled{}, len(text)
	}
	s.texts[strings.Clone(text)] = c
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
	p := c.e.findScript(sha)
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
	if bad := e.mayRun(); bad.Kind == resp.Error {
		return bad
	}
	if e.scripts.lua == nil {
		e.scripts.lua = redislua.New()
		e.scripts.lua.Known = e.knows
	}
	lua := e.scripts.lua
	r, at := lua.Run(p, keys, argv, e.scriptBudget(), c.beginScript(lua, readonly || p.NoWrites))
	return e.endScript(sha, r, at)
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

// beginScript prepares for a script or a function, which is one command, and
// returns what runs its commands. These see a session of their own, so that
// SELECT inside a script ends with it.
func (c *call) beginScript(lua *redislua.State, readonly bool) func(args []string) resp.Reply {
	e := c.e
	r := &e.scripts.run
	if r.do == nil {
		r.do = e.scriptCall
	}
	if r.lua != lua {
		r.lua, r.charge = lua, lua.Charge
	}
	r.session = session{id: c.s.id, db: c.s.db, proto: 2, name: c.s.name, since: c.s.since, readOnly: c.s.readOnly}
	r.undo.begin(len(e.pushes), r.charge)
	r.readonly = readonly
	e.undo = &r.undo
	return r.do
}

// endScript takes back what a script did whose budget was spent. name is what
// errors call it by.
func (e *Engine) endScript(name string, r resp.Reply, at string) resp.Reply {
	run := &e.scripts.run
	e.scripts.steps += run.lua.Steps()
	e.undo = nil
	run.undo.stop()
	if run.lua.Exceeded() {
		e.rollBack(&run.undo)
	} else {
		e.emptyTrash(&run.undo)
	}
	run.undo.forget()
	run.call = call{}
	if r.Kind == resp.Error && at != "" {
		r.Str += " script: " + name + ", on " + at + "."
	}
	return r
}

// mayReplicate are the commands that read, but that Redis sends to its replicas:
// a script that must not write may not call them.
var mayReplicate = map[string]bool{"publish": true, "spublish": true, "pfcount": true}

// scriptCall runs one command of a script.
func (e *Engine) scriptCall(args []string) resp.Reply {
	run := &e.scripts.run
	if run.lua.RESP3() {
		run.session.proto = 3
	}
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
	if run.readonly && (cmd.flags&flagWrite != 0 || mayReplicate[cmd.name]) {
		return resp.NewError("ERR Write commands are not allowed from read-only scripts.")
	}
	if run.session.readOnly && cmd.changes() {
		return errReadOnly
	}
	if e.opt.Elsewhere != nil {
		if bad := e.elsewhere(cmd, args); bad.Kind == resp.Error {
			return bad
		}
	}
	c := &run.call
	*c = call{e: e, s: &run.session, args: args, cmd: cmd, script: true}
	if e.admin.watching {
		c.before()
	}
	e.undo.writing = cmd.flags&flagWrite != 0
	r := cmd.run(c)
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
	s := &c.e.scripts
	if s.loaded == nil {
		s.loaded = map[string]*redislua.Program{}
	}
	if s.loaded[sha] == nil {
		s.loaded[sha] = p
		s.loadedBytes += len(c.args[2])
		if _, kept := c.e.loadedScript(sha); !kept { // programs load theirs each time they start
			c.e.keepScript(sha, c.args[2])
		}
	}
	s.freshBytes -= s.fresh[sha].bytes
	delete(s.fresh, sha)
	return resp.NewBulk(sha)
}

func cmdScriptExists(c *call) resp.Reply {
	elems := make([]resp.Reply, 0, len(c.args)-2)
	for _, sha := range c.args[2:] {
		elems = append(elems, boolInt(c.e.findScript(strings.ToLower(sha)) != nil))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdScriptFlush(c *call) resp.Reply {
	if len(c.args) > 2 {
		if mode := strings.ToUpper(c.args[2]); len(c.args) > 3 || mode != "ASYNC" && mode != "SYNC" {
			return resp.NewError("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		}
	}
	s := &c.e.scripts
	s.loaded, s.fresh, s.stale, s.texts = nil, nil, nil, nil
	s.bytes, s.freshBytes, s.loadedBytes = 0, 0, 0
	c.e.dropScripts()
	return resp.OK
}
