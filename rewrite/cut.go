package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"sort"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/verify"
)

// A cut puts a bridge around a client where its value goes to something that has
// to stay on go-redis, or comes from it:
//
//	rdb.ClusterSlots(ctx)    →  cfstore.GoRedis(rdb).ClusterSlots(ctx)
//	foreign.NewLocker(rdb)   →  foreign.NewLocker(cfstore.GoRedis(rdb))
//	db = foreign.Client()    →  db = cfstore.FromGoRedis(foreign.Client())
//	foreign.Put(ctx, mine)   →  foreign.Put(ctx, cfstore.GoRedisOf(mine)), where mine is of an interface of the module's
//	rdb.Get(ctx, key)        →  cfstore.BesideGoRedis(rdb).Get(ctx, key), where rdb.BFAdd keeps rdb
//
// Sound because a bridge reaches the same store and database: what is written on
// one side is read on the other. It is evaluated where the client was, it gives nil
// for nil, and a client has one bridge however often it is asked for.

// A Cut is a place where a bridge was laid, or where errors of both sides meet.
type Cut struct {
	Pos     token.Position
	Code    string // CUT_METHOD and its kin
	Func    string // of the generated package; empty for errors
	Because Stay   // what lies behind it
}

// answered are the reasons for which a command has no counterpart, but can be sent
// over a bridge: the administration of a server, where the store answers as a
// Redis does that stands alone, or says that there is nothing to administer. A
// command on data that no store serves, such as a search, is not among them: its
// data would be left behind.
var answered = map[string]bool{spec.ClusterAdmin: true, spec.ACLAdmin: true, spec.ServerAdmin: true}

// ownData are the reasons for which commands stay with data that nothing else in the
// program uses: their own keys, or indexes over hashes and documents.
var ownData = map[string]bool{spec.Search: true, spec.TimeSeries: true, spec.Probabilistic: true, spec.VectorSet: true}

// command reports whether a method does nothing but send commands that a bridge can
// take, now or when what it returns is used.
func command(m *types.Func, recv types.Type) bool {
	row, ok := spec.Method(ownerName(m, recv), m.Name())
	if !ok || row.Verdict != spec.Served && (!answered[row.Code] || row.Method == "Monitor") {
		return false // Monitor's reply has no end
	}
	return row.Redis != "" || row.Keys.Kind == spec.KeysRaw || row.Group == "tx"
}

// active reports whether a cut is made in the current attempt.
func (r *run) active(c *flow.Cut) bool { return r.moves(c.Near) && !r.moves(c.Far) }

// bridged reports whether the data of a group that stays is where that of the
// facade is: all its clients come over bridges.
func (r *run) bridged(g int) bool {
	if g < 0 || !r.flow.Groups[g].Bridged {
		return false
	}
	for _, c := range r.flow.Cuts {
		if c.Far == g && c.Expr != nil && !c.In && !r.active(c) {
			return false
		}
	}
	return true
}

// withoutBridges holds what a cut would free, where the generated package is there
// and does not have its bridges.
func (r *run) withoutBridges() {
	for _, c := range r.flow.Cuts {
		for _, b := range cfstore.Bridges {
			if b.Redis == c.Redis && r.facade.Scope().Lookup(b.Name(flow.ToClient)) == nil && r.moves(c.Near) {
				r.stays[c.Near] = c.Blocker
			}
		}
	}
}

// needsBridge reports whether some cut to a version of go-redis is made.
func (r *run) needsBridge(b cfstore.Bridge) bool {
	for _, c := range r.flow.Cuts {
		if c.Redis == b.Redis && r.active(c) {
			return true
		}
	}
	return false
}

// cutFile returns the edits of the cuts in one file.
func (r *run) cutFile(f *file) []Edit {
	var edits []Edit
	for _, c := range r.flow.Cuts {
		if c.Expr == nil || c.Pos.Filename != f.name || !r.active(c) {
			continue
		}
		prefix, suffix := "", ""
		if c.Sel != nil {
			prefix, suffix = clientIn(f, c.Sel)
		}
		local := f.localName(r.generated, path.Base(r.generated))
		edits = append(edits,
			Edit{File: f.name, Start: f.offset(c.Expr.Pos()), End: f.offset(c.Expr.Pos()), New: local + "." + c.Func + "(" + prefix, Rung: RungCut, Group: c.Near, Site: -1},
			Edit{File: f.name, Start: f.offset(c.Expr.End()), End: f.offset(c.Expr.End()), New: suffix + ")", Rung: RungCut, Group: c.Near, Site: -1})
	}
	return edits
}

