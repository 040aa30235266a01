package keys

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

// sprintf reads fmt.Sprintf with the format and operands that n has: texts are
// filled in, constants formatted, every other verb is a hole.
func (a *Analyzer) sprintf(n *ast.CallExpr, info *types.Info) set {
	if len(n.Args) == 0 {
		return unknown(FromData, "a format that is not there")
	}
	formats := a.eval(n.Args[0])
	args := n.Args[1:]
	var rest []set // operands that are a slice
	spread := false
	if n.Ellipsis.IsValid() && len(args) > 0 {
		var ok bool
		if rest, ok = a.operands(args[len(args)-1], info); !ok {
			spread = true
		}
		args = args[:len(args)-1]
	}
	var out set
	for _, t := range formats.alts {
		f := format{a: a, info: info, args: args, rest: rest, spread: spread, s: text("")}
		for _, p := range t {
			switch p.kind {
			case literal:
				f.text(p.text)
			case param:
				f.lost(part{kind: hole, code: FromData, why: "parameter " + p.text, open: true})
			default:
				f.lost(p)
			}
		}
		out = join(out, f.end())
	}
	if out.full() {
		return out.many("more than 16 formatted texts")
	}
	return out
}

// operands gives the elements of a slice of operands. What an operand of an
// interface type really is is only known of what a call passes.
func (a *Analyzer) operands(e ast.Expr, info *types.Info) ([]set, bool) {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil, false
	}
	v, ok := info.Uses[id].(*types.Var)
	if !ok || len(a.idx.writes[v.Pos()]) > 0 || a.mutable(v) {
		return nil, false
	}
	b, ok := a.bound(v)
	if !ok || b.operands == nil {
		return nil, false
	}
	return b.operands, true
}

// format is a format string on its way to be a template.
type format struct {
	a      *Analyzer
	info   *types.Info
	args   []ast.Expr
	rest   []set
	spread bool // there are more operands, which are not known

	s     set
	next  int
	blind bool // a hole in the format may have verbs of its own
}

// lost is a part of the format that is not known: what it says about the
// operands behind it neither.
func (f *format) lost(p part) {
	f.s = concat(f.s, set{alts: []template{{p}}})
	f.blind = true
}

func (f *format) text(s string) {
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			f.s = concat(f.s, text(s))
			return
		}
		f.s = concat(f.s, text(s[:i]))
		s = s[i+1:]
		j := 0
		for j < len(s) && strings.IndexByte("+-# 0123456789.*[]", s[j]) >= 0 {
			if s[j] == '*' {
				f.next++
			}
			j++
		}
		if j == len(s) {
			f.s = concat(f.s, unknown(FromData, "a broken format"))
			return
		}
		flags, verb := s[:j], s[j]
		if verb >= 0x80 {
			f.s = concat(f.s, unknown(FromData, "a broken format"))
			f.blind = true
			return
		}
		s = s[j+1:]
		if verb == '%' && flags == "" {
			f.s = concat(f.s, text("%"))
			continue
		}
		f.s = concat(f.s, f.operand(flags, verb))
	}
}

// operand is what one verb writes.
func (f *format) operand(flags string, verb byte) set {
	if i := strings.IndexByte(flags, '['); i >= 0 {
		n := 0
		if strings.ContainsAny(flags[i+1:], "*[") { // %[2]*[1]d
			f.blind = true
			return unknown(FromData, "formatted data")
		}
		if _, err := fmt.Sscanf(flags[i:], "[%d]", &n); err != nil || n < 1 {
			f.blind = true
			return unknown(FromData, "a broken format")
		}
		f.next = n - 1
		flags = flags[:i]
	}
	i := f.next
	f.next++
	switch {
	case f.blind:
		return unknown(FromData, "formatted data")
	case i >= len(f.args):
		if i -= len(f.args); i < len(f.rest) && flags == "" && (verb == 's' || verb == 'v') {
			return f.rest[i]
		}
		return set{alts: []template{{{kind: hole, code: FromData, why: "a formatted value", open: f.spread}}}}
	}
	e := f.args[i]
	t := f.info.TypeOf(e)
	data := unknown(FromData, "formatted "+types.ExprString(e))
	if t == nil || hasString(t) && strings.IndexByte("svxXq", verb) >= 0 || strings.ContainsAny(flags, "*") {
		return data
	}
	if tv := f.info.Types[e]; tv.Value != nil {
		if s, ok := formatConstant(flags, verb, tv.Value, t); ok {
			return text(s)
		}
		return data
	}
	if flags != "" || verb != 's' && verb != 'v' {
		return data
	}
	if _, ok := t.Underlying().(*types.Slice); ok && verb == 's' && isText(t) {
		return f.a.eval(e)
	}
	return f.a.operand(e, f.info)
}

