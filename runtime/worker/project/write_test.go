package project

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/worker"
)

// planWith is a plan with a family in each of some stores.
func planWith(stores ...string) worker.Config {
	c := worker.Config{Version: 1, Module: "example.com/Shop.Cart/v2", Groups: []worker.Group{{Name: "main", Shards: 1}}}
	for _, s := range stores {
		c.Families = append(c.Families, worker.Family{Pattern: s + ":*", Name: strings.ToUpper(s), Type: "list", Store: s, Group: "main"})
	}
	return c
}

// checkout is a directory in the runtime's own module.
const checkout = "."

// write writes a project around an engine that is none.
func write(t *testing.T, dir string, c worker.Config) Written {
	t.Helper()
	w, err := Write(context.Background(), WriteOptions{Dir: dir, Config: c, Module: checkout, Engine: []byte("wasm")})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// tree is a directory's files.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func edit(t *testing.T, dir, name, old, now string) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(data), old, now, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAProjectHasTheBindingsThatItsPlanNeeds(t *testing.T) {
	for _, stores := range [][]string{{}, {"do"}, {"kv"}, {"d1"}, {"r2"}, {"kv", "d1", "r2", "do"}} {
		dir := filepath.Join(t.TempDir(), "a", "worker")
		c := planWith(stores...)
		written := write(t, dir, c)
		files := tree(t, dir)
		w, err := parseWrangler([]byte(files[WranglerFile]))
		if err != nil {
			t.Fatalf("%s: %v", files[WranglerFile], err)
		}
		if w.Name != "shop-cart" || w.Main != "src/worker.js" || w.DurableObjects.Bindings[0].Name != objectsBinding {
			t.Errorf("%+v", w)
		}
		for _, s := range storeBindings(w) {
			if w.binds(s.binding) != has(c, s.store) {
				t.Errorf("plan with %v: binding %s: %v", stores, s.binding, w.binds(s.binding))
			}
		}
		if _, there := files["migrations/0001_tables.sql"]; there != has(c, "d1") {
			t.Errorf("plan with %v: migrations: %v", stores, there)
		}
		if strings.Contains(files[readmeFile], "d1 execute") != has(c, "d1") {
			t.Errorf("plan with %v: the README is %s", stores, files[readmeFile])
		}
		var plan worker.Config
		if err := json.Unmarshal([]byte(files[planFile]), &plan); err != nil || !reflect.DeepEqual(plan, c) {
			t.Errorf("plan.json: %+v, %v", plan, err)
		}
		names := make([]string, 0, len(files))
		for name := range files {
			names = append(names, name)
			if !strings.HasPrefix(name, sourceDir) && strings.Contains(files[name], "{{") {
				t.Errorf("%s has a part of a template", name)
			}
		}
		sort.Strings(names)
		if !reflect.DeepEqual(written.Files, names) || written.Added != nil || written.GzipBytes == 0 {
			t.Errorf("%+v; the files are %v", written, names)
		}
		p, err := readProject(dir)
		if err != nil || p.modules[0].name != "worker.js" {
			t.Errorf("a local run reads %+v, %v", p, err)
		}
	}
}

func TestASecondWriteChangesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, planWith("kv", "d1"))
	before := tree(t, dir)
	w := write(t, dir, planWith("kv", "d1"))
	if len(w.Files)+len(w.Removed)+len(w.Added) != 0 || !reflect.DeepEqual(tree(t, dir), before) {
		t.Errorf("%+v", w)
	}
}

