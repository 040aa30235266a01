package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// checkWorkspace refuses a module below a go.work that leaves it out: the go
// command finds no package there, which would look like a module without
// go-redis.
func checkWorkspace(root string) error {
	work, err := workFile(root)
	if work == "" || err != nil {
		return err
	}
	data, err := os.ReadFile(work)
	if err != nil {
		return err
	}
	f, err := modfile.ParseWork(work, data, nil)
	if err != nil {
		return fmt.Errorf("%w; repair it first, or set GOWORK=off", err)
	}
	for _, use := range f.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(work), dir)
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil && real == root {
			return nil
		}
	}
	return fmt.Errorf("the module in %s is not part of the workspace %s: set GOWORK=off to leave the workspace out, or add the module with go work use", root, work)
}

// workFile is the go.work that the go command uses in a directory; empty when
// there is none.
func workFile(dir string) (string, error) {
	switch work := os.Getenv("GOWORK"); work {
	case "":
	case "off":
		return "", nil
	default:
		return work, nil
	}
	for {
		work := filepath.Join(dir, "go.work")
		_, err := os.Stat(work)
		if err == nil {
			return work, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "", nil
		}
		dir = filepath.Dir(dir)
	}
}
