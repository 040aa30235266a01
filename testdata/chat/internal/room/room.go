// Package room keeps rooms: their settings and their members.
package room

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// ErrNotFound is returned for a room that does not exist.
var ErrNotFound = errors.New("room: not found")

// Settings are stored as the fields of a hash.
type Settings struct {
	Title   string    `redis:"title"`
	Seats   int       `redis:"seats"`
	Private bool      `redis:"private"`
	Created time.Time `redis:"created"`
}

// Rooms keeps rooms in Redis.
type Rooms struct {
	rdb redis.Cmdable
}

// New returns the rooms.
func New(rdb redis.Cmdable) *Rooms { return &Rooms{rdb: rdb} }

// Save creates or replaces a room's settings.
func (r *Rooms) Save(ctx context.Context, name string, s Settings) error {
	if err := r.rdb.HSet(ctx, keys.Room(name), s).Err(); err != nil {
		return fmt.Errorf("room: saving %s: %w", name, err)
	}
	return nil
}

// Load returns a room's settings.
func (r *Rooms) Load(ctx context.Context, name string) (Settings, error) {
	var s Settings
	cmd := r.rdb.HGetAll(ctx, keys.Room(name))
	if err := cmd.Err(); err != nil {
		return s, fmt.Errorf("room: loading %s: %w", name, err)
	}
	if len(cmd.Val()) == 0 {
		return s, ErrNotFound
	}
	err := cmd.Scan(&s)
	return s, err
}

// Join adds members and returns how many were new.
func (r *Rooms) Join(ctx context.Context, name string, users ...string) (int64, error) {
	members := make([]interface{}, len(users))
	for i, u := range users {
		members[i] = u
	}
	return r.rdb.SAdd(ctx, keys.Members(name), members...).Result()
}

// Leave removes a member.
func (r *Rooms) Leave(ctx context.Context, name, user string) error {
	return r.rdb.SRem(ctx, keys.Members(name), user).Err()
}

// Members returns the members of a room in no particular order.
func (r *Rooms) Members(ctx context.Context, name string) ([]string, error) {
	return r.rdb.SMembers(ctx, keys.Members(name)).Result()
}

// IsMember says whether a user has joined a room.
func (r *Rooms) IsMember(ctx context.Context, name, user string) (bool, error) {
	return r.rdb.SIsMember(ctx, keys.Members(name), user).Result()
}

// Common returns the users who are in both rooms.
func (r *Rooms) Common(ctx context.Context, a, b string) ([]string, error) {
	return r.rdb.SInter(ctx, keys.Members(a), keys.Members(b)).Result()
}

// Delete removes a room with everything that hangs on it.
func (r *Rooms) Delete(ctx context.Context, name string) error {
	n, err := r.rdb.Del(ctx, keys.Room(name), keys.Members(name), keys.Slots(name), keys.Messages(name)).Result()
	if err != nil {
		return fmt.Errorf("room: deleting %s: %w", name, err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}
