package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// module makes a small tree: sources, a file with CRLF and a mode of its own, a
// symbolic link, and a file to be removed.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name, data string, mode fs.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module m\n", 0o644)
	put("a.go", "package a\r\n", 0o640)
	put("real/b.go", "package b\n", 0o755)
	put("old.go", "package a // goes\n", 0o644)
	if err := os.Symlink("real/b.go", filepath.Join(dir, "b.go")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return dir
}

// tree is every path below dir with its mode and contents, the journal left out.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if rel == Dir {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := rel + " " + info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " " + string(data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			line += " -> " + to
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// stage is the transaction of these tests: two changes, one through a link, two
// new files in new directories, one removal, one file that stays as it is.
func stage(t *testing.T, dir string) *Txn {
	t.Helper()
	txn, err := Begin(dir, "a test")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) Hash {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return Sum(data)
	}
	for _, err := range []error{
		txn.Stage("a.go", []byte("package a\r\n\r\nvar x int\r\n"), read("a.go"), 0),
		txn.Stage("b.go", []byte("package b // new\n"), read("b.go"), 0),
		txn.Stage("go.mod", []byte("module m\n"), read("go.mod"), 0),
		txn.Stage("internal/cfstore/facade.go", []byte("package cfstore\n"), Absent, 0),
		txn.Stage("internal/cfstore/views.go", []byte("package cfstore\n"), Absent, 0o600),
		txn.Remove("old.go", read("old.go")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return txn
}

const wantNew = `. DIR
a.go -rw-r----- package a` + "\r\n\r\nvar x int\r" + `

b.go Lrwxrwxrwx -> real/b.go
go.mod -rw-r--r-- module m

internal DIR
internal/cfstore DIR
internal/cfstore/facade.go -rw-r--r-- package cfstore

internal/cfstore/views.go -rw------- package cfstore

real DIR
real/b.go -rwxr-xr-x package b // new
`

// plain hides the modes of directories, which the umask decides.
func plain(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if j := strings.Index(l, " drwx"); j >= 0 {
			lines[i] = l[:j] + " DIR"
		}
	}
	return strings.Join(lines, "\n")
}

