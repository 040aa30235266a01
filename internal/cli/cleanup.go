package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/redis2cf/redis2cf/internal/cleanup"
	"github.com/redis2cf/redis2cf/internal/gen/cfstore"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
)

func cleanupFlags(fs *flag.FlagSet, o *options) {
	dirFlags(fs, o)
	fs.StringVar(&o.store, "store", "", "the store that the program uses, a `URL` (default: $"+runtime.StoreVariable+", else default: of "+plan.FileName+")")
	fs.BoolVar(&o.force, "force", false, "remove although the store does not say that the move is over: what it says is printed")
	fs.StringVar(&o.tags, "tags", "", "build tags, a comma-separated `LIST`")
	fs.BoolVar(&o.noBuild, "no-build", false, "do not confirm the result with go build and go vet")
}

func helpCleanup() string {
	return `Usage: redis2cf cleanup [flags]

Takes out of the module what it needed of go-redis while its data moved: dual.go, the
bridges of the generated package that no call uses, and go-redis in go.mod and go.sum
when nothing imports it. What still uses go-redis is listed with the places, and stays.

It refuses while the store's phase is not only, and while the last redis2cf compare
found a difference, left a database out, or never was; so do the stores of the plan's
namespaces. All files change in one transaction: redis2cf undo takes them back.

Flags:
` + flagList(cleanupFlags) + `
Environment:
  ` + runtime.StoreVariable + `   the store's URL, as the programs have it, with or without dual: before it
  ` + gateway.TokenVariable + `   the token of a Worker

Examples:
  redis2cf cleanup -store https://shop.example.workers.dev
  redis2cf cleanup -store file:cfstore.db
  redis2cf cleanup -force      # the store is gone, or was never used together with Redis
`
}

func runCleanup(e *env, o *options) (int, error) {
	if len(o.args) > 0 {
		return exitError, usagef("cleanup", "cleanup takes no packages: it is for a whole module")
	}
	none := fmt.Errorf("no module of this workspace has a %s: there is nothing of redis2cf to clean up", plan.FileName)
	if code, ok, err := e.eachModule(o, hasPlan, none, func(o *options) (int, error) { return runCleanup(e, o) }); ok {
		return code, err
	}
	j, err := newJob(e, o)
	if err != nil {
		return exitError, err
	}
	if j.plan == nil {
		return exitError, fmt.Errorf("there is no %s in %s: nothing there was migrated by redis2cf", plan.FileName, j.root)
	}
	dir := filepath.Join(j.root, filepath.FromSlash(j.plan.Package))
	old, err := cfstore.Existing(dir)
	if err != nil {
		return exitError, err
	}
	if err := j.readRequirements(); err != nil {
		return exitError, err
	}
	if old[cfstore.DualFile] == nil && len(j.goRedis)+len(j.older) == 0 && !slices.ContainsFunc(cfstore.Bridges, func(b cfstore.Bridge) bool { return old[b.File] != nil }) {
		_, err := fmt.Fprintln(e.stdout, "Nothing is left to remove.")
		return exitDone, err
	}
	if err := j.moved(old[cfstore.DualFile] != nil); err != nil {
		return exitError, err
	}
	if err := j.readModuleFiles(); err != nil {
		return exitError, err
	}
	for name, src := range old {
		j.read[filepath.Join(dir, name)] = src
	}
	others, err := neighbours(j.root)
	if err != nil {
		return exitError, err
	}
	res, err := cleanup.Run(e.ctx, cleanup.Request{
		Root: j.root, Others: others, Package: modulePath(j.root) + "/" + j.plan.Package, Name: cfstore.Name(j.plan), Dir: dir, Existing: old,
		Tags: o.tags, NoBuild: o.noBuild, Progress: e.ui.step,
	})
	if err != nil {
		return exitError, err
	}
	after := maps.Clone(res.Files)
	for _, path := range res.Remove {
		after[path] = nil
	}
	changes, err := j.changes(after)
	if err != nil {
		return exitError, err
	}
	if len(changes) > 0 {
		e.ui.step("writing " + files(len(changes)))
		beforeWrite()
		if err := commit(j.root, "redis2cf cleanup", changes); err != nil {
			return exitError, err
		}
	}
	e.ui.done()
	return exitDone, j.writeCleanup(res, changes)
}

