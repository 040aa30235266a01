package lock

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/chat/internal/keys"
	"example.com/chat/internal/redistest"
)

func TestOneOwnerAtATime(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBLock)
	first, err := Acquire(ctx, rdb, "digest", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(ctx, rdb, "digest", time.Minute); !errors.Is(err, ErrTaken) {
		t.Errorf("second owner: %v", err)
	}
	if err := first.Extend(ctx, time.Hour); err != nil {
		t.Errorf("Extend: %v", err)
	}
	if ttl := rdb.PTTL(ctx, keys.Lock("digest")).Val(); ttl <= time.Minute {
		t.Errorf("TTL after Extend = %v", ttl)
	}
	if err := first.Release(ctx); err != nil {
		t.Errorf("Release: %v", err)
	}
	if _, err := Acquire(ctx, rdb, "digest", time.Minute); err != nil {
		t.Errorf("after Release: %v", err)
	}
}

func TestLateOwnerHarmsNobody(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBLock)
	late, err := Acquire(ctx, rdb, "digest", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	rdb.Del(ctx, keys.Lock("digest")) // its time is over
	next, err := Acquire(ctx, rdb, "digest", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Release(ctx); !errors.Is(err, ErrLost) {
		t.Errorf("late Release: %v", err)
	}
	if err := late.Extend(ctx, time.Minute); !errors.Is(err, ErrLost) {
		t.Errorf("late Extend: %v", err)
	}
	if err := next.Release(ctx); err != nil {
		t.Errorf("the next owner lost it: %v", err)
	}
}
