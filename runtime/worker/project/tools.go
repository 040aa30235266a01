package project

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	_ "embed" // npm's lock file
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// WorkerdVariable is the environment variable that names another workerd than the
// pinned one, by the path of its program.
const WorkerdVariable = "REDIS2CF_WORKERD"

// NPMVariable is the environment variable that names a directory in which npm has
// installed npm/package.json: its node_modules are used before anything is fetched.
const NPMVariable = "REDIS2CF_NPM"

// Tools are the programs and modules of a local run.
type Tools struct {
	Workerd    string // the program
	Simulators string // a directory with miniflare's Workers for KV, D1 and R2, as miniflare's package has it
}

// ErrNoTools says that workerd or the simulators are not on this machine yet.
var ErrNoTools = errors.New("workerd is not installed")

// lockFile pins versions and digests.
//
//go:embed npm/package-lock.json
var lockFile []byte

// simulators are miniflare's modules that a local run needs, below its
// dist/src/workers.
var simulators = []string{
	"shared/index.worker.js", "shared/zod.worker.js", "shared/object-entry.worker.js",
	"kv/namespace.worker.js", "d1/database.worker.js", "r2/bucket.worker.js",
}

// Where miniflare's package has them.
const simulatorsDir = "dist/src/workers"

// platforms are the npm packages with workerd's program, by GOOS/GOARCH.
var platforms = map[string]string{
	"linux/amd64":   "@cloudflare/workerd-linux-64",
	"linux/arm64":   "@cloudflare/workerd-linux-arm64",
	"darwin/amd64":  "@cloudflare/workerd-darwin-64",
	"darwin/arm64":  "@cloudflare/workerd-darwin-arm64",
	"windows/amd64": "@cloudflare/workerd-windows-64",
	"windows/arm64": "@cloudflare/workerd-windows-64",
}

// FindTools finds what is installed: $REDIS2CF_WORKERD, the packages in
// $REDIS2CF_NPM, or what InstallTools has put into the user's cache directory.
// The error wraps ErrNoTools when something is missing.
func FindTools() (Tools, error) {
	var t Tools
	var places []Tools
	if dir := os.Getenv(NPMVariable); dir != "" {
		modules := filepath.Join(dir, "node_modules")
		places = append(places, Tools{
			Workerd:    filepath.Join(modules, filepath.FromSlash(platforms[runtime.GOOS+"/"+runtime.GOARCH]), "bin", programName("workerd")),
			Simulators: filepath.Join(modules, "miniflare", filepath.FromSlash(simulatorsDir)),
		})
	}
	if dir, err := toolsDir(); err == nil {
		places = append(places, installedAt(dir))
	}
	for _, p := range places {
		if t.Workerd == "" && isFile(p.Workerd) {
			t.Workerd = p.Workerd
		}
		if t.Simulators == "" && isFile(filepath.Join(p.Simulators, filepath.FromSlash(simulators[0]))) {
			t.Simulators = p.Simulators
		}
	}
	if other := os.Getenv(WorkerdVariable); other != "" {
		found, err := exec.LookPath(other)
		if err != nil {
			return Tools{}, fmt.Errorf("%s names %s, which is no program that can be run: %w", WorkerdVariable, other, err)
		}
		t.Workerd = found
	}
	if t.Workerd == "" || t.Simulators == "" {
		return t, ErrNoTools
	}
	return t, nil
}

