// Package sample carries the sample application of testdata/chat inside the
// binary, since go:embed does not reach into another module. It never runs it.
package sample

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/tools/txtar"
)

//go:generate go test . -run TestArchiveIsTheSample -update

// archive is testdata/chat, every file of it.
//
//go:embed chat.txtar
var archive []byte

// Module is the sample's module path.
const Module = "example.com/chat"

// Extract writes the sample into a directory, which is made when it is not
// there. A directory with something in it is refused.
func Extract(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a directory that is, or one that does not exist", dir)
	}
	for _, f := range txtar.Parse(archive).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
