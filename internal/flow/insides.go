package flow

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Uses that look at a value otherwise than by its type's methods and exported
// fields, which the swap keeps.

// unsafely blocks a value whose memory is read as something else: what lies
// where in go-redis's structs is not what lies there in the facade's.
func (a *analysis) unsafely(to, from val, pos token.Pos) {
	for _, v := range [...][2]val{{to, from}, {from, to}} {
		if b, ok := under(v[0].t).(*types.Basic); ok && b.Kind() == types.UnsafePointer && v[1].hard {
			a.block(v[1].n, pos, spec.Unsafe, "its memory is read by package unsafe")
		}
	}
}

// inspected notes a value whose type a program looks at by package reflect. A
// function that is called through it is all that it was.
func (a *analysis) inspected(fn *types.Func, e *ast.CallExpr, x val) {
	if fn.Pkg().Path() != "reflect" || !x.hard || isFuncType(x.t) {
		return
	}
	switch fn.Name() {
	case "TypeOf", "ValueOf", "TypeFor":
		a.note(x.n, e.Pos(), spec.Reflection, "reflect."+fn.Name()+" looks at "+types.TypeString(x.t, (*types.Package).Name))
	}
}

func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}
