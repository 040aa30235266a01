package vet

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// planned holds the migrated calls of a package against redis2cf.yaml: a key without a
// family, a view of another family, a command that a family in KV alone cannot serve.
// The go command keeps what was said of a package until what it imports changes, which
// a plan does by way of the generated package.
func planned(pass *analysis.Pass, res *analyzer.Result, found []analysis.Diagnostic) ([]analysis.Diagnostic, error) {
	if !slices.ContainsFunc(res.Sites, func(s analyzer.Site) bool { return s.Migrated }) {
		return nil, nil
	}
	root := moduleRoot(filepath.Dir(fileName(pass, pass.Files[0].FileStart)))
	if root == "" {
		return nil, nil
	}
	p, err := plan.Read(filepath.Join(root, plan.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []analysis.Diagnostic
	for _, pr := range p.Check(res.Sites) {
		s := &res.Sites[pr.Site]
		if slices.ContainsFunc(found, func(d analysis.Diagnostic) bool { return d.Pos == s.Pos }) {
			continue
		}
		d := analysis.Diagnostic{Pos: s.Pos, End: s.Selector.Sel.End(), Category: pr.Code, Message: pr.Code + ": " + pr.Message}
		if c, ok := spec.CodeOf(pr.Code); ok {
			d.URL = c.URL()
		}
		out = append(out, d)
	}
	return out, nil
}
