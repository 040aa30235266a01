package analyzer

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/internal/keys"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// arguments fills in what the call's arguments say: keys, expiry, and for raw
// commands the command.
func (f *finder) arguments(site *Site, s *types.Selection) {
	args := &args{call: site.Call, sig: s.Obj().(*types.Func).Signature(), row: site.Row}
	if s.Kind() == types.MethodExpr {
		args.shift = 1
	}
	switch {
	case site.Row.Keys.Kind == spec.KeysRaw:
		f.raw(site, args)
		return
	case site.Shape == ShapeSymbol:
		return
	}
	for _, param := range site.Row.Keys.Params {
		name, field, _ := strings.Cut(param, ".")
		values, spread := args.values(name)
		if len(values) == 0 {
			continue
		}
		if field != "" {
			f.fieldKeys(site, values[0], field)
			continue
		}
		f.keysOf(site, values, spread, args.slice(name))
	}
	if site.Type == spec.Script {
		f.script(site, args)
	}
	site.TTL = f.ttl(site, args)
}

// args are the arguments of a call by the names of the table's parameters.
type args struct {
	call  *ast.CallExpr
	sig   *types.Signature
	row   *spec.Row
	shift int // the receiver of a method expression
}

// rowParams are the parameter names of rows, parsed once.
var rowParams sync.Map // *spec.Row to []string

func paramsOf(row *spec.Row) []string {
	if p, ok := rowParams.Load(row); ok {
		return p.([]string)
	}
	var names []string
	if e, err := parser.ParseExpr("func(" + row.Params + ")"); err == nil {
		if ft, ok := e.(*ast.FuncType); ok {
			for _, field := range ft.Params.List {
				for _, id := range field.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	rowParams.Store(row, names)
	return names
}

// at gives the index of the parameter in the signature, -1 without one. The
// signature's own names come first: they are right for every version of
// go-redis; an interface may leave them out.
func (a *args) at(name string) int {
	for i := 0; i < a.sig.Params().Len(); i++ {
		if a.sig.Params().At(i).Name() == name {
			return i
		}
	}
	for i, p := range paramsOf(a.row) {
		if p == name {
			if !a.row.NoCtx {
				i++
			}
			if i < a.sig.Params().Len() {
				return i
			}
		}
	}
	return -1
}

// slice tells whether the parameter is a slice that is no variadic.
func (a *args) slice(name string) bool {
	i := a.at(name)
	if i < 0 || a.sig.Variadic() && i == a.sig.Params().Len()-1 {
		return false
	}
	_, ok := a.sig.Params().At(i).Type().Underlying().(*types.Slice)
	return ok
}

// values gives the arguments of a parameter; spread says that it is one slice
// passed with "...".
func (a *args) values(name string) (values []ast.Expr, spread bool) {
	i := a.at(name)
	if i < 0 {
		return nil, false
	}
	n := i + a.shift
	if len(a.call.Args) == 1 && a.sig.Params().Len() > 1 {
		return nil, false // f(g())
	}
	if a.sig.Variadic() && i == a.sig.Params().Len()-1 {
		if n > len(a.call.Args) {
			return nil, false
		}
		return a.call.Args[n:], a.call.Ellipsis.IsValid()
	}
	if n >= len(a.call.Args) {
		return nil, false
	}
	return a.call.Args[n : n+1], false
}

// keysOf adds the keys among the values of one parameter.
func (f *finder) keysOf(site *Site, values []ast.Expr, spread, slice bool) {
	if spread || slice {
		elems := f.keys.Elements(values[0])
		if elems == nil {
			f.add(site, values[0], f.keys.OfElements(values[0]))
			return
		}
		values = elems
	}
	kind := site.Row.Keys.Kind
	step := 1
	switch kind {
	case spec.KeysPairs:
		step = 2
	case spec.KeysTriples:
		step = 3
	}
	if step > 1 && len(values) == 1 && !spread {
		f.flattened(site, values[0], step)
		return
	}
	if kind == spec.KeysFirstHalf {
		values = values[:len(values)/2]
	}
	for i := 0; i < len(values); i += step {
		switch kind {
		case spec.KeysPattern, spec.KeysChannelPatterns:
			f.add(site, values[i], f.keys.OfGlob(values[i]))
		case spec.KeysFirstOfEach:
			if elems := f.keys.Elements(values[i]); len(elems) > 0 {
				f.add(site, elems[0], f.keys.Of(elems[0]))
			} else {
				f.add(site, values[i], keys.Key{Code: keys.FromData, Why: "a list that is put together at run time"})
			}
		default:
			f.add(site, values[i], f.keys.Of(values[i]))
		}
	}
}

// flattened reads the one argument of MSet and kin: a map's keys, every second
// element of a slice.
func (f *finder) flattened(site *Site, value ast.Expr, step int) {
	if elems := f.keys.Elements(value); elems != nil {
		if info := f.keys.Info(value); info != nil {
			if _, isSlice := info.TypeOf(value).Underlying().(*types.Slice); isSlice {
				for i := 0; i < len(elems); i += step {
					f.add(site, elems[i], f.keys.Of(elems[i]))
				}
				return
			}
		}
	}
	if info := f.keys.Info(value); info != nil {
		if _, isMap := info.TypeOf(value).Underlying().(*types.Map); isMap {
			if lit := f.literalMap(value); lit != nil {
				for _, kv := range lit {
					f.add(site, kv.Key, f.keys.Of(kv.Key))
				}
				return
			}
			f.add(site, value, f.keys.OfKeys(value))
			return
		}
		if k := f.keys.OfElements(value); len(k.Patterns) == 0 {
			f.add(site, value, k)
			return
		}
	}
	f.add(site, value, keys.Key{Code: keys.FromData, Why: "a map or slice that is put together at run time"})
}

// literalMap gives the entries of a map that is written out and never changed.
func (f *finder) literalMap(value ast.Expr) []*ast.KeyValueExpr {
	origins := f.keys.Origins(value)
	if len(origins) != 1 {
		return nil
	}
	lit, ok := origins[0].(*ast.CompositeLit)
	if !ok {
		return nil
	}
	var out []*ast.KeyValueExpr
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			out = append(out, kv)
		}
	}
	return out
}

// fieldKeys adds the keys in a field of an argument struct.
func (f *finder) fieldKeys(site *Site, value ast.Expr, field string) {
	origins := f.keys.Origins(value)
	found := false
	for _, o := range origins {
		if un, ok := o.(*ast.UnaryExpr); ok && un.Op == token.AND {
			o = ast.Unparen(un.X)
		}
		lit, ok := o.(*ast.CompositeLit)
		if !ok {
			continue
		}
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			if id, ok := kv.Key.(*ast.Ident); !ok || id.Name != field {
				continue
			}
			found = true
			_, isSlice := f.keys.Info(kv).TypeOf(kv.Value).Underlying().(*types.Slice)
			f.keysOf(site, []ast.Expr{kv.Value}, false, isSlice)
		}
	}
	if !found {
		if k := f.keys.Of(value); len(k.Patterns) == 0 && k.Code == keys.FromImporter {
			f.add(site, value, k)
			return
		}
		f.add(site, value, keys.Key{Code: keys.FromData, Why: "field " + field + " of a struct that is filled in elsewhere"})
	}
}

