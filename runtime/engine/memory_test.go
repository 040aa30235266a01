package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// forgetful is a store that is said to keep rows.
type forgetful struct{ Store }

func (forgetful) Open() (State, error)   { return State{}, nil }
func (forgetful) DBs() ([]uint32, error) { return nil, nil }

// TestMemoryIsWhatTheHeapHolds holds what the engine counts against the heap, for
// databases of many keys.
func TestMemoryIsWhatTheHeapHolds(t *testing.T) {
	strings20, long := strings.Repeat("v", 20), strings.Repeat("v", 3000)
	fields := func(n int) (words []string) {
		for i := 0; i < n; i++ {
			words = append(words, fmt.Sprint("field:", i), strings20)
		}
		return words
	}
	for name, c := range map[string]struct {
		keys int
		cmd  []string // without the key
	}{
		"strings":                {100_000, []string{"SET", strings20}},
		"short strings":          {100_000, []string{"SET", "1"}},
		"long strings":           {10_000, []string{"SET", long}},
		"strings that expire":    {100_000, []string{"SET", strings20, "EX", "1000"}},
		"strings being appended": {50_000, []string{"APPEND", strings20}},
		"counters":               {100_000, []string{"INCR"}},
		"hashes of 3":            {20_000, append([]string{"HSET"}, fields(3)...)},
		"hashes of 200":          {400, append([]string{"HSET"}, fields(200)...)},
		"lists of 3":             {20_000, []string{"RPUSH", strings20, "b", "c"}},
		"sets of 3":              {20_000, []string{"SADD", strings20, "b", "c"}},
		"sorted sets of 3":       {20_000, []string{"ZADD", "1", strings20, "2", "b", "3", "c"}},
		"streams of 1":           {20_000, []string{"XADD", "*", "name", strings20}},
		"documents":              {20_000, []string{"JSON.SET", "$", `{"name":"somebody","tags":["a","b"]}`}},
	} {
		before := heap()
		e, err := Open(forgetful{}, Options{MaxBytes: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
		s := e.NewSession(0, 3, "")
		for i := 0; i < c.keys; i++ {
			cmd := resp.Command{c.cmd[0], fresh("key:%08d", i)}
			for _, word := range c.cmd[1:] {
				cmd = append(cmd, strings.Clone(word))
			}
			if out := e.Exec(1_700_000_000_000_000, 1, Frame{Session: s, Commands: []resp.Command{cmd}}); out.Err != nil || out.Replies[0].Kind == resp.Error {
				t.Fatal(name, out.Err, out.Replies)
			}
		}
		taken, said := heap()-before, e.memoryUsed()
		if ratio := float64(said) / float64(taken); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s: counts %d bytes a key, and the heap has %d: %.2f", name, said/int64(c.keys), taken/int64(c.keys), ratio)
		} else {
			t.Logf("%s: counts %d bytes a key, and the heap has %d: %.2f", name, said/int64(c.keys), taken/int64(c.keys), ratio)
		}
	}
}