// formatConstant formats as fmt would.
func formatConstant(flags string, verb byte, v constant.Value, t types.Type) (string, bool) {
	b, ok := t.Underlying().(*types.Basic)
	if !ok || verb == 'T' || strings.Contains(flags, "#") {
		return "", false
	}
	var x any
	switch {
	case b.Info()&types.IsString != 0:
		x = constant.StringVal(v)
	case b.Info()&types.IsBoolean != 0:
		x = constant.BoolVal(v)
	case b.Info()&types.IsInteger != 0:
		n, exact := constant.Int64Val(constant.ToInt(v))
		if !exact {
			return "", false
		}
		x = n
	case b.Kind() == types.Float64 || b.Kind() == types.UntypedFloat:
		x, _ = constant.Float64Val(v)
	default:
		return "", false
	}
	s := fmt.Sprintf("%"+flags+string(verb), x)
	return s, !strings.Contains(s, "%!")
}

// end is the template; operands that are left over are written behind it.
func (f *format) end() set {
	if f.blind || f.next < len(f.args)+len(f.rest) {
		return concat(f.s, unknown(FromData, "what a format does not name"))
	}
	return f.s
}

// sprint joins its operands; Sprint puts spaces between operands when neither is
// a string.
func (a *Analyzer) sprint(n *ast.CallExpr, info *types.Info) set {
	if n.Ellipsis.IsValid() {
		return a.openHole(n.Args[len(n.Args)-1], "formatted data", info)
	}
	s := text("")
	for i, arg := range n.Args {
		if i > 0 {
			switch before, known := a.stringly(n.Args[i-1], info); {
			case !known:
				s = concat(s, unknown(FromData, "a space or none"))
			case !before:
				if own, known := a.stringly(arg, info); !known {
					s = concat(s, unknown(FromData, "a space or none"))
				} else if !own {
					s = concat(s, text(" "))
				}
			}
		}
		s = concat(s, a.operand(arg, info))
	}
	return s
}

// stringly tells whether the operand is a string to fmt.Sprint; known is false
// when only running it would tell.
func (a *Analyzer) stringly(e ast.Expr, info *types.Info) (is, known bool) {
	t := info.TypeOf(e)
	if t == nil || types.IsInterface(t) {
		return false, false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0, true
}

// converted is strconv: constants as they are, booleans both ways, numbers a
// hole.
func (a *Analyzer) converted(fn *types.Func, n *ast.CallExpr, info *types.Info) (set, bool) {
	tv := info.Types[n.Args[0]]
	switch fn.Name() {
	case "Itoa", "FormatInt", "FormatUint":
		ten := len(n.Args) == 1
		if len(n.Args) == 2 {
			base := info.Types[n.Args[1]]
			ten = base.Value != nil && base.Value.ExactString() == "10"
		}
		if tv.Value != nil && ten {
			return constantText(tv.Value), true
		}
	case "FormatBool":
		if tv.Value != nil {
			return text(tv.Value.ExactString()), true
		}
		return join(text("false"), text("true")), true
	case "AppendInt", "AppendUint", "AppendBool", "AppendFloat", "AppendQuote":
		return concat(a.eval(n.Args[0]), unknown(FromData, "result of "+name(fn))), true
	case "Quote":
		return concat(concat(text(`"`), unknown(FromData, "result of "+name(fn))), text(`"`)), true
	}
	return unknown(FromData, "result of "+name(fn)+a.line(n)), true
}