func (f *finder) add(site *Site, arg ast.Expr, k keys.Key) {
	site.Keys = append(site.Keys, Key{Patterns: k.Patterns, Code: k.Code, Why: k.Why, Assumed: k.Assumed, Arg: arg})
}

// raw reads Do and Process: the command and its keys stand in the arguments.
func (f *finder) raw(site *Site, a *args) {
	site.Type = spec.Any
	values, spread := a.values(site.Row.Keys.Params[0])
	if site.Row.Keys.Params[0] == "cmd" {
		values, spread = f.commandArgs(values)
	}
	if spread && len(values) > 0 {
		last := f.keys.Elements(values[len(values)-1])
		if last == nil {
			site.Code = spec.CommandUnknown
			return
		}
		values = append(append([]ast.Expr(nil), values[:len(values)-1]...), last...)
	}
	if len(values) == 0 {
		site.Code = spec.CommandUnknown
		return
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i], _ = f.keys.Text(v)
		if info := f.keys.Info(v); words[i] == "" && info != nil {
			if tv := info.Types[v]; tv.Value != nil && tv.Value.Kind() == constant.Int {
				words[i] = tv.Value.ExactString()
			}
		}
	}
	cmd, ok := spec.CommandOf(words)
	if words[0] == "" || !ok {
		site.Command, site.Code = strings.ToUpper(words[0]), spec.CommandUnknown
		return
	}
	site.Command, site.Type = cmd.Name, cmd.Type
	if cmd.Verdict != spec.Served {
		site.Code = cmd.Code
	}
	for _, i := range spec.Keys(words) {
		f.add(site, values[i], f.keys.Of(values[i]))
	}
	site.TTL = rawTTL(site, words)
}

// commandArgs gives the arguments of the command that Process is given, when it
// is made in sight: redis.NewStringCmd(ctx, "get", key).
func (f *finder) commandArgs(values []ast.Expr) ([]ast.Expr, bool) {
	if len(values) != 1 {
		return nil, false
	}
	origins := f.keys.Origins(values[0])
	if len(origins) != 1 {
		return nil, false
	}
	call, ok := origins[0].(*ast.CallExpr)
	if !ok || len(call.Args) < 2 {
		return nil, false
	}
	fn := f.callee(call)
	if fn == nil || originOf(fn.Pkg()) == foreign && !makesFacade(fn) || !strings.HasPrefix(fn.Name(), "New") || !strings.HasSuffix(fn.Name(), "Cmd") {
		return nil, false
	}
	return call.Args[1:], call.Ellipsis.IsValid()
}

// makesFacade tells whether a function gives one value of the facade's, as the
// wrappers of a generated package do.
func makesFacade(fn *types.Func) bool {
	results := fn.Signature().Results()
	if fn.Signature().Recv() != nil || results.Len() != 1 {
		return false
	}
	n := named(results.At(0).Type())
	return n != nil && originOf(n.Obj().Pkg()) == migrated
}

// callee gives the package-level function that a call names.
func (f *finder) callee(call *ast.CallExpr) *types.Func {
	info := f.keys.Info(call)
	if info == nil {
		return nil
	}
	fn, _ := info.Uses[syntax.Name(call.Fun)].(*types.Func)
	return fn
}
