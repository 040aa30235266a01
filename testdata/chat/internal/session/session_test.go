package session

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
	"example.com/chat/internal/redistest"
)

func TestCreateGetDelete(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBSession)
	s := NewStore(rdb, time.Hour)

	created, err := s.Create(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(ctx, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.User != "ada" || !got.Created.Equal(created.Created) {
		t.Errorf("got %+v, want %+v", got, created)
	}
	if err := s.Delete(ctx, created.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, created.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("after Delete: %v", err)
	}
}

func TestUseExtendsLife(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBSession)
	s := NewStore(rdb, time.Hour)
	sess, err := s.Create(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	key := keys.Session(sess.ID)
	if err := rdb.Expire(ctx, key, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, sess.ID); err != nil {
		t.Fatal(err)
	}
	if ttl := rdb.TTL(ctx, key).Val(); ttl <= time.Minute || ttl > time.Hour {
		t.Errorf("TTL = %v, want about an hour", ttl)
	}
}

func TestDeleteUserLeavesOthers(t *testing.T) {
	ctx := context.Background()
	s := NewStore(redistest.New(t, redistest.DBSession), time.Hour)
	for i := 0; i < 150; i++ { // more than one page of SCAN
		if _, err := s.Create(ctx, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	bob, err := s.Create(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.DeleteUser(ctx, "ada"); n != 150 || err != nil {
		t.Errorf("DeleteUser = %d, %v", n, err)
	}
	if _, err := s.Get(ctx, bob.ID); err != nil {
		t.Errorf("bob's session: %v", err)
	}
}

// downRedis answers reads like a server that went away.
type downRedis struct {
	redis.Cmdable
	err error
}

func (d downRedis) Get(context.Context, string) *redis.StringCmd {
	return redis.NewStringResult("", d.err)
}

func TestServerFailureIsNotNotFound(t *testing.T) {
	down := errors.New("connection refused")
	s := NewStore(downRedis{err: down}, time.Hour)
	_, err := s.Get(context.Background(), "x")
	if errors.Is(err, ErrNotFound) || !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}
