// Package cleanup works out what a module no longer needs of go-redis once its data has
// moved: the file that links Redis beside the store, the bridges that no call uses, and
// the requirements in go.mod. It never changes a call, asks a store or writes a file.
package cleanup

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/modfiles"
	"github.com/redis2cf/redis2cf/internal/verify"
)

// goRedis are the modules that go where nothing needs them, with those below them.
var goRedis = []string{"github.com/redis/go-redis", "github.com/go-redis/redis"}

// A Request says what is looked at.
type Request struct {
	Root     string            // of the module, absolute
	Others   []string          // roots of modules that may use the generated package too
	Package  string            // import path of the generated package
	Name     string            // and its name
	Dir      string            // and its directory, absolute
	Existing map[string][]byte // and its files, by name
	Tags     string            // build tags, comma separated
	NoBuild  bool              // do not confirm the outcome with go build and go vet
	Progress func(step string)
}

// A Result is what would be written. Nothing of it has been.
type Result struct {
	Files  map[string][]byte // module files by absolute path, as they have to be
	Remove []string          // files that go, absolute
	Gone   []string          // requirements that go
	Kept   []Kept            // what still uses go-redis
	Untidy error             // why nothing could be said about requirements; then they stay
}

// Kept is something that stays, and why.
type Kept struct {
	What string // a file of the generated package, or a module with its version
	Why  []string
}

// Run works it out. An error says that nothing of it can be had.
func Run(ctx context.Context, req Request) (*Result, error) {
	req.Progress("looking for what uses go-redis")
	use, err := uses(&req)
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{} // first all that may go
	if req.Existing[cfstore.DualFile] != nil {
		gone[cfstore.DualFile] = true
	}
	for _, b := range cfstore.Bridges {
		if req.Existing[b.File] != nil {
			gone[b.File] = true
		}
	}
	mod, err := settle(ctx, &req, gone)
	if err != nil {
		return nil, err
	}
	without := mod.Left // what is on go-redis even then
	kept := map[string][]string{}
	for _, b := range cfstore.Bridges {
		if !gone[b.File] {
			continue
		}
		why := use.bridges[b.File]
		for _, place := range use.imports[b.Redis] {
			// Errors of both sides may meet without a call of a bridge.
			why = append(why, place+" uses go-redis beside this package")
		}
		if len(why) == 0 && slices.ContainsFunc(without, func(l modfiles.Left) bool { return l.Module.Path == b.Redis }) {
			// So may those of a library that stays.
			why = []string{b.Redis + " stays in the program, and with this file its Nil is " + req.Name + ".Nil"}
		}
		if len(why) > 0 {
			delete(gone, b.File)
			kept[b.File] = why
		}
	}
	if len(kept) > 0 {
		if err := mod.Close(); err != nil {
			return nil, err
		}
		if mod, err = settle(ctx, &req, gone); err != nil {
			return nil, err
		}
	}
	defer mod.Close()
	res := &Result{Files: mod.Files, Remove: mod.Remove, Untidy: mod.Untidy}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		res.Remove = append(res.Remove, filepath.Join(req.Dir, name))
	}
	for _, m := range mod.Dropped {
		res.Gone = append(res.Gone, m.Path)
	}
	res.Kept = stays(&req, use, kept, without, mod)
	if req.NoBuild || len(res.Files)+len(res.Remove) == 0 {
		return res, nil
	}
	return res, build(ctx, &req, res, mod)
}

// settle works out the module files without some files of the generated package.
func settle(ctx context.Context, req *Request, gone map[string]bool) (*modfiles.Result, error) {
	req.Progress("settling go.mod")
	files := map[string][]byte{}
	for name := range gone {
		files[filepath.Join(req.Dir, name)] = nil
	}
	return modfiles.Settle(ctx, modfiles.Request{Dir: req.Root, Files: files, Tags: req.Tags, Without: goRedis})
}

// stays lists what is left of go-redis: kept are bridges, without what would be left if
// none of them were.
func stays(req *Request, use *found, kept map[string][]string, without []modfiles.Left, mod *modfiles.Result) []Kept {
	var out []Kept
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		out = append(out, Kept{filepath.ToSlash(rel(req.Root, filepath.Join(req.Dir, name))), kept[name]})
	}
	for _, l := range mod.Left {
		if i := slices.IndexFunc(without, func(w modfiles.Left) bool { return w.Module == l.Module }); i >= 0 {
			l.Why = without[i].Why
		}
		k := Kept{What: l.Module.String()}
		for _, path := range slices.Sorted(maps.Keys(use.imports)) {
			if path == l.Module.Path || strings.HasPrefix(path, l.Module.Path+"/") {
				for _, place := range use.imports[path] {
					k.Why = append(k.Why, place+" imports it")
				}
			}
		}
		switch {
		case len(k.Why) > 0:
		case mod.Untidy != nil:
			k.Why = []string{"whether something needs it could not be found out"}
		case len(l.Why) > 0:
			k.Why = []string{strings.Join(l.Why, " imports ")}
		default:
			k.Why = []string{"a module that go.mod requires needs it"}
		}
		out = append(out, k)
	}
	return out
}

// build confirms the outcome.
func build(ctx context.Context, req *Request, res *Result, mod *modfiles.Result) error {
	req.Progress("go build and go vet")
	overlay := map[string][]byte{}
	for _, name := range res.Remove {
		overlay[name] = nil
	}
	if mod.Modfile == "" { // a workspace: its files cannot be given as -modfile
		maps.Copy(overlay, mod.Files)
	}
	b := &verify.Build{Dir: req.Root, Modfile: mod.Modfile, Overlay: overlay, Tags: req.Tags, Env: append(os.Environ(), mod.Env...), Plain: os.Environ()}
	errs, err := b.Run(ctx)
	if err != nil {
		return err
	}
	if len(errs) > 0 {
		return fmt.Errorf("without what would be removed the module does not pass go %s: %w; nothing was changed", errs[0].Step, errs[0])
	}
	return nil
}

func rel(root, path string) string {
	if r, err := filepath.Rel(root, path); err == nil {
		return r
	}
	return path
}
