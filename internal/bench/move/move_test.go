package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

// TestMain lets the test's binary be the child that copies.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		main()
		return
	}
	os.Exit(m.Run())
}

// A copy of more keys takes no more memory: what a child has at its peak hardly grows
// while there are twice as many keys, and it is not much slower than reading alone.
func TestACopyInBoundedMemory(t *testing.T) {
	testneed.RedisServer(t) // or none is installed
	var peaks []int64
	for _, keys := range []int{20_000, 40_000} {
		list, err := copies(context.Background(), options{keys: keys, stores: []string{"file"}, file: "?memory=4mb"}, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		read, file := list[0], list[1]
		if ratio := read.Seconds / file.Seconds; ratio < 0.03 {
			t.Errorf("a copy of %d keys to a file takes %.1f s, reading them alone %.1f s", keys, file.Seconds, read.Seconds)
		}
		if file.peak == 0 {
			t.Skip("this system does not tell how much memory a process has had")
		}
		peaks = append(peaks, file.peak)
	}
	t.Logf("peaks: %d MB and %d MB", peaks[0]>>20, peaks[1]>>20)
	if peaks[1] > peaks[0]+30<<20 {
		t.Errorf("twice as many keys: %d MB instead of %d MB at the peak", peaks[1]>>20, peaks[0]>>20)
	}
}

// The loads run on every kind of target, with sizes of a test.
func TestVolumes(t *testing.T) {
	testneed.RedisServer(t)
	o := options{sessions: 500, threads: 20, messages: 50, callers: 4, slice: 50 * time.Millisecond, filling: time.Minute, stores: []string{"memory", "file"}}
	dir := t.TempDir()
	fills, list, err := o.volumes(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(fills) != 3 || len(list) != 3*len(loads) {
		t.Fatal(fills, list)
	}
	for _, f := range fills {
		if f.sessions != o.sessions || f.threads != o.threads || f.bytes < 200_000 {
			t.Errorf("%+v", f)
		}
	}
	for _, v := range list {
		for i, p := range v.percentiles {
			if v.rate <= 0 || p <= 0 || i > 0 && p < v.percentiles[i-1] {
				t.Errorf("%+v", v)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "file", "volumes.db")); err != nil {
		t.Error(err)
	}
}
