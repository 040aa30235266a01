package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/redis2cf/redis2cf/internal/journal"
)

// treeFile is what must stay the same of a file.
type treeFile struct {
	data string
	mode fs.FileMode
}

// readTree is the tree of a script.
func readTree(ts *testscript.TestScript, root string) map[string]treeFile {
	files, err := walkTree(root)
	ts.Check(err)
	return files
}

// treeOf is the tree of a test.
func treeOf(t *testing.T, root string) map[string]treeFile {
	t.Helper()
	files, err := walkTree(root)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// walkTree reads every file below a directory, except the tool's journals and
// version control, by its path with slashes.
func walkTree(root string) (map[string]treeFile, error) {
	files := map[string]treeFile{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == journal.Dir {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(rel)] = treeFile{string(data), info.Mode().Perm()}
		return nil
	})
	return files, err
}

// treeDiff says in lines how two trees differ; each has a name.
func treeDiff(a, b map[string]treeFile, nameA, nameB string) []string {
	var diff []string
	for path, f := range a {
		if g, ok := b[path]; !ok {
			diff = append(diff, path+" is only in "+nameA)
		} else if f != g {
			diff = append(diff, path+" differs")
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			diff = append(diff, path+" is only in "+nameB)
		}
	}
	slices.Sort(diff)
	return diff
}
