package lua

// The syntax tree. Names are resolved: a local variable, an upvalue or a global.

// A local is a local variable of a function.
type local struct {
	name   string
	shared bool // by a closure: it lives in a cell
	reg    int
}

// A function is the tree of one function.
type function struct {
	outer    *function
	line     int // where it is defined, 0 for the main function
	endLine  int
	params   []*local
	vararg   bool
	arg      *local // the table of the rest of the arguments, of functions with ...
	dots     bool   // ... is used, so that there is no such table
	body     []stmt
	upvalues []upvalue
	active   []*local // while it is parsed
	block    *block
}

// An upvalue is a variable of an outer function.
type upvalue struct {
	name  string
	local *local // of the function around, or nil: that one's upvalue
	index int
}

type block struct {
	outer  *block
	active int // local variables before it
	loop   bool
}

type expr interface{}

type (
	exprNil      struct{}
	exprTrue     struct{}
	exprFalse    struct{}
	exprDots     struct{}
	exprNumber   struct{ v float64 }
	exprString   struct{ v string }
	exprFunction struct{ fn *function }
	exprLocal    struct{ v *local }
	exprUpvalue  struct {
		index int
		name  string
	}
	exprGlobal struct {
		name string
		line int
	}
	exprIndex struct {
		table, key expr
		line       int
	}
	exprCall struct {
		fn     expr
		method string // called on fn, when it is not empty
		args   []expr
		line   int
		single bool // in parentheses
	}
	exprUnary struct {
		op   opcode
		x    expr
		line int
	}
	exprBinary struct {
		op   opcode // opAdd to opPow, opEq, opLt, opLe
		x, y expr
		not  bool // ~=
		swap bool // > and >=
		line int
	}
	exprConcat struct {
		parts []expr
		line  int
	}
	exprLogic struct {
		and  bool
		x, y expr
	}
	exprTable struct {
		fields []field
		line   int
	}
	exprParen struct{ x expr } // one value of several
)

// A field of a table; key is nil for an element of the list.
type field struct {
	key, value expr
	line       int
}

type stmt interface{}

type (
	stmtLocal struct {
		vars  []*local
		exprs []expr
		line  int
	}
	stmtAssign struct {
		targets []expr
		exprs   []expr
		line    int
	}
	stmtCall  struct{ call *exprCall }
	stmtDo    struct{ body []stmt }
	stmtWhile struct {
		cond expr
		body []stmt
		line int
	}
	stmtRepeat struct {
		body []stmt
		cond expr
		line int
	}
	stmtIf struct {
		conds  []expr
		bodies [][]stmt // one more when there is an else
		lines  []int
	}
	stmtNumeric struct {
		v                  *local
		hidden             [3]*local
		start, limit, step expr
		body               []stmt
		line, doLine       int
	}
	stmtGeneric struct {
		vars   []*local
		hidden [3]*local
		exprs  []expr
		body   []stmt
		line   int
	}
	stmtFunction struct {
		target expr
		fn     *exprFunction
		line   int
	}
	stmtLocalFunction struct {
		v    *local
		fn   *exprFunction
		line int
	}
	stmtReturn struct {
		exprs []expr
		line  int
	}
	stmtBreak struct{ line int }
)
