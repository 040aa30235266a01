package analyzer

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/redis2cf/redis2cf/internal/keys"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// maxWrappers bounds how many wrappers a script is followed through.
const maxWrappers = 3

// script types the keys of a script by its text: redis.call("ZADD", KEYS[2], …)
// makes the second key a sorted set. In a wrapper that is given script and keys,
// each of its calls is looked at.
func (f *finder) script(site *Site, a *args) {
	from := site.Selector.X
	if values, _ := a.values("script"); len(values) == 1 {
		from = values[0]
	}
	values, _ := a.values("keys")
	if len(values) != 1 {
		return
	}
	var found []Key
	if f.wrapped(from, values[0], maxWrappers, &found) {
		site.Keys = found
		return
	}
	s := f.parsed(from)
	for i := range site.Keys {
		site.Keys[i].Type = typeOfCommands(s.Keys[i+1])
	}
}

// wrapped adds the keys that the callers of a wrapper pass, and tells whether
// from and list are a wrapper's parameters at all.
func (f *finder) wrapped(from, list ast.Expr, depth int, out *[]Key) bool {
	rows := f.keys.Passed(from, list)
	if len(rows) == 0 || depth == 0 {
		return false
	}
	for _, row := range rows {
		if f.wrapped(row[0], row[1], depth-1, out) {
			continue
		}
		s := f.parsed(row[0])
		elems := f.keys.Elements(row[1])
		if elems == nil {
			addKey(out, row[1], f.keys.OfElements(row[1]), spec.None)
			continue
		}
		for i, e := range elems {
			addKey(out, e, f.keys.Of(e), typeOfCommands(s.Keys[i+1]))
		}
	}
	return true
}

// addKey adds a key unless one that says the same is there.
func addKey(out *[]Key, arg ast.Expr, k keys.Key, typ spec.Type) {
	for _, old := range *out {
		if old.Type == typ && old.Code == k.Code && slices.Equal(old.Patterns, k.Patterns) {
			return
		}
	}
	*out = append(*out, Key{Patterns: k.Patterns, Code: k.Code, Why: k.Why, Assumed: k.Assumed, Type: typ, Arg: arg})
}

// parsed gives the script that an expression stands for; an empty one when its
// text is not known or is no Lua, which the engine will say.
func (f *finder) parsed(from ast.Expr) keys.Script {
	src, ok := f.scriptText(from)
	if !ok {
		return keys.Script{}
	}
	s, ok := f.scripts[src]
	if !ok {
		var err error
		if s, err = keys.ParseScript(src); err != nil {
			s = keys.Script{}
		}
		f.scripts[src] = s
	}
	return s
}

// typeOfCommands is the one data type that the commands work on; none when they
// say nothing or contradict each other.
func typeOfCommands(commands []string) spec.Type {
	typ := spec.None
	for _, name := range commands {
		cmd, ok := spec.CommandOf([]string{name})
		if !ok || cmd.Type == spec.Any || cmd.Type == spec.None {
			continue
		}
		if typ != spec.None && typ != cmd.Type {
			return spec.None
		}
		typ = cmd.Type
	}
	return typ
}

// scriptText gives the Lua source that an expression stands for, when it is
// constant: the text itself, or the argument of the NewScript that made it.
func (f *finder) scriptText(from ast.Expr) (string, bool) {
	info := f.keys.Info(from)
	if info == nil {
		return "", false
	}
	if b, ok := info.TypeOf(from).Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
		return f.keys.Text(from)
	}
	origins := f.keys.Origins(from)
	if len(origins) != 1 {
		return "", false
	}
	call, ok := origins[0].(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return "", false
	}
	fn := f.callee(call)
	if fn == nil || fn.Name() != "NewScript" {
		return "", false
	}
	return f.keys.Text(call.Args[0])
}
