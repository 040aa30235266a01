package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// An owner is what the lock file says of the process that holds the database.
type owner struct {
	PID     int       `json:"pid"`
	Program string    `json:"program"`
	Since   time.Time `json:"since"`
}

// errHeld is what tryLock returns when another process has the lock.
var errHeld = errors.New("held by another process")

// InUseError says that another process, or another part of this one, owns the
// database file.
type InUseError struct {
	File    string
	PID     int // 0 when the owner did not say
	Program string
	Since   time.Time
}

func (e *InUseError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d (%s, since %s)", e.PID, e.Program, e.Since.Local().Format("2006-01-02 15:04:05"))
		if e.PID == os.Getpid() {
			who = "this process, " + who
		}
	}
	return fmt.Sprintf("the database %s is in use by %s; a file has one owner process: stop the other one, "+
		"or let several processes share the store through `redis2cf serve` or `redis2cf worker -run`", e.File, who)
}

// takeLock makes this process the owner of a database file. The operating
// system holds the lock on the file beside it and lets go when the process ends
// in whatever way, so a killed owner leaves nothing to clean up. The lock file
// itself stays: removing it would let two processes lock two files of one name.
func takeLock(database string) (*os.File, error) {
	name := database + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("making the lock file of the database: %w", err)
	}
	if err := tryLock(f); err != nil {
		defer f.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("locking %s: %w; the file must be on a file system that has locks", name, err)
		}
		held := &InUseError{File: database}
		var o owner
		// The owner may be between locking and writing: then it stays unnamed.
		if data, err := io.ReadAll(io.LimitReader(f, 4096)); err == nil && json.Unmarshal(data, &o) == nil {
			held.PID, held.Program, held.Since = o.PID, o.Program, o.Since
		}
		return nil, held
	}
	program := filepath.Base(os.Args[0])
	if exe, err := os.Executable(); err == nil {
		program = filepath.Base(exe)
	}
	data, err := json.Marshal(owner{PID: os.Getpid(), Program: program, Since: time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteAt(append(data, '\n'), 0)
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return f, nil
}
