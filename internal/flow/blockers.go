package flow

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// everyday are the methods of a miniredis server that the runtime's own test
// server has with the same meaning.
var everyday = map[string]bool{
	"Start": true, "StartAddr": true, "StartTLS": true, "StartAddrTLS": true, "Restart": true, "Close": true,
	"Addr": true, "Host": true, "Port": true, "RequireAuth": true, "RequireUserAuth": true, "SetError": true,
	"SetTime": true, "FastForward": true, "FlushAll": true, "FlushDB": true, "Select": true, "Keys": true,
	"Exists": true, "Del": true, "Type": true, "TTL": true, "SetTTL": true, "Get": true, "Set": true,
	"Incr": true, "HGet": true, "HSet": true, "HDel": true, "HKeys": true, "List": true, "Lpush": true,
	"Push": true, "Lpop": true, "Pop": true, "SAdd": true, "SetAdd": true, "SRem": true, "Members": true,
	"SMembers": true, "IsMember": true, "SIsMember": true, "ZAdd": true, "ZScore": true, "ZMembers": true,
	"SortedSet": true, "ZRem": true, "Publish": true, "Dump": true,
}

// Everyday reports whether a method of a miniredis server moves; rewrite declares
// those for the type check.
func Everyday(method string) bool { return everyday[method] }

// serverSymbols are miniredis's names that have a counterpart.
var serverSymbols = map[string]bool{"Run": true, "RunT": true, "RunTLS": true, "NewMiniRedis": true, "Miniredis": true}

func (a *analysis) refuseSymbol(obj types.Object) Refusal {
	if isMiniredis(obj.Pkg()) {
		if obj.Pkg().Path() == MiniredisPath && serverSymbols[obj.Name()] {
			return Refusal{}
		}
		return Refusal{Code: spec.TestServer, Text: "miniredis." + obj.Name() + " has no counterpart in the runtime's test server"}
	}
	if a.Symbol == nil {
		return Refusal{}
	}
	return a.Symbol(obj)
}

// refuseMember blocks a value whose method or field m has no counterpart.
func (a *analysis) refuseMember(pos token.Pos, owner val, recv types.Type, m types.Object) {
	_, isMethod := m.(*types.Func)
	switch {
	case isMiniredis(m.Pkg()):
		if !isMethod || !everyday[m.Name()] {
			a.block(owner.n, pos, spec.TestServer, m.Name()+" of miniredis has no counterpart in the runtime's test server")
		}
	case a.Member != nil:
		if r := a.Member(m, recv); r.Code != "" {
			a.refuse(owner.n, pos, r)
		}
	}
}

// outerBlockers blocks the mentions that must not change for reasons outside
// the types: comments, generated files, linkname and kept packages.
func (a *analysis) outerBlockers() []*Comment {
	var keeps []*Comment
	seen := map[string]bool{}
	byFile := map[string][]*Mention{}
	for _, m := range a.mentions {
		byFile[m.Pos.Filename] = append(byFile[m.Pos.Filename], m)
	}
	for _, p := range a.Packages {
		for _, f := range p.Files {
			name := a.Fset.PositionFor(f.FileStart, false).Filename
			if code, text := a.fileBlocker(p, f); code != "" {
				for _, m := range byFile[name] {
					a.block(a.nodeOf(m), m.Ident.Pos(), code, text)
				}
			}
			if !seen[name] {
				seen[name] = true
				keeps = append(keeps, a.keepComments(f, name)...)
			}
		}
	}
	return keeps
}

func (a *analysis) nodeOf(m *Mention) node {
	return a.mentioned[place{m.Pos.Filename, m.Pos.Line, m.Pos.Column}]
}

func (a *analysis) fileBlocker(p *Package, f *ast.File) (code, text string) {
	switch {
	case a.Keep != nil && a.Keep(p.Path):
		return spec.PackageKept, "package " + p.Path + " is left alone by redis2cf.yaml"
	case p.Neighbour != "":
		return spec.OtherModule, "module " + p.Neighbour + " of the workspace uses it too, and only one module is edited at a time"
	case len(p.Ignored) > 0:
		return spec.BuildTag, p.Ignored[0]
	case ast.IsGenerated(f) && (a.Follows == nil || !a.Follows(a.position(f.FileStart).Filename)):
		return spec.GeneratedFile, "the file is generated, and what its generator reads is not known: change that"
	}
	for _, c := range f.Comments {
		for _, l := range c.List {
			if strings.HasPrefix(l.Text, "//go:linkname ") && strings.Contains(l.Text, "redis") {
				return spec.Linkname, "the file reaches into go-redis by linkname"
			}
		}
	}
	return "", ""
}

const keepDirective = "//redis2cf:keep"

// keepComments blocks what each keep comment covers: its own line, the next
// one, or the whole declaration that it documents.
func (a *analysis) keepComments(f *ast.File, name string) []*Comment {
	var out []*Comment
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Text != keepDirective && !strings.HasPrefix(c.Text, keepDirective+" ") {
				continue
			}
			k := &Comment{Pos: a.position(c.Pos()), Reason: strings.TrimSpace(strings.TrimPrefix(c.Text, keepDirective))}
			out = append(out, k)
			if k.Reason == "" {
				continue // a comment without a reason keeps nothing: it is reported
			}
			from, to := k.Pos.Line, a.Fset.PositionFor(group.End(), false).Line+1
			if from == to-1 && a.trailing(f, c) {
				to = from
			}
			if d := documented(f, group); d != nil {
				to = a.Fset.PositionFor(d.End(), false).Line
			}
			for p, n := range a.touched {
				if p.file == name && p.line >= from && p.line <= to {
					a.blockers = append(a.blockers, blocked{n: n, Blocker: Blocker{k.Pos, spec.KeepComment, k.Reason}})
					k.Used = true
				}
			}
		}
	}
	return out
}

// trailing reports whether code stands before the comment on its line.
func (a *analysis) trailing(f *ast.File, c *ast.Comment) bool {
	line := a.Fset.PositionFor(c.Pos(), false).Line
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil || found {
			return false
		}
		switch n.(type) {
		case *ast.Comment, *ast.CommentGroup:
			return false
		}
		if n.End() <= c.Pos() && a.Fset.PositionFor(n.End(), false).Line == line {
			found = true
		}
		return n.Pos() < c.Pos()
	})
	return found
}

func documented(f *ast.File, group *ast.CommentGroup) ast.Node {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc == group {
				return d
			}
		case *ast.GenDecl:
			if d.Doc == group && d.Tok != token.IMPORT {
				return d
			}
		}
	}
	return nil
}
