package rewrite

import (
	"bytes"
	"go/types"
	"os"
	"path/filepath"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
)

// The generated package has a file of bridges for each version of go-redis while
// something uses one: with it go-redis is linked, and go.mod requires it and the
// runtime's module for it.

// linked are the import paths of all that was loaded.
func (r *run) linked() map[string]bool {
	out := map[string]bool{}
	seen := map[*packages.Package]bool{}
	var visit func(p *packages.Package)
	visit = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		out[p.PkgPath] = true
		for _, imp := range p.Imports {
			visit(imp)
		}
	}
	for _, p := range r.prog.Packages {
		visit(p.Package)
	}
	return out
}

// bridgedVersions are the versions of go-redis that bridges can lead to, as flow wants them:
// those that are linked. The sentinels are the newest one's.
func (r *run) bridgedVersions() (infix map[string]string, sentinels string) {
	infix = map[string]string{}
	linked := r.linked()
	for _, b := range cfstore.Bridges {
		if linked[b.Redis] {
			infix[b.Redis] = b.Infix
			if sentinels == "" {
				sentinels = b.Redis
			}
		}
	}
	return infix, sentinels
}

// linkBridge puts the files of bridges among the generated ones when a cut needs one
// or the code already uses one, and takes an old one away otherwise.
func (r *run) linkBridge(res *Result) {
	if r.known != nil {
		return // one package is seen, and the others may use it
	}
	for _, b := range cfstore.Bridges {
		delete(r.source, b.File)
		if src := r.bridges[b.File]; src != nil && (r.needsBridge(b) || r.usesBridge(b)) {
			r.source[b.File] = src
			continue
		}
		full := filepath.Join(r.dir, b.File)
		if _, err := os.Stat(full); err == nil {
			res.Remove = append(res.Remove, full)
		}
	}
}

// usesBridge reports whether the program names a bridge to a version already, files
// that this build leaves out among it.
func (r *run) usesBridge(b cfstore.Bridge) bool {
	names := map[string]bool{}
	for _, of := range flow.BridgeFuncs {
		names[b.Name(of)] = true
	}
	for _, p := range r.prog.Packages {
		if p.Path == r.generated {
			continue
		}
		for _, obj := range p.TypesInfo.Uses {
			if fn, ok := obj.(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == r.generated && names[fn.Name()] {
				return true
			}
		}
		for _, name := range p.IgnoredFiles {
			if src, err := os.ReadFile(name); err == nil && bytes.Contains(src, []byte(b.Name(flow.ToClient))) {
				return true // every name of a bridge has it
			}
		}
	}
	return false
}
