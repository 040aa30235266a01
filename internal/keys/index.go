package keys

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

// index is what one walk over the packages finds: who writes a variable, who
// calls a function. Objects are named by the position of their declaration,
// which a package and its test variant share where their objects differ.
type index struct {
	fset    *token.FileSet
	infos   map[*token.File]*unit
	funcs   map[token.Pos]*function // declared functions and methods, by name; literals, by "func"
	params  map[token.Pos]parameter
	writes  map[token.Pos][]write
	calls   map[token.Pos][]call          // of declared functions, and of variables that hold one literal
	values  map[token.Pos]bool            // functions used other than by calling them
	dynamic map[string][]dynamic          // calls through interfaces, by method name
	taken   map[string][]*types.Interface // method values of interfaces, by method name
	methods map[string][]*function
	embeds  map[token.Pos][]types.Type  // of a type's name: the types that embed it
	zero    map[token.Pos]bool          // variables that are declared without a value, named results among them
	owner   map[token.Pos]*function     // of a local variable: the function that it is declared in
	lent    map[token.Pos][]loan        // slices, maps and channels: what else holds them
	given   map[token.Pos][]loan        // of a function: what holds the slices, maps and channels that it returns
	decoded map[token.Pos][]decoder     // fields that a decoder may fill in, and which
	bodies  map[*token.File][]*function // functions with a body, by position
}

// A loan says that a slice, map, channel or function literal is handed on: to a
// variable, as an argument of a call, or to whoever calls a function.
type loan struct {
	to    *types.Var
	call  *ast.CallExpr
	index int       // of the argument
	by    token.Pos // the function that returns it
}

// A unit is what a file belongs to.
type unit struct {
	pkg  *Package
	test bool
}

type function struct {
	obj  *types.Func // nil for a literal
	sig  *types.Signature
	body *ast.BlockStmt
	pos  token.Pos
	unit *unit
	held loan        // of a literal: where it goes
	par  *function   // that a literal stands in
	args []token.Pos // declarations of its parameters; not valid for one without a name
	recv token.Pos   // declaration of a receiver that is a text
	jump bool        // it has labels, goto or fallthrough
}

func (f *function) holds(pos token.Pos) bool { return f.body.Pos() <= pos && pos < f.body.End() }

type parameter struct {
	fn       *function
	index    int // -1 for the receiver
	variadic bool
	name     string
}

// A write is one assignment: the value, or the result of the value at index.
type write struct {
	how   how
	expr  ast.Expr
	key   ast.Expr // of an element: what stands between the brackets
	index int      // result of a call with several, -1 when expr is the value itself
	why   string
	test  bool
	pos   token.Pos     // of what is written to
	in    *function     // that does it; nil at package level
	args  *ast.CallExpr // of formatted and printed: the format and its operands
}

type how uint8

const (
	opaque     how = iota // something that cannot be followed, why says what
	value                 // x = expr
	suffix                // x += expr
	element               // x[i] = expr
	elementsOf            // for _, x = range expr
	keysOf                // for x = range expr, over a map
	spread                // copy(x, expr)
	returned              // return expr, into a named result

	// Of builders and slices that are joined, see reader.
	char      // b.WriteByte(expr)
	formatted // fmt.Fprintf(b, args...)
	printed   // fmt.Fprint(b, args...)
	cleared   // b.Reset()
)

type call struct {
	expr *ast.CallExpr
	expl bool // method expression: the receiver is the first argument
	test bool
}

// A decoder is a function that may fill in what it is given; it is one if its
// source is not among the packages.
type decoder struct {
	name string
	pos  token.Pos
}

// decoder names what fills in a field; empty when nothing does.
func (x *index) decoder(field token.Pos) string {
	for _, d := range x.decoded[field] {
		if x.at(d.pos) == nil {
			return d.name
		}
	}
	return ""
}

type dynamic struct {
	call  call
	iface *types.Interface
}

func newIndex(fset *token.FileSet, pkgs []Package) *index {
	x := &index{
		fset:    fset,
		infos:   map[*token.File]*unit{},
		funcs:   map[token.Pos]*function{},
		params:  map[token.Pos]parameter{},
		writes:  map[token.Pos][]write{},
		calls:   map[token.Pos][]call{},
		values:  map[token.Pos]bool{},
		dynamic: map[string][]dynamic{},
		methods: map[string][]*function{},
		embeds:  map[token.Pos][]types.Type{},
		taken:   map[string][]*types.Interface{},
		zero:    map[token.Pos]bool{},
		owner:   map[token.Pos]*function{},
		lent:    map[token.Pos][]loan{},
		given:   map[token.Pos][]loan{},
		decoded: map[token.Pos][]decoder{},
		bodies:  map[*token.File][]*function{},
	}
	for i := range pkgs {
		p := &pkgs[i]
		for _, f := range p.Files {
			tf := fset.File(f.FileStart)
			if tf == nil || x.infos[tf] != nil {
				continue
			}
			u := &unit{pkg: p, test: strings.HasSuffix(tf.Name(), "_test.go")}
			x.infos[tf] = u
			w := &walker{index: x, unit: u, info: p.Info, tf: tf}
			w.file(f)
		}
	}
	return x
}

// at gives the unit whose file holds pos.
func (x *index) at(pos token.Pos) *unit {
	tf := x.fset.File(pos)
	if tf == nil {
		return nil
	}
	return x.infos[tf]
}

// around gives the innermost function whose body holds pos; nil at package level.
func (x *index) around(pos token.Pos) *function {
	list := x.bodies[x.fset.File(pos)]
	i := sort.Search(len(list), func(i int) bool { return list[i].body.Pos() > pos })
	for i--; i >= 0; i-- {
		for fn := list[i]; fn != nil; fn = fn.par {
			if fn.holds(pos) {
				return fn
			}
		}
	}
	return nil
}
