// Package modfiles works out what go.mod, go.sum, go.work and vendor have to
// hold once a module uses the runtime. It never writes into the module: it
// works on copies and gives the new bytes.
package modfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// RuntimePath is the module that migrated programs require.
const RuntimePath = "github.com/redis2cf/redis2cf/runtime"

// Nested are the parts of the runtime that are modules of their own, by their directory
// in it. A program requires them when its generated package imports them.
var Nested = []string{"cfotel", "dual", "goredis", "goredisv8", "store/rest"}

// A Request says what the module will be.
type Request struct {
	Dir     string            // of the module, absolute
	Runtime Runtime           // what to require where go.mod does not say it yet
	Files   map[string][]byte // edited and generated files by absolute path; nil for one that is removed
	Tags    string            // -tags
	// Without are modules, and those below them, that go.mod shall no longer require where
	// nothing needs them.
	Without []string
}

// A Result is what has to be written, and a copy to try it with before.
type Result struct {
	Files    map[string][]byte // by absolute path, only what differs
	Remove   []string          // absolute paths, files of vendor that go
	GoBefore string            // the go line: "1.20", empty when there is none
	GoAfter  string
	// LoopVars is set when the go line crosses 1.22, where a loop's variables
	// became new ones in each round.
	LoopVars bool

	Dropped []module.Version // requirements that went, for Request.Without
	Left    []Left           // and those of it that stay
	Untidy  error            // why nothing could be said about them; then all stay

	// Modfile is a copy of the new go.mod with its go.sum beside it, for
	// go build -modfile; Env what the go command needs to take it. They hold
	// until Close.
	Modfile string
	Env     []string

	tmp string
}

// Close removes the copies.
func (r *Result) Close() error {
	if r == nil || r.tmp == "" {
		return nil
	}
	return os.RemoveAll(r.tmp)
}

// Settle works out the module files for a request. An error names the file and
// what to do; nothing in the module has changed then or otherwise.
func Settle(ctx context.Context, req Request) (*Result, error) {
	s := &settler{ctx: ctx, req: req, gomod: filepath.Join(req.Dir, "go.mod"), gosum: filepath.Join(req.Dir, "go.sum")}
	tmp, err := os.MkdirTemp("", "redis2cf-mod-")
	if err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	s.tmp = tmp
	r, err := s.settle()
	if err != nil {
		os.RemoveAll(tmp)
		return nil, err
	}
	return r, nil
}

type settler struct {
	ctx          context.Context
	req          Request
	tmp          string
	gomod, gosum string
	oldMod       []byte
	oldSum       []byte // nil when there is none
	work         *workspace
	overlay      string // the file that -overlay takes
}

