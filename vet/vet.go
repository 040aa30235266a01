// Package vet is redis2cf as one analyzer for go vet, go fix, editors and linters: what
// package analyzer finds, with fixes where redis2cf.yaml says what the code becomes. It
// sees one package at a time, so it leaves alone what other packages can see; redis2cf -w
// looks at all of them.
package vet

import (
	"go/token"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Analyzer reports what analyzer.Analyzer does; in a module that redis2cf -w has migrated
// also calls without the view of their family, and calls that redis2cf.yaml has no family
// for or that their family cannot serve; and keep comments without a reason or a use. What
// a comment or the plan keeps with a reason it does not report. The category of a
// diagnostic is the reason code, its URL explains it. Its result is a *analyzer.Result.
var Analyzer = &analysis.Analyzer{
	Name:       analyzer.Analyzer.Name,
	Doc:        analyzer.Analyzer.Doc,
	URL:        analyzer.Analyzer.URL,
	ResultType: analyzer.Analyzer.ResultType,
	Run:        run,
}

func run(pass *analysis.Pass) (any, error) {
	var found []analysis.Diagnostic
	find := *pass
	find.Report = func(d analysis.Diagnostic) { found = append(found, d) }
	res, err := analyzer.Analyzer.Run(&find)
	if err != nil {
		return nil, err
	}
	c, err := changesOf(pass, res.(*analyzer.Result))
	if err != nil {
		// The findings are true without fixes; a plan that cannot be read, or generated
		// code that does not compile, is what redis2cf itself reports.
		c = &changes{}
	}
	for _, d := range found {
		if c.keeps(d.Pos) {
			continue
		}
		d.SuggestedFixes = c.at(d.Pos)
		pass.Report(d)
	}
	for _, d := range c.more(found) {
		pass.Report(d)
	}
	problems, err := planned(pass, res.(*analyzer.Result), found)
	if err != nil {
		return nil, err
	}
	for _, d := range problems {
		if !c.keeps(d.Pos) {
			pass.Report(d)
		}
	}
	return res, nil
}

// keeps reports whether somebody has decided that the call at a position stays.
func (c *changes) keeps(pos token.Pos) bool {
	for i := range c.sites {
		if c.sites[i].Pos == pos {
			return slices.Contains([]string{spec.KeepComment, spec.PackageKept, spec.APIKept}, c.fates[i].Code)
		}
	}
	return false
}

// more are the diagnostics that only the changes tell of: calls that could have a view,
// and keep comments.
func (c *changes) more(found []analysis.Diagnostic) []analysis.Diagnostic {
	var out []analysis.Diagnostic
	add := func(pos, end token.Pos, code, message string, fixes []analysis.SuggestedFix) {
		if slices.ContainsFunc(found, func(d analysis.Diagnostic) bool { return d.Pos == pos }) {
			return
		}
		d := analysis.Diagnostic{Pos: pos, End: end, Category: code, Message: message, SuggestedFixes: fixes}
		if e, ok := spec.CodeOf(code); ok {
			d.URL = e.URL()
		}
		out = append(out, d)
	}
	for _, s := range c.unviewed() {
		add(s.pos, s.end, spec.ViewMissing, s.message, c.at(s.pos))
	}
	for _, k := range c.comments {
		add(k.pos, token.NoPos, k.code, k.text, nil)
	}
	return out
}
