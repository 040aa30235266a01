package project

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

func urlQuery(s string) string { return url.QueryEscape(s) }

// copyTree copies a directory of testdata.
func copyTree(t *testing.T, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		return copyFile(filepath.Join(to, rel), name)
	})
	if err != nil {
		t.Fatal(err)
	}
}
