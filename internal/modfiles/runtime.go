package modfiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// A Runtime is where the runtime module comes from: a directory, by a replace
// directive, or a version.
type Runtime struct {
	Dir     string // absolute
	Version string
	Chosen  bool // named by the user: it wins over what go.mod says
}

// RuntimeIn finds the runtime module in a checkout: dir is its root or its
// runtime directory.
func RuntimeIn(dir string) (Runtime, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Runtime{}, fmt.Errorf("-runtime %s: %w", dir, err)
	}
	for _, d := range []string{abs, filepath.Join(abs, "runtime")} {
		if isRuntime(d) {
			return Runtime{Dir: d, Chosen: true}, nil
		}
	}
	return Runtime{}, fmt.Errorf("-runtime %s: neither it nor its runtime directory is the module %s: name a checkout of redis2cf", dir, RuntimePath)
}

func isRuntime(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modfile.ModulePath(data) == RuntimePath
}

// SelfRuntime is the runtime that belongs to this tool: the checkout that it
// was built from when that is still there, else its version.
func SelfRuntime() (Runtime, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		// file is internal/modfiles/runtime.go of the checkout.
		dir := filepath.Join(filepath.Dir(file), "..", "..", "runtime")
		if isRuntime(dir) {
			return Runtime{Dir: dir}, nil
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := versionIn(info); v != "" {
			return Runtime{Version: v}, nil
		}
	}
	return Runtime{}, errors.New("this redis2cf was built from a checkout that is gone, so it does not know its runtime: name one with -runtime DIR")
}

// versionIn finds the runtime's version in a binary: the module itself when it
// is linked, else the tool's, whose releases carry the same number.
func versionIn(info *debug.BuildInfo) string {
	for _, d := range info.Deps {
		if d.Path == RuntimePath && d.Replace == nil && released(d.Version) {
			return d.Version
		}
	}
	if info.Main.Path == strings.TrimSuffix(RuntimePath, "/runtime") && released(info.Main.Version) {
		return info.Main.Version
	}
	return ""
}

// released tells whether a proxy can serve the version: a local build has none,
// or one that is marked dirty.
func released(v string) bool {
	return semver.IsValid(v) && !strings.Contains(v, "+dirty") && v != "v0.0.0"
}