// writeCleanup says what went, and what stays.
func (j *job) writeCleanup(res *cleanup.Result, changes []change) error {
	w := &strings.Builder{}
	var removed, changed []string
	for _, c := range changes {
		switch rel := j.rel(c.path); {
		case strings.HasPrefix(rel, "vendor/"):
			changed = append(changed, "vendor")
		case c.after == nil:
			removed = append(removed, rel)
		default:
			changed = append(changed, rel)
		}
	}
	changed = slices.Compact(changed)
	if len(changes) == 0 {
		fmt.Fprintln(w, "Nothing is left to remove.")
	}
	if len(removed) > 0 {
		fmt.Fprintf(w, "Removed %s.\n", strings.Join(removed, ", "))
	}
	if len(changed) > 0 {
		fmt.Fprintf(w, "Changed %s", strings.Join(changed, ", "))
		if len(res.Gone) > 0 {
			fmt.Fprintf(w, ": %s went", strings.Join(res.Gone, ", "))
		}
		fmt.Fprintln(w, ".")
	}
	if res.Untidy != nil {
		j.warn("which modules nothing needs is go mod tidy's to say, and it failed, so go.mod's requirements stay: %v", res.Untidy)
	}
	if len(res.Kept) > 0 {
		fmt.Fprintln(w, "\nStill on go-redis:")
	}
	for _, k := range res.Kept {
		fmt.Fprintf(w, "  %s stays:\n", k.What)
		for _, why := range k.Why {
			fmt.Fprintf(w, "    %s\n", why)
		}
	}
	if len(changes) > 0 {
		fmt.Fprintln(w, "\nredis2cf undo takes it back.")
	}
	_, err := io.WriteString(j.stdout, w.String())
	return err
}

// moved refuses, unless -force is given, while the store does not say that the data is
// there and only there. dual tells whether the program may still have both.
func (j *job) moved(dual bool) error {
	url, from := j.opt.store, "-store"
	if url == "" {
		url, from = os.Getenv(runtime.StoreVariable), "$"+runtime.StoreVariable
	}
	if url == "" {
		url, from = j.plan.Default, plan.FileName
	}
	var not []string
	if url == "" {
		if !j.opt.force {
			return usagef("cleanup", "which store the program uses is not said: -store URL, or $%s", runtime.StoreVariable)
		}
		not = append(not, "no store was asked")
	} else {
		url = storeURL(url)
		if transfer.IsRedis(url) {
			return usagef("cleanup", "%s is a Redis server, %s: the store's URL is wanted", from, store.Redact(url))
		}
		spaces := []string{""}
		for _, c := range j.plan.Clients {
			if !slices.Contains(spaces, c.Namespace) {
				spaces = append(spaces, c.Namespace)
			}
		}
		for _, space := range spaces {
			why, err := j.unmoved(url, space, dual)
			if err != nil && !j.opt.force {
				return err
			}
			if err != nil {
				why = []string{err.Error()}
			}
			not = append(not, why...)
		}
	}
	if len(not) == 0 {
		return nil
	}
	if !j.opt.force {
		return fmt.Errorf("the move is not over:\n\t%s\nnothing was changed; -force removes all the same", strings.Join(not, "\n\t"))
	}
	for _, why := range not {
		j.warn("-force, although %s", why)
	}
	return nil
}

// unmoved says what speaks against the move of a store's namespace being over.
func (j *job) unmoved(rawURL, space string, dual bool) (not []string, err error) {
	rawURL, err = store.Namespace(rawURL, space)
	if err != nil {
		return nil, err
	}
	j.ui.step("asking " + store.Redact(rawURL))
	end, err := transfer.Open(j.ctx, rawURL, 0)
	if err != nil {
		return nil, fmt.Errorf("the store: %w", err)
	}
	defer func() { err = errors.Join(err, end.Close()) }()
	state, err := phase.NewRecord(end).State(j.ctx)
	if err != nil {
		return nil, err
	}
	name := end.Name()
	switch {
	case state.Next != "":
		not = append(not, fmt.Sprintf("%s is being switched from phase %s to %s", name, state.Phase, state.Next))
	case state.Phase == "" && dual:
		not = append(not, fmt.Sprintf("%s has no phase: no program has used it together with Redis, although %s is there; is it the right store?", name, cfstore.DualFile))
	case state.Phase != "" && !state.All(phase.Only):
		not = append(not, fmt.Sprintf("%s is in phase %s: redis2cf phase %s only switches it", name, state.Text(), name))
	}
	last, ok, err := transfer.LastComparison(j.ctx, end)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return append(not, fmt.Sprintf("%s was never compared with Redis: redis2cf compare -from redis://… -to %s", name, name)), nil
	}
	when := fmt.Sprintf("the last comparison of %s, with %s on %s,", name, other(last, name), last.Time.Format("2006-01-02 15:04 MST"))
	if last.Differ > 0 {
		not = append(not, fmt.Sprintf("%s found a difference in %s", when, keyCount(last.Differ)))
	}
	if last.Unread > 0 {
		not = append(not, fmt.Sprintf("%s could not compare %s", when, keyCount(last.Unread)))
	}
	for _, db := range state.Databases {
		if !slices.Contains(last.Databases, db) {
			not = append(not, fmt.Sprintf("%s left database %d out", when, db))
		}
	}
	return not, nil
}

// other is the end of a comparison that is not the store itself.
func other(c transfer.Comparison, name string) string {
	if c.From == name {
		return c.To
	}
	return c.From
}

// neighbours are the roots of the other modules in a module's workspace.
func neighbours(root string) ([]string, error) {
	work, err := workFile(root)
	if work == "" || err != nil {
		return nil, err
	}
	data, err := os.ReadFile(work)
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseWork(work, data, nil)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, use := range f.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(work), dir)
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil && real != root {
			out = append(out, real)
		}
	}
	return out, nil
}
