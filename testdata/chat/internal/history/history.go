// Package history keeps the latest messages of each room and counts what a
// user has not read yet.
package history

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// Limit is how many messages a room keeps.
const Limit = 50

// A Message is one line of a conversation.
type Message struct {
	User string    `json:"user"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// History keeps messages in Redis.
type History struct {
	rdb redis.Cmdable
}

// New returns a history.
func New(rdb redis.Cmdable) *History { return &History{rdb: rdb} }

// Append adds a message to a room, drops the oldest one beyond Limit and counts
// it as unread for the given users, all or nothing.
func (h *History) Append(ctx context.Context, room string, m Message, unread ...string) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	key := keys.Messages(room)
	_, err = h.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.LPush(ctx, key, data)
		p.LTrim(ctx, key, 0, Limit-1)
		for _, user := range unread {
			p.HIncrBy(ctx, keys.Unread(user), room, 1)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("history: appending to %s: %w", room, err)
	}
	return nil
}

// Recent returns at most n messages of a room, newest first.
func (h *History) Recent(ctx context.Context, room string, n int64) ([]Message, error) {
	if n <= 0 {
		return nil, nil
	}
	raw, err := h.rdb.LRange(ctx, keys.Messages(room), 0, n-1).Result()
	if err != nil {
		return nil, fmt.Errorf("history: reading %s: %w", room, err)
	}
	out := make([]Message, len(raw))
	for i, s := range raw {
		if err := json.Unmarshal([]byte(s), &out[i]); err != nil {
			return nil, fmt.Errorf("history: message %d of %s: %w", i, room, err)
		}
	}
	return out, nil
}

// Unread returns a user's unread messages by room.
func (h *History) Unread(ctx context.Context, user string) (map[string]int, error) {
	raw, err := h.rdb.HGetAll(ctx, keys.Unread(user)).Result()
	if err != nil {
		return nil, err
	}
	out := make(map[string]int, len(raw))
	for room, s := range raw {
		if out[room], err = strconv.Atoi(s); err != nil {
			return nil, fmt.Errorf("history: unread count of %s: %w", room, err)
		}
	}
	return out, nil
}

// MarkRead says that a user has seen a room.
func (h *History) MarkRead(ctx context.Context, user, room string) error {
	return h.rdb.HDel(ctx, keys.Unread(user), room).Err()
}
