package keys

import (
	"fmt"
	"go/token"
	"go/types"
)

// param is the template of a parameter, which callers fill in.
func (a *Analyzer) param(v *types.Var) set {
	if s, ok := a.bound(v); ok {
		return s.text
	}
	return set{alts: []template{{{kind: param, pos: v.Origin().Pos(), text: v.Name()}}}}
}

// variable joins all that is ever written to v.
func (a *Analyzer) variable(v *types.Var) set {
	v = v.Origin()
	pos := v.Pos()
	ws := a.idx.writes[pos]
	if _, ok := a.idx.params[pos]; ok {
		// A parameter that is assigned to in its function is its argument or
		// what is assigned.
		s := a.param(v)
		if len(ws) > 0 {
			return a.written(v, ws, s)
		}
		return s
	}
	switch {
	case v.IsField():
		return a.field(v, ws)
	case a.global(v):
		others := set{}
		switch {
		case a.idx.at(pos) == nil:
			return unknown(FromData, fmt.Sprintf("variable %s.%s, whose source is not loaded", v.Pkg().Name(), v.Name()))
		case a.settable(v):
			others = unknown(FromImporter, fmt.Sprintf("variable %s.%s, which importers set", v.Pkg().Name(), v.Name()))
		}
		if len(a.relevant(v, ws)) > 0 {
			return a.configured(v, ws, others)
		}
		if len(others.alts) > 0 {
			return others
		}
	}
	if len(a.relevant(v, ws)) == 0 {
		if a.idx.zero[pos] && isText(v.Type()) {
			return text("") // declared and never set
		}
		return unknown(FromData, "variable "+v.Name())
	}
	start := set{}
	if a.idx.zero[pos] {
		start = text("")
	}
	return a.written(v, ws, start)
}

func (a *Analyzer) global(v *types.Var) bool {
	return v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

// field is what a struct's field is set to: by the code in sight, by a decoder,
// by importers. A text that the code writes out is the default, and stands for
// the family where others may configure another one.
func (a *Analyzer) field(v *types.Var, ws []write) set {
	u := a.idx.at(v.Pos())
	open := a.settable(v)
	others := set{}
	by := a.idx.decoder(v.Pos())
	switch {
	case u == nil:
		others = unknown(FromData, fmt.Sprintf("field %s, whose source is not loaded", v.Name()))
	case by != "" && open:
		others = unknown(FromData, fmt.Sprintf("field %s, which %s and importers set", v.Name(), by))
	case by != "":
		others = unknown(FromData, fmt.Sprintf("field %s, which %s sets", v.Name(), by))
	case open:
		others = unknown(FromImporter, fmt.Sprintf("field %s, which importers set", v.Name()))
	}
	if len(a.relevant(v, ws)) == 0 {
		return others.orHole(fmt.Sprintf("field %s, which no code in sight sets", v.Name()))
	}
	return a.configured(v, ws, others)
}

// configured joins the writers of a field or global and what others may set.
func (a *Analyzer) configured(v *types.Var, ws []write, others set) set {
	s := a.written(v, ws, set{}).withoutEmpty()
	if len(others.alts) == 0 {
		return s.keep(v.Pos())
	}
	texts := s.texts()
	switch decoded := a.idx.decoder(v.Pos()) != ""; {
	case decoded && texts != 1:
		// What is decoded comes back from wherever it was stored, and what the
		// program once put in is one of many: several texts are records that it
		// begins with, not a default.
		return others
	case texts == 0:
		return join(s.keep(v.Pos()), others)
	}
	return join(s.assume(token.NoPos, others.why()), others).keep(v.Pos())
}

// texts counts the alternatives that are written out.
func (s set) texts() (n int) {
	for _, t := range s.alts {
		if len(t) == 1 && t[0].kind == literal && t[0].text != "" && t[0].assumed == "" {
			n++
		}
	}
	return n
}

// written joins the writes to v, start among them.
func (a *Analyzer) written(v *types.Var, ws []write, start set) set {
	pos := v.Pos()
	if a.busy[pos] {
		a.cuts++
		return unknown(Unknown, fmt.Sprintf("%s is built from itself", v.Name()))
	}
	a.busy[pos] = true
	defer delete(a.busy, pos)

	s, grows := start, false
	for _, w := range a.relevant(v, ws) {
		switch w.how {
		case value, returned:
			s = join(s, a.result(w.expr, w.index))
		case suffix:
			grows = true
		case element, spread:
			return unknown(FromData, fmt.Sprintf("an element of %s", v.Name()))
		case elementsOf:
			s = join(s, a.elements(w.expr).orHole(fmt.Sprintf("variable %s: %s", v.Name(), w.why)))
		case keysOf:
			s = join(s, a.mapKeys(w.expr).orHole(fmt.Sprintf("variable %s: %s", v.Name(), w.why)))
		default:
			s = join(s, unknown(FromData, fmt.Sprintf("variable %s: %s", v.Name(), w.why)))
		}
		if s.full() {
			return s.many(fmt.Sprintf("variable %s has more than 16 values", v.Name()))
		}
	}
	if grows {
		// How often and in what order is not known: a hole covers none, one and
		// many.
		s = concat(s, unknown(FromData, fmt.Sprintf("appended to %s", v.Name())))
	}
	return s.orHole("variable " + v.Name())
}

// relevant leaves out what tests write to the program's variables: a key is what
// the program makes of it.
func (a *Analyzer) relevant(v *types.Var, ws []write) []write {
	if u := a.idx.at(v.Pos()); u != nil && u.test {
		return ws
	}
	out := ws[:0:0]
	for _, w := range ws {
		if !w.test {
			out = append(out, w)
		}
	}
	return out
}
