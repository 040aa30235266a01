package keys

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// A slice, map or channel that is handed on can change without a write to the
// variable that it came from: through what it was assigned to, in a function of
// the program that it was an argument of or that got it as a result, or in a
// library's.

// A changer is a function out of sight that changes what it is given. The zero
// changer is none.
type changer struct {
	name  string
	fills bool // it puts in what was not there; otherwise it changes the order
}

// holders are the variables and parameters that the slice, map or channel in v is
// handed on to, and the library's function that changes it.
func (a *Analyzer) holders(v *types.Var) (to map[token.Pos]bool, by changer) {
	pos := v.Origin().Pos()
	if len(a.idx.lent[pos]) == 0 {
		return nil, changer{}
	}
	to = map[token.Pos]bool{}
	given := map[token.Pos]bool{}
	var follow func(token.Pos)
	var loans func([]loan)
	follow = func(pos token.Pos) { loans(a.idx.lent[pos]) }
	loans = func(ls []loan) {
		for _, l := range ls {
			if l.by.IsValid() {
				if !given[l.by] {
					given[l.by] = true
					loans(a.idx.given[l.by])
				}
				continue
			}
			more, all := a.takers(l)
			if one := a.changes(l, v.Type(), all); one.fills || by.name == "" {
				by = one
			}
			for _, pos := range more {
				if !to[pos] {
					to[pos] = true
					follow(pos)
				}
			}
		}
	}
	follow(pos)
	delete(to, pos)
	return to, by
}

// takers gives the variable, or the parameters of the functions in sight, that a
// loan goes to. all is false when it may go to other functions too.
func (a *Analyzer) takers(l loan) (to []token.Pos, all bool) {
	if l.to != nil {
		return []token.Pos{l.to.Pos()}, true
	}
	if l.call == nil {
		return nil, false
	}
	targets, all := a.functions(l.call.Fun, a.idx.at(l.call.Pos()).pkg.Info)
	for _, t := range targets {
		i := l.index
		if t.expl {
			i--
		}
		if n := len(t.fn.args); n > 0 && i >= 0 {
			if pos := t.fn.args[min(i, n-1)]; pos.IsValid() {
				to = append(to, pos)
			}
		}
	}
	return to, all
}

// changes says what a function that is not in sight does to a loan. One of which
// not even the name is known may do anything.
func (a *Analyzer) changes(l loan, t types.Type, all bool) changer {
	if l.call == nil {
		return changer{}
	}
	fn, ok := typeutil.Callee(a.idx.at(l.call.Pos()).pkg.Info, l.call).(*types.Func)
	switch {
	case !ok && !all:
		return changer{types.ExprString(l.call.Fun), true}
	case !ok || a.idx.at(fn.Pos()) != nil || fn.Pkg() == nil:
		return changer{}
	}
	starts := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(fn.Name(), n) })
	}
	switch path := fn.Pkg().Path(); {
	case path == "sort", path == "slices" && starts("Sort", "Reverse", "Insert", "Delete", "Compact", "Replace"):
		return changer{name(fn), false}
	case isText(t) && starts("Read", "Put", "Encode", "Decode", "Fill"),
		isMap(t) && (path == "maps" && starts("Copy", "Insert") || starts("Unmarshal", "Decode")):
		return changer{name(fn), true}
	}
	return changer{}
}

func isMap(t types.Type) bool {
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// mutable tells whether the elements of a slice, or their order, can change
// otherwise than by the writes to the variable.
func (a *Analyzer) mutable(v *types.Var) bool {
	to, by := a.holders(v)
	if by.name != "" {
		return true
	}
	for pos := range to {
		if len(elementWrites(a.idx.writes[pos])) > 0 {
			return true
		}
	}
	return false
}

// elementWrites are the writes that change what is in a slice, not which slice
// the variable holds.
func elementWrites(ws []write) []write {
	var out []write
	for _, w := range ws {
		if w.how == element || w.how == spread || w.key != nil {
			out = append(out, w)
		}
	}
	return out
}

// settable tells whether code that is not in sight can set the variable.
func (a *Analyzer) settable(v *types.Var) bool {
	if !v.IsField() && !a.global(v) {
		return false
	}
	u := a.idx.at(v.Pos())
	return u == nil || v.Exported() && !u.pkg.Closed && !u.test
}
