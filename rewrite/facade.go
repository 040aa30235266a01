package rewrite

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/gen/stub"
)

// prepare generates the package that stands for go-redis and type-checks it in
// the realm of the load, over the facade's API stub.
func (r *run) prepare() error {
	r.opts.Progress("generating " + r.plan.Package)
	api := map[string][]byte{"api.go": stub.Source()}
	linked := r.linked()
	var err error
	r.source, err = cfstore.Package(r.plan, cfstore.Options{ImportPath: r.generated, Bridge: func(b cfstore.Bridge) bool { return linked[b.Redis] }, Dual: r.opts.Dual})
	if err != nil {
		return err
	}
	extra := map[string]map[string][]byte{
		cfstore.RuntimePath: api,
		r.generated:         maps.Clone(r.source),
		TestServerPath:      {"cftest.go": []byte(testServer)},
	}
	for _, b := range cfstore.Bridges {
		if src := r.source[b.File]; src != nil {
			r.bridges[b.File] = src
			delete(r.source, b.File)
		}
	}
	declared := map[string][]byte{"goredis": stub.Bridge(), "goredisv8": stub.BridgeV8()}
	for _, b := range cfstore.Bridges {
		extra[b.Path] = map[string][]byte{"bridge.go": declared[path.Base(b.Path)]}
	}
	for path, src := range counterparts {
		extra[path] = map[string][]byte{"counterpart.go": []byte(src)}
	}
	for _, imp := range importsOf(extra[r.generated]) {
		if _, ok := extra[imp]; !ok && isRuntime(imp) {
			extra[imp] = map[string][]byte{"driver.go": []byte("package driver\n")}
		}
	}
	if r.known[r.generated] != nil {
		// It is there already, and so may be values of its types, which those of
		// another one would not be.
		extra = map[string]map[string][]byte{}
		if r.known[TestServerPath] == nil {
			extra[TestServerPath] = map[string][]byte{"cftest.go": []byte(testServer)}
		}
	}
	r.realms = r.newRealms(extra)
	if r.facade, err = r.realms[0].Package(r.generated); err != nil {
		return fmt.Errorf("the generated package does not compile: %w", err)
	}
	return nil
}

// isRuntime reports whether a path is below the runtime module's.
func isRuntime(p string) bool {
	return strings.HasPrefix(p, cfstore.RuntimePath+"/")
}

// importsOf lists what the files of a package import.
func importsOf(files map[string][]byte) []string {
	seen := map[string]bool{}
	for name, src := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			continue // the type check says it better
		}
		for _, imp := range f.Imports {
			if p, err := strconv.Unquote(imp.Path.Value); err == nil {
				seen[p] = true
			}
		}
	}
	return sortedKeys(seen)
}
