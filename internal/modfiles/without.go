package modfiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A Left is a module of Request.Without that go.mod still requires.
type Left struct {
	Module module.Version
	Why    []string // packages, from one of the module's own to one of this module; nil when it is not known
}

// without takes requirements away that nothing needs any longer, with the indirect ones
// that came with them. The go command's tidy says, on a copy, which those are: it knows
// every system and tag. What else a tidy would change is not asked for, and stays.
func (s *settler) without(r *Result) error {
	if len(s.req.Without) == 0 {
		return nil
	}
	f, err := s.parse(r.Modfile)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(f.Require, func(q *modfile.Require) bool { return s.unwanted(q.Mod.Path) }) {
		return nil
	}
	tidied := filepath.Join(s.tmp, "tidy", "go.mod")
	if err := s.copyTo(filepath.Dir(tidied)); err != nil {
		return fmt.Errorf("settling go.mod: %w", err)
	}
	env := []string{"GOWORK=off", modFlag()}
	if _, err := s.gotool(env, "mod", "tidy", "-modfile="+tidied, "-overlay="+s.overlay); err != nil {
		if s.ctx.Err() != nil {
			return err
		}
		r.Untidy = err
		return s.remaining(r)
	}
	tidy, err := s.parse(tidied)
	if err != nil {
		return err
	}
	came, err := s.cameWith(env, r.Modfile, f)
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, q := range tidy.Require {
		needed[q.Mod.Path] = true
	}
	for _, q := range slices.Clone(f.Require) {
		mod := q.Mod // DropRequire empties it
		if needed[mod.Path] || !s.unwanted(mod.Path) && !(q.Indirect && came[mod.Path]) {
			continue
		}
		if err := f.DropRequire(mod.Path); err != nil {
			return fmt.Errorf("taking %s out of go.mod: %w", mod.Path, err)
		}
		r.Dropped = append(r.Dropped, mod)
	}
	if len(r.Dropped) > 0 {
		if err := writable(s.gomod); err != nil {
			return err
		}
	}
	f.Cleanup()
	data, err := f.Format()
	if err == nil {
		err = os.WriteFile(r.Modfile, data, 0o600)
	}
	if err == nil {
		err = s.sumsWithout(filepath.Join(filepath.Dir(tidied), "go.sum"), came)
	}
	if err != nil {
		return fmt.Errorf("settling go.mod: %w", err)
	}
	if err := s.fill(); err != nil { // tidy's word was for its own go.mod
		return err
	}
	return s.remaining(r)
}

// unwanted tells whether a module is one of Without, or below it.
func (s *settler) unwanted(path string) bool {
	return slices.ContainsFunc(s.req.Without, func(w string) bool { return path == w || strings.HasPrefix(path, w+"/") })
}

func (s *settler) parse(name string) (*modfile.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	f, err := modfile.Parse(s.gomod, data, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the new go.mod: %w", err)
	}
	return f, nil
}

// copyTo copies the go.mod and go.sum that are worked on.
func (s *settler) copyTo(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := readOptional(filepath.Join(s.tmp, name))
		if err == nil && data != nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cameWith are the modules that the unwanted ones require.
func (s *settler) cameWith(env []string, mod string, f *modfile.File) (map[string]bool, error) {
	args := []string{"list", "-m", "-json=GoMod", "-modfile=" + mod}
	for _, q := range f.Require {
		if s.unwanted(q.Mod.Path) {
			args = append(args, q.Mod.Path)
		}
	}
	out, err := s.gotool(env, args...)
	if err != nil {
		return nil, fmt.Errorf("looking for what came with go.mod's requirements: %w", err)
	}
	came := map[string]bool{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var m struct{ GoMod string }
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return came, nil
		} else if err != nil {
			return nil, fmt.Errorf("looking for what came with go.mod's requirements: %w", err)
		}
		data, err := readOptional(m.GoMod)
		if err != nil || data == nil {
			continue // a module without its go.mod at hand brought nothing that is known
		}
		of, err := modfile.ParseLax(m.GoMod, data, nil)
		if err != nil {
			continue
		}
		for _, q := range of.Require {
			came[q.Mod.Path] = true
		}
	}
}

// sumsWithout takes the sums away that a tidy go.sum does not have: of the unwanted
// modules, of what came with them, and of the runtime's own modules.
func (s *settler) sumsWithout(tidied string, came map[string]bool) error {
	name := filepath.Join(s.tmp, "go.sum")
	sums, err := readOptional(name)
	if err != nil || sums == nil {
		return err
	}
	tidy, err := readOptional(tidied)
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, line := range strings.Split(string(tidy), "\n") {
		keep[strings.TrimSpace(line)] = true
	}
	var out strings.Builder
	for _, line := range strings.SplitAfter(string(sums), "\n") {
		path, _, _ := strings.Cut(line, " ")
		if s.unwanted(path) || came[path] || strings.HasPrefix(path, RuntimePath+"/") {
			if !keep[strings.TrimSpace(line)] {
				continue
			}
		}
		out.WriteString(line)
	}
	return os.WriteFile(name, []byte(out.String()), 0o600)
}

// remaining notes what go.mod still requires of the unwanted modules, and who needs it.
func (s *settler) remaining(r *Result) error {
	f, err := s.parse(r.Modfile)
	if err != nil {
		return err
	}
	for _, q := range f.Require {
		if !s.unwanted(q.Mod.Path) {
			continue
		}
		l := Left{Module: q.Mod}
		if r.Untidy == nil {
			out, err := s.gotool([]string{"GOWORK=off", modFlag()}, "mod", "why", "-m", "-modfile="+r.Modfile, "-overlay="+s.overlay, q.Mod.Path)
			if s.ctx.Err() != nil {
				return s.ctx.Err()
			}
			if err == nil {
				l.Why = chain(string(out))
			}
		}
		r.Left = append(r.Left, l)
	}
	return nil
}

// chain reads go mod why's answer for one module.
func chain(out string) []string {
	var pkgs []string
	for _, line := range strings.Split(out, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "(") {
			continue
		}
		pkgs = append(pkgs, line)
	}
	return pkgs
}
