package engine_test

import (
	"slices"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// TestFieldsOfHashesExpireLikeRedis runs random commands of hashes against a
// server that knows the expiry of their fields: Redis 7.4 or newer, which
// $REDIS_SERVER names. Commands whose answers Redis has changed since 7.0 for
// other reasons are left out, and those with cursors: 7.4 no longer takes an empty one.
func TestFieldsOfHashesExpireLikeRedis(t *testing.T) {
	addr := testneed.RedisServer(t)
	c, err := difftest.Dial(addr, 2)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Do([]resp.Command{{"COMMAND", "INFO", "hexpire"}})
	if err != nil || c.Close() != nil {
		t.Fatal(err)
	}
	if len(r[0].Elems) == 0 || len(r[0].Elems[0].Elems) == 0 {
		t.Skip("the server is older than Redis 7.4: $" + testneed.ServerEnv + " may name another")
	}
	around := []string{"del", "unlink", "type", "exists", "rename", "copy", "move", "persist", "expireat", "swapdb", "flushdb", "set", "dump", "restore", "keys", "touch"}
	served := func(name string) bool {
		return engine.Served(name) && name != "hscan" && (name[0] == 'h' || slices.Contains(around, name))
	}
	for _, proto := range []int{2, 3} {
		difftest.Run(t, &subject.Volatile{T: t}, difftest.Options{
			Addr: addr, Seed: *seed, Commands: *commands / 2, Proto: proto, Served: served,
		})
	}
}
