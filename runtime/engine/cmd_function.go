package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

var functionHandlers = map[string]handler{
	"fcall": cmdFCall, "fcall_ro": cmdFCallRO, "function": cmdContainer,
	"function|load": withLibraries(cmdFunctionLoad), "function|delete": withLibraries(cmdFunctionDelete),
	"function|flush": cmdFunctionFlush, "function|list": withLibraries(cmdFunctionList),
	"function|stats": withLibraries(cmdFunctionStats), "function|dump": withLibraries(cmdFunctionDump),
	"function|restore": withLibraries(cmdFunctionRestore), "function|kill": cmdFunctionKill,
}

// withLibraries is a handler that finds the store's libraries loaded.
func withLibraries(run handler) handler {
	return func(c *call) resp.Reply {
		if err := c.e.useLibraries(); err != nil {
			return errText(err.Error())
		}
		return run(c)
	}
}

// errText is an error with the code ERR.
func errText(text string) resp.Reply { return resp.NewError("ERR " + oneLine(text)) }

func cmdFCall(c *call) resp.Reply   { return c.callFunction(false) }
func cmdFCallRO(c *call) resp.Reply { return c.callFunction(true) }

func (c *call) callFunction(readonly bool) resp.Reply {
	e := c.e
	if err := e.useLibraries(); err != nil {
		return errText(err.Error())
	}
	f := e.libraries.functions[strings.ToLower(c.args[1])]
	if f == nil {
		return resp.NewError("ERR Function not found")
	}
	keys, argv, bad := c.scriptArgs(errText("Bad number of keys provided"))
	if bad.Kind == resp.Error {
		return bad
	}
	noWrites := f.Has("no-writes")
	if readonly && !noWrites {
		return errMayWrite
	}
	if bad := e.mayRun(); bad.Kind == resp.Error {
		return bad
	}
	lua := e.libraries.lua
	r, at := lua.Call(f, keys, argv, e.scriptBudget(), c.beginScript(lua, noWrites))
	return e.endScript(f.Name, r, at)
}

func cmdFunctionLoad(c *call) resp.Reply {
	last, replace := len(c.args)-1, false
	for _, opt := range c.args[2:last] {
		if !strings.EqualFold(opt, "replace") {
			return errText("Unknown option given: " + clip(opt))
		}
		replace = true
	}
	e := c.e
	name, err := redislua.LibraryName(c.args[last])
	if err != nil {
		return errText(err.Error())
	}
	if e.libraries.byName[name] != nil && !replace {
		return errText("Library '" + name + "' already exists")
	}
	if bad := e.mayRun(); bad.Kind == resp.Error {
		return bad
	}
	lib, err := e.loadLibrary(c.args[last])
	if err != nil {
		return errText(err.Error())
	}
	if name, ok := e.libraries.clash(lib); ok {
		return errText("Function " + name + " already exists")
	}
	bytes := e.libraries.bytes() + len(lib.Code)
	if old := e.libraries.byName[lib.Name]; old != nil {
		bytes -= len(old.Code)
	}
	if bad := e.roomForLibraries(bytes); bad.Kind == resp.Error {
		return bad
	}
	e.putLibrary(lib)
	return resp.NewBulk(lib.Name)
}

func cmdFunctionDelete(c *call) resp.Reply {
	lib := c.e.libraries.byName[c.args[2]]
	if lib == nil {
		return errText("Library not found")
	}
	c.e.dropLibrary(lib)
	return resp.OK
}

// errFunctionArgs is Redis's answer when a sub-command has too many arguments.
func (c *call) errFunctionArgs() resp.Reply {
	return errText("unknown subcommand or wrong number of arguments for '" + clip(c.args[1]) + "'. Try FUNCTION HELP.")
}

func cmdFunctionFlush(c *call) resp.Reply {
	if len(c.args) > 3 {
		return c.errFunctionArgs()
	}
	if len(c.args) == 3 && !strings.EqualFold(c.args[2], "async") && !strings.EqualFold(c.args[2], "sync") {
		return errText("FUNCTION FLUSH only supports SYNC|ASYNC option")
	}
	c.e.flushLibraries()
	return resp.OK
}

func cmdFunctionKill(*call) resp.Reply {
	return resp.NewError("NOTBUSY No scripts in execution right now.")
}

