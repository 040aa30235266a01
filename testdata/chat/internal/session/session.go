// Package session keeps login sessions: JSON values that expire.
package session

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// ErrNotFound is returned for a session that does not exist or has expired.
var ErrNotFound = errors.New("session: not found")

// A Session is one login.
type Session struct {
	ID      string    `json:"id"`
	User    string    `json:"user"`
	Created time.Time `json:"created"`
}

// Store keeps sessions in Redis.
type Store struct {
	rdb redis.Cmdable
	ttl time.Duration
	now func() time.Time
}

// NewStore returns a store whose sessions live for ttl after their last use.
func NewStore(rdb redis.Cmdable, ttl time.Duration) *Store {
	return &Store{rdb: rdb, ttl: ttl, now: time.Now}
}

// Create begins a session for a user.
func (s *Store) Create(ctx context.Context, user string) (*Session, error) {
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, err
	}
	sess := &Session{ID: hex.EncodeToString(raw[:]), User: user, Created: s.now().UTC()}
	data, err := json.Marshal(sess)
	if err != nil {
		return nil, err
	}
	if err := s.rdb.Set(ctx, keys.Session(sess.ID), data, s.ttl).Err(); err != nil {
		return nil, fmt.Errorf("session: saving: %w", err)
	}
	return sess, nil
}

// Get returns a session and starts its time to live anew.
func (s *Store) Get(ctx context.Context, id string) (*Session, error) {
	key := keys.Session(id)
	data, err := s.rdb.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("session: loading: %w", err)
	}
	if err := s.rdb.Expire(ctx, key, s.ttl).Err(); err != nil {
		return nil, fmt.Errorf("session: extending: %w", err)
	}
	var sess Session
	if err := json.Unmarshal(data, &sess); err != nil {
		return nil, fmt.Errorf("session: %s is damaged: %w", id, err)
	}
	return &sess, nil
}

// Delete ends a session. It is no error if there is none.
func (s *Store) Delete(ctx context.Context, id string) error {
	return s.rdb.Del(ctx, keys.Session(id)).Err()
}

// DeleteUser ends every session of a user and returns how many there were. It
// looks at all sessions: for administrators, not for requests.
func (s *Store) DeleteUser(ctx context.Context, user string) (int, error) {
	n := 0
	it := s.rdb.Scan(ctx, 0, keys.Sessions, 100).Iterator()
	for it.Next(ctx) {
		data, err := s.rdb.Get(ctx, it.Val()).Bytes()
		if err == redis.Nil {
			continue // expired since
		}
		if err != nil {
			return n, err
		}
		var sess Session
		if json.Unmarshal(data, &sess) != nil || sess.User != user {
			continue
		}
		if err := s.Delete(ctx, sess.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, it.Err()
}
