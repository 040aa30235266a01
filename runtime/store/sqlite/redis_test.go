package sqlite_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

var commandsFlag = flag.Int("commands", 20_000, "commands that the comparison with redis-server sends")

// TestFilesAnswerLikeRedis compares an engine over a file with redis-server. The
// file is closed and opened again and again.
func TestFilesAnswerLikeRedis(t *testing.T) {
	againstRedis(t, 0, nil)
}

// TestRowsOfFilesAnswerLikeRedis does so with engines that keep next to nothing
// of a collection in memory.
func TestRowsOfFilesAnswerLikeRedis(t *testing.T) {
	againstRedis(t, 1, func(n int) engine.Options {
		return subject.Tight(n)
	})
}

func againstRedis(t *testing.T, off int64, options func(n int) engine.Options) {
	addr := testneed.RedisServer(t)
	dir, last := t.TempDir(), (*sqlite.Store)(nil)
	path := filepath.Join(dir, "x.db")
	open := func() engine.Store {
		last = sqlite.New(path, sqlite.SyncOff)
		return last
	}
	s := &subject.Stored{
		T: t, Options: options, Every: 3,
		Fresh: func() engine.Store {
			if last != nil {
				if err := last.Close(); err != nil {
					t.Fatal(err)
				}
			}
			for _, end := range []string{"", "-wal", "-shm"} {
				if err := removeFile(path + end); err != nil {
					t.Fatal(err)
				}
			}
			return open()
		},
		Again: func(s engine.Store) engine.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open()
		},
	}
	commands := *commandsFlag / 2
	if testing.Short() {
		commands /= 5
	}
	difftest.Run(t, s, difftest.Options{
		Addr: addr, Seed: *seedFlag + off, Commands: commands, Proto: 3, Settle: 20, Served: subject.Remembered,
	})
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("opened %d times", s.Opened())
}

// removeFile removes a file that may not be there.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
