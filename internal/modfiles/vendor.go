package modfiles

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
)

// vendored tells whether the module has a vendor directory that builds use.
func (s *settler) vendored() bool {
	_, err := os.Stat(filepath.Join(s.req.Dir, "vendor", "modules.txt"))
	return err == nil
}

// vendor makes the vendor directory anew, beside the module, and notes what
// differs. A module without one is left without one.
func (s *settler) vendor(r *Result) error {
	if !s.vendored() {
		return nil
	}
	old, fresh := filepath.Join(s.req.Dir, "vendor"), filepath.Join(s.tmp, "vendor")
	if err := s.goModVendor(r, fresh); err != nil {
		return fmt.Errorf("making the vendor directory anew failed, nothing was changed; remove it and run again, then go mod tidy and go mod vendor: %w", err)
	}
	before, err := readTree(old)
	if err != nil {
		return fmt.Errorf("reading the vendor directory: %w", err)
	}
	after, err := readTree(fresh)
	if err != nil {
		return fmt.Errorf("reading the new vendor directory: %w", err)
	}
	for rel, data := range after {
		was, ok := before[rel]
		if !ok || !bytes.Equal(was, data) {
			r.Files[filepath.Join(old, rel)] = data
		}
	}
	for rel := range before {
		if _, ok := after[rel]; !ok {
			r.Remove = append(r.Remove, filepath.Join(old, rel))
		}
	}
	sort.Strings(r.Remove)
	return nil
}

var unsummed = regexp.MustCompile(`missing go\.sum entry for module providing package ([^\s;]+)`)

// goModVendor runs go mod vendor. It wants what any system imports and not just
// this one, of which a build has not asked for the sums: they are asked for as
// it names the packages.
func (s *settler) goModVendor(r *Result, to string) error {
	env := []string{"GOWORK=off", modFlag()}
	asked := map[string]bool{}
	for {
		_, err := s.gotool(env, "mod", "vendor", "-modfile="+r.Modfile, "-overlay="+s.overlay, "-o", to)
		if err == nil || s.ctx.Err() != nil {
			return err
		}
		args := []string{"list", "-deps", "-e", "-modfile=" + r.Modfile, "-overlay=" + s.overlay}
		fresh := false
		for _, m := range unsummed.FindAllStringSubmatch(err.Error(), -1) {
			if !asked[m[1]] {
				asked[m[1]], fresh = true, true
				args = append(args, m[1])
			}
		}
		if !fresh {
			return err
		}
		if _, lerr := s.gotool(env, args...); lerr != nil {
			return lerr
		}
	}
}

func readTree(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		out[rel], err = os.ReadFile(path)
		return err
	})
	return out, err
}
