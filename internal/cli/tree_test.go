package cli

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/redis2cf/redis2cf/internal/journal"
)

// treeFile is what must stay the same of a file.
type treeFile struct {
	data string
	mode fs.FileMode
}

// readTree reads every file below a directory, except the tool's journals and
// version control, by its path with slashes.
func readTree(ts *testscript.TestScript, root string) map[string]treeFile {
	files := map[string]treeFile{}
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
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
	}))
	return files
}
