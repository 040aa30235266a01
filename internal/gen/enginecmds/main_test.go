package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis2cf/redis2cf/internal/spec"
)

func TestCommittedFilesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"commands_gen.go", "commands_docs.txt"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../../runtime/engine", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./internal/gen", name)
		}
	}
}

func TestContainersAndFlagsAreWritten(t *testing.T) {
	got, err := source([]spec.Command{
		{Name: "CONFIG", Arity: -2},
		{Name: "CONFIG GET", Arity: -3, Flags: []string{"admin", "noscript", "loading"}},
		{Name: "BITOP", Arity: -4, FirstKey: 2, LastKey: -1, Step: 1, Flags: []string{"write", "denyoom"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{name: "config", arity: -2, flags: flagContainer, first: 0, last: 0, step: 0}`,
		`{name: "config|get", arity: -3, flags: flagNoScript | flagAdmin, first: 0, last: 0, step: 0}`,
		`{name: "bitop", arity: -4, flags: flagWrite | flagDenyOOM, first: 2, last: -1, step: 1}`,
	} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