func cmdFunctionList(c *call) resp.Reply {
	pattern, filtered, withCode := "", false, false
	for i := 2; i < len(c.args); i++ {
		switch opt := c.args[i]; {
		case !withCode && strings.EqualFold(opt, "withcode"):
			withCode = true
		case !filtered && strings.EqualFold(opt, "libraryname"):
			if i++; i == len(c.args) {
				return errText("library name argument was not given")
			}
			pattern, filtered = c.args[i], true
		default:
			return errText("Unknown argument " + clip(opt))
		}
	}
	out := resp.Reply{Kind: resp.Array, Elems: []resp.Reply{}}
	for _, lib := range c.e.libraries.sorted() {
		if filtered && !match(pattern, lib.Name, true) {
			continue
		}
		functions := make([]resp.Reply, len(lib.Functions))
		for i, f := range lib.Functions {
			functions[i] = functionReply(f)
		}
		m := mapReply{
			resp.NewBulk("library_name"), resp.NewBulk(lib.Name), resp.NewBulk("engine"), resp.NewBulk("LUA"),
			resp.NewBulk("functions"), resp.NewArray(functions...),
		}
		if withCode {
			m = append(m, resp.NewBulk("library_code"), resp.NewBulk(lib.Code))
		}
		out.Elems = append(out.Elems, m.reply())
	}
	return out
}

func functionReply(f *redislua.Function) resp.Reply {
	description := resp.Reply{}
	if f.Described {
		description = resp.NewBulk(f.Description)
	}
	flags := make([]resp.Reply, len(f.Flags))
	for i, flag := range f.Flags {
		flags[i] = resp.NewStatus(flag)
	}
	return mapReply{
		resp.NewBulk("name"), resp.NewBulk(f.Name), resp.NewBulk("description"), description,
		resp.NewBulk("flags"), resp.Reply{Kind: resp.Set, Elems: flags},
	}.reply()
}

// cmdFunctionStats never finds a running script: a script is one command, and no
// other is answered meanwhile.
func cmdFunctionStats(c *call) resp.Reply {
	libs := &c.e.libraries
	lua := mapReply{
		resp.NewBulk("libraries_count"), intReply(int64(len(libs.byName))),
		resp.NewBulk("functions_count"), intReply(int64(len(libs.functions))),
	}
	return mapReply{
		resp.NewBulk("running_script"), resp.Reply{},
		resp.NewBulk("engines"), mapReply{resp.NewBulk("LUA"), lua.reply()}.reply(),
	}.reply()
}

func cmdFunctionDump(c *call) resp.Reply {
	return resp.NewBulk(dumpLibraries(c.e.libraries.sorted()))
}

// cmdFunctionRestore adds the libraries of a dump, all or none.
func cmdFunctionRestore(c *call) resp.Reply {
	if len(c.args) > 4 {
		return c.errFunctionArgs()
	}
	policy := "append"
	if len(c.args) == 4 {
		switch policy = strings.ToLower(c.args[3]); policy {
		case "flush", "append", "replace":
		default:
			return errText("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
		}
	}
	codes, ok := readDump(c.args[2])
	if !ok {
		return errText("DUMP payload version or checksum are wrong")
	}
	// What there will be is tried out before anything is changed.
	e := c.e
	var after libraries
	if policy != "flush" {
		for _, lib := range e.libraries.byName {
			after.add(lib)
		}
	}
	loaded := make([]*redislua.Library, len(codes))
	for i, code := range codes {
		if bad := e.mayRun(); bad.Kind == resp.Error {
			return bad
		}
		lib, err := e.loadLibrary(code)
		if err != nil {
			return errText(err.Error())
		}
		if old := after.byName[lib.Name]; old != nil {
			if policy != "replace" {
				return errText("Library " + lib.Name + " already exists")
			}
			after.remove(old)
		}
		if name, ok := after.clash(lib); ok {
			return errText("Function " + name + " already exists")
		}
		after.add(lib)
		loaded[i] = lib
	}
	if bad := e.roomForLibraries(after.bytes()); bad.Kind == resp.Error {
		return bad
	}
	if policy == "flush" {
		for _, lib := range e.libraries.sorted() {
			e.dropLibrary(lib)
		}
	}
	for _, lib := range loaded {
		if old := e.libraries.byName[lib.Name]; old != nil {
			e.libraries.remove(old)
		}
	}
	for _, lib := range loaded {
		e.putLibrary(lib)
	}
	return resp.OK
}
