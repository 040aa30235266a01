package project

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/template"
)

// templates are the files that a project begins with.
//
//go:embed template
var templates embed.FS

// fill executes a template.
func fill(name string, data any) ([]byte, error) {
	text, err := templates.ReadFile("template/" + name)
	if err != nil {
		return nil, err
	}
	t, err := template.New(name).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// inJSON writes a text as JSON does, without escaping what is only special in HTML.
func inJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

// A storeBinding is a binding of wrangler.jsonc that some plans need.
type storeBinding struct {
	store   string // of the plan
	key     string // of wrangler.jsonc
	binding string
	entry   string
	comment string
	what    string // for people
	remove  string // wrangler's command that deletes it
}

func storeBindings(w *wranglerConfig) []storeBinding {
	worker := w.Name
	bucket := worker + "-values"
	for _, b := range w.R2 {
		if b.Binding == r2Binding {
			bucket = b.BucketName
		}
	}
	return []storeBinding{
		{"kv", "kv_namespaces", kvBinding, fmt.Sprintf(`{ "binding": %s }`, inJSON(kvBinding)),
			"Families with store: kv follow here, for Workers that read at the edge.", "a KV namespace", "kv namespace delete --binding " + kvBinding},
		{"d1", "d1_databases", d1Binding,
			fmt.Sprintf(`{ "binding": %s, "database_name": %s, "migrations_dir": %s }`, inJSON(d1Binding), inJSON(worker), inJSON(MigrationsDir)),
			"Families with store: d1 follow here, for SQL.", "a D1 database", "d1 delete " + d1Binding},
		{"r2", "r2_buckets", r2Binding, fmt.Sprintf(`{ "binding": %s, "bucket_name": %s }`, inJSON(r2Binding), inJSON(bucket)),
			"Large values: above 64 KB of families with store: r2, above 1 MB of those with store: do.", "an R2 bucket", "r2 bucket delete " + bucket},
	}
}

// wrangler adds wrangler.jsonc: a new one, or the old one with the bindings that
// it lacks.
func (s *files) wrangler(o WriteOptions) (*wranglerConfig, error) {
	old, err := s.old(WranglerFile)
	if err != nil {
		return nil, err
	}
	text := old
	if old == nil {
		if text, err = newWrangler(o); err != nil {
			return nil, err
		}
	}
	w, err := parseWrangler(text)
	if err != nil {
		return nil, err // checkDir has read an old one
	}
	if old != nil && o.Name != "" && o.Name != w.Name {
		return nil, fmt.Errorf("%s names the Worker %s, not %s: its objects hang on that name; edit it there, or write into a new directory", WranglerFile, w.Name, o.Name)
	}
	for _, b := range storeBindings(w) {
		if !has(o.Config, b.store) || w.binds(b.binding) {
			continue
		}
		if text, err = addToList(text, b.key, b.entry, b.comment); err != nil {
			return nil, fmt.Errorf("adding %s to %s: %w; add it by hand: %q: [%s]", b.binding, WranglerFile, err, b.key, b.entry)
		}
		if old != nil {
			s.added = append(s.added, b.binding)
		}
	}
	if w, err = parseWrangler(text); err != nil {
		return nil, err
	}
	s.now[WranglerFile] = text
	return w, nil
}

// binds says whether a store's binding is there.
func (w *wranglerConfig) binds(name string) bool {
	for _, b := range w.KV {
		if b.Binding == name {
			return true
		}
	}
	for _, b := range w.D1 {
		if b.Binding == name {
			return true
		}
	}
	for _, b := range w.R2 {
		if b.Binding == name {
			return true
		}
	}
	return false
}

// newWrangler is the first wrangler.jsonc.
func newWrangler(o WriteOptions) ([]byte, error) {
	name := o.Name
	if name == "" {
		name = workerName(o.Config.Module)
	}
	if !validName.MatchString(name) {
		return nil, fmt.Errorf("%q is no name for a Worker: allowed are 1 to 54 of a-z, 0-9 and -, none at an end", name)
	}
	build, err := buildCommand(o.Dir, o.Module)
	if err != nil {
		return nil, err
	}
	var stores strings.Builder
	for _, b := range storeBindings(&wranglerConfig{Name: name}) {
		if has(o.Config, b.store) {
			fmt.Fprintf(&stores, "\n  // %s\n  %s: [%s],\n", b.comment, inJSON(b.key), b.entry)
		}
	}
	return fill(WranglerFile, map[string]string{
		"Name": inJSON(name), "Date": inJSON(compatibilityDate), "Build": inJSON(build), "Stores": stores.String(),
		"Objects": inJSON(objectsBinding), "Class": inJSON(objectClassJS), "TokensName": tokensSecret,
	})
}

// buildCommand is the step that wrangler runs before it deploys, in the project's
// directory.
func buildCommand(dir, module string) (string, error) {
	const run = "-mod=readonly " + runtimeModule + "/worker/project/build -o "
	there, back, err := between(dir, module)
	if err != nil {
		return "", err
	}
	if there == "" {
		return "go run " + run + engineFile, nil
	}
	return "go run -C " + shell(there) + " " + run + shell(filepath.Join(back, filepath.FromSlash(engineFile))), nil
}

// localCommand runs the project here, from its directory.
func localCommand(dir, module string) (string, error) {
	const state = ".local"
	there, back, err := between(dir, module)
	if err != nil {
		return "", err
	}
	if there == "" {
		return "redis2cf worker -run 127.0.0.1:8787 -o . -state " + state, nil
	}
	return "redis2cf worker -C " + shell(there) + " -run 127.0.0.1:8787 -o " + shell(back) + " -state " + shell(filepath.Join(back, state)), nil
}

// between are the ways from a project's directory to the module's and back; empty when the
// project lies in the module, where the go command finds it.
func between(dir, module string) (there, back string, err error) {
	if module, err = filepath.Abs(module); err != nil {
		return "", "", err
	}
	// Links are followed: commands run where the directory really is.
	dir, module = real(dir), real(module)
	if back, err = filepath.Rel(module, dir); err == nil && filepath.IsLocal(back) {
		return "", "", nil
	}
	if there, err = filepath.Rel(dir, module); err != nil {
		return "", "", fmt.Errorf("the project must be on the same drive as the module %s: %w", module, err)
	}
	return there, back, nil
}

// real is a path without symbolic links, as far as it exists.
func real(name string) string {
	if found, err := filepath.EvalSymlinks(name); err == nil {
		return found
	}
	parent := filepath.Dir(name)
	if parent == name {
		return name
	}
	return filepath.Join(real(parent), filepath.Base(name))
}

// shell writes a path as a word of a command line, for sh and cmd.
func shell(name string) string {
	name = filepath.ToSlash(name)
	for _, c := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-", c) {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(name) + `"`
		}
	}
	return name
}

// texts adds the files around it.
func (s *files) texts(o WriteOptions, w *wranglerConfig) error {
	var stores, remove []string
	d1 := ""
	for _, b := range storeBindings(w) {
		if w.binds(b.binding) {
			stores = append(stores, b.what)
			remove = append(remove, "`npx wrangler "+b.remove+"`")
			if b.store == "d1" {
				d1 = b.binding
			}
		}
	}
	local, err := localCommand(o.Dir, o.Module)
	if err != nil {
		return err
	}
	readme, err := fill(readmeFile, map[string]string{
		"Name": w.Name, "D1": d1, "Stores": and(stores), "Remove": and(remove), "Secret": tokensSecret, "Local": local,
	})
	if err != nil {
		return err
	}
	old, err := s.old(readmeFile)
	if err != nil {
		return err
	}
	if old == nil || bytes.Contains(firstLine(old), []byte(generated)) {
		s.now[readmeFile] = readme
	}
	lock, err := readLock()
	if err != nil {
		return err
	}
	for name, from := range map[string]string{packageFile: packageFile, ignoreFile: "gitignore"} {
		if old, err = s.old(name); err != nil {
			return err
		}
		if old != nil {
			continue
		}
		if s.now[name], err = fill(from, map[string]string{"Wrangler": lock.Packages["node_modules/wrangler"].Version}); err != nil {
			return err
		}
	}
	return nil
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return line
}

// and joins a list for people.
func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