func TestWhatPeopleChangedStays(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, planWith("d1"))
	edit(t, dir, WranglerFile, `"database_name": "shop-cart"`, `"database_name": "shop", "database_id": "abc" /* ours */`)
	edit(t, dir, WranglerFile, `"name": "shop-cart"`, `"name": "cart-of-shop"`)
	edit(t, dir, ".gitignore", "/.local/\n", "/.local/\n/mine\n")
	edit(t, dir, "package.json", "devDependencies", "dependencies")
	if err := os.WriteFile(filepath.Join(dir, "src", "mine.js"), []byte("export {};\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "src", "old.js"), []byte("// "+generated+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	edit(t, dir, "src/worker.js", "export", "/* an edit of what is generated */ export")
	edit(t, dir, readmeFile, generated, "ours")
	before := tree(t, dir)
	w := write(t, dir, planWith("d1", "kv"))
	after := tree(t, dir)
	want := before[WranglerFile]
	want = strings.Replace(want, "{", "{\n  // "+storeBindings(new(wranglerConfig))[0].comment+"\n  \"kv_namespaces\": [{ \"binding\": \"REDIS2CF_KV\" }],\n", 1)
	if after[WranglerFile] != want {
		t.Errorf("wrangler.jsonc is\n%s\nwant\n%s", after[WranglerFile], want)
	}
	for _, name := range []string{".gitignore", "package.json", "src/mine.js", readmeFile} {
		if after[name] != before[name] {
			t.Errorf("%s changed", name)
		}
	}
	if strings.Contains(after["src/worker.js"], "an edit of") {
		t.Error("a generated module kept an edit")
	}
	if !reflect.DeepEqual(w.Removed, []string{"src/old.js"}) || !reflect.DeepEqual(w.Added, []string{kvBinding}) ||
		!reflect.DeepEqual(w.Files, []string{"src/plan.json", "src/worker.js", WranglerFile}) {
		t.Errorf("%+v", w)
	}
}

func TestAWriteThatFailsChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	write(t, dir, planWith("d1"))
	if err := os.Remove(filepath.Join(dir, "src", "worker.js")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "src", "aaa.js"), []byte("// "+generated+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// What stands in the way of the last file that is written.
	if err := os.RemoveAll(filepath.Join(dir, "src", "worker.js")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "src", "worker.js", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	if _, err := Write(context.Background(), WriteOptions{Dir: dir, Config: planWith("d1", "kv", "r2"), Module: checkout, Engine: []byte("another")}); err == nil {
		t.Fatal("it was written")
	}
	if after := tree(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("it is %v now, and was %v", after, before)
	}
	// A new directory is not left behind either, when the engine does not build.
	dir = filepath.Join(t.TempDir(), "a", "b")
	if _, err := Write(context.Background(), WriteOptions{Dir: dir, Config: planWith("do"), Module: checkout, Go: "no-such-go"}); err == nil {
		t.Fatal("it was written")
	}
	if _, err := os.Stat(filepath.Dir(dir)); err == nil {
		t.Error("a directory was left behind")
	}
}

// A run that is killed leaves files that are not whole, and some of the others: of a first
// run wrangler.jsonc, by which the next one knows that the directory is a project's.
func TestAWriteThatWasKilledIsContinued(t *testing.T) {
	set := &files{now: map[string][]byte{".gitignore": nil, "README.md": nil, WranglerFile: nil, "src/worker.js": nil}}
	if got := set.order(); got[0] != WranglerFile || len(got) != 4 {
		t.Errorf("they are written in the order %v", got)
	}

	dir := t.TempDir()
	for name, age := range map[string]time.Duration{temporary + "old": 2 * time.Hour, temporary + "young": 0} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, time.Now(), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, planWith("do"))
	whole := tree(t, dir)
	if _, old := whole[temporary+"old"]; old {
		t.Error("what a killed run left is still there")
	}
	if _, young := whole[temporary+"young"]; !young {
		t.Error("a file is gone that another run may be writing")
	}
	for name := range whole {
		if name != WranglerFile {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(t, dir, planWith("do"))
	delete(whole, temporary+"young")
	if got := tree(t, dir); !reflect.DeepEqual(got, whole) {
		t.Errorf("with wrangler.jsonc alone there, it became %v", got)
	}
}

func TestALinkStaysOne(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	dir, real := t.TempDir(), filepath.Join(t.TempDir(), "shared.jsonc")
	write(t, dir, planWith("do"))
	name := filepath.Join(dir, WranglerFile)
	if err := errors.Join(os.Rename(name, real), os.Symlink(real, name)); err != nil {
		t.Fatal(err)
	}
	write(t, dir, planWith("do", "kv"))
	if fi, err := os.Lstat(name); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v, %v", fi, err)
	}
	if text, err := os.ReadFile(real); err != nil || !strings.Contains(string(text), kvBinding) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestDirectoriesOfOthersAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"other files":    {"notes.txt", "x", "is not empty"},
		"another Worker": {WranglerFile, `{"name": "x", "main": "index.js"}`, "is of another Worker"},
		"not JSON":       {WranglerFile, `{"name": `, "unexpected end"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		before := tree(t, dir)
		_, err := Write(context.Background(), WriteOptions{Dir: dir, Config: planWith("do"), Module: checkout, Engine: []byte("wasm")})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if !reflect.DeepEqual(tree(t, dir), before) {
			t.Errorf("%s: it was changed", name)
		}
	}
	dir := t.TempDir()
	write(t, dir, planWith("do"))
	_, err := Write(context.Background(), WriteOptions{Dir: dir, Name: "other", Config: planWith("do"), Module: checkout, Engine: []byte("wasm")})
	if err == nil || !strings.Contains(err.Error(), "objects hang on that name") {
		t.Errorf("another name: %v", err)
	}
	if _, err := Write(context.Background(), WriteOptions{Dir: t.TempDir(), Name: "Not_A_Name", Config: planWith("do"), Module: checkout, Engine: []byte("wasm")}); err == nil {
		t.Error("a name that is none")
	}
}

func TestTheProjectsCommandsFindTheModule(t *testing.T) {
	root := t.TempDir()
	for _, c := range []struct{ dir, module, build, local string }{
		{"shop/worker", "shop", "go run -mod=readonly github.com/redis2cf/redis2cf/runtime/worker/project/build -o src/engine.wasm",
			"redis2cf worker -run 127.0.0.1:8787 -o . -state .local"},
		{"deploy", "src/shop", "go run -C ../src/shop -mod=readonly github.com/redis2cf/redis2cf/runtime/worker/project/build -o ../../deploy/src/engine.wasm",
			"redis2cf worker -C ../src/shop -run 127.0.0.1:8787 -o ../../deploy -state ../../deploy/.local"},
		{"deploy it", "shop", `go run -C ../shop -mod=readonly github.com/redis2cf/redis2cf/runtime/worker/project/build -o "../deploy it/src/engine.wasm"`,
			`redis2cf worker -C ../shop -run 127.0.0.1:8787 -o "../deploy it" -state "../deploy it/.local"`},
	} {
		dir, module := filepath.Join(root, filepath.FromSlash(c.dir)), filepath.Join(root, filepath.FromSlash(c.module))
		if got, err := buildCommand(dir, module); err != nil || got != c.build {
			t.Errorf("%s of %s is built by %s, %v", c.dir, c.module, got, err)
		}
		if got, err := localCommand(dir, module); err != nil || got != c.local {
			t.Errorf("%s of %s runs here by %s, %v", c.dir, c.module, got, err)
		}
	}
}

func TestNamesOfWorkersAreMadeOfModulePaths(t *testing.T) {
	for module, want := range map[string]string{
		"example.com/chat": "chat", "example.com/Shop_Cart/v3": "shop-cart", "": "redis2cf", "x/---": "redis2cf",
		"x/" + strings.Repeat("a", 53) + "-b": strings.Repeat("a", 53),
	} {
		if got := workerName(module); got != want || !validName.MatchString(got) {
			t.Errorf("%s: %s", module, got)
		}
	}
}
