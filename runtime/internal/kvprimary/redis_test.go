package kvprimary_test

import (
	"context"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// instant is a KV that shows every write at once.
type instant map[string]string

func (k instant) Read(_ context.Context, names []string) ([]kvprimary.Value, error) {
	out := make([]kvprimary.Value, len(names))
	for i, n := range names {
		out[i].Data, out[i].Found = k[n]
	}
	return out, nil
}

func (k instant) Write(_ context.Context, writes []kvprimary.Write) ([]error, error) {
	for _, w := range writes {
		if delete(k, w.Name); !w.Delete {
			k[w.Name] = w.Data
		}
	}
	return nil, nil
}

// limits are the errors of what Redis does and KV does not.
var limits = []string{"unsupported option", "cannot be kept", "bytes in KV, which keeps none above"}

// What is not among the limits answers as Redis does, wrong command lines included.
func TestRandomCommandsAnswerLikeRedis(t *testing.T) {
	c, err := difftest.Dial(testneed.RedisServer(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	store := instant{}
	keys := []string{"a", "b", "c", "", "@a", ".", "a b", "\xff\x00", strings.Repeat("k", 512), strings.Repeat("k", 513)}
	options := []string{"EX", "px", "ExAt", "PXAT", "NX", "XX", "GET", "KEEPTTL", "FOO", "", "60", "060", "+60", "-60", " 60", "0", "59", "100", "100000", "1e3", "60.0", "x",
		"9223372036854775807", "9223372036854775808", "9223372036854775", "9223372036854776", "9000000000000000000", fmt.Sprint(time.Now().Unix() + 1000), fmt.Sprint(time.Now().UnixMilli() + 1_000_000)}
	pick := func(from []string) string { return from[r.Intn(len(from))] }
	same, refused := 0, 0
	for i := 0; i < 5000; i++ {
		name := pick([]string{"GET", "MGET", "SET", "SET", "SETEX", "DEL", "get", "Set"})
		line := resp.Command{name}
		for n := r.Intn(4); n > 0; n-- {
			line = append(line, pick(keys))
		}
		if strings.ToUpper(name) == "SET" {
			line = resp.Command{name, pick(keys), pick([]string{"v", "", "\xff"})}
			for n := r.Intn(5); n > 0; n-- {
				line = append(line, pick(options))
			}
		} else if name == "SETEX" && r.Intn(4) > 0 {
			line = resp.Command{name, pick(keys), pick(options), "w"}
		}
		// A new client remembers nothing: what it reads is what was stored.
		got, err := kvprimary.NewClient(store, kvprimary.Options{}).Execute(context.Background(), 0, []resp.Command{line})
		if err != nil {
			t.Fatal(err)
		}
		if text := got[0].Str; got[0].Kind == resp.Error && contains(text, limits) {
			refused++
			continue // Redis may have it
		}
		want, err := c.Do([]resp.Command{line})
		if err != nil {
			t.Fatal(err)
		}
		if strings.ToUpper(name) == "DEL" && want[0].Kind == resp.Int {
			continue // the count is another one
		}
		if fmt.Sprint(got[0]) != fmt.Sprint(want[0]) {
			t.Errorf("%q: %+v, and Redis answers %+v", line, got[0], want[0])
		}
		same++
	}
	if same < 2000 || refused < 200 {
		t.Errorf("%d answers were the same, %d refused", same, refused)
	}
}

func contains(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
