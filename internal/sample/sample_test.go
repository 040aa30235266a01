package sample

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write chat.txtar from testdata/chat")

const source = "../../testdata/chat"

// pack makes the archive of the sample as it is in the repository.
func pack(t *testing.T) []byte {
	t.Helper()
	a := &txtar.Archive{Comment: []byte("Written by go generate from testdata/chat; DO NOT EDIT.\n")}
	err := filepath.WalkDir(source, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(data) > 0 && data[len(data)-1] != '\n' {
			t.Errorf("%s does not end in a newline, which a txtar archive needs", path)
		}
		name, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		a.Files = append(a.Files, txtar.File{Name: filepath.ToSlash(name), Data: data})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return txtar.Format(a)
}

func TestArchiveIsTheSample(t *testing.T) {
	want := pack(t)
	if *update {
		if err := os.WriteFile("chat.txtar", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(archive, want) {
		t.Error("chat.txtar is stale: run go generate ./internal/sample")
	}
}

func TestExtractGivesTheSameFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "chat")
	if err := Extract(dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse(archive).Files {
		want, err := os.ReadFile(filepath.Join(source, filepath.FromSlash(f.Name)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs (%v)", f.Name, err)
		}
	}
	if err := Extract(dir); err == nil {
		t.Error("a directory with files was taken")
	}
}
