package keys

import (
	"sort"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A Script is what a Lua script does with its keys.
type Script struct {
	Keys map[int][]string // Redis commands called on KEYS[n], upper case, sorted; n from 1
}

// ParseScript reads a Lua script. redis.call("ZADD", KEYS[2], …) types the
// second key; a local that is only ever KEYS[n] counts as it.
func ParseScript(src string) (Script, error) {
	s := Script{Keys: map[int][]string{}}
	if strings.HasPrefix(src, "#!") {
		// A shebang names the engine and flags; Redis strips it too.
		_, rest, _ := strings.Cut(src, "\n")
		src = "\n" + rest
	}
	chunk, err := parse.Parse(strings.NewReader(src), "script")
	if err != nil {
		return s, err
	}
	w := &luaWalker{locals: map[string]int{}, keys: map[int]map[string]bool{}}
	w.stmts(chunk)
	for n, m := range w.keys {
		s.Keys[n] = sorted(m)
	}
	return s, nil
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

type luaWalker struct {
	locals map[string]int // local to n of KEYS[n]; -1 when it is more than one thing
	keys   map[int]map[string]bool
}

func (w *luaWalker) stmts(list []ast.Stmt) {
	for _, st := range list {
		w.stmt(st)
	}
}

func (w *luaWalker) stmt(st ast.Stmt) {
	switch st := st.(type) {
	case *ast.LocalAssignStmt:
		for i, name := range st.Names {
			n := -1
			if i < len(st.Exprs) {
				n = w.key(st.Exprs[i])
			}
			w.name(name, n)
		}
		w.exprs(st.Exprs)
	case *ast.AssignStmt:
		for i, l := range st.Lhs {
			if id, ok := l.(*ast.IdentExpr); ok {
				n := -1
				if i < len(st.Rhs) {
					n = w.key(st.Rhs[i])
				}
				w.name(id.Value, n)
			} else {
				w.expr(l)
			}
		}
		w.exprs(st.Rhs)
	case *ast.FuncCallStmt:
		w.expr(st.Expr)
	case *ast.DoBlockStmt:
		w.stmts(st.Stmts)
	case *ast.WhileStmt:
		w.expr(st.Condition)
		w.stmts(st.Stmts)
	case *ast.RepeatStmt:
		w.stmts(st.Stmts)
		w.expr(st.Condition)
	case *ast.IfStmt:
		w.expr(st.Condition)
		w.stmts(st.Then)
		w.stmts(st.Else)
	case *ast.NumberForStmt:
		w.name(st.Name, -1)
		w.expr(st.Init)
		w.expr(st.Limit)
		w.expr(st.Step)
		w.stmts(st.Stmts)
	case *ast.GenericForStmt:
		for _, name := range st.Names {
			w.name(name, -1)
		}
		w.exprs(st.Exprs)
		w.stmts(st.Stmts)
	case *ast.FuncDefStmt:
		w.function(st.Func)
	case *ast.ReturnStmt:
		w.exprs(st.Exprs)
	}
}

// name binds a local; one that is bound to two things is neither.
func (w *luaWalker) name(name string, n int) {
	if old, ok := w.locals[name]; ok && old != n {
		n = -1
	}
	w.locals[name] = n
}

func (w *luaWalker) function(f *ast.FunctionExpr) {
	if f == nil {
		return
	}
	if f.ParList != nil {
		for _, name := range f.ParList.Names {
			w.name(name, -1)
		}
	}
	w.stmts(f.Stmts)
}

func (w *luaWalker) exprs(list []ast.Expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w *luaWalker) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		w.call(e)
		w.expr(e.Func)
		w.expr(e.Receiver)
		w.exprs(e.Args)
	case *ast.FunctionExpr:
		w.function(e)
	case *ast.AttrGetExpr:
		w.expr(e.Object)
		w.expr(e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			w.expr(f.Key)
			w.expr(f.Value)
		}
	case *ast.LogicalOpExpr:
		w.expr(e.Lhs)
		w.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		w.expr(e.Lhs)
		w.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		w.expr(e.Lhs)
		w.expr(e.Rhs)
	case *ast.ArithmeticOpExpr:
		w.expr(e.Lhs)
		w.expr(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		w.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		w.expr(e.Expr)
	}
}

// call notes redis.call and redis.pcall.
func (w *luaWalker) call(c *ast.FuncCallExpr) {
	attr, ok := c.Func.(*ast.AttrGetExpr)
	if !ok {
		return
	}
	obj, ok := attr.Object.(*ast.IdentExpr)
	if !ok || obj.Value != "redis" && obj.Value != "server" {
		return
	}
	method, ok := attr.Key.(*ast.StringExpr)
	if !ok || method.Value != "call" && method.Value != "pcall" || len(c.Args) == 0 {
		return
	}
	name, ok := c.Args[0].(*ast.StringExpr)
	if !ok {
		return
	}
	cmd := strings.ToUpper(name.Value)
	for _, arg := range c.Args[1:] {
		n := w.key(arg)
		if n < 0 {
			continue
		}
		if w.keys[n] == nil {
			w.keys[n] = map[string]bool{}
		}
		w.keys[n][cmd] = true
	}
}

// key gives n for KEYS[n] with a constant n or a local that is it, -1 for anything
// else.
func (w *luaWalker) key(e ast.Expr) int {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if n, ok := w.locals[e.Value]; ok {
			return n
		}
	case *ast.AttrGetExpr:
		obj, ok := e.Object.(*ast.IdentExpr)
		if !ok || obj.Value != "KEYS" {
			return -1
		}
		num, ok := e.Key.(*ast.NumberExpr)
		if !ok {
			return -1
		}
		n, err := strconv.Atoi(num.Value)
		if err != nil || n < 1 {
			return -1
		}
		return n
	}
	return -1
}
