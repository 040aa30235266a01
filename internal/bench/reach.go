package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goRedis are the paths of go-redis that redis2cf reads.
var goRedis = []string{"github.com/redis/go-redis/v9", "github.com/go-redis/redis/v8"}

// linesThatReach counts the lines of a module's files, tests included, in packages that
// depend on go-redis: what the analysis cannot do without reading.
func linesThatReach(dir string) (int, error) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,CgoFiles,Module,Deps", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("go list in %s: %w\n%s", dir, err, stderr.String())
	}
	files := map[string]bool{}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			Dir               string
			GoFiles, CgoFiles []string
			Deps              []string
			Module            *struct{ Main bool }
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
		if p.Module == nil || !p.Module.Main || !slices.ContainsFunc(p.Deps, isGoRedis) {
			continue
		}
		for _, f := range slices.Concat(p.GoFiles, p.CgoFiles) {
			if !filepath.IsAbs(f) { // a test's main lies in the go command's cache
				files[filepath.Join(p.Dir, f)] = true
			}
		}
	}
	lines := 0
	for f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return 0, err
		}
		lines += bytes.Count(b, []byte("\n"))
	}
	return lines, nil
}

func isGoRedis(path string) bool {
	return slices.ContainsFunc(goRedis, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// withoutGoRedis writes a module of 200 packages that know nothing of Redis.
func withoutGoRedis(dir string) error {
	write := func(name, text string) error {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, []byte(text), 0o644)
	}
	if err := write("go.mod", "module example.com/none\n\ngo 1.21\n"); err != nil {
		return err
	}
	body := strings.Repeat("// a line\n", 200)
	for i := range 200 {
		if err := write(fmt.Sprintf("p%d/p.go", i), fmt.Sprintf("package p%d\n\n%s\nfunc F() int { return %d }\n", i, body, i)); err != nil {
			return err
		}
	}
	return nil
}
