package flow

import "go/types"

// Nearly every call of a library has a context, and nearly every context comes from
// foreign code, out of which anything might come. But in a context is only what a
// function put there that returns one: context.WithValue, or one of its kind. What they
// were given is one node, and a context that goes to foreign code takes along that and
// nothing else. What is under a key of a type of the module's, foreign code cannot ask for.

// inContext notes that a value may be in contexts from now on.
func (a *analysis) inContext(x val) {
	switch {
	case x.n == 0 || isContext(x.t):
	case x.hard:
		a.source(x.n, x.t, a.sentinels[x.n], a.contexts)
	default:
		a.edge(x.n, a.contexts)
	}
}

// ownKey reports whether a call puts a value under a key of a type that the module declares.
func (a *analysis) ownKey(fn *types.Func, args []val) bool {
	if fn.FullName() != "context.WithValue" || len(args) != 3 || args[1].t == nil {
		return false
	}
	n, ok := types.Unalias(args[1].t).(*types.Named)
	return ok && a.module(n.Obj().Pkg()) && !types.IsInterface(n)
}

// givesContext reports whether a function returns a context.
func givesContext(sig *types.Signature) bool {
	for i := range sig.Results().Len() {
		if isContext(sig.Results().At(i).Type()) {
			return true
		}
	}
	return false
}

// isContext reports whether t is context.Context.
func isContext(t types.Type) bool {
	if t == nil {
		return false
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context" && n.Obj().Name() == "Context"
}
