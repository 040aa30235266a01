package transfer

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// Families in Workers KV alone are brought with what KV has: whole strings with their
// expiry; what somebody else has written stays, and a comparison reads them.
func TestFamiliesInKVAlone(t *testing.T) {
	ctx := context.Background()
	addr := testneed.RedisServer(t)
	c := redis.NewClient(&redis.Options{Addr: addr})
	defer c.Close()
	url := "memory://alone?kv=stale"
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	planned, ok := store.As[store.Planned](b)
	if !ok {
		t.Fatal("the store takes no plan")
	}
	if err := planned.UsePlan([]store.Family{
		{Pattern: "page:*", Name: "Page", Type: "string", Store: "kv", Consistency: "primary"},
		{Pattern: "*", Name: "Rest", Type: "any", Store: "do", Consistency: "follow"},
	}); err != nil {
		t.Fatal(err)
	}
	c.Set(ctx, "page:1", "one", 0)
	c.Set(ctx, "page:2", strings.Repeat("x", value.PieceBytes/2), 1e12)
	c.Set(ctx, "page:empty", "", 0)
	c.Set(ctx, "page:others", "redis", 0)
	c.RPush(ctx, "page:list", "a")
	c.Set(ctx, "plain", "p", 1e12)
	from, err := Open(ctx, "redis://"+addr, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := Open(ctx, url, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := value.One(ctx, to, "SET", "page:others", "the program"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "checkpoint")
	n, err := Copy(ctx, CopyOptions{From: from, To: to, Checkpoint: file})
	if err != nil {
		t.Fatal(err)
	}
	if n.Copied != 4 || n.Kept != 1 || len(n.Refused) != 1 || n.Left() != 2 {
		t.Errorf("%+v", n)
	}
	for why := range n.Refused {
		if !strings.Contains(why, "is in KV alone (consistency: primary)") || n.Example[why] != "page:list" {
			t.Errorf("%q, such as %q", why, n.Example[why])
		}
	}
	compared, err := Compare(ctx, CompareOptions{From: from, To: to, Rounds: 1, Sample: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(compared.Differences) != 2 || compared.Differences[0].Key != "page:list" || compared.Differences[1].Key != "page:others" {
		t.Errorf("%+v", compared.Differences)
	}
	if n, err = Copy(ctx, CopyOptions{From: from, To: to, Overwrite: true}); err != nil || n.Kept != 0 {
		t.Errorf("%+v %v", n, err)
	}
	r, err := value.One(ctx, to, "GET", "page:others")
	if err != nil || value.Text(r) != "redis" {
		t.Errorf("page:others is %q %v", value.Text(r), err)
	}
}
