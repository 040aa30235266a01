package project

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestEveryPackageThatIsFetchedIsPinned(t *testing.T) {
	lock, err := readLock()
	if err != nil {
		t.Fatal(err)
	}
	var asked struct {
		Dependencies map[string]string
	}
	data, err := os.ReadFile(filepath.Join("npm", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &asked); err != nil {
		t.Fatal(err)
	}
	for name, version := range asked.Dependencies {
		if lock.Packages["node_modules/"+name].Version != version {
			t.Errorf("%s: %s in package.json, %s in the lock file", name, version, lock.Packages["node_modules/"+name].Version)
		}
	}
	for _, name := range platforms {
		p := lock.Packages["node_modules/"+name]
		if p.Version != asked.Dependencies["workerd"] || !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if bytes.Contains(lockFile, []byte("resolved")) {
		t.Error("the lock file names a registry: everybody has their own")
	}
}

// archive is a package as npm packs it.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fakeNPM puts an npm into $PATH that hands out two packages, counts its calls in
// the file that it returns, and has them pinned.
func fakeNPM(t *testing.T, platform, miniflare []byte) (calls string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >> %s
case "$2" in
@cloudflare/*) cp %[2]s/platform "$4/a.tgz" ;;
*) cp %[2]s/miniflare "$4/b.tgz" ;;
esac
`, calls, dir)
	for name, data := range map[string][]byte{"platform": platform, "miniflare": miniflare, "npm": []byte(script)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	t.Setenv("HOME", dir)
	t.Setenv(NPMVariable, "")
	t.Setenv(WorkerdVariable, "")
	pin := func(data []byte) string {
		sum := sha512.Sum512(data)
		return fmt.Sprintf(`{"version":"1.0.0","integrity":"sha512-%s"}`, base64.StdEncoding.EncodeToString(sum[:]))
	}
	old := lockFile
	t.Cleanup(func() { lockFile = old })
	lockFile = []byte(fmt.Sprintf(`{"packages":{"node_modules/%s":%s,"node_modules/miniflare":%s}}`,
		platforms[runtime.GOOS+"/"+runtime.GOARCH], pin(platform), pin(miniflare)))
	return calls
}

func packages(t *testing.T) (platform, miniflare []byte) {
	files := map[string]string{"dist/src/index.js": "not wanted"}
	for _, s := range simulators {
		files[simulatorsDir+"/"+s] = "// " + s
	}
	return archive(t, map[string]string{"bin/" + programName("workerd"): "program", "README.md": "x"}), archive(t, files)
}

func TestToolsAreFetchedOnce(t *testing.T) {
	platform, miniflare := packages(t)
	calls := fakeNPM(t, platform, miniflare)
	if _, err := FindTools(); !errors.Is(err, ErrNoTools) {
		t.Fatalf("before: %v", err)
	}
	cache := filepath.Join(filepath.Dir(calls), "cache", "redis2cf")
	long := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{installing + "killed", installing + "now"} {
		if err := os.MkdirAll(filepath.Join(cache, name, "simulators"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(cache, installing+"killed"), long, long); err != nil {
		t.Fatal(err)
	}
	var told []string
	for i := 0; i < 2; i++ {
		found, err := InstallTools(context.Background(), func(s string) { told = append(told, s) })
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(found.Workerd); err != nil || string(data) != "program" {
			t.Errorf("workerd: %q, %v", data, err)
		}
		if fi, err := os.Stat(found.Workerd); err != nil || fi.Mode().Perm()&0o100 == 0 {
			t.Errorf("workerd cannot be run: %v, %v", fi, err)
		}
		for _, s := range simulators {
			if data, err := os.ReadFile(filepath.Join(found.Simulators, filepath.FromSlash(s))); err != nil || string(data) != "// "+s {
				t.Errorf("%s: %q, %v", s, data, err)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(cache, installing+"*")); err != nil || len(left) != 1 || filepath.Base(left[0]) != installing+"now" {
		t.Errorf("of other runs there are %v, %v", left, err)
	}
	log, err := os.ReadFile(calls)
	if err != nil || strings.Count(string(log), "\n") != 2 || !strings.Contains(string(log), "pack miniflare@1.0.0") || strings.Count(string(log), "--ignore-scripts") != 2 {
		t.Errorf("npm was called with %s, %v", log, err)
	}
	if len(told) != 2 || told[1] != "fetching miniflare@1.0.0" {
		t.Errorf("progress %q", told)
	}
}

func TestWhatIsNotPinnedIsNotInstalled(t *testing.T) {
	platform, miniflare := packages(t)
	for name, c := range map[string]struct {
		spoil func(calls string)
		want  string
	}{
		"another digest": {func(calls string) {
			if err := os.WriteFile(filepath.Join(filepath.Dir(calls), "miniflare"), append(miniflare, 0), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "is pinned: it is not installed"},
		"no package": {func(calls string) {
			if err := os.Remove(filepath.Join(filepath.Dir(calls), "platform")); err != nil {
				t.Fatal(err)
			}
		}, "with npm pack"},
		"no npm": {func(string) { t.Setenv("PATH", "") }, "there is no npm in $PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := fakeNPM(t, platform, miniflare)
			c.spoil(calls)
			if _, err := InstallTools(context.Background(), nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
			if _, err := FindTools(); !errors.Is(err, ErrNoTools) {
				t.Errorf("something is installed: %v", err)
			}
			if left, err := filepath.Glob(filepath.Join(filepath.Dir(calls), "cache", "redis2cf", "*")); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestWhatNPMSaysIsToldWithWhatToDo(t *testing.T) {
	platform, miniflare := packages(t)
	calls := fakeNPM(t, platform, miniflare)
	script := "#!/bin/sh\ncase \"$*\" in *silent*) exit 1 ;; esac\ncat >&2 <<'END'\nnpm error code ECONNREFUSED\nnpm error FetchError: request to http://registry/x failed\n" +
		"npm error     at emit (node:events:524:28)\nnpm error     at emit (node:events:525:28)\nnpm error\nnpm error If you are behind a proxy\nEND\nexit 1\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(calls), "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := InstallTools(context.Background(), nil)
	for _, want := range []string{"fetching @cloudflare/workerd", "code ECONNREFUSED | FetchError: request to http://registry/x failed | If you are", "check the network", NPMVariable} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// Where npm has no workerd, another one needs the simulators all the same.
func TestSimulatorsAreFetchedForAWorkerdOfOnesOwn(t *testing.T) {
	platform, miniflare := packages(t)
	calls := fakeNPM(t, platform, miniflare)
	here := runtime.GOOS + "/" + runtime.GOARCH
	old := platforms[here]
	t.Cleanup(func() { platforms[here] = old })
	delete(platforms, here)
	own := filepath.Join(t.TempDir(), "workerd")
	if err := os.WriteFile(own, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := InstallTools(context.Background(), nil); err == nil || !strings.Contains(err.Error(), WorkerdVariable) {
		t.Errorf("without one: %v", err)
	}
	t.Setenv(WorkerdVariable, own)
	if found, err := InstallTools(context.Background(), nil); err != nil || found.Workerd != own || found.Simulators == "" {
		t.Errorf("%+v, %v", found, err)
	}
	if log, err := os.ReadFile(calls); err != nil || strings.Count(string(log), "\n") != 1 {
		t.Errorf("npm was called with %s, %v", log, err)
	}
}

func TestAPackageThatLacksAFileIsRefused(t *testing.T) {
	_, miniflare := packages(t)
	fakeNPM(t, archive(t, map[string]string{"README.md": "x"}), miniflare)
	if _, err := InstallTools(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "1 files are missing") {
		t.Error(err)
	}
}
