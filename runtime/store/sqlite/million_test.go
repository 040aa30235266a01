package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// fill makes a file with so many strings, of which every tenth expires in the
// far future, and a hash of so many fields.
func fill(tb testing.TB, path string, keys, fields int) {
	tb.Helper()
	s := sqlite.New(path, sqlite.SyncOff)
	if _, err := s.Open(); err != nil {
		tb.Fatal(err)
	}
	seq := uint64(0)
	commit := func(ops []engine.Op) {
		seq++
		if err := s.Commit(&engine.Change{Seq: seq, NextID: 2, Ops: ops}); err != nil {
			tb.Fatal(err)
		}
	}
	var ops []engine.Op
	for i := 0; i < keys; i++ {
		h := engine.Header{Key: fmt.Sprintf("session:%07d", i), Type: engine.TypeString, Value: fmt.Sprintf("value of %07d, forty bytes long", i)}
		h.Hash = engine.KeyHash(h.Key)
		if i%10 == 0 {
			h.ExpireAt = 4_000_000_000_000 + int64(i)
		}
		if ops = append(ops, engine.Op{Kind: engine.OpPutKey, Type: h.Type, Header: h}); len(ops) == 10_000 {
			commit(ops)
			ops = nil
		}
	}
	if fields > 0 {
		h := engine.Header{Key: "large", Type: engine.TypeHash, ID: 1, Hash: engine.KeyHash("large")}
		ops = append(ops, engine.Op{Kind: engine.OpPutKey, Type: h.Type, Header: h})
		for i := 0; i < fields; i++ {
			ops = append(ops, engine.Op{Kind: engine.OpPutItem, Type: engine.TypeHash, ID: 1, Item: engine.Item{Field: fmt.Sprintf("field:%07d", i), Value: "some value"}})
		}
	}
	commit(ops)
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

func heap() int64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkMillionKeys opens a file with a million keys (REDIS2CF_KEYS says
// otherwise) and reads from it what is not in memory, of which there is so little
// that each key has another one leave.
func BenchmarkMillionKeys(b *testing.B) {
	keys := 1_000_000
	if n := os.Getenv("REDIS2CF_KEYS"); n != "" {
		fmt.Sscan(n, &keys)
	}
	path := filepath.Join(b.TempDir(), "x.db")
	fill(b, path, keys, 100_000)
	url := "file:" + filepath.ToSlash(path) + "?durability=behind&memory=4MB"
	open := func() (store.Backend, store.Session) {
		back, err := store.Open(url)
		if err != nil {
			b.Fatal(err)
		}
		s, err := back.NewSession(store.SessionOptions{})
		if err != nil {
			b.Fatal(err)
		}
		return back, s
	}
	run := func(s store.Session, cmd ...string) resp.Reply {
		r, err := s.Execute(context.Background(), []resp.Command{cmd})
		if err != nil || r[0].Kind == resp.Error {
			b.Fatal(err, r)
		}
		return r[0]
	}
	b.Run("open", func(b *testing.B) {
		before, after := heap(), int64(0)
		for i := 0; i < b.N; i++ {
			back, s := open()
			if run(s, "GET", "session:0000001").Str == "" {
				b.Fatal("a key is missing")
			}
			if i == 0 {
				b.StopTimer()
				after = heap()
				b.StartTimer()
			}
			back.Close()
		}
		b.ReportMetric(float64(after-before)/1e6, "MB")
	})
	back, s := open()
	defer back.Close()
	start := time.Now()
	if n := run(s, "DBSIZE").Int; n != int64(keys)+1 {
		b.Fatal(n)
	}
	b.Logf("counting the keys takes %v", time.Since(start))
	at := 0
	next := func(n int) int { at = (at + 7919) % n; return at }
	b.Run("cold GET", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			run(s, "GET", fmt.Sprintf("session:%07d", next(keys)))
		}
	})
	b.Run("missing GET", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			run(s, "GET", fmt.Sprintf("nothing:%07d", next(keys)))
		}
	})
	b.Run("cold HGET", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			run(s, "HGET", "large", fmt.Sprintf("field:%07d", next(100_000)))
		}
	})
	b.Run("cold SET", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			run(s, "SET", fmt.Sprintf("session:%07d", next(keys)), "value of another session, forty bytes")
		}
	})
	b.Run("warm GET", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			run(s, "GET", "session:0000001")
		}
	})
	b.Run("SCAN", func(b *testing.B) {
		cursor := "0"
		for i := 0; i < b.N; i++ {
			cursor = run(s, "SCAN", cursor, "COUNT", "100").Elems[0].Str
		}
	})
	b.Run("RANDOMKEY", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			run(s, "RANDOMKEY")
		}
	})
}
