package load

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/redis2cf/redis2cf/analyzer"
)

// A Module is the module that is worked on.
type Module struct {
	Path   string // "example.com/chat"
	Dir    string // absolute
	GoMod  string // its go.mod
	Go     string // language version of the go line: "1.22"; empty without one
	Vendor bool   // has vendor/modules.txt, which the go command will use
	Work   string // go.work that it is a part of, empty without one

	GoRedis string // version of go-redis v9 that is built with: "v9.14.1"; empty without
	OldPath string // path of a go-redis before v8 that go.mod requires: "github.com/go-redis/redis/v7"
	Runtime string // version of the runtime that is required; empty before the first migration

	// Program says that the module is a program and not a library: it has
	// commands beside examples, so that the callers of its exported functions
	// are its own.
	Program bool

	work    []workModule // the other modules of the workspace
	require map[string]string
	replace map[string]string // module to directory or module@version
	cache   string            // GOMODCACHE
	bridges map[string]bool   // modules that can bring go-redis's types, once looked up
}

// findModule finds the go.mod around dir.
func findModule(dir string, env []string) (*Module, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, &ModuleError{Dir: dir, Msg: "cannot be read", Err: err}
	}
	root := up(dir, "go.mod")
	if root == "" {
		return nil, &ModuleError{Dir: dir, Msg: "no go.mod here or in a directory above: redis2cf works on modules; go mod init makes one"}
	}
	m := &Module{Dir: root, GoMod: filepath.Join(root, "go.mod"), require: map[string]string{}, replace: map[string]string{}, cache: modCache(env)}
	data, err := os.ReadFile(m.GoMod)
	if err != nil {
		return nil, &ModuleError{Dir: root, Msg: "go.mod cannot be read", Err: err}
	}
	f, err := modfile.Parse(m.GoMod, data, nil)
	if err != nil {
		return nil, &ModuleError{Dir: root, Msg: "go.mod cannot be parsed", Err: err}
	}
	if f.Module == nil {
		return nil, &ModuleError{Dir: root, Msg: "go.mod names no module"}
	}
	m.Path = f.Module.Mod.Path
	if f.Go != nil {
		m.Go = f.Go.Version
	}
	for _, r := range f.Require {
		m.require[r.Mod.Path] = r.Mod.Version
		switch {
		case r.Mod.Path == analyzer.GoRedisPath:
			m.GoRedis = r.Mod.Version
		case r.Mod.Path == analyzer.GoRedisV8Path:
		case r.Mod.Path == analyzer.RuntimePath:
			m.Runtime = r.Mod.Version
		case r.Mod.Path == "github.com/go-redis/redis" || strings.HasPrefix(r.Mod.Path, "github.com/go-redis/redis/"):
			m.OldPath = r.Mod.Path
		}
	}
	for _, r := range f.Replace {
		if r.New.Version == "" {
			d := r.New.Path
			if !filepath.IsAbs(d) {
				d = filepath.Join(root, filepath.FromSlash(d))
			}
			m.replace[r.Old.Path] = d
		} else {
			m.replace[r.Old.Path] = r.New.Path + "@" + r.New.Version
		}
	}
	if _, err := os.Stat(filepath.Join(root, "vendor", "modules.txt")); err == nil {
		m.Vendor = true
	}
	m.Work = workFile(root, env)
	m.work = m.workspace()
	return m, nil
}

// up gives the nearest directory from dir upwards that has the file.
func up(dir, name string) string {
	for {
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil && !st.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func getenv(env []string, name string) string {
	value := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// workFile gives the go.work that the go command would use.
func workFile(dir string, env []string) string {
	switch w := getenv(env, "GOWORK"); w {
	case "off":
		return ""
	case "":
		if d := up(dir, "go.work"); d != "" {
			return filepath.Join(d, "go.work")
		}
		return ""
	default:
		return w
	}
}

func modCache(env []string) string {
	if d := getenv(env, "GOMODCACHE"); d != "" {
		return d
	}
	gopath := getenv(env, "GOPATH")
	if gopath == "" {
		home := getenv(env, "HOME")
		if home == "" {
			home = getenv(env, "USERPROFILE")
		}
		gopath = filepath.Join(home, "go")
	}
	return filepath.Join(filepath.SplitList(gopath)[0], "pkg", "mod")
}

// mayReach tells, without the go command, whether any package of the module can
// reach go-redis or the runtime: some module file has to name it, since go.sum
// lists every module that a build can see.
func (m *Module) mayReach() bool {
	files := []string{m.GoMod, filepath.Join(m.Dir, "go.sum"), filepath.Join(m.Dir, "vendor", "modules.txt")}
	if m.Work != "" {
		files = append(files, m.Work, m.Work+".sum")
		for _, w := range m.work {
			files = append(files, filepath.Join(w.dir, "go.mod"), filepath.Join(w.dir, "go.sum"))
		}
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && mentions(data) {
			return true
		}
	}
	return false
}

func mentions(data []byte) bool {
	return bytes.Contains(data, []byte("github.com/redis/go-redis")) ||
		bytes.Contains(data, []byte("github.com/go-redis/redis")) ||
		bytes.Contains(data, []byte("github.com/redis2cf/redis2cf"))
}

// brings tells whether a package of another module can bring go-redis's types:
// its module, or one that it requires, names go-redis. A module whose go.mod
// cannot be had is taken to.
func (m *Module) brings(path string) bool {
	mod := m.moduleOf(path)
	if mod == "" {
		return false // the standard library
	}
	return m.allBridges()[mod]
}

// bridged tells whether any required module can bring go-redis's types.
func (m *Module) bridged() bool {
	for _, yes := range m.allBridges() {
		if yes {
			return true
		}
	}
	return false
}

// moduleOf gives the required module that a package belongs to.
func (m *Module) moduleOf(path string) string {
	for p := path; p != "." && p != "/" && p != ""; {
		if _, ok := m.require[p]; ok || slices.ContainsFunc(m.work, func(w workModule) bool { return w.path == p }) {
			return p
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return ""
		}
		p = p[:i]
	}
	return ""
}

func (m *Module) allBridges() map[string]bool {
	if m.bridges != nil {
		return m.bridges
	}
	m.bridges = map[string]bool{}
	for _, w := range m.work {
		m.bridges[w.path] = w.redis
	}
	for path, version := range m.require {
		if _, known := m.bridges[path]; known || analyzer.IsGoRedis(path) || path == analyzer.RuntimePath || path == m.OldPath {
			continue
		}
		data, err := os.ReadFile(m.modFileOf(path, version))
		if err != nil || mentions(data) {
			m.bridges[path] = true
		}
	}
	return m.bridges
}

// modFileOf gives the go.mod of a required module.
func (m *Module) modFileOf(path, version string) string {
	if r, ok := m.replace[path]; ok {
		p, v, isMod := strings.Cut(r, "@")
		if !isMod || filepath.IsAbs(r) {
			return filepath.Join(r, "go.mod")
		}
		path, version = p, v
	}
	p, err1 := module.EscapePath(path)
	v, err2 := module.EscapeVersion(version)
	if err1 != nil || err2 != nil {
		return ""
	}
	return filepath.Join(m.cache, "cache", "download", filepath.FromSlash(p), "@v", v+".mod")
}
