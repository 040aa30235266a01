package load

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A NoRedisError says that there is nothing to do.
type NoRedisError struct {
	Module   string
	Dir      string
	Patterns []string  // set when the module uses go-redis, but not the packages that were asked for
	OnlyOld  bool      // go-redis is there in a version before v8
	LeftOut  []LeftOut // files with go-redis that no build brought in
}

func (e *NoRedisError) Error() string {
	switch {
	case e.OnlyOld:
		return fmt.Sprintf("module %s uses go-redis before v8 (github.com/go-redis/redis): move it to github.com/redis/go-redis/v9 first, then run redis2cf again", e.Module)
	case len(e.Patterns) > 0:
		return fmt.Sprintf("no package of module %s that matches %s uses go-redis: run redis2cf ./... in %s for the whole module", e.Module, strings.Join(e.Patterns, " "), e.Dir)
	case len(e.LeftOut) > 0:
		f := e.LeftOut[0]
		name := f.File
		if rel, err := filepath.Rel(e.Dir, name); err == nil {
			name = filepath.ToSlash(rel)
		}
		return fmt.Sprintf("module %s uses go-redis only in files that cannot be loaded (%s: %s): nothing to do", e.Module, name, f.Why)
	}
	return fmt.Sprintf("module %s in %s does not use go-redis: nothing to do", e.Module, e.Dir)
}

// A CompileError says that a package does not compile.
type CompileError struct {
	Package string
	Pos     string // file:line:column, empty when the error has no position
	Msg     string
	More    int // further errors, in all packages
}

func (e *CompileError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s does not compile: ", e.Package)
	if e.Pos != "" {
		b.WriteString(e.Pos + ": ")
	}
	b.WriteString(e.Msg)
	if e.More > 0 {
		fmt.Fprintf(&b, " (and %d more)", e.More)
	}
	b.WriteString("; make go build and go vet pass first")
	return b.String()
}

// An EndedError says that a signal ended a go command.
type EndedError struct {
	Command, Dir string
	Err          error
}

func (e *EndedError) Error() string {
	return fmt.Sprintf("%s in %s was ended (%v) before it had answered, by somebody or for want of memory: run redis2cf again", e.Command, e.Dir, e.Err)
}

func (e *EndedError) Unwrap() error { return e.Err }

// A ModuleError says that there is no module to work on.
type ModuleError struct {
	Dir string
	Msg string
	Err error
}

func (e *ModuleError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Dir, e.Msg, e.Err)
	}
	return e.Dir + ": " + e.Msg
}

func (e *ModuleError) Unwrap() error { return e.Err }

// firstError picks the error to show: of the first package in dependency order,
// type errors behind those of the parser and the go command.
func firstError(pkgs []*packages.Package) error {
	var first *CompileError
	n := 0
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		if p.Module == nil || !p.Module.Main {
			return // export data of a dependency stands or falls with the build
		}
		for _, e := range p.Errors {
			if n++; first == nil {
				pos := e.Pos
				if pos == "-" {
					pos = ""
				}
				first = &CompileError{Package: p.PkgPath, Pos: pos, Msg: said(e.Msg)}
			}
		}
	})
	if first == nil {
		for _, p := range pkgs {
			for _, e := range p.Errors {
				return &CompileError{Package: p.PkgPath, Pos: e.Pos, Msg: said(e.Msg)}
			}
		}
		return nil
	}
	first.More = n - 1
	if strings.HasPrefix(first.Msg, "could not import ") {
		if err := unresolved(pkgs); err != nil {
			return err
		}
	}
	return first
}

// said is a message without the package that the go command names above it.
func said(msg string) string {
	msg = strings.TrimSpace(msg)
	if first, rest, ok := strings.Cut(msg, "\n"); ok && strings.HasPrefix(first, "# ") {
		return rest
	}
	return msg
}

// unresolved is what the go command says of a package that it could not find
// the source of, which the type checker only knows as an import without types.
func unresolved(pkgs []*packages.Package) (err error) {
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			if err == nil && e.Kind == packages.ListError {
				err = &CompileError{Package: p.PkgPath, Msg: strings.TrimSpace(e.Msg)}
				if p.Module == nil || !p.Module.Main {
					err = fmt.Errorf("package %s cannot be loaded: %s; make go build pass first (go mod tidy brings go.mod and go.sum up to date)", p.PkgPath, strings.TrimSpace(e.Msg))
				}
			}
		}
	})
	return err
}