func (s *settler) settle() (*Result, error) {
	r := &Result{Files: map[string][]byte{}, tmp: s.tmp, Modfile: filepath.Join(s.tmp, "go.mod"), Env: []string{"GOWORK=off", modFlag()}}
	edited, before, err := s.edit()
	if err == nil {
		edited, err = s.nested(edited)
	}
	if err != nil {
		return nil, err
	}
	r.GoBefore = before
	if s.overlay, _, err = Overlay(filepath.Join(s.tmp, "overlay"), s.req.Files); err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	if err := os.WriteFile(r.Modfile, edited, 0o600); err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	if s.oldSum, err = readOptional(s.gosum); err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	if s.oldSum != nil {
		if err := os.WriteFile(filepath.Join(s.tmp, "go.sum"), s.oldSum, 0o600); err != nil {
			return nil, fmt.Errorf("settling go.mod: %w", err)
		}
	}
	if s.work, err = s.findWorkspace(); err != nil {
		return nil, err
	}
	err = s.fill()
	if err != nil && s.work != nil && s.ctx.Err() == nil {
		// The module needs its neighbours: only the workspace can resolve it.
		if err := os.WriteFile(r.Modfile, edited, 0o600); err != nil {
			return nil, fmt.Errorf("settling go.mod: %w", err)
		}
		if r.Untidy = err; len(s.req.Without) > 0 {
			if err := s.remaining(r); err != nil {
				return nil, err
			}
		}
		return r, s.inWorkspace(r, edited)
	}
	if err != nil {
		if s.vendored() && s.ctx.Err() == nil {
			err = fmt.Errorf("%w; the vendor directory is made anew from the module cache: run go mod download where there is a network, then redis2cf again", err)
		}
		return nil, err
	}
	if err := s.without(r); err != nil {
		return nil, err
	}
	if s.work == nil {
		if err := s.vendor(r); err != nil { // may need more sums than a build
			return nil, err
		}
	}
	newMod, err := os.ReadFile(r.Modfile)
	if err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	newSum, err := readOptional(filepath.Join(s.tmp, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("settling go.mod: %w", err)
	}
	if err := s.result(r, newMod); err != nil {
		return nil, err
	}
	r.put(s.gosum, s.oldSum, newSum)
	if s.work != nil {
		return r, s.work.raise(r)
	}
	return r, nil
}

// result takes the new go.mod.
func (s *settler) result(r *Result, newMod []byte) error {
	f, err := modfile.Parse(s.gomod, newMod, nil)
	if err != nil {
		return fmt.Errorf("reading the new go.mod: %w", err)
	}
	r.GoAfter = goLine(f)
	r.LoopVars = perIteration(r.GoAfter) && !perIteration(r.GoBefore)
	if bytes.Contains(s.oldMod, []byte("\r\n")) {
		newMod = bytes.ReplaceAll(newMod, []byte("\n"), []byte("\r\n"))
	}
	r.put(s.gomod, s.oldMod, newMod)
	return nil
}

// put notes a file when it differs.
func (r *Result) put(path string, before, after []byte) {
	if after != nil && (before == nil || !bytes.Equal(before, after)) {
		r.Files[path] = after
	}
}

// edit gives go.mod with the runtime required, and its go line before. What it
// says of the runtime already stays, unless the request names a directory of
// the user's choice.
func (s *settler) edit() (edited []byte, goBefore string, err error) {
	if s.oldMod, err = os.ReadFile(s.gomod); err != nil {
		return nil, "", fmt.Errorf("reading go.mod: %w", err)
	}
	f, err := modfile.Parse(s.gomod, s.oldMod, nil)
	if err != nil {
		return nil, "", fmt.Errorf("go.mod cannot be read: %w: mend it (go mod edit -fmt shows the place) and run again", err)
	}
	if f.Module == nil {
		return nil, "", fmt.Errorf("%s has no module line: add one with go mod edit -module PATH", s.gomod)
	}
	goBefore = goLine(f)
	if f.Module.Mod.Path == RuntimePath {
		return s.oldMod, goBefore, nil
	}
	required, replaced := "", false
	for _, q := range f.Require {
		if q.Mod.Path == RuntimePath {
			required = q.Mod.Version
		}
	}
	for _, q := range f.Replace {
		if q.Old.Path == RuntimePath {
			replaced = exists(s.req.Dir, q.New.Path)
		}
	}
	rt := s.req.Runtime
	switch {
	case required != "" && replaced && !rt.Chosen:
		return s.oldMod, goBefore, nil
	case required != "" && rt.Dir == "" && semver.Compare(required, rt.Version) >= 0:
		return s.oldMod, goBefore, nil
	case rt.Dir != "":
		version := required
		if version == "" {
			version = "v0.0.0"
		}
		require(f, version)
		err = f.AddReplace(RuntimePath, "", rt.Dir, "")
	case rt.Version != "":
		require(f, rt.Version)
	default:
		err = errors.New("which runtime to require is not known: name a checkout with -runtime DIR")
	}
	if err != nil {
		return nil, "", fmt.Errorf("adding the runtime to go.mod: %w", err)
	}
	if err := writable(s.gomod); err != nil {
		return nil, "", err
	}
	// A go line that is raised here and not by the go command keeps it from
	// listing every module of the graph when the line crosses 1.17.
	if need := s.runtimeGo(); older(goBefore, need) {
		if err := f.AddGoStmt(need); err != nil {
			return nil, "", fmt.Errorf("raising the go line: %w", err)
		}
	}
	f.Cleanup()
	edited, err = f.Format()
	if err != nil {
		return nil, "", fmt.Errorf("adding the runtime to go.mod: %w", err)
	}
	return edited, goBefore, nil
}

// require puts the runtime among the direct requirements, as go get does.
func require(f *modfile.File, v string) {
	list := []*modfile.Require{{Mod: module.Version{Path: RuntimePath, Version: v}}}
	for _, q := range f.Require {
		if q.Mod.Path != RuntimePath {
			list = append(list, q)
		}
	}
	if f.Go == nil || version.Compare("go"+f.Go.Version, "go1.17") < 0 {
		f.SetRequire(list) // one block for all, as these versions have it
		return
	}
	f.SetRequireSeparateIndirect(list)
}

// exists tells whether the target of a replace directive is there; versions
// always are.
func exists(dir, target string) bool {
	if !modfile.IsDirectoryPath(target) {
		return true
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(dir, filepath.FromSlash(target))
	}
	_, err := os.Stat(filepath.Join(target, "go.mod"))
	return err == nil
}

func goLine(f *modfile.File) string {
	if f.Go == nil {
		return ""
	}
	return f.Go.Version
}

// perIteration tells whether a go line is 1.22 or newer.
func perIteration(goVersion string) bool {
	return goVersion != "" && version.Compare(version.Lang("go"+goVersion), "go1.22") >= 0
}

func writable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o222 != 0 {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			return f.Close()
		}
	}
	return fmt.Errorf("%s cannot be written: make it writable (chmod u+w) and run again; nothing was changed", path)
}

func readOptional(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}

// compareGo compares two versions of Go, release candidates below releases.
func compareGo(a, b string) int { return version.Compare("go"+a, "go"+b) }
