package report

import (
	"fmt"
	"path"
	"sort"
	"strconv"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// An Edit is one replacement in a file as it was.
type Edit struct {
	File       string // below the module, with forward slashes
	Start, End int    // bytes
	New        string
	Group      int // edits of one group only make sense together; -1: whatever else happens in the file
}

// fixes are the edits, those that only make sense together as one result.
func (s *sarifWriter) fixes(r *Report) []sarifResult {
	var out []sarifResult
	for _, edits := range together(s.in.Edits) {
		byFile := map[string][]Edit{}
		var files []string
		for _, e := range edits {
			if byFile[e.File] == nil {
				files = append(files, e.File)
			}
			byFile[e.File] = append(byFile[e.File], e)
		}
		sort.Strings(files)
		fix := sarifFix{Description: sarifText{Text: fmt.Sprintf("Use %s in place of go-redis. redis2cf -w does it, with the package itself and go.mod.", path.Base(r.Package))}}
		var first *sarifRegion
		for _, file := range files {
			src := s.source(file)
			if src == nil {
				continue
			}
			change := sarifChange{Artifact: s.artifact(file)}
			for _, e := range byFile[file] {
				region := span16(src, e.Start, e.End)
				rep := sarifReplacement{Deleted: region}
				if e.New != "" {
					rep.Inserted = &sarifText{Text: e.New}
				}
				change.Replacements = append(change.Replacements, rep)
				if first == nil {
					first = &region
				}
			}
			fix.Changes = append(fix.Changes, change)
		}
		if first == nil {
			continue
		}
		res := s.result(spec.Migratable, "note", fmt.Sprintf("%s in %s can move to %s.", count(len(edits), "use"), count(len(files), "file"), r.Package), files[0])
		res.Locations = []sarifLocation{{Physical: sarifPhysical{Artifact: fix.Changes[0].Artifact, Region: first}}}
		res.Fixes = []sarifFix{fix}
		out = append(out, res)
	}
	return out
}

// together puts edits into sets that have nothing to do with each other: those of
// one group, and groups that meet in the imports of a file.
func together(edits []Edit) [][]Edit {
	parent := map[string]string{}
	var find func(string) string
	find = func(x string) string {
		if p, ok := parent[x]; ok && p != x {
			parent[x] = find(p)
			return parent[x]
		}
		parent[x] = x
		return x
	}
	shared := map[string]bool{} // files with an edit of no group
	for _, e := range edits {
		shared[e.File] = shared[e.File] || e.Group < 0
	}
	of := func(e Edit) string {
		if e.Group < 0 {
			return "file " + e.File
		}
		return "group " + strconv.Itoa(e.Group)
	}
	for _, e := range edits {
		if shared[e.File] {
			parent[find(of(e))] = find("file " + e.File)
		}
	}
	sets := map[string][]Edit{}
	var order []string
	for _, e := range edits {
		root := find(of(e))
		if sets[root] == nil {
			order = append(order, root)
		}
		sets[root] = append(sets[root], e)
	}
	var out [][]Edit
	for _, root := range order {
		out = append(out, sets[root])
	}
	return out
}
