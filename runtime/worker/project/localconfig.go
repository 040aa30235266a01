package project

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// localModules are the Workers that only a local run has.
//
//go:embed local/*.js
var localModules embed.FS

// Names in a local run's configuration.
const (
	configFile    = "config.capnp"
	mainSocket    = "main"
	inspectSocket = "inspect"
)

// The simulators were written for this date and flags.
var (
	simulatorDate  = "2023-07-24"
	simulatorFlags = []string{"nodejs_compat", "experimental"}
)

// A simulator is how miniflare imitates one kind of store.
type simulator struct {
	prefix string // of service names, as miniflare's
	kind   string // the directory below v3
	class  string
	module string
}

var (
	kvSimulator = simulator{"kv:ns", "kv", "KVNamespaceObject", "kv/namespace.worker.js"}
	d1Simulator = simulator{"d1:db", "d1", "D1DatabaseObject", "d1/database.worker.js"}
	r2Simulator = simulator{"r2:bucket", "r2", "R2BucketObject", "r2/bucket.worker.js"}
)

// A localProject is a project as a local run sees it.
type localProject struct {
	dir      string // with wrangler.jsonc
	wrangler *wranglerConfig
	modules  []module // the main one first; path is a name below the main one's directory
	srcDir   string   // the main module's directory
}

// readProject reads the project in dir.
func readProject(dir string) (*localProject, error) {
	name := filepath.Join(dir, WranglerFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NoProjectError{dir}
	}
	if err != nil {
		return nil, err
	}
	w, err := parseWrangler(text)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if w.Main == "" || w.Name == "" || w.CompatibilityDate == "" || len(w.DurableObjects.Bindings) == 0 {
		return nil, fmt.Errorf("%s lacks name, main, compatibility_date or a Durable Object binding: compare it with what redis2cf worker -o writes into an empty directory", name)
	}
	w.oursFirst()
	p := &localProject{dir: dir, wrangler: w, srcDir: filepath.Dir(filepath.Join(dir, filepath.FromSlash(w.Main)))}
	if p.modules, err = readModules(p.srcDir, path.Base(filepath.ToSlash(w.Main))); err != nil {
		return nil, err
	}
	return p, nil
}

// oursFirst puts the stores that follow the objects before those that people have added:
// migrations and the inspector are for the first of each kind.
func (w *wranglerConfig) oursFirst() {
	sort.SliceStable(w.KV, func(i, j int) bool { return w.KV[i].Binding == kvBinding && w.KV[j].Binding != kvBinding })
	sort.SliceStable(w.D1, func(i, j int) bool { return w.D1[i].Binding == d1Binding && w.D1[j].Binding != d1Binding })
	sort.SliceStable(w.R2, func(i, j int) bool { return w.R2[i].Binding == r2Binding && w.R2[j].Binding != r2Binding })
}

