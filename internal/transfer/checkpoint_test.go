package transfer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/value"
)

// A checkpoint knows where each node is, and what of.
func TestACheckpointRemembers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "checkpoint")
	ctx := context.Background()
	c, resumed, err := openCheckpoint(file, "one copy")
	if err != nil || resumed {
		t.Fatal(resumed, err)
	}
	for _, cursor := range []string{"5", "7"} {
		if err := c.passed(ctx, "a", cursor); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(c.passed(ctx, "b", "9"), c.passed(ctx, "b", "0"), c.close()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openCheckpoint(file, "another copy"); !errors.Is(err, ErrOtherCopy) {
		t.Errorf("for another copy: %v", err)
	}
	if c, resumed, err = openCheckpoint(file, "one copy"); err != nil || !resumed {
		t.Fatal(resumed, err)
	}
	defer c.close()
	if _, _, err := openCheckpoint(file, "one copy"); err == nil || !strings.Contains(err.Error(), "another copy uses it: wait") {
		t.Errorf("for two copies at once: %v", err)
	}
	for node, want := range map[string]string{"a": "7", "b": "0 done", "c": "0"} {
		cursor, done, err := c.cursor(ctx, node)
		if done {
			cursor += " done"
		}
		if err != nil || cursor != want {
			t.Errorf("%s is at %q, want %q: %v", node, cursor, want, err)
		}
	}
}

// A checkpoint that was cut off is said to be so, or begins anew: it never says that
// something was brought which was not.
func TestACheckpointThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "whole")
	ctx := context.Background()
	c, _, err := openCheckpoint(file, "a copy")
	if err != nil {
		t.Fatal(err)
	}
	var marks []mark
	for i := range 300 {
		marks = append(marks, mark{strings.Repeat("k", i), value.Digest{byte(i)}, int64(i)})
	}
	if err := errors.Join(c.will(ctx, marks), c.passed(ctx, "n", "12345"), c.close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte(strings.Repeat("something else\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openCheckpoint(other, "a copy"); err == nil || !strings.Contains(err.Error(), "it is damaged: remove it") {
		t.Errorf("a file of something else: %v", err)
	}
	for n := 0; n < len(whole); n += 509 {
		cut := filepath.Join(dir, "cut")
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		c, _, err := openCheckpoint(cut, "a copy")
		if err != nil {
			if !strings.Contains(err.Error(), cut) || !strings.Contains(err.Error(), "it is damaged: remove it") {
				t.Errorf("%d bytes: which file is it, and what to do? %v", n, err)
			}
			continue
		}
		cursor, done, err := c.cursor(ctx, "n")
		if done || err == nil && cursor != "12345" && cursor != "0" {
			t.Errorf("%d bytes: at %q, done %v", n, cursor, done)
		}
		_ = c.close() // it is damaged
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(cut + suffix) // there may be none
		}
	}
}
