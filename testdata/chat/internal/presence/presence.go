// Package presence knows who is online.
package presence

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// Presence keeps in Redis when each user was last seen.
type Presence struct {
	rdb    redis.Cmdable
	within time.Duration
	now    func() time.Time
}

// New returns a presence in which users count as online for some time after
// they were seen.
func New(rdb redis.Cmdable, within time.Duration) *Presence {
	return &Presence{rdb: rdb, within: within, now: time.Now}
}

// Seen notes that a user is there.
func (p *Presence) Seen(ctx context.Context, user string) error {
	return p.rdb.ZAdd(ctx, keys.Online, redis.Z{Score: float64(p.now().Unix()), Member: user}).Err()
}

// Gone notes that a user left.
func (p *Presence) Gone(ctx context.Context, user string) error {
	return p.rdb.ZRem(ctx, keys.Online, user).Err()
}

// Online returns the users who are there, the latest first, and forgets the
// others.
func (p *Presence) Online(ctx context.Context, limit int64) ([]string, error) {
	since := strconv.FormatInt(p.now().Add(-p.within).Unix(), 10)
	if err := p.rdb.ZRemRangeByScore(ctx, keys.Online, "-inf", "("+since).Err(); err != nil {
		return nil, err
	}
	return p.rdb.ZRevRangeByScore(ctx, keys.Online, &redis.ZRangeBy{
		Min: since, Max: "+inf", Count: limit,
	}).Result()
}

// LastSeen returns when a user was last there; ok is false for one who is not
// remembered.
func (p *Presence) LastSeen(ctx context.Context, user string) (at time.Time, ok bool, err error) {
	score, err := p.rdb.ZScore(ctx, keys.Online, user).Result()
	switch err {
	case nil:
		return time.Unix(int64(score), 0), true, nil
	case redis.Nil:
		return time.Time{}, false, nil
	}
	return time.Time{}, false, err
}
