package modfiles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// A workspace is the go.work that the module is used in.
type workspace struct {
	path string
	data []byte
	file *modfile.WorkFile
}

// findWorkspace gives the module's workspace, nil when the go command uses none
// for it.
func (s *settler) findWorkspace() (*workspace, error) {
	out, err := s.gotool(nil, "env", "GOWORK")
	if err != nil {
		return nil, fmt.Errorf("looking for a workspace: %w", err)
	}
	path := strings.TrimSpace(string(out))
	if path == "" || path == "off" {
		return nil, nil
	}
	w := &workspace{path: path}
	if w.data, err = os.ReadFile(path); err != nil {
		return nil, fmt.Errorf("reading the workspace: %w", err)
	}
	if w.file, err = modfile.ParseWork(path, w.data, nil); err != nil {
		return nil, fmt.Errorf("the workspace cannot be read: %w: mend it and run again", err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "vendor", "modules.txt")); err == nil && w.uses(s.req.Dir) {
		return nil, fmt.Errorf("%s has a vendor directory that the whole workspace shares: remove it, run redis2cf again, then make it anew with go work vendor",
			filepath.Dir(path))
	}
	if !w.uses(s.req.Dir) {
		return nil, nil // the module is built on its own
	}
	return w, nil
}

func (w *workspace) uses(dir string) bool {
	for _, u := range w.file.Use {
		if sameDir(w.abs(u.Path), dir) {
			return true
		}
	}
	return false
}

// abs is a path of go.work, which is relative to it.
func (w *workspace) abs(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(w.path), path)
}

func sameDir(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// raise lifts the workspace's go line to the module's: the go command refuses
// one that is below.
func (w *workspace) raise(r *Result) error {
	have := ""
	if w.file.Go != nil {
		have = w.file.Go.Version
	}
	if r.GoAfter == r.GoBefore || !older(have, r.GoAfter) {
		return nil
	}
	if err := writable(w.path); err != nil {
		return err
	}
	f, err := modfile.ParseWork(w.path, w.data, nil)
	if err == nil {
		err = f.AddGoStmt(r.GoAfter)
	}
	if err != nil {
		return fmt.Errorf("raising the go line of %s: %w", w.path, err)
	}
	f.Cleanup()
	r.put(w.path, w.data, modfile.Format(f.Syntax))
	return nil
}

// older compares go lines; an empty one is the oldest.
func older(a, b string) bool {
	return a == "" && b != "" || b != "" && compareGo(a, b) < 0
}

// inWorkspace settles a module that only its workspace can resolve: go.mod gets
// the runtime's requirement, and the sums go where the workspace keeps them.
func (s *settler) inWorkspace(r *Result, edited []byte) error {
	if err := s.result(r, edited); err != nil {
		return err
	}
	if err := s.work.raise(r); err != nil {
		return err
	}
	work, err := modfile.ParseWork(s.work.path, s.work.data, nil)
	if err != nil {
		return fmt.Errorf("reading the workspace: %w", err)
	}
	if older(lineOf(work), r.GoAfter) {
		if err := work.AddGoStmt(r.GoAfter); err != nil {
			return fmt.Errorf("raising the go line of %s: %w", s.work.path, err)
		}
	}
	s.work.absolute(work)
	copied := filepath.Join(s.tmp, "go.work")
	if err := os.WriteFile(copied, modfile.Format(work.Syntax), 0o600); err != nil {
		return fmt.Errorf("settling the workspace: %w", err)
	}
	sumFile := s.work.path + ".sum"
	oldSum, err := readOptional(sumFile)
	if err != nil {
		return fmt.Errorf("settling the workspace: %w", err)
	}
	if oldSum != nil {
		if err := os.WriteFile(copied+".sum", oldSum, 0o600); err != nil {
			return fmt.Errorf("settling the workspace: %w", err)
		}
	}
	files := map[string][]byte{s.gomod: edited}
	for path, data := range s.req.Files {
		files[path] = data
	}
	if s.overlay, _, err = Overlay(filepath.Join(s.tmp, "overlay-work"), files); err != nil {
		return fmt.Errorf("settling the workspace: %w", err)
	}
	env := []string{"GOWORK=" + copied, workFlags()}
	args := []string{"list", "-deps", "-overlay=" + s.overlay}
	if s.req.Tags != "" {
		args = append(args, "-tags="+s.req.Tags)
	}
	if users := s.runtimeUsers(); len(users) > 0 {
		if _, err := s.gotool(env, append(append([]string(nil), args...), users...)...); err != nil {
			return fmt.Errorf("adding the runtime to the workspace %s failed, nothing was changed: %w", s.work.path, err)
		}
	}
	if _, err := s.gotool(env, append(args, "-e", "-test", "./...")...); err != nil {
		return fmt.Errorf("working out the workspace %s failed, nothing was changed: %w", s.work.path, err)
	}
	newSum, err := readOptional(copied + ".sum")
	if err != nil {
		return fmt.Errorf("settling the workspace: %w", err)
	}
	r.put(sumFile, oldSum, newSum)
	// -modfile and workspaces exclude each other: the caller's overlay carries
	// the new go.mod.
	r.Modfile, r.Env = "", env
	return nil
}

func lineOf(f *modfile.WorkFile) string {
	if f.Go == nil {
		return ""
	}
	return f.Go.Version
}

// absolute makes a copy of go.work in another directory mean the same.
func (w *workspace) absolute(f *modfile.WorkFile) {
	for _, u := range f.Use {
		path := w.abs(u.Path)
		if u.Syntax != nil {
			token := u.Syntax.Token
			token[len(token)-1] = modfile.AutoQuote(filepath.ToSlash(path))
		}
	}
	for _, q := range f.Replace {
		if modfile.IsDirectoryPath(q.New.Path) && q.New.Version == "" && q.Syntax != nil {
			token := q.Syntax.Token
			token[len(token)-1] = modfile.AutoQuote(filepath.ToSlash(w.abs(q.New.Path)))
		}
	}
}

// runtimeGo is the go line of the runtime that is asked for, empty when it
// cannot be found out: then the go command raises the module's.
func (s *settler) runtimeGo() string {
	file := filepath.Join(s.req.Runtime.Dir, "go.mod")
	if s.req.Runtime.Dir == "" {
		out, err := s.gotool([]string{"GOWORK=off", modFlag()}, "mod", "download", "-json", RuntimePath+"@"+s.req.Runtime.Version)
		var info struct{ GoMod string }
		if err != nil || json.Unmarshal(out, &info) != nil {
			return ""
		}
		file = info.GoMod
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	f, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return ""
	}
	return goLine(f)
}

// workFlags is GOFLAGS without what a workspace refuses.
func workFlags() string {
	flags := modFlag()
	return strings.TrimSpace(string(bytes.ReplaceAll([]byte(flags), []byte("-mod=mod"), nil)))
}
