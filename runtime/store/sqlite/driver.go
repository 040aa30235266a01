// Package sqlite is the store of one file: file:path/to.db is a SQLite database
// with tables and views that people can read. It never interprets what it
// keeps, and never shares the file with a second owner.
//
// # Settings
//
//	file:x.db                      relative to the working directory
//	file:/var/lib/x.db             absolute
//	file:x.db?durability=commit    what was answered is on the disk (the default)
//	file:x.db?durability=behind    answers first, stores within 20 ms
//	file:x.db?durability=off       answers first, stores within a second, never waits for the disk
//	file:x.db?memory=64MB          keeps at most so much of the data in memory (256MB unless said)
//
// # Namespaces
//
// A namespace is a file beside the store's: that of file:data/x.db and the
// namespace queue is file:data/x-queue.db.
//
// # Reading the file
//
// The views strings, hashes, lists, sets, sorted_sets, streams and documents show keys with
// their contents as text, while the owner runs as well:
//
//	sqlite3 x.db "SELECT key, value, expires_at FROM strings"
//
// Writing to it past the owner is not noticed and will be overwritten.
package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

func init() { store.Register("file", driver{}) }

type driver struct{}

// Key is the absolute path with links resolved.
func (driver) Key(u *url.URL) (string, error) {
	path, err := pathOf(u)
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	// The file need not be there yet, but its directory should.
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	return abs, nil
}

// Namespace is the file beside the store's that carries the name.
func (driver) Namespace(u *url.URL, name string) (*url.URL, error) {
	if _, err := pathOf(u); err != nil {
		return nil, err
	}
	n := *u
	beside := func(path string) string {
		ext := filepath.Ext(path)
		return strings.TrimSuffix(path, ext) + "-" + name + ext
	}
	if n.Opaque != "" {
		n.Opaque = beside(n.Opaque)
	} else {
		n.Path, n.RawPath = beside(n.Path), ""
	}
	return &n, nil
}

// Open opens the file with an engine in front.
func (driver) Open(u *url.URL) (store.Backend, error) {
	path, err := pathOf(u)
	if err != nil {
		return nil, err
	}
	level, opt := embedded.Commit, engine.Options{}
	for name, values := range u.Query() {
		value := values[len(values)-1]
		switch name {
		case "durability":
			level, err = embedded.ParseDurability(value)
		case "memory":
			opt.MaxBytes, err = embedded.ParseMemory(value)
		default:
			err = fmt.Errorf("unknown setting %q; a file store has durability=commit, behind or off, and memory=SIZE", name)
		}
		if err != nil {
			return nil, err
		}
	}
	sync := SyncFull
	if level == embedded.Off {
		sync = SyncOff
	}
	return embedded.New(New(path, sync), embedded.Options{Durability: level, URL: "file:" + filepath.ToSlash(path), Engine: opt})
}

// pathOf is the file that a URL names: file:rel/x.db, file:/abs/x.db,
// file:///abs/x.db, file:C:/x.db.
func pathOf(u *url.URL) (string, error) {
	path := u.Path
	switch {
	case u.Opaque != "":
		var err error
		if path, err = url.PathUnescape(u.Opaque); err != nil {
			return "", err
		}
	case u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("file:// takes no host: write file:%s%s for a path below the working directory, file:/%s%s for an absolute one",
			u.Host, u.Path, u.Host, u.Path)
	}
	if len(path) > 3 && path[0] == '/' && path[2] == ':' { // file:///C:/x.db
		path = path[1:]
	}
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return "", errors.New("the URL names no file: write file:path/to.db")
	case strings.IndexByte(path, 0) >= 0:
		return "", errors.New("the path has a NUL byte")
	}
	return filepath.FromSlash(path), nil
}