// readModules lists what the Worker may import: the rules of wrangler.jsonc.
func readModules(dir, main string) ([]module, error) {
	var list []module
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && name != dir {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		kind := ""
		switch filepath.Ext(name) {
		case ".js":
			kind = "esModule"
		case ".wasm":
			kind = "wasm"
		case ".json":
			kind = "text"
		default:
			return nil
		}
		rel = filepath.ToSlash(rel)
		list = append(list, module{name: rel, kind: kind, path: rel})
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(list, func(i, j int) bool {
		if (list[i].name == main) != (list[j].name == main) {
			return list[i].name == main
		}
		return list[i].name < list[j].name
	})
	if len(list) == 0 || list[0].name != main {
		return nil, fmt.Errorf("the main module %s is not in %s: redis2cf worker -o writes it", main, dir)
	}
	return list, nil
}

// A localConfig is what the configuration of a local run is made from.
type localConfig struct {
	project *localProject
	tokens  string // the value of REDIS2CF_TOKENS
	secret  string // the token of the inspector
	address string // host:port of the Worker; port 0 takes a free one
}

// write makes the configuration and everything that it embeds below dir, which is
// emptied first. State directories are relative to state.
func (c *localConfig) write(dir, state string, tools Tools) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	files := map[string]string{} // below dir: where it comes from
	for _, m := range c.project.modules {
		files["worker/"+m.path] = filepath.Join(c.project.srcDir, filepath.FromSlash(m.path))
	}
	for _, s := range simulators {
		files["simulators/"+s] = filepath.Join(tools.Simulators, filepath.FromSlash(s))
	}
	for to, from := range files {
		if err := copyFile(filepath.Join(dir, filepath.FromSlash(to)), from); err != nil {
			return err
		}
	}
	for _, name := range []string{"faults.js", "inspect.js"} {
		text, err := localModules.ReadFile("local/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	text, disks, err := c.text()
	if err != nil {
		return err
	}
	for _, d := range disks {
		if err := os.MkdirAll(filepath.Join(state, filepath.FromSlash(d)), 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, configFile), []byte(text), 0o600) // it has tokens' digests
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// text is the configuration, and the directories that it writes to.
func (c *localConfig) text() (config string, disks []string, err error) {
	w := c.project.wrangler
	out := &capnp{}
	out.add("using Workerd = import \"/workerd/workerd.capnp\";\n\nconst config :Workerd.Config = (\n  services = [\n")

	main := workerService{name: "main", date: w.CompatibilityDate, flags: w.CompatibilityFlags, storage: "do:storage"}
	for _, m := range c.project.modules {
		m.path = "worker/" + m.path
		main.modules = append(main.modules, m)
	}
	classes := map[string]bool{}
	for _, b := range w.DurableObjects.Bindings {
		main.bindings = append(main.bindings, binding{b.Name, "durableObjectNamespace = " + quote(b.ClassName)})
		if !classes[b.ClassName] {
			classes[b.ClassName] = true
			main.classes = append(main.classes, objectClass{b.ClassName, w.Name + "-" + b.ClassName})
		}
	}
	names := make([]string, 0, len(w.Vars))
	for name := range w.Vars {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		var s string
		if json.Unmarshal(w.Vars[name], &s) == nil {
			main.bindings = append(main.bindings, binding{name, "text = " + quote(s)})
		} else {
			main.bindings = append(main.bindings, binding{name, "json = " + quote(string(w.Vars[name]))})
		}
	}
	main.bindings = append(main.bindings, binding{"REDIS2CF_TOKENS", "text = " + quote(c.tokens)})

	inspect := workerService{
		name: "inspect", date: compatibilityDate,
		modules:  []module{{"inspect.js", "esModule", "inspect.js"}},
		bindings: []binding{{"TOKEN", "text = " + quote(c.secret)}},
	}
	disks = []string{"v3/do"}
	out.disk("do:storage", "v3/do")

	// store adds a simulator's services, and the two bindings to it: the Worker's
	// through a service that can fail, the inspector's directly. The inspector
	// has one of each kind, the project's first.
	used := map[string]bool{}
	store := func(s simulator, name, id string, value func(service string) string) {
		short := strings.ToUpper(s.kind)
		entry := s.prefix + ":" + id
		faults := "faults:" + entry
		if !used[s.kind] {
			out.simulator(s)
			disks = append(disks, "v3/"+s.kind)
		}
		if !used[entry] {
			out.worker(workerService{
				name: entry, date: simulatorDate,
				modules: []module{{"object-entry.worker.js", "esModule", "simulators/shared/object-entry.worker.js"}},
				bindings: []binding{
					{"MINIFLARE_NAMESPACE", "text = " + quote(id)},
					{"MINIFLARE_OBJECT", "durableObjectNamespace = (className = " + quote(s.class) + ", serviceName = " + quote(s.prefix) + ")"},
				},
			})
			out.worker(workerService{
				name: faults, date: compatibilityDate,
				modules:  []module{{"faults.js", "esModule", "faults.js"}},
				bindings: []binding{{"NEXT", "service = " + quote(entry)}},
			})
		}
		main.bindings = append(main.bindings, binding{name, value(faults)})
		if !used[s.kind] {
			own := map[string]string{"kv": "KV", "d1": "DB", "r2": "R2"}[s.kind]
			inspect.bindings = append(inspect.bindings,
				binding{own, value(entry)}, binding{"FAULTS_" + short, "service = " + quote(faults)})
		}
		used[s.kind], used[entry] = true, true
	}
	for _, b := range w.KV {
		store(kvSimulator, b.Binding, first(b.PreviewID, b.ID, b.Binding), func(s string) string { return "kvNamespace = " + quote(s) })
	}
	for _, b := range w.D1 {
		store(d1Simulator, b.Binding, first(b.PreviewID, b.DatabaseID, b.Binding), func(s string) string {
			return `wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = ` + quote(s) + `)])`
		})
	}
	for _, b := range w.R2 {
		store(r2Simulator, b.Binding, first(b.PreviewBucketName, b.BucketName, b.Binding), func(s string) string { return "r2Bucket = " + quote(s) })
	}
	for _, b := range main.bindings {
		if strings.HasPrefix(b.name, "MINIFLARE_") {
			return "", nil, fmt.Errorf("%s names a binding %s: that prefix is the simulators'", WranglerFile, b.name)
		}
	}
	out.worker(main)
	out.worker(inspect)
	out.add("  ],\n  sockets = [\n")
	out.add("    (name = %s, address = %s, http = (), service = \"main\"),\n", quote(mainSocket), quote(c.address))
	out.add("    (name = %s, address = \"127.0.0.1:0\", http = (), service = \"inspect\"),\n", quote(inspectSocket))
	out.add("  ],\n  extensions = [(modules = [\n")
	for _, m := range []string{"shared/index.worker.js", "shared/zod.worker.js"} {
		name := "miniflare:shared"
		if strings.Contains(m, "zod") {
			name = "miniflare:zod"
		}
		out.add("    (name = %s, esModule = embed %s),\n", quote(name), quote("simulators/"+m))
	}
	out.add("  ])],\n);\n")
	return out.b.String(), disks, nil
}

// simulator adds the service with the objects of a kind.
func (c *capnp) simulator(s simulator) {
	storage := s.kind + ":storage"
	c.disk(storage, "v3/"+s.kind)
	c.worker(workerService{
		name: s.prefix, date: simulatorDate, flags: simulatorFlags, storage: storage,
		modules:  []module{{path.Base(s.module), "esModule", "simulators/" + s.module}},
		bindings: []binding{{"MINIFLARE_BLOBS", "service = " + quote(storage)}},
		classes:  []objectClass{{s.class, "miniflare-" + s.class}},
	})
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
