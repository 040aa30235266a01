package rewrite

import (
	"bytes"
	"go/types"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
)

// The generated package has its file of bridges while something uses one: with it
// go-redis is linked, and go.mod requires it and the runtime's goredis.

// linksGoRedis reports whether go-redis is among what was loaded.
func (r *run) linksGoRedis() bool {
	seen := map[*packages.Package]bool{}
	var visit func(p *packages.Package) bool
	visit = func(p *packages.Package) bool {
		if seen[p] {
			return false
		}
		seen[p] = true
		if p.PkgPath == analyzer.GoRedisPath {
			return true
		}
		for _, imp := range p.Imports {
			if visit(imp) {
				return true
			}
		}
		return false
	}
	for _, p := range r.prog.Packages {
		if visit(p.Package) {
			return true
		}
	}
	return false
}

// linkBridge puts the file of bridges among the generated ones when a cut needs it
// or the code already uses one, and takes an old one away otherwise.
func (r *run) linkBridge(res *Result) {
	if r.known != nil {
		return // one package is seen, and the others may use it
	}
	delete(r.source, cfstore.BridgeFile)
	full := filepath.Join(r.dir, cfstore.BridgeFile)
	if r.bridge != nil && (r.needsBridge() || r.usesBridge()) {
		r.source[cfstore.BridgeFile] = r.bridge
		return
	}
	if _, err := os.Stat(full); err == nil {
		res.Remove = append(res.Remove, full)
	}
}

// usesBridge reports whether the program names one of the bridges already, files
// that this build leaves out among it.
func (r *run) usesBridge() bool {
	for _, p := range r.prog.Packages {
		if p.Path == r.generated {
			continue
		}
		for _, obj := range p.TypesInfo.Uses {
			if fn, ok := obj.(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == r.generated && slices.Contains(flow.BridgeFuncs, fn.Name()) {
				return true
			}
		}
		for _, name := range p.IgnoredFiles {
			if src, err := os.ReadFile(name); err == nil && bytes.Contains(src, []byte(flow.ToClient)) {
				return true // every name of a bridge has it
			}
		}
	}
	return false
}
