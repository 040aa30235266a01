package cache

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"example.com/chat/internal/redistest"
)

type profile struct {
	Name string
	Loud bool
}

func TestLoadsOnce(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBCache)
	loads := 0
	c := New(rdb, "profile", time.Minute, func(_ context.Context, id string) (profile, error) {
		loads++
		return profile{Name: id, Loud: true}, nil
	})
	for i := 0; i < 3; i++ {
		if p, err := c.Get(ctx, "ada"); err != nil || p.Name != "ada" || !p.Loud {
			t.Fatalf("Get = %+v, %v", p, err)
		}
	}
	if loads != 1 {
		t.Errorf("loaded %d times", loads)
	}
	if ttl := rdb.PTTL(ctx, "cache:profile:ada").Val(); ttl <= 0 || ttl > time.Minute {
		t.Errorf("TTL = %v", ttl)
	}
	if err := c.Drop(ctx, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(ctx, "ada"); err != nil || loads != 2 {
		t.Errorf("after Drop: %d loads, %v", loads, err)
	}
}

func TestGetManyFillsHoles(t *testing.T) {
	ctx := context.Background()
	var loaded []string
	c := New(redistest.New(t, redistest.DBCache), "length", time.Minute, func(_ context.Context, id string) (int, error) {
		loaded = append(loaded, id)
		return len(id), nil
	})
	if _, err := c.Get(ctx, "bb"); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetMany(ctx, "a", "bb", "ccc")
	if err != nil || !reflect.DeepEqual(got, []int{1, 2, 3}) {
		t.Fatalf("GetMany = %v, %v", got, err)
	}
	if got, err = c.GetMany(ctx, "ccc", "a"); err != nil || !reflect.DeepEqual(got, []int{3, 1}) {
		t.Fatalf("GetMany = %v, %v", got, err)
	}
	if want := []string{"bb", "a", "ccc"}; !reflect.DeepEqual(loaded, want) {
		t.Errorf("loaded %v, want %v", loaded, want)
	}
}

func TestFailedLoadIsNotKept(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBCache)
	broken := errors.New("database is down")
	c := New(rdb, "broken", time.Minute, func(context.Context, string) (string, error) { return "", broken })
	if _, err := c.Get(ctx, "x"); !errors.Is(err, broken) {
		t.Errorf("Get: %v", err)
	}
	if n := rdb.Exists(ctx, "cache:broken:x").Val(); n != 0 {
		t.Error("a failed load was kept")
	}
}
