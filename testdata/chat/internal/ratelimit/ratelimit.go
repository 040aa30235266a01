// Package ratelimit says who may go on.
package ratelimit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Fixed allows a number of events in each window of time: cheap, and lets twice
// as many through around a window's end.
type Fixed struct {
	rdb    redis.Cmdable
	limit  int64
	window time.Duration
	now    func() time.Time
}

// NewFixed returns a limiter of fixed windows.
func NewFixed(rdb redis.Cmdable, limit int64, window time.Duration) *Fixed {
	return &Fixed{rdb: rdb, limit: limit, window: window, now: time.Now}
}

// Allow counts an event of who and says whether it is within the limit.
func (f *Fixed) Allow(ctx context.Context, who string) (bool, error) {
	key := fmt.Sprintf("rate:%s:%d", who, f.now().UnixNano()/int64(f.window))
	var count *redis.IntCmd
	if _, err := f.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		count = p.Incr(ctx, key)
		p.Expire(ctx, key, 2*f.window)
		return nil
	}); err != nil {
		return false, fmt.Errorf("ratelimit: %s: %w", who, err)
	}
	return count.Val() <= f.limit, nil
}

// Sliding allows a number of events in any window of time: exact, and keeps
// every event of the window.
type Sliding struct {
	rdb    redis.Cmdable
	limit  int64
	window time.Duration
	now    func() time.Time
}

// NewSliding returns a limiter of a sliding window.
func NewSliding(rdb redis.Cmdable, limit int64, window time.Duration) *Sliding {
	return &Sliding{rdb: rdb, limit: limit, window: window, now: time.Now}
}

const slidingPrefix = "sliding:"

// Allow counts an event of who and says whether it is within the limit.
// Refused events count too: who does not pause stays out.
func (s *Sliding) Allow(ctx context.Context, who string) (bool, error) {
	now := s.now()
	key := slidingPrefix + who
	old := strconv.FormatInt(now.Add(-s.window).UnixMicro(), 10)

	pipe := s.rdb.TxPipeline()
	pipe.ZRemRangeByScore(ctx, key, "-inf", "("+old)
	pipe.ZAdd(ctx, key, redis.Z{Score: float64(now.UnixMicro()), Member: now.UnixNano()})
	events := pipe.ZCard(ctx, key)
	pipe.PExpire(ctx, key, s.window)
	if _, err := pipe.Exec(ctx); err != nil {
		return false, fmt.Errorf("ratelimit: %s: %w", who, err)
	}
	return events.Val() <= s.limit, nil
}
