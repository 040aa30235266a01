package vettool

import (
	"archive/zip"
	"fmt"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/internal/vettool/quick"
	"github.com/redis2cf/redis2cf/rewrite"
)

// fix applies the first fix of each diagnostic: into an archive of whole files under
// their names, which the go command puts into place, or as a diff.
func fix(cfg *quick.Config, fset *token.FileSet, found []analysis.Diagnostic, diff bool, out io.Writer) error {
	files, err := fixed(fset, found)
	if err != nil || len(files) == 0 {
		return err
	}
	if diff {
		for i := range files { // as patch -p1 -d / has it
			files[i].Path = strings.TrimPrefix(filepath.ToSlash(files[i].Path), "/")
		}
		_, err := report.WriteDiff(out, files)
		return err
	}
	if cfg.FixArchive == "" {
		return fmt.Errorf("the go command names no archive for them")
	}
	f, err := os.Create(cfg.FixArchive)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, c := range files {
		w, err := z.Create(c.Path)
		if err == nil {
			_, err = w.Write(c.After)
		}
		if err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// fixed are the files that the fixes change. A fix of several diagnostics is made once.
func fixed(fset *token.FileSet, found []analysis.Diagnostic) ([]report.Change, error) {
	seen := map[string]bool{}
	edits := map[string][]rewrite.Edit{}
	for _, d := range found {
		if len(d.SuggestedFixes) == 0 {
			continue
		}
		list := d.SuggestedFixes[0].TextEdits
		if key := fmt.Sprint(list); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		for _, e := range list {
			tok := fset.File(e.Pos)
			edits[tok.Name()] = append(edits[tok.Name()], rewrite.Edit{
				File: tok.Name(), Start: tok.Offset(e.Pos), End: tok.Offset(e.End), New: string(e.NewText),
			})
		}
	}
	var out []report.Change
	for name, list := range edits {
		before, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(list, func(a, b rewrite.Edit) int { return a.Start - b.Start })
		after, err := rewrite.Apply(before, list)
		if err != nil {
			return nil, err
		}
		out = append(out, report.Change{Path: name, Before: before, After: rewrite.Tidy(before, after)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out, nil
}