// InstallTools is FindTools, and fetches with npm what is missing: about 50 MB into
// the user's cache directory, once for each version. It runs no script of a
// package, and refuses one whose digest is not the pinned one. progress, which may
// be nil, is told what is being done.
func InstallTools(ctx context.Context, progress func(string)) (Tools, error) {
	found, err := FindTools()
	if !errors.Is(err, ErrNoTools) {
		return found, err
	}
	lock, err := readLock()
	if err != nil {
		return Tools{}, err
	}
	platform := platforms[runtime.GOOS+"/"+runtime.GOARCH]
	if found.Workerd == "" && platform == "" {
		return Tools{}, fmt.Errorf("npm has no workerd for %s/%s: set %s to a program of your own", runtime.GOOS, runtime.GOARCH, WorkerdVariable)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return Tools{}, fmt.Errorf("a local run needs workerd, which comes from npm, and there is no npm in $PATH: install Node.js (https://nodejs.org), or set %s and %s", WorkerdVariable, NPMVariable)
	}
	dir, err := toolsDir()
	if err != nil {
		return Tools{}, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return Tools{}, err
	}
	sweepInstalls(filepath.Dir(dir))
	tmp, err := os.MkdirTemp(filepath.Dir(dir), installing)
	if err != nil {
		return Tools{}, err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // moved by then, or of no use
	// Where npm has no workerd there is another one, and only the simulators are missing.
	if platform != "" {
		want := map[string]string{"bin/" + programName("workerd"): programName("workerd")}
		if err := lock.unpack(ctx, npm, platform, tmp, want, progress); err != nil {
			return Tools{}, err
		}
	}
	want := map[string]string{}
	for _, s := range simulators {
		want[path.Join(simulatorsDir, s)] = path.Join("simulators", s)
	}
	if err := lock.unpack(ctx, npm, "miniflare", tmp, want, progress); err != nil {
		return Tools{}, err
	}
	if err := os.Rename(tmp, dir); err != nil {
		// Another process may have been faster, or a run was killed halfway once.
		if _, ferr := FindTools(); ferr != nil {
			_ = os.RemoveAll(dir)
			err = os.Rename(tmp, dir)
		} else {
			err = nil
		}
		if err != nil {
			return Tools{}, fmt.Errorf("installing workerd: %w", err)
		}
	}
	return FindTools()
}

// installing begins the names of directories in which tools are not whole yet.
const installing = "installing-"

// sweepInstalls removes what killed runs have left. A directory that is younger than an
// hour may be another run's at work.
func sweepInstalls(dir string) {
	entries, _ := os.ReadDir(dir) // installing says what is wrong with it
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && fi.IsDir() && strings.HasPrefix(e.Name(), installing) && time.Since(fi.ModTime()) > time.Hour {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // the next run tries again
		}
	}
}

// toolsDir is where this version's tools are installed.
func toolsDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for the cache directory: %w", err)
	}
	sum := sha256.Sum256(lockFile)
	return filepath.Join(cache, "redis2cf", "local-"+hex.EncodeToString(sum[:6])), nil
}

// installedAt are the tools as InstallTools lays them out.
func installedAt(dir string) Tools {
	return Tools{Workerd: filepath.Join(dir, programName("workerd")), Simulators: filepath.Join(dir, "simulators")}
}

// programName is a program's file name on this system.
func programName(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

func isFile(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

// A lock is what package-lock.json says of each package.
type lock struct {
	Packages map[string]struct {
		Version   string `json:"version"`
		Integrity string `json:"integrity"`
	} `json:"packages"`
}

func readLock() (*lock, error) {
	l := new(lock)
	if err := json.Unmarshal(lockFile, l); err != nil {
		return nil, fmt.Errorf("reading the pinned versions: %w", err)
	}
	return l, nil
}

// unpack fetches a package and writes some of its files below dir.
func (l *lock) unpack(ctx context.Context, npm, name, dir string, files map[string]string, progress func(string)) error {
	pin, ok := l.Packages["node_modules/"+name]
	if !ok {
		return fmt.Errorf("no version of %s is pinned", name)
	}
	spec := name + "@" + pin.Version
	if progress != nil {
		progress("fetching " + spec)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", spec, "--pack-destination", dir, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1")
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("fetching %s with npm pack: %w: %s; check the network and npm's settings, or have %s name a directory with node_modules", spec, err, npmSays(stderr.Bytes()), NPMVariable)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		return err
	}
	if len(archives) != 1 {
		return fmt.Errorf("npm pack %s left %d archives in %s, not one: %s", spec, len(archives), dir, tail(stdout.Bytes()))
	}
	data, err := os.ReadFile(archives[0])
	if err != nil {
		return err
	}
	sum := sha512.Sum512(data)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != pin.Integrity {
		return fmt.Errorf("what npm fetched for %s has the digest %s, and %s is pinned: it is not installed", spec, got, pin.Integrity)
	}
	if err := extract(data, dir, files); err != nil {
		return fmt.Errorf("unpacking %s: %w", spec, err)
	}
	return os.Remove(archives[0])
}

// npmSays is the beginning of npm's error, in one line. Stack traces come behind it.
func npmSays(out []byte) string {
	var lines []string
	for _, line := range strings.Split(string(out), "\n") {
		line = strings.TrimPrefix(strings.TrimPrefix(line, "npm error"), " ")
		if len(lines) < 4 && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "    at ") {
			lines = append(lines, line)
		}
	}
	return tail([]byte(strings.Join(lines, "\n")))
}

// extract writes the named files of a package's archive below dir, under other
// names; all of them must be there.
func extract(archive []byte, dir string, files map[string]string) error {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	left := len(files)
	for r := tar.NewReader(z); left > 0; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%d files are missing in it", left)
		}
		if err != nil {
			return err
		}
		to, ok := files[strings.TrimPrefix(h.Name, "package/")]
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(to))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if !strings.HasSuffix(to, ".js") {
			mode = 0o755 // a program
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
		left--
	}
	return nil
}
