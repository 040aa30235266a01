package analyzer

import (
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"path/filepath"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// transaction notes the variables that stand for a transaction: the parameter
// of a function given to TxPipelined or Watch, and the local that TxPipeline is
// assigned to.
func (f *finder) transaction(n *ast.CallExpr) {
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok {
		return
	}
	s := f.info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal {
		return
	}
	if m, ok := f.method(s); !ok || m.fn.Name() == "Watch" && m.row.Redis != "WATCH" {
		return
	}
	tx := f.txName(sel)
	for _, arg := range n.Args {
		if _, ok := f.info.TypeOf(arg).(*types.Signature); !ok {
			continue
		}
		for _, o := range f.keys.Origins(arg) {
			lit, ok := o.(*ast.FuncLit)
			if !ok || len(lit.Type.Params.List) != 1 {
				continue
			}
			for _, id := range lit.Type.Params.List[0].Names {
				if v, ok := f.info.Defs[id].(*types.Var); ok {
					f.tx[v] = tx
				}
			}
		}
	}
}

// startsTx tells whether a method of this name can start a transaction.
func startsTx(name string) bool {
	return name == "TxPipelined" || name == "TxPipeline" || name == "Watch"
}

// txName is the transaction that a call on x starts or goes on with.
func (f *finder) txName(sel *ast.SelectorExpr) string {
	if v := f.root(sel.X); v != nil {
		if tx := f.tx[v]; tx != "" {
			return tx
		}
	}
	p := f.fset.Position(sel.Sel.Pos())
	return fmt.Sprintf("%s:%d", path.Join(f.u.Path, filepath.Base(p.Filename)), p.Line)
}

// inTransaction names the transaction that a site stands in, if it does.
func (f *finder) inTransaction(s *Site) string {
	if s.Row.Redis == "WATCH" && s.Row.Type != spec.None {
		return f.txName(s.Selector)
	}
	id := f.root(s.Selector.X)
	if id == nil {
		return ""
	}
	if tx := f.tx[id]; tx != "" {
		return tx
	}
	// pipe := rdb.TxPipeline()
	if n := named(id.Type()); n == nil || n.Obj().Name() != "Pipeliner" && n.Obj().Name() != "Pipeline" {
		return ""
	}
	x := rootIdent(s.Selector.X)
	if x == nil {
		return ""
	}
	origins := f.keys.Origins(x)
	if len(origins) != 1 {
		return ""
	}
	call, ok := origins[0].(*ast.CallExpr)
	if !ok {
		return ""
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "TxPipeline" {
		return ""
	}
	return f.txName(sel)
}

func rootIdent(x ast.Expr) *ast.Ident {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			return e
		case *ast.CallExpr:
			if len(e.Args) != 1 {
				return nil
			}
			x = e.Args[0]
		default:
			return nil
		}
	}
}
