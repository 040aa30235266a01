package project

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestAStateIsNoDirectoryOfOthers(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"module/run/main.go": "package main", "module/lock": "somebody's", "file": ""} {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, root)
	for name, want := range map[string]string{"module": "is not empty and holds no data of a Worker", "file": "cannot be used, choose another one"} {
		dir := filepath.Join(root, name)
		if err := CheckState(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
	if runtime.GOOS != "windows" {
		t.Run("that cannot be written", func(t *testing.T) {
			if os.Getuid() == 0 {
				t.Skip("root may write everywhere")
			}
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
			if err := CheckState(filepath.Join(dir, "state")); err == nil || !strings.Contains(err.Error(), "choose another one") {
				t.Error(err)
			}
		})
	}
	if after := tree(t, root); !reflect.DeepEqual(after, before) {
		t.Errorf("it is %v now, and was %v", after, before)
	}
	// What wrangler has stored, and a project that is written before it first runs.
	for _, name := range []string{"v3/kv/x", "project/" + WranglerFile} {
		dir := t.TempDir()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, nil, 0o644), CheckState(dir), CheckState(dir)); err != nil {
			t.Error(err)
		}
	}
}

// workerd may outlive the process that has started it, where that is killed and the system
// does not end its children: it still writes.
func TestAStateIsLockedForAsLongAsWorkerdRuns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("locks are not passed on there")
	}
	state := t.TempDir()
	l := startCounter(t, Options{State: state})
	l.lock.free() // as the end of our process does
	l.lock = nil
	if err := CheckState(state); err == nil || !strings.Contains(err.Error(), "used by another run") {
		t.Errorf("while workerd runs: %v", err)
	}
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := CheckState(state); err != nil {
		t.Error(err)
	}
}
