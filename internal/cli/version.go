package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is the tool's version: of the module that was installed, or of the
// commit that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v != "" && v != "(devel)" {
		return v
	}
	rev, dirty := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = ", with changes"
			}
		}
	}
	if rev == "" {
		return "from a checkout"
	}
	return fmt.Sprintf("from a checkout at %s%s", rev, dirty)
}

func runVersion(e *env, o *options) (int, error) {
	if len(o.args) > 0 {
		return exitError, usagef("version", "version takes no arguments")
	}
	_, err := fmt.Fprintf(e.stdout, "redis2cf %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitDone, err
}
