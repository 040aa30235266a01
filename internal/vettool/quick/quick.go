// Package quick answers the go command for the packages that cannot reach
// go-redis, before the rest of the program is initialised. It imports next to
// nothing, so that its turn comes early: under go vet the tool runs once for
// every package of a build, a thousand times and more, and initialising what
// only the other runs need (the command table, the type checker, the command
// line) would be most of the work. It never prints and never looks at source.
package quick

import (
	"encoding/json"
	"os"
	"strings"
)

// The import paths that are looked for.
const (
	goRedis = "github.com/redis/go-redis/v9"
	old     = "github.com/go-redis/redis/v8"
	facade  = "github.com/redis2cf/redis2cf/runtime"
)

// What the tool writes for the packages that depend on the one that it is run
// for.
const (
	Yes = "redis2cf: reaches go-redis\n"
	No  = "redis2cf: no\n"
)

func init() {
	if len(os.Args) < 2 || !strings.HasSuffix(os.Args[len(os.Args)-1], ".cfg") {
		return
	}
	for _, a := range os.Args[1 : len(os.Args)-1] {
		if !strings.HasPrefix(a, "-") || strings.HasSuffix(a, "json") || strings.HasSuffix(a, "json=true") {
			return // a person, or an answer with a form
		}
	}
	data, err := os.ReadFile(os.Args[len(os.Args)-1])
	if err != nil {
		return
	}
	if c, ok := Decode(data); ok && (c.VetxOnly || !c.Reaches()) && c.Answer() == nil {
		os.Exit(0)
	}
}

// A Config is the go command's description of a package, as Go 1.26 and before
// write it.
type Config struct {
	ID            string
	Compiler      string
	Dir           string
	ImportPath    string
	GoVersion     string
	GoFiles       []string
	NonGoFiles    []string
	IgnoredFiles  []string
	ModulePath    string
	ModuleVersion string
	ImportMap     map[string]string
	PackageFile   map[string]string
	Standard      map[string]bool
	PackageVetx   map[string]string
	VetxOnly      bool
	VetxOutput    string
	Stdout        string
	FixArchive    string

	SucceedOnTypecheckFailure bool
}

// Decode reads a description; ok is false when it is of another go command than
// those known here, which may mean something else by the same fields.
func Decode(data []byte) (c *Config, ok bool) {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	c = &Config{}
	if err := dec.Decode(c); err != nil || c.Compiler != "gc" {
		return nil, false
	}
	imports := 0
	for _, path := range c.ImportMap {
		if path != "unsafe" && path != "C" {
			imports++
		}
	}
	// Without export data the types would have to come from the answers for
	// the dependencies, which is unitchecker's way.
	return c, imports == 0 || len(c.PackageFile) > 0
}

// Reaches tells whether the package can hold values of go-redis or the runtime:
// it is one of theirs, or imports a package that can.
func (c *Config) Reaches() bool {
	path, _, _ := strings.Cut(c.ImportPath, " ")
	if ours(path) {
		return true
	}
	for _, dep := range c.ImportMap {
		if c.Standard[dep] {
			continue
		}
		if ours(dep) {
			return true
		}
		if data, err := os.ReadFile(c.PackageVetx[dep]); err != nil || string(data) != No {
			return true // says so, or is not known to say no
		}
	}
	return false
}

// Answer writes what dependents are told, and the empty output that the go
// command looks for.
func (c *Config) Answer() error {
	text := No
	if c.Reaches() {
		text = Yes
	}
	if c.VetxOutput != "" {
		if err := os.WriteFile(c.VetxOutput, []byte(text), 0o666); err != nil {
			return err
		}
	}
	if c.Stdout != "" {
		return os.WriteFile(c.Stdout, nil, 0o666)
	}
	return nil
}

func ours(path string) bool {
	for _, root := range [...]string{goRedis, old, facade} {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}
