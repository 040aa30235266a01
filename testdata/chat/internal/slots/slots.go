// Package slots hands out a room's numbered seats.
package slots

import (
	"context"
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// Errors of Take.
var (
	ErrFull = errors.New("slots: every seat is taken")
	ErrBusy = errors.New("slots: too many people at once, try again")
)

const maxRetries = 10

// Slots keeps seats in Redis: a hash of seat number to user.
type Slots struct {
	rdb redis.UniversalClient
}

// New returns the seats. Take needs a client, not just its commands, since it
// watches keys.
func New(rdb redis.UniversalClient) *Slots { return &Slots{rdb: rdb} }

// Take gives a user the lowest free seat of a room with so many seats, or the
// seat the user already has.
func (s *Slots) Take(ctx context.Context, room, user string, seats int) (int, error) {
	key := keys.Slots(room)
	seat := 0
	take := func(tx *redis.Tx) error {
		taken, err := tx.HGetAll(ctx, key).Result()
		if err != nil {
			return err
		}
		seat = 0
		for i := 1; i <= seats; i++ {
			owner, ok := taken[strconv.Itoa(i)]
			if owner == user {
				seat = i
				return nil
			}
			if !ok && seat == 0 {
				seat = i
			}
		}
		if seat == 0 {
			return ErrFull
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.HSet(ctx, key, strconv.Itoa(seat), user)
			return nil
		})
		return err
	}
	for i := 0; i < maxRetries; i++ {
		err := s.rdb.Watch(ctx, take, key)
		if errors.Is(err, redis.TxFailedErr) {
			continue // somebody else sat down between our look and our write
		}
		if err != nil {
			return 0, err
		}
		return seat, nil
	}
	return 0, ErrBusy
}

// Release frees a seat if the user has it, and says whether that was so.
func (s *Slots) Release(ctx context.Context, room, user string, seat int) (bool, error) {
	key, field := keys.Slots(room), strconv.Itoa(seat)
	owner, err := s.rdb.HGet(ctx, key, field).Result()
	if err == redis.Nil || err == nil && owner != user {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n, err := s.rdb.HDel(ctx, key, field).Result()
	return n == 1, err
}

// Free returns how many of a room's seats are free.
func (s *Slots) Free(ctx context.Context, room string, seats int) (int, error) {
	n, err := s.rdb.HLen(ctx, keys.Slots(room)).Result()
	return seats - int(n), err
}
