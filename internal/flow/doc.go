// Package flow divides a module's uses of go-redis into groups that can only
// change together: everything that a go-redis type ties to everything else by
// declaration, assignment, call or interface, and by the value edges that types
// do not show (conversions to any, type assertions, compared errors). It never
// edits code and does no I/O.
//
// # How
//
// Every declared object and every mention of a go-redis name is a node. A node
// whose type carries a go-redis type is hard: hard nodes that meet are united,
// because Go would not compile otherwise. All other values are soft: they form
// a directed graph along which a go-redis value can travel unseen, inside an
// any, an error or a foreign container. Where such a value is looked at again
// (a type assertion, a comparison with redis.Nil, errors.As) the graph is
// walked backwards, and every group that can arrive there is united with the
// one that looks. Foreign code is one hub: what is handed to it may come out of
// it anywhere.
//
// Groups are then divided once more, where a client passes from one expression to
// the next: a bridge can stand there (see cut.go).
//
// # Limits
//
// A struct with go-redis fields that is filled by reflection is not followed
// into foreign code. Foreign functions are read by their signatures alone.
package flow

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A Package is one type-checked package of the module. Test variants and
// further build configurations are packages of their own; what they share is
// recognised by position.
type Package struct {
	Path    string // import path, test variants without their suffix
	Types   *types.Package
	Info    *types.Info
	Files   []*ast.File
	Ignored []string // of files beside it that use go-redis and could not be loaded: what and why, for people
	// Neighbour is the module of the package, where that is one beside the module
	// that is edited: nothing in it moves.
	Neighbour string
}

// Refusal says why a method or symbol cannot move; the zero value is "it can".
type Refusal struct {
	Code   string
	Text   string
	Bridge bool // a go-redis client over the same store can be asked instead
	Beside bool // it is about data of its own: what else the client does can move to one beside it
}

// Config is what Analyze reads.
type Config struct {
	Fset     *token.FileSet
	Packages []*Package
	Module   func(path string) bool                          // the package may be edited
	Redis    func(path string) bool                          // go-redis v9 itself and its sub-packages
	Reaches  func(path string) bool                          // the package imports go-redis, directly or not
	Keep     func(path string) bool                          // left alone by the plan
	Follows  func(file string) bool                          // a generated file whose generator's input is known
	Border   func(p *Package) bool                           // what the package exports keeps go-redis's types
	Symbol   func(obj types.Object) Refusal                  // a package-level go-redis name
	Member   func(obj types.Object, recv types.Type) Refusal // a method, or a field of an option type

	// Default is the value that a go-redis client has for an option that the program does
	// not set, and the one that it has afterwards: the same for those that stayed; nil for all.
	Default func(f *types.Var) (was, is string)

	// Command reports whether a method does nothing but send commands, so that a
	// go-redis client over the same store does the same.
	Command func(m *types.Func, recv types.Type) bool
	// Library says what a foreign function, type or field does with a go-redis client;
	// nil is the zero Library for all of them.
	Library func(obj types.Object) Library
	// Counterpart reports whether a package outside of go-redis has one in the runtime, so
	// that its names move with the clients that they are given; nil is none.
	Counterpart func(path string) bool
	// Bridged are the versions of go-redis that bridges lead to and come from, by import
	// path, and what stands behind GoRedis in the bridges' names.
	Bridged map[string]string
	// Sentinels is the one among them whose errors are the same values on both sides.
	Sentinels string
	// Generated is the import path of the package that an earlier run generated.
	Generated string
}

// A Mention is one go-redis name in the source: the smallest thing that a swap
// changes.
type Mention struct {
	Pos   token.Position    // of the name, without //line directives
	Ident *ast.Ident        // the name itself
	Sel   *ast.SelectorExpr // nil under a dot import
	Obj   types.Object
	Group int // index into Result.Groups
}

// A Blocker keeps a group on go-redis; as a note, it only says so.
type Blocker struct {
	Pos  token.Position
	Code string // stable reason code
	Text string // one line for people
}

// A Group is a set of uses that change together or not at all.
type Group struct {
	ID       int
	Mentions []*Mention
	Blockers []Blocker // by position; empty when the group can move
	Bridged  bool      // its clients all come over bridges: its data is where those of the facade have theirs
	Notes    []Blocker // by position: what to look at once it has moved
}

// Comment is a //redis2cf:keep comment.
type Comment struct {
	Pos    token.Position
	Reason string
	Used   bool
}

// Result is what Analyze found.
type Result struct {
	Groups   []*Group
	Mentions []*Mention
	Keeps    []*Comment
	Cuts     []*Cut // by position
	Bridges  []*Cut // those that an earlier run made: Expr is the bridge's call, Near is -1

	at    map[place]int            // method or field selections on tracked values
	lines map[string]map[int][]int // groups that have a value on a line
}

// At returns the group of the value on which the method named at pos is called,
// or -1 when nothing tracked stands there.
func (r *Result) At(pos token.Position) int {
	if g, ok := r.at[place{pos.Filename, pos.Line, pos.Column}]; ok {
		return g
	}
	return -1
}

// OnLine returns the groups that have a value on a line of a file, ascending.
func (r *Result) OnLine(file string, line int) []int { return r.lines[file][line] }

// place identifies a position across the variants of a package and across
// export data, which keep file, line and column but not the offset.
type place struct {
	file      string
	line, col int
}
