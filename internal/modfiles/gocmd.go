package modfiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Overlay writes files below dir and gives the path of the file that the go
// command's -overlay takes. A nil content stands for a file that is removed.
// Vet names what it objects to by the copies; originals leads back from a copy
// to the file that it stands for.
func Overlay(dir string, files map[string][]byte) (name string, originals map[string]string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", nil, err
	}
	replace := make(map[string]string, len(files))
	originals = make(map[string]string, len(files))
	for i, path := range sorted(files) {
		if files[path] == nil {
			replace[path] = ""
			continue
		}
		file := filepath.Join(dir, strconv.Itoa(i)+"-"+filepath.Base(path))
		if err := os.WriteFile(file, files[path], 0o600); err != nil {
			return "", nil, err
		}
		replace[path], originals[file] = file, path
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", nil, err
	}
	name = filepath.Join(dir, "overlay.json")
	return name, originals, os.WriteFile(name, data, 0o600)
}

func sorted(files map[string][]byte) []string {
	out := make([]string, 0, len(files))
	for path := range files {
		out = append(out, path)
	}
	sort.Strings(out)
	return out
}

// modFlag is GOFLAGS with -mod=mod in place of any other: a vendor directory
// or a habit of the user must not decide what the copy is tried with.
func modFlag() string {
	var keep []string
	for _, f := range strings.Fields(os.Getenv("GOFLAGS")) {
		if name := strings.TrimLeft(f, "-"); !strings.HasPrefix(name, "mod=") && !strings.HasPrefix(name, "modfile=") {
			keep = append(keep, f)
		}
	}
	return "GOFLAGS=" + strings.Join(append(keep, "-mod=mod"), " ")
}

// gotool runs the go command in the module.
func (s *settler) gotool(env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(s.ctx, "go", args...)
	cmd.Dir = s.req.Dir
	cmd.Env = append(append(os.Environ(), "PWD="+s.req.Dir), env...)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err := cmd.Run()
	if s.ctx.Err() != nil {
		return nil, s.ctx.Err()
	}
	if err != nil {
		var exit *exec.ExitError
		if text := strings.TrimSpace(diag.String()); errors.As(err, &exit) && text != "" {
			err = errors.New(text)
		}
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out.Bytes(), nil
}

// fill lets the go command add to the copy what the new imports need.
func (s *settler) fill() error {
	env := []string{"GOWORK=off", modFlag()}
	flags := []string{"-modfile=" + filepath.Join(s.tmp, "go.mod"), "-overlay=" + s.overlay}
	if s.req.Tags != "" {
		flags = append(flags, "-tags="+s.req.Tags)
	}
	// What the runtime needs has to be there; errors in packages of the module
	// itself are the build's to tell.
	if users := s.runtimeUsers(); len(users) > 0 {
		args := append(append([]string{"list", "-deps"}, flags...), users...)
		if _, err := s.gotool(env, args...); err != nil {
			return fmt.Errorf("adding the runtime to go.mod failed, nothing was changed: %w", err)
		}
	}
	if s.work == nil {
		flags = append(flags, "-e")
	} // else a package that cannot be resolved means that the workspace has to
	args := append(append([]string{"list", "-deps", "-test"}, flags...), "./...")
	if _, err := s.gotool(env, args...); err != nil {
		return fmt.Errorf("working out go.mod failed, nothing was changed: %w", err)
	}
	return nil
}

// runtimeUsers are the packages with new files that import the runtime, the
// generated one above all, as patterns for the go command. They stand for the
// runtime's own import path, which a workspace looks up in every module.
func (s *settler) runtimeUsers() []string {
	seen := map[string][]byte{}
	for path, src := range s.req.Files {
		if src == nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			continue // the build says it better
		}
		rel, err := filepath.Rel(s.req.Dir, filepath.Dir(path))
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		for _, im := range f.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err == nil && (p == RuntimePath || strings.HasPrefix(p, RuntimePath+"/")) {
				seen["./"+filepath.ToSlash(rel)] = nil
			}
		}
	}
	return sorted(seen)
}
