package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
)

func TestNamespaceIsAFileBeside(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"file:x.db", "file:x-queue.db"},
		{"file:data.d/x?durability=behind", "file:data.d/x-queue?durability=behind"},
		{"file:/var/lib/x.db", "file:/var/lib/x-queue.db"},
		{"file:///var/lib/x.db", "file:///var/lib/x-queue.db"},
		{"file:a%20b.db", "file:a%20b-queue.db"},
		{"file:/a%20b.db", "file:/a%20b-queue.db"},
	} {
		if got, err := store.Namespace(test.url, "queue"); got != test.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", test.url, got, err, test.want)
		}
	}
	for _, url := range []string{"file:", "file:dir/", "file://host/x.db"} {
		if got, err := store.Namespace(url, "queue"); err == nil {
			t.Errorf("%s names no file, and its namespace is %q", url, got)
		}
	}
	dir := t.TempDir()
	url, err := store.Namespace("file:"+filepath.ToSlash(filepath.Join(dir, "x.db")), "queue")
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if _, err := os.Stat(filepath.Join(dir, "x-queue.db")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "x.db")); err == nil {
		t.Error("the store itself was made")
	}
}
