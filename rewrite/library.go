package rewrite

import (
	"go/types"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// library says what a foreign function, type or field does with a client: by the table
// of known libraries, or that it is code of another module of the workspace. That one
// has a run of its own, and a bridge there would be the ground of the next one here, and
// so on.
func (r *run) library(obj types.Object) flow.Library {
	if r.prog.Module.Beside(obj.Pkg().Path()) {
		return flow.Library{Stays: true}
	}
	l, ok := spec.LibraryOf(obj.Pkg().Path(), nameInLibrary(obj))
	if !ok {
		return flow.Library{}
	}
	text := l.Why
	if l.Do != "" {
		text += "; " + l.Do
	}
	return flow.Library{Stays: !l.Use.Bridged(), Code: l.Use.Code(), Text: text}
}

// nameInLibrary is what the table calls an object: New, Client.Close, .Field.
func nameInLibrary(obj types.Object) string {
	switch obj := obj.(type) {
	case *types.Var:
		if obj.IsField() {
			return "." + obj.Name()
		}
	case *types.Func:
		recv := obj.Origin().Type().(*types.Signature).Recv()
		if recv == nil {
			break
		}
		t := types.Unalias(recv.Type())
		if p, ok := t.(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Name() + "." + obj.Name()
		}
	}
	return obj.Name()
}

// libraryCuts are the codes of bridges to libraries, by what holds the other side.
var libraryCuts = map[string]string{
	spec.ForeignAPI:      spec.CutLibrary,
	spec.EscapesAsAny:    spec.CutLibrary,
	spec.KnownLibrary:    spec.CutKnownLibrary,
	spec.LibraryObserves: spec.CutObserver,
	spec.LibraryConnects: spec.CutKnownLibrary,
}