func TestCommitAndUndo(t *testing.T) {
	dir := module(t)
	before := tree(t, dir)
	if ok, err := CanUndo(dir); err != nil || ok {
		t.Errorf("can undo before any run: %v, %v", ok, err)
	}
	e, err := stage(t, dir).Commit()
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Files) != 5 || e.Description != "a test" {
		t.Errorf("entry: %+v", e)
	}
	after := tree(t, dir)
	if got := plain(after); got != wantNew {
		t.Errorf("after commit:\n%q\nwant\n%q", got, wantNew)
	}
	if data, err := os.ReadFile(filepath.Join(dir, Dir, ".gitignore")); err != nil || string(data) != "*\n" {
		t.Errorf(".gitignore: %q, %v", data, err)
	}
	if ok, err := CanUndo(dir); err != nil || !ok {
		t.Errorf("can undo: %v, %v", ok, err)
	}
	if got, err := Recover(dir); err != nil || len(got) != 0 || tree(t, dir) != after {
		t.Errorf("recover after a good end: %v, %v", got, err)
	}
	if _, err := Undo(dir, false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != before {
		t.Errorf("after undo:\n%s\nwant\n%s", got, before)
	}
	if _, err := os.Lstat(filepath.Join(dir, Dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", Dir, err)
	}
	if _, err := Undo(dir, false); !errors.Is(err, ErrNothing) {
		t.Errorf("a second undo: %v", err)
	}
}

func TestUndoTakesBackOneRunAtATime(t *testing.T) {
	dir := module(t)
	for _, text := range []string{"one\n", "two\n", "three\n"} {
		txn, err := Begin(dir, text)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := os.ReadFile(filepath.Join(dir, "a.go"))
		if err := txn.Stage("a.go", []byte(text), Sum(data), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := txn.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"two\n", "one\n", "package a\r\n"} {
		if _, err := Undo(dir, false); err != nil {
			t.Fatal(err)
		}
		if data, _ := os.ReadFile(filepath.Join(dir, "a.go")); string(data) != want {
			t.Errorf("a.go is %q, want %q", data, want)
		}
	}
}

func TestNothingToWriteLeavesNothing(t *testing.T) {
	dir := module(t)
	before := tree(t, dir)
	txn, _ := Begin(dir, "")
	if err := txn.Stage("go.mod", []byte("module m\n"), Sum([]byte("module m\n")), 0); err != nil {
		t.Fatal(err)
	}
	if e, err := txn.Commit(); e != nil || err != nil {
		t.Errorf("commit: %v, %v", e, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, Dir)); err == nil || tree(t, dir) != before {
		t.Error("something was written")
	}
}

func TestRefusedCommitsChangeNothing(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string
	}{
		{"a changed file", func(t *testing.T, dir string) { write(t, dir, "b.go", "package other\n") }, "b.go: the file has changed since it was read"},
		{"a removed file", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "a.go")) }, "a.go: the file has changed: it was removed"},
		{"a file in the place of a new one", func(t *testing.T, dir string) {
			os.MkdirAll(filepath.Join(dir, "internal/cfstore"), 0o755)
			write(t, dir, "internal/cfstore/views.go", "mine")
		}, "views.go: the file has changed: it was made"},
		{"a read-only file", func(t *testing.T, dir string) { os.Chmod(filepath.Join(dir, "a.go"), 0o444) }, "a.go: the file is read-only"},
		{"a read-only directory", func(t *testing.T, dir string) {
			os.Chmod(filepath.Join(dir, "real"), 0o555)
			t.Cleanup(func() { os.Chmod(filepath.Join(dir, "real"), 0o755) })
		}, "real: the directory is read-only"},
		{"a directory in the place of a file", func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, "a.go"))
			os.Mkdir(filepath.Join(dir, "a.go"), 0o755)
		}, "a.go is not a file"},
		{"a file in the place of a directory", func(t *testing.T, dir string) { write(t, dir, "internal", "x") }, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := module(t)
			txn := stage(t, dir)
			tt.change(t, dir)
			before := tree(t, dir)
			_, err := txn.Commit()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("commit: %v, want %q", err, tt.want)
			}
			if got := tree(t, dir); got != before {
				t.Errorf("files changed:\n%s\nwere\n%s", got, before)
			}
			if _, err := os.Lstat(filepath.Join(dir, Dir)); err == nil {
				t.Errorf("%s is left", Dir)
			}
		})
	}
}

func write(t *testing.T, dir, name, data string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestUndoRefusesChangedFiles(t *testing.T) {
	dir := module(t)
	before := tree(t, dir)
	if _, err := stage(t, dir).Commit(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "internal/cfstore/facade.go", "package mine\n")
	after := tree(t, dir)
	_, err := Undo(dir, false)
	if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "internal/cfstore/facade.go") {
		t.Fatalf("undo: %v", err)
	}
	if got := tree(t, dir); got != after {
		t.Errorf("a refused undo changed files:\n%s", got)
	}
	if _, err := Undo(dir, true); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != before {
		t.Errorf("after a forced undo:\n%s\nwant\n%s", got, before)
	}
}

func TestUndoLeavesFilesThatOthersAdded(t *testing.T) {
	dir := module(t)
	if _, err := stage(t, dir).Commit(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "internal/cfstore/mine.go", "package cfstore\n")
	if _, err := Undo(dir, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "internal/cfstore/mine.go")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "internal/cfstore/views.go")); err == nil {
		t.Error("views.go is left")
	}
}

func TestOneFileIsStagedOnce(t *testing.T) {
	dir := module(t)
	txn := stage(t, dir)
	err := txn.Stage("real/b.go", nil, Absent, 0)
	if err == nil || !strings.Contains(err.Error(), "the same file") {
		t.Errorf("staging the target of a link that is staged: %v", err)
	}
}
