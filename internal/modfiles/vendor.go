package modfiles

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// vendor makes the vendor directory anew, beside the module, and notes what
// differs. A module without one is left without one.
func (s *settler) vendor(r *Result) error {
	old := filepath.Join(s.req.Dir, "vendor")
	if _, err := os.Stat(filepath.Join(old, "modules.txt")); err != nil {
		return nil
	}
	fresh := filepath.Join(s.tmp, "vendor")
	if _, err := s.gotool([]string{"GOWORK=off", modFlag()}, "mod", "vendor", "-modfile="+r.Modfile, "-overlay="+s.overlay, "-o", fresh); err != nil {
		return fmt.Errorf("making the vendor directory anew failed, nothing was changed; remove it and run again, then go mod vendor: %w", err)
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
