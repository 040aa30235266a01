package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"
)

// around is the directory that has to be copied for a module to build: its own,
// or the nearest above it that holds all directories which its replace directives
// name by a relative path.
func around(module string) (string, error) {
	file := filepath.Join(module, "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%w: name the directory of a module", err)
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		return "", err
	}
	top := module
	for _, r := range f.Replace {
		if r.New.Version != "" || filepath.IsAbs(r.New.Path) {
			continue
		}
		to := filepath.Join(module, filepath.FromSlash(r.New.Path))
		for to != top && !strings.HasPrefix(to, strings.TrimSuffix(top, sep)+sep) && top != filepath.Dir(top) {
			top = filepath.Dir(top)
		}
	}
	if top == filepath.Dir(top) {
		return "", fmt.Errorf("%s: its replace directives lead too far away to copy them", file)
	}
	return top, nil
}

const sep = string(filepath.Separator)

// A snapshot is every file of a tree: its mode and the digest of its bytes.
type snapshot map[string]string

// journal is where redis2cf keeps what undo needs; it is no part of the module.
const journal = ".redis2cf"

func snap(dir string) (snapshot, error) {
	out := snapshot{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == journal {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var data []byte
		if d.Type()&fs.ModeSymlink != 0 {
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			data = []byte(link)
		} else if data, err = os.ReadFile(path); err != nil {
			return err
		}
		out[filepath.ToSlash(rel)] = fmt.Sprintf("%v %x", info.Mode(), sha256.Sum256(data))
		return nil
	})
	return out, err
}

// differences are the files that are not the same in both, sorted.
func (s snapshot) differences(t snapshot) []string {
	var out []string
	for name, sum := range s {
		if t[name] != sum {
			out = append(out, name)
		}
	}
	for name := range t {
		if _, ok := s[name]; !ok {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}
