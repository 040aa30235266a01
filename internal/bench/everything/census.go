package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"
)

// goRedisPaths are the import paths of go-redis; what lies below belongs to it.
var goRedisPaths = []string{"github.com/redis/go-redis/v9", "github.com/go-redis/redis/v8"}

func isGoRedis(pkg *types.Package) bool {
	if pkg == nil {
		return false
	}
	for _, p := range goRedisPaths {
		if pkg.Path() == p || strings.HasPrefix(pkg.Path(), p+"/") {
			return true
		}
	}
	return false
}

// A census is what the module's identifiers mean, by go/types.
type census struct {
	Uses       int            `json:"uses"`       // identifiers that mean something of go-redis
	Methods    int            `json:"methods"`    // of them, methods
	Functions  int            `json:"functions"`  //
	Types      int            `json:"types"`      //
	Others     int            `json:"others"`     // fields, variables, constants
	Commands   int            `json:"commands"`   // of the methods, those that take a context and return a Cmder
	Interfaces int            `json:"interfaces"` // the same through interfaces that are not go-redis's
	Versions   map[string]int `json:"versions"`   // uses by go-redis module path
	Errors     []string       `json:"errors"`     // packages that do not type-check

	calls []call // commands and interfaces
	other []call // the other methods with a context: Watch, Subscribe, Exec
}

// A call is a method of go-redis that the module uses.
type call struct {
	At     string `json:"at"` // file:line:column, relative to the module
	Method string `json:"method"`
	Recv   string `json:"receiver"` // the type that declares it
	User   bool   `json:"interface"`
}

// count counts a module's uses of go-redis, each identifier once, whatever
// number of test variants its file is compiled for.
func count(root, tags string, env []string) (*census, error) {
	cfg := &packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo,
		Dir: root, Env: env, Tests: true,
	}
	if tags != "" {
		cfg.BuildFlags = []string{"-tags=" + tags}
	}
	pkgs, err := packages.Load(cfg, "./...")
	if err != nil {
		return nil, fmt.Errorf("counting in %s: %w", root, err)
	}
	c := &census{Versions: map[string]int{}}
	seen := map[string]bool{}
	for _, p := range pkgs {
		if strings.HasSuffix(p.ID, ".test") {
			continue // the main that go test makes
		}
		if len(p.Errors) > 0 {
			c.Errors = append(c.Errors, fmt.Sprintf("%s: %v", p.ID, p.Errors[0]))
		}
		for id, obj := range p.TypesInfo.Uses {
			pos := p.Fset.PositionFor(id.Pos(), false)
			if !pos.IsValid() {
				continue
			}
			if rel, err := filepath.Rel(root, pos.Filename); err == nil {
				pos.Filename = filepath.ToSlash(rel)
			}
			if at := pos.String(); !seen[at] && c.use(id, obj, at) {
				seen[at] = true
			}
		}
	}
	for _, list := range [][]call{c.calls, c.other} {
		sort.Slice(list, func(i, j int) bool { return list[i].At < list[j].At })
	}
	sort.Strings(c.Errors)
	return c, nil
}

// use counts one identifier; false when it has nothing to do with go-redis.
func (c *census) use(id *ast.Ident, obj types.Object, at string) bool {
	fn, _ := obj.(*types.Func)
	if !isGoRedis(obj.Pkg()) {
		if fn == nil || !throughInterface(fn) {
			return false
		}
		c.Interfaces++
		c.calls = append(c.calls, call{At: at, Method: id.Name, Recv: recvName(fn), User: true})
		return true
	}
	c.Uses++
	for _, p := range goRedisPaths {
		if obj.Pkg().Path() == p || strings.HasPrefix(obj.Pkg().Path(), p+"/") {
			c.Versions[p]++
		}
	}
	switch obj.(type) {
	case *types.Func:
		if fn.Signature().Recv() == nil {
			c.Functions++
			break
		}
		c.Methods++
		use := call{At: at, Method: id.Name, Recv: recvName(fn)}
		switch {
		case sendsCommand(fn, obj.Pkg()):
			c.Commands++
			c.calls = append(c.calls, use)
		case takesContext(fn.Signature()):
			c.other = append(c.other, use)
		}
	case *types.TypeName:
		c.Types++
	default:
		c.Others++
	}
	return true
}

func recvName(fn *types.Func) string {
	return types.TypeString(fn.Signature().Recv().Type(), (*types.Package).Name)
}

func takesContext(sig *types.Signature) bool {
	return sig.Params().Len() > 0 && types.TypeString(sig.Params().At(0).Type(), nil) == "context.Context"
}

// sendsCommand tells whether a method takes a context and returns a Cmder. Those
// of results and hooks return none.
func sendsCommand(fn *types.Func, redis *types.Package) bool {
	sig := fn.Signature()
	if !takesContext(sig) || sig.Results().Len() != 1 {
		return false
	}
	cmder, ok := redis.Scope().Lookup("Cmder").(*types.TypeName)
	if !ok {
		return false
	}
	iface, ok := cmder.Type().Underlying().(*types.Interface)
	return ok && types.Implements(sig.Results().At(0).Type(), iface)
}

// throughInterface tells whether a method of somebody's interface is one of
// go-redis's commands: its result is go-redis's, and Cmdable has its name.
func throughInterface(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	if recv == nil || !types.IsInterface(recv.Type()) || fn.Signature().Results().Len() != 1 {
		return false
	}
	t := types.Unalias(fn.Signature().Results().At(0).Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || !isGoRedis(n.Obj().Pkg()) || !sendsCommand(fn, n.Obj().Pkg()) {
		return false
	}
	cmdable, ok := n.Obj().Pkg().Scope().Lookup("Cmdable").(*types.TypeName)
	if !ok {
		return false
	}
	m, _, _ := types.LookupFieldOrMethod(cmdable.Type(), false, n.Obj().Pkg(), fn.Name())
	return m != nil
}
