package keys

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// replace reads strings.Replace and strings.ReplaceAll: a constant text in it
// becomes another, which need not be constant. "user:{id}:name" with {id}
// replaced is user:*:name.
func (a *Analyzer) replace(fn *types.Func, n *ast.CallExpr, info *types.Info) set {
	why := "result of " + name(fn) + a.line(n)
	from, ok := constantOf(a.eval(n.Args[1]))
	times := -1
	if len(n.Args) == 4 {
		limit := constant.ToInt(orNothing(info.Types[n.Args[3]].Value))
		i, exact := constant.Int64Val(limit)
		ok, times = ok && exact, int(i)
	}
	subject := a.eval(n.Args[0])
	if !ok || from == "" {
		return a.changed(subject, why, func(template) (template, bool) { return nil, false })
	}
	to := a.eval(n.Args[2])
	if len(to.alts) == 0 || len(to.alts)*len(subject.alts) > MaxPatterns {
		to = unknown(FromData, why)
	}
	var out set
	for _, with := range to.alts {
		out = join(out, a.changed(subject, why, func(t template) (template, bool) { return replaced(t, from, with, times) }))
	}
	// Whoever writes a placeholder does not expect another one in what takes its place.
	if placeholder(from) && subject.hasHoles() {
		out = out.assume(token.NoPos, "a part that has "+from+" in it")
	}
	return out
}

func orNothing(v constant.Value) constant.Value {
	if v == nil {
		return constant.MakeUnknown()
	}
	return v
}

// replaced puts one template in the place of a text, so often (below 0: always).
// It does not tell where the text may also stand half in a hole, or in one before
// it when the replacements are counted, unless the text is a placeholder.
func replaced(t template, from string, to template, times int) (template, bool) {
	out := template{}
	for i, p := range t {
		if p.kind != literal {
			if !placeholder(from) && (times > 0 || i > 0 && endsInside(t[i-1], from) || i+1 < len(t) && beginsInside(t[i+1], from)) {
				return nil, false
			}
			out = glue(out, template{p})
			continue
		}
		piece := func(text string) template {
			q := p
			q.text = text
			return template{q}
		}
		rest := p.text
		for times != 0 {
			before, after, found := strings.Cut(rest, from)
			if !found {
				break
			}
			out = glue(glue(out, piece(before)), to)
			rest = after
			times--
		}
		out = glue(out, piece(rest))
	}
	return out, true
}

// endsInside tells whether text may begin at the end of a part and go on behind it.
func endsInside(p part, text string) bool {
	for i := 1; i < len(text); i++ {
		if p.kind != literal || strings.HasSuffix(p.text, text[:i]) {
			return true
		}
	}
	return false
}

// beginsInside tells whether text may begin before a part and end in it.
func beginsInside(p part, text string) bool {
	for i := 1; i < len(text); i++ {
		if p.kind != literal || strings.HasPrefix(p.text, text[i:]) {
			return true
		}
	}
	return false
}

// placeholder tells whether a text is written to be replaced: {id}, <id>, %id%,
// $id.
func placeholder(text string) bool {
	return len(text) > 1 && (strings.ContainsRune("{<[(%$#", rune(text[0])) || strings.ContainsRune("}>])", rune(text[len(text)-1])))
}

func (s set) hasHoles() bool {
	for _, t := range s.alts {
		if t.firstHole() != nil {
			return true
		}
	}
	return false
}
