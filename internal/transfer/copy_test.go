package transfer

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite" // file: URLs
	"github.com/redis2cf/redis2cf/runtime/value"
)

var (
	seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random keys")
	many = flag.Int("keys", 120, "random keys of a type")
)

// fill writes random keys of every type that redis-server has.
func fill(t *testing.T, addr string, n int) {
	t.Helper()
	t.Logf("-seed %d -keys %d", *seed, n)
	rnd := rand.New(rand.NewPCG(*seed, 1))
	ctx := context.Background()
	c := redis.NewClient(&redis.Options{Addr: addr, ReadTimeout: time.Minute})
	defer c.Close()
	word := func() string {
		b := make([]byte, rnd.IntN(40))
		for i := range b {
			b[i] = byte(rnd.IntN(256))
		}
		return string(b)
	}
	rows := func() int {
		if rnd.IntN(50) == 0 {
			return 3000 + rnd.IntN(3000)
		}
		return 1 + rnd.IntN(30)
	}
	p := c.Pipeline()
	run := func(args ...any) { p.Do(ctx, args...) }
	for i := range n {
		name := func(kind string) string { return fmt.Sprintf("%s:%d:%s", kind, i, word()) }
		var keys []string
		key := name("string")
		keys = append(keys, key)
		switch rnd.IntN(4) {
		case 0:
			run("SET", key, rnd.Int64())
		case 1:
			run("SETRANGE", key, rnd.IntN(3*value.PieceBytes), word()+"x")
		case 2:
			run("PFADD", key, word(), word(), word())
		default:
			run("SET", key, word())
		}
		key = name("list")
		keys = append(keys, key)
		for range rows() {
			run("RPUSH", key, word())
		}
		key = name("hash")
		keys = append(keys, key)
		for range rows() {
			run("HSET", key, word(), word())
		}
		key = name("set")
		keys = append(keys, key)
		ints := rnd.IntN(2) == 0
		for range rows() {
			if ints {
				run("SADD", key, rnd.IntN(100000))
			} else {
				run("SADD", key, word())
			}
		}
		key = name("zset")
		keys = append(keys, key)
		for range rows() {
			score := strconv.FormatFloat(rnd.NormFloat64()*1e6, 'g', -1, 64)
			switch rnd.IntN(10) {
			case 0:
				score = "inf"
			case 1:
				score = "-inf"
			case 2:
				score = strconv.Itoa(rnd.IntN(10))
			}
			run("ZADD", key, score, word())
		}
		key = name("stream")
		keys = append(keys, key)
		entries := rows()
		for e := range entries {
			run("XADD", key, fmt.Sprintf("%d-%d", e/3+1, e%3+1), "f", word(), word(), word())
		}
		if rnd.IntN(3) == 0 {
			run("XDEL", key, "1-1")
		}
		if rnd.IntN(6) == 0 {
			run("XTRIM", key, "MAXLEN", "0")
		}
		for g := range rnd.IntN(3) {
			group := fmt.Sprint("group", g)
			run("XGROUP", "CREATE", key, group, "0")
			run("XGROUP", "CREATECONSUMER", key, group, "idle")
			run("XREADGROUP", "GROUP", group, "worker"+word(), "COUNT", 1+rnd.IntN(4), "STREAMS", key, ">")
		}
		for _, key := range keys {
			if rnd.IntN(3) == 0 {
				run("PEXPIREAT", key, time.Now().Add(time.Hour).UnixMilli()+rnd.Int64N(1e9))
			}
		}
		if i%20 == 19 {
			if _, err := p.Exec(ctx); err != nil && err != redis.Nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := p.Exec(ctx); err != nil && err != redis.Nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, url string) End {
	t.Helper()
	e, err := Open(context.Background(), url, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// sameKeys holds two ends against each other, key by key.
func sameKeys(t *testing.T, from, to End) int {
	t.Helper()
	ctx := context.Background()
	a, err := value.NewReader(ctx, from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := value.NewReader(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := value.One(ctx, from, "KEYS", "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range value.Texts(keys) {
		ha, da, err := a.State(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		hb, db, err := b.State(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if ha.Type != hb.Type || ha.Expire != hb.Expire || da != db {
			t.Errorf("%s: %s until %d, %x; at the other end %s until %d, %x", value.Show(key), ha.Type, ha.Expire, da, hb.Type, hb.Expire, db)
		}
	}
	other, err := value.One(ctx, to, "DBSIZE")
	if err != nil {
		t.Fatal(err)
	}
	if int(other.Int) != len(keys.Elems) {
		t.Errorf("%d keys, and at the other end %d", len(keys.Elems), other.Int)
	}
	return len(keys.Elems)
}

// Keys of all types go from Redis to a store and on to another Redis, whose own digest
// of its data is the first one's.
func TestThereAndBack(t *testing.T) {
	first, second := testneed.RedisServer(t), testneed.RedisServer(t)
	fill(t, first, *many)
	ctx := context.Background()
	for _, store := range []string{"memory://there-and-back", "file:" + t.TempDir() + "/store.db"} {
		a, b, c := open(t, "redis://"+first), open(t, store), open(t, "redis://"+second)
		if _, err := value.One(ctx, c, "FLUSHALL"); err != nil {
			t.Fatal(err)
		}
		n, err := Copy(ctx, CopyOptions{From: a, To: b})
		if err != nil {
			t.Fatal(err)
		}
		if keys := sameKeys(t, a, b); n.Copied != int64(keys) || n.Left() > 0 {
			t.Errorf("%d keys: %+v", keys, n)
		}
		if _, err = Copy(ctx, CopyOptions{From: b, To: c}); err != nil {
			t.Fatal(err)
		}
		sameKeys(t, a, c)
		want, err := value.One(ctx, a, "DEBUG", "DIGEST")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := value.One(ctx, c, "DEBUG", "DIGEST"); err != nil || got.Str != want.Str {
			t.Errorf("%s: DEBUG DIGEST is %s, and at the end %s %v", store, want.Str, got.Str, err)
		}
	}
}
