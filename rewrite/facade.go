package rewrite

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
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
	var err error
	r.source, err = cfstore.Package(r.plan, cfstore.Options{ImportPath: r.generated, Bridge: true})
	if err != nil {
		return err
	}
	if !r.linksGoRedis() {
		delete(r.source, cfstore.BridgeFile)
	}
	extra := map[string]map[string][]byte{
		cfstore.RuntimePath: api,
		cfstore.BridgePath:  {"bridge.go": stub.Bridge()},
		r.generated:         maps.Clone(r.source),
		TestServerPath:      {"cftest.go": []byte(testServer)},
	}
	r.bridge = r.source[cfstore.BridgeFile]
	delete(r.source, cfstore.BridgeFile)
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