// clientIn says how the receiver of a method becomes the client that the method
// belongs to: by the fields that embed it, and by its address.
func clientIn(f *file, sel *ast.SelectorExpr) (prefix, suffix string) {
	s := f.info.Selections[sel]
	t := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		if named(t) {
			break
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			break
		}
		suffix += "." + st.Field(i).Name()
		t = st.Field(i).Type()
	}
	if _, isStruct := t.Underlying().(*types.Struct); isStruct {
		prefix = "&"
	}
	return prefix, suffix
}

// named reports whether t is one of go-redis's own types.
func named(t types.Type) bool {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && isGoRedis(n.Obj().Pkg().Path())
}

// takeCuts takes back the cuts of the statement at a position: what they cut off
// holds the client again.
func (r *run) takeCuts(f *file, pos token.Pos, e verify.Error) bool {
	from, to := statement(f, pos)
	return r.takeCutsWhere(e, func(c *flow.Cut) bool {
		return c.Expr != nil && c.Pos.Filename == f.name && c.Expr.Pos() >= from && c.Expr.Pos() < to
	})
}

func (r *run) takeCutsWhere(e verify.Error, where func(*flow.Cut) bool) bool {
	took := false
	for _, c := range r.flow.Cuts {
		if !r.active(c) || !where(c) {
			continue
		}
		r.stays[c.Near] = c.Blocker
		r.takenBack = append(r.takenBack, TakenBack{c.Pos, RungCut, spec.VerifyFailed, e.Msg})
		took = true
	}
	return took
}

// cutsMade are the cuts of the result, those of earlier runs among them.
func (r *run) cutsMade() []Cut {
	var out []Cut
	for _, c := range r.flow.Cuts {
		if !r.active(c) {
			continue
		}
		out = append(out, Cut{Pos: c.Pos, Code: r.codeOfCut(c), Func: c.Func, Because: Stay{Pos: c.Blocker.Pos, Code: c.Blocker.Code, Text: c.Blocker.Text}})
	}
	for _, c := range r.flow.Bridges {
		code := ""
		end := r.prog.Fset.PositionFor(c.Expr.End(), false)
		switch f := r.files[c.Pos.Filename]; {
		case c.Blocker.Code == spec.APIKept:
			code = spec.CutAPI
		case c.Func == flow.Beside:
			code = spec.CutBeside
		case findsClient(c.Func):
			code = spec.CutInterface
		case c.In:
			code = spec.CutFromLibrary
		case f != nil && end.Offset < len(f.src) && f.src[end.Offset] == '.':
			code = spec.CutMethod
		case libraryCuts[c.Blocker.Code] != "":
			code = libraryCuts[c.Blocker.Code]
		default:
			code = spec.CutValue
		}
		out = append(out, Cut{Pos: c.Pos, Code: code, Func: c.Func, Because: Stay{Pos: c.Blocker.Pos, Code: c.Blocker.Code, Text: c.Blocker.Text}})
	}
	sort.SliceStable(out, func(i, j int) bool { return earlier(out[i].Pos, out[j].Pos) })
	return out
}

// findsClient reports whether a bridge looks for the client in its value at run time.
func findsClient(bridge string) bool {
	return slices.ContainsFunc(cfstore.Bridges, func(b cfstore.Bridge) bool { return bridge == b.Name(flow.ToValue) })
}

func (r *run) codeOfCut(c *flow.Cut) string {
	library := libraryCuts[c.Blocker.Code]
	switch {
	case c.Expr == nil:
		return spec.CutErrors
	case c.Blocker.Code == spec.APIKept && c.Sel == nil:
		return spec.CutAPI
	case c.Func == flow.Beside:
		return spec.CutBeside
	case findsClient(c.Func):
		return spec.CutInterface
	case c.In && !r.bridged(c.Far):
		return spec.CutFromLibrary
	case library != "" && c.Sel == nil:
		return library
	case c.Sel != nil:
		return spec.CutMethod
	}
	return spec.CutValue
}
