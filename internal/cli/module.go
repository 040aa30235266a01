package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// moduleRoot finds the module that a directory belongs to. Symbolic links are
// resolved, as the go command does for the files that it lists.
func moduleRoot(dir string) (string, error) {
	if dir == "" {
		dir = "."
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		message := fmt.Sprintf("-C %s: there is no such directory", dir)
		if err == nil {
			message = fmt.Sprintf("-C %s: that is a file", dir)
		}
		return "", &usageError{
			message: message,
			hint:    "Name a directory inside a Go module.",
		}
	}
	if err != nil {
		return "", err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return "", err
	}
	for root := abs; ; root = filepath.Dir(root) {
		if info, err := os.Stat(filepath.Join(root, "go.mod")); err == nil && !info.IsDir() {
			return root, nil
		}
		if modules := workspaceModules(root); len(modules) > 0 {
			return "", &usageError{
				message: fmt.Sprintf("%s holds a workspace and no module of its own", root),
				hint:    "Run redis2cf in one of its modules, or name one with -C: " + strings.Join(modules, ", ") + ".",
			}
		}
		if filepath.Dir(root) == root {
			return "", &usageError{
				message: fmt.Sprintf("there is no go.mod in %s or above it", abs),
				hint:    "redis2cf works on Go modules: run it inside one, or name one with -C DIR.",
			}
		}
	}
}

// workspaceModules are the modules of the go.work in a directory; none when
// there is no go.work or the go command is told to leave it out.
func workspaceModules(dir string) []string {
	if os.Getenv("GOWORK") == "off" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(dir, "go.work"))
	if err != nil {
		return nil
	}
	f, err := modfile.ParseWork("go.work", data, nil)
	if err != nil {
		return nil
	}
	var dirs []string
	for _, use := range f.Use {
		dirs = append(dirs, use.Path)
	}
	return dirs
}

// modulePath reads a module's path from its go.mod; empty when it has none.
func modulePath(root string) string {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return ""
	}
	return modfile.ModulePath(data)
}
