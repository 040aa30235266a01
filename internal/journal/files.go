package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// current reads the file as it is now; a file that does not exist is Absent.
func current(path string) (data []byte, mode fs.FileMode, h Hash, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, Absent, nil
	}
	if err != nil {
		return nil, 0, Absent, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, Absent, fmt.Errorf("%s is not a file", path)
	}
	data, err = os.ReadFile(path)
	if err != nil {
		return nil, 0, Absent, err
	}
	return data, info.Mode().Perm(), Sum(data), nil
}

// writable tells why a file or a directory cannot be replaced. The permission
// bits are asked too, so that root, who may do everything, is stopped by a file
// that its owner made read-only.
func writable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o222 == 0 {
		kind := "file"
		if info.IsDir() {
			kind = "directory"
		}
		return fmt.Errorf("%s: the %s is read-only: make it writable (chmod u+w) and run again; nothing was changed", path, kind)
	}
	if info.IsDir() {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("the file cannot be written, make it writable and run again; nothing was changed: %w", err)
	}
	return f.Close()
}

// existingDir is the nearest directory above path that exists, and the ones
// below it that are missing, outermost first.
func existingDir(path string) (there string, missing []string) {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir, missing
		}
		missing = append([]string{dir}, missing...)
	}
}

// writeSynced writes a new file and waits until it is on the disk.
func writeSynced(path string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode) // the umask has taken bits away
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncDir waits until names in a directory are on the disk. Systems that cannot
// sync a directory keep names safe in another way.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
