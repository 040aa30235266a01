// Package analyzer finds the go-redis call sites of one type-checked package.
// It works without facts, never edits and does no I/O.
package analyzer

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Shape is the syntactic form of a site.
type Shape string

const (
	ShapeCall        Shape = "call"         // rdb.Get(ctx, k)
	ShapeMethodValue Shape = "method-value" // f := rdb.Get, or (*redis.Client).Get
	ShapeInterface   Shape = "interface"    // call through a user-declared interface that a go-redis client satisfies
	ShapePromoted    Shape = "promoted"     // method of a client embedded in a user's type
	ShapeDo          Shape = "do"           // Do, Process: the command stands in the arguments
	ShapeScript      Shape = "script"       // Script.Run and kin, Eval
	ShapeSymbol      Shape = "symbol"       // any other use of a go-redis name that needs a person
)

// A Site is one use of a go-redis command (or of its migrated counterpart).
type Site struct {
	Pos      token.Pos      // of the selector's method name
	Position token.Position // the same, resolved
	Package  string         // import path of the package, test variants without their suffix
	Test     bool           // in a _test.go file
	Migrated bool           // on the facade or a generated package rather than on go-redis

	Row     *spec.Row // never nil
	Command string    // Redis command, upper case; from the arguments for Do
	Type    spec.Type // data type that this command implies for its keys
	Shape   Shape
	Recv    string // type of the receiver, for people: "*redis.Client", "redis.Pipeliner", "chat.Store"

	Keys []Key  // one for each key argument
	TTL  string // expiry that the site sets: a constant duration as time.Duration prints it, "none", "varies"; empty when it sets none
	// KeepTTL says that the site writes a string and keeps the expiry that it had.
	KeepTTL bool
	// Unread says that nothing looks at the call's reply but for its error. What a program
	// reads out of the replies of a pipeline's Exec is not seen.
	Unread bool
	Tx     string // names the transaction, WATCH or pipeline by TxPipelined that the site stands in; sites with the same name run together
	Code   string // reason code; empty when nothing stands against migrating with a view
	Viewed bool   // the receiver already is a view
	ViewOK bool   // receiver is assignable to Cmdable, so that a view may be written
	Via    string // with ViewOK: path of embedded fields to the client that is assignable, when the receiver is not

	View        string // with Viewed: name of the view's function
	ViewPattern string // with Viewed: pattern of its family, where the generated package's source is at hand

	// Syntax, for the rewriter; nil after the package's syntax was dropped.
	Call     *ast.CallExpr
	Selector *ast.SelectorExpr
	RecvType types.Type
}

// A Key is what is known of one key argument: the set of patterns it can have.
// A pattern is a Redis glob in which every unknown part is '*': "session:*".
type Key struct {
	Patterns []string // sorted, at most 16; empty when nothing is known
	Code     string   // KEY_FROM_IMPORTER, KEY_FROM_DATA, KEY_UNKNOWN when Patterns is empty
	Why      string   // one line for people: "parameter key of exported func Get"
	// Assumed says what may set another key, where the patterns are the program's
	// defaults; empty when nothing may.
	Assumed string
	Type    spec.Type // data type of this key alone where it is not the site's: keys of a script typed by its text
	Arg     ast.Expr  `json:"-"`
}
