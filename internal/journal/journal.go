// Package journal writes a set of files as one transaction that survives being
// killed, and takes it back on request. It never looks at what the files hold.
//
// A commit first puts the previous contents of every file into
// .redis2cf/journal/NNNNNN below the module, then replaces the files one by one,
// and marks the journal done as its last step. A journal without that mark
// belongs to a run that was killed: Recover puts the previous contents back.
// Undo removes the mark and does the same.
package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Dir is the directory below the module that holds the journals.
const Dir = ".redis2cf"

const (
	entryFile = "entry.json"
	doneFile  = "done"
	undoFile  = "undo" // stands while an undo that was forced is under way
	oldDir    = "old"
	keepLast  = 20 // journals of finished runs
)

// A Hash identifies contents.
type Hash [sha256.Size]byte

// Absent is the hash of a file that does not exist.
var Absent Hash

// Sum gives the hash of contents.
func Sum(data []byte) Hash { return sha256.Sum256(data) }

// MarshalText makes a hash readable in a journal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("%q is no hash", text)
	}
	copy(h[:], b)
	return nil
}

// ErrChanged is wrapped by errors about files that somebody else changed.
var ErrChanged = errors.New("the file has changed")

// ErrNothing is returned by Undo when there is nothing to take back.
var ErrNothing = errors.New("nothing to undo: redis2cf -w has written nothing here that was not undone")

// An Entry describes one transaction.
type Entry struct {
	ID          string    `json:"id"`
	Description string    `json:"description"`
	Time        time.Time `json:"time"`
	Files       []File    `json:"files"`
	Dirs        []string  `json:"dirs,omitempty"` // created, outermost first
	dir         string    // of this journal
	root        string    // of the module
	force       bool      // undo: overwrite what others changed
}

// A File is one file of a transaction. Paths have slashes and are relative to
// the module.
type File struct {
	Path   string      `json:"path"`
	Target string      `json:"target,omitempty"` // what Path leads to when a symbolic link is on the way
	Mode   fs.FileMode `json:"mode"`             // permissions before, or of the new file
	Old    Hash        `json:"old"`              // zero when it did not exist
	New    Hash        `json:"new"`              // zero when it is removed
	Temp   string      `json:"temp"`             // beside the file while it is written
}

// A Txn collects the files of one transaction.
type Txn struct {
	root        string
	description string
	staged      []staged
	byTarget    map[string]int
	hook        func() // called after each step that a crash can follow; tests kill the process there
}

type staged struct {
	path   string // as given, absolute
	target string // symbolic links resolved, absolute
	data   []byte
	remove bool
	expect Hash
	mode   fs.FileMode
}

// Begin starts a transaction over the files of the module in dir. Nothing is
// written before Commit.
func Begin(dir, description string) (*Txn, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("starting a transaction in %s: %w", dir, err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("starting a transaction in %s: %w", dir, err)
	}
	return &Txn{root: root, description: description, byTarget: map[string]int{}, hook: stepHook}, nil
}

// stepHook is set by tests only.
var stepHook = func() {}

// Stage adds a file: data is what it will hold, expect the hash of what it held
// when it was read (Absent for a new file), mode the permissions of a new file
// (0 means 0644). An existing file keeps its mode; a symbolic link stays, and
// the file that it leads to is written.
func (t *Txn) Stage(path string, data []byte, expect Hash, mode fs.FileMode) error {
	return t.stage(staged{path: path, data: data, expect: expect, mode: mode})
}

// Remove adds a file to delete; expect is the hash of what it held when it was
// read.
func (t *Txn) Remove(path string, expect Hash) error {
	return t.stage(staged{path: path, remove: true, expect: expect})
}

func (t *Txn) stage(s staged) error {
	if !filepath.IsAbs(s.path) {
		s.path = filepath.Join(t.root, s.path)
	}
	s.path = filepath.Clean(s.path)
	target, err := resolve(s.path)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.target = target
	if i, ok := t.byTarget[target]; ok {
		return fmt.Errorf("%s and %s are the same file: it can be written once in a run", t.staged[i].path, s.path)
	}
	t.byTarget[target] = len(t.staged)
	t.staged = append(t.staged, s)
	return nil
}

// Len is the number of files staged.
func (t *Txn) Len() int { return len(t.staged) }

// resolve follows symbolic links as far as the path exists.
func resolve(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		return target, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", errors.New("is a symbolic link to a file that does not exist: remove it or make its target")
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path, nil
	}
	dir, err := resolve(parent)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// CanUndo reports whether Undo has something to take back in a module: a run that ended,
// or one that was killed.
func CanUndo(dir string) (bool, error) {
	root, err := moduleRoot(dir)
	if err != nil {
		return false, err
	}
	all, err := load(root)
	return len(all) > 0, err
}

func (e *Entry) done() bool {
	_, err := os.Lstat(filepath.Join(e.dir, doneFile))
	return err == nil
}

// load reads every journal of a module, oldest first.
func load(root string) ([]Entry, error) {
	base := filepath.Join(root, Dir, "journal")
	names, err := os.ReadDir(base)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	var out []Entry
	for _, n := range names {
		if !n.IsDir() || strings.HasPrefix(n.Name(), ".") {
			continue
		}
		dir := filepath.Join(base, n.Name())
		data, err := os.ReadFile(filepath.Join(dir, entryFile))
		if err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		var e Entry
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("the journal %s cannot be read (%w): restore the files from its directory old, then remove it", dir, err)
		}
		e.dir, e.root = dir, root
		out = append(out, e)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out, nil
}

// lock keeps other runs out of the module's journal. The returned function
// gives it back, and removes the directory when it holds no journal.
func lock(root string) (unlock func(), err error) {
	dir := filepath.Join(root, Dir)
	path := filepath.Join(dir, "lock")
	for {
		if err := prepareDir(dir); err != nil {
			return nil, err
		}
		f, err := lockedfile.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the directory was removed by a run that ended just now
		}
		if err != nil {
			return nil, fmt.Errorf("locking the journal: %w", err)
		}
		mine, err1 := f.Stat()
		there, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return func() {
				tidy(dir)
				f.Close()
			}, nil
		}
		f.Close() // it was removed while this run waited for it
	}
}

// prepareDir makes the directory of journals, which git ignores by a file of
// its own.
func prepareDir(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("making the journal's directory: %w", err)
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); err == nil {
		return nil
	}
	if err := os.WriteFile(ignore, []byte("*\n"), 0o666); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("making the journal's directory: %w", err)
	}
	return nil
}

// tidy removes what nobody needs: the directory when no journal is left, and
// the remains of journals that were never finished or already taken back.
func tidy(dir string) {
	base := filepath.Join(dir, "journal")
	names, _ := os.ReadDir(base)
	left := 0
	for _, n := range names {
		if strings.HasPrefix(n.Name(), ".") {
			os.RemoveAll(filepath.Join(base, n.Name()))
			continue
		}
		left++
	}
	if left > 0 {
		return
	}
	os.Remove(base)
	others, _ := os.ReadDir(dir)
	for _, o := range others {
		if o.Name() != ".gitignore" && o.Name() != "lock" {
			return // somebody else's
		}
	}
	os.Remove(filepath.Join(dir, ".gitignore"))
	os.Remove(filepath.Join(dir, "lock"))
	os.Remove(dir)
}
