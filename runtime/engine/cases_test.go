package engine_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

var update = flag.Bool("record", false, "record testdata/recorded.resp anew, from redis-server")

// TestKeptCasesAnswerLikeRedis runs the scripts that once showed a difference, on
// an engine in memory and on one with next to none.
func TestKeptCasesAnswerLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	text, err := os.ReadFile("../internal/difftest/testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := difftest.Cases(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) == 0 {
		t.Fatal("there are no cases")
	}
	tight := &subject.Stored{
		T: t, Options: subject.Tight, Every: 1,
		Fresh: func() engine.Store { return memory.NewRows() },
		Again: func(s engine.Store) engine.Store { return s },
	}
	for _, s := range []difftest.Subject{&subject.Volatile{T: t}, tight} {
		for _, script := range scripts {
			d, err := difftest.Replay(s, difftest.Options{Addr: addr, Proto: 3, Settle: 1}, script)
			if err != nil {
				t.Fatal(err)
			}
			if d != nil {
				t.Errorf("%s", d)
			}
		}
	}
}

// TestRecordedCommandsAnswerLikeRedis repeats random commands whose answers of
// redis-server are kept in a file, for where there is no server: in WebAssembly.
func TestRecordedCommandsAnswerLikeRedis(t *testing.T) {
	const path = "testdata/recorded.resp"
	if *update {
		b, err := difftest.Record(difftest.Options{
			Addr: testneed.RedisServer(t), Seed: 5, Commands: 800, Proto: 3, Served: engine.Served,
		}, time.Now().UnixMilli())
		if err == nil {
			err = os.WriteFile(path, b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	recording, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, d, err := difftest.Recorded(&subject.Volatile{T: t}, recording)
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		t.Fatalf("after %d commands:\n%s", n, d)
	}
	if n < 700 {
		t.Fatalf("only %d commands are recorded", n)
	}
}
