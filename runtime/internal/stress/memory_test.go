package stress_test

import (
	"fmt"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
)

// bound is the memory that the store of TestMemoryIsBounded may take, in bytes.
const bound = 4 << 20

// TestMemoryIsBounded writes more than ten times what may be in memory, strings,
// small collections and large ones, and reads all of it back.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes for seconds, and the race detector takes memory of its own")
	}
	c := runtime.NewClient(&runtime.Options{
		Addr: "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "bound.db")) + "?memory=4MB",
	})
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Ping(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	before := heap()
	sent := 0
	pipe := func(n, each int, add func(p runtime.Pipeliner, i int)) {
		t.Helper()
		for from := 0; from < n; from += each {
			_, err := c.Pipelined(ctx, func(p runtime.Pipeliner) error {
				for i := from; i < min(from+each, n); i++ {
					add(p, i)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	const strs, small, fields, large = 18_000, 300, 60, 50_000
	// Strings of their own: a part of a longer one would keep all of it alive.
	text := func(i, n int) string {
		head := fmt.Sprint(i, ":")
		return head + strings.Repeat("x", n-len(head))
	}
	pipe(strs, 400, func(p runtime.Pipeliner, i int) {
		p.Set(ctx, fmt.Sprint("string:", i), text(i, 1000), 0)
		sent += 1000
	})
	pipe(small, 20, func(p runtime.Pipeliner, i int) {
		for f := 0; f < fields; f++ {
			p.HSet(ctx, fmt.Sprint("hash:", i), fmt.Sprint("f", f), text(i, 200))
			p.SAdd(ctx, fmt.Sprint("set:", i), text(f, 200))
			sent += 400
		}
	})
	pipe(large, 1000, func(p runtime.Pipeliner, i int) {
		p.HSet(ctx, "large:hash", fmt.Sprint("field ", i), text(i, 100))
		p.RPush(ctx, "large:list", text(i, 100))
		p.ZAdd(ctx, "large:zset", runtime.Z{Score: float64(i % 1000), Member: text(i, 60)})
		p.SAdd(ctx, "large:set", text(i, 60))
		sent += 320
	})
	pipe(large/5, 500, func(p runtime.Pipeliner, i int) {
		p.XAdd(ctx, &runtime.XAddArgs{Stream: "large:stream", ID: fmt.Sprint(i+1, "-1"), Values: []string{"f", text(i, 200)}})
		sent += 200
	})
	if sent < 10*bound {
		t.Fatalf("only %d bytes were written, the bound is %d", sent, bound)
	}
	check := func(when string) {
		t.Helper()
		took := heap() - before
		t.Logf("%s: %.1f MB of heap for %.1f MB of data, the bound is %.1f MB", when, float64(took)/1e6, float64(sent)/1e6, float64(bound)/1e6)
		if most := int64(bound*3/2 + 6<<20); took > most {
			t.Errorf("%s: %d bytes of heap are taken, %d are the most", when, took, most)
		}
	}
	check("written")

	for i := 0; i < strs; i += 37 {
		if got := c.Get(ctx, fmt.Sprint("string:", i)).Val(); got != text(i, 1000) {
			t.Fatalf("string:%d is %d bytes long", i, len(got))
		}
	}
	for i := 0; i < small; i += 7 {
		if got := c.HGetAll(ctx, fmt.Sprint("hash:", i)).Val(); len(got) != fields || got["f7"] != text(i, 200) {
			t.Fatalf("hash:%d has %d fields", i, len(got))
		}
		if n := c.SCard(ctx, fmt.Sprint("set:", i)).Val(); n != fields {
			t.Fatalf("set:%d has %d members", i, n)
		}
	}
	for name, n := range map[string]int64{
		"hash": c.HLen(ctx, "large:hash").Val(), "list": c.LLen(ctx, "large:list").Val(), "set": c.SCard(ctx, "large:set").Val(),
		"zset": c.ZCard(ctx, "large:zset").Val(), "stream": 5 * c.XLen(ctx, "large:stream").Val(),
	} {
		if n != large {
			t.Errorf("the large %s has %d elements", name, n)
		}
	}
	for i := 0; i < large; i += 997 {
		if got := c.HGet(ctx, "large:hash", fmt.Sprint("field ", i)).Val(); got != text(i, 100) {
			t.Fatalf("field %d is %q", i, got)
		}
		if got := c.LIndex(ctx, "large:list", int64(i)).Val(); got != text(i, 100) {
			t.Fatalf("element %d is %q", i, got)
		}
		if got := c.ZScore(ctx, "large:zset", text(i, 60)).Val(); got != float64(i%1000) {
			t.Fatalf("score %d is %v", i, got)
		}
		if !c.SIsMember(ctx, "large:set", text(i, 60)).Val() {
			t.Fatalf("member %d is not there", i)
		}
	}
	check("read")
}

// heap is the bytes of live objects.
func heap() int64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
