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
}

func storeBindings(worker string) []storeBinding {
	return []storeBinding{
		{"kv", "kv_namespaces", kvBinding, fmt.Sprintf(`{ "binding": %s }`, inJSON(kvBinding)),
			"Families with store: kv follow here, for Workers that read at the edge.", "a KV namespace"},
		{"d1", "d1_databases", d1Binding,
			fmt.Sprintf(`{ "binding": %s, "database_name": %s, "migrations_dir": %s }`, inJSON(d1Binding), inJSON(worker), inJSON(MigrationsDir)),
			"Families with store: d1 follow here, for SQL.", "a D1 database"},
		{"r2", "r2_buckets", r2Binding, fmt.Sprintf(`{ "binding": %s, "bucket_name": %s }`, inJSON(r2Binding), inJSON(worker+"-values")),
			"Large values: above 64 KB of families with store: r2, above 1 MB of others.", "an R2 bucket"},
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
	for _, b := range storeBindings(w.Name) {
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
	for _, b := range storeBindings(name) {
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
	module, err := filepath.Abs(module)
	if err != nil {
		return "", err
	}
	// Links are followed: the command runs where the directory really is.
	dir, module = real(dir), real(module)
	const run = "-mod=readonly " + runtimeModule + "/worker/project/build -o "
	if rel, err := filepath.Rel(module, dir); err == nil && filepath.IsLocal(rel) {
		return "go run " + run + engineFile, nil
	}
	there, err := filepath.Rel(dir, module)
	if err != nil {
		return "", fmt.Errorf("the project must be on the same drive as the module %s: %w", module, err)
	}
	back, err := filepath.Rel(module, filepath.Join(dir, filepath.FromSlash(engineFile)))
	if err != nil {
		return "", err
	}
	return "go run -C " + shell(there) + " " + run + shell(back), nil
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
func (s *files) texts(w *wranglerConfig) error {
	var stores []string
	d1 := ""
	for _, b := range storeBindings(w.Name) {
		if w.binds(b.binding) {
			stores = append(stores, b.what)
			if b.store == "d1" {
				d1 = b.binding
			}
		}
	}
	readme, err := fill(readmeFile, map[string]string{"Name": w.Name, "D1": d1, "Stores": and(stores), "Secret": tokensSecret})
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
