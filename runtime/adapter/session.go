package adapter

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// A Session is what a program remembers of somebody for a while.
type Session struct {
	ID      string
	User    string            // whose it is; may be empty
	Values  map[string]string // what the program keeps in it
	Version int64             // 1 when it is created, one more with each update
	Created time.Time
	Updated time.Time
	// TTL is how long the session lives after it was created or updated, to the
	// millisecond; 0 is for ever.
	TTL time.Duration
}

// Sessions keeps sessions.
type Sessions interface {
	// CreateSession stores a new session, sets its Version and times, and fails with
	// ErrExists where there is one with its ID.
	CreateSession(ctx context.Context, s *Session) error
	// Session reads a session; ErrNotFound when there is none.
	Session(ctx context.Context, id string) (*Session, error)
	// UpdateSession stores a session whole, if nobody else has since it was read: else
	// ErrConflict, and ErrNotFound when it has ended. Its Version and Updated are set.
	UpdateSession(ctx context.Context, s *Session) error
	// DeleteSession removes a session; there need not be one.
	DeleteSession(ctx context.Context, id string) error
}

// putSession stores a session where its version is the expected one, 0 for none. It is
// one step of the store, so of two that update a session one finds the other's version.
var putSession = runtime.NewScript(`
local version = redis.call('HGET', KEYS[1], 'version')
if ARGV[1] == '0' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return 'EXISTS' end
elseif not version then return 'GONE'
elseif version ~= ARGV[1] then return 'CONFLICT'
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'user', ARGV[3], 'values', ARGV[4], 'created', ARGV[5], 'updated', ARGV[6], 'ttl', ARGV[7])
if ARGV[7] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[7]) end
return 'OK'`)

// CreateSession implements Sessions.
func (a *Adapter) CreateSession(ctx context.Context, s *Session) error {
	now := stamp(a.now())
	return a.put(ctx, s, 0, now, now)
}

// UpdateSession implements Sessions.
func (a *Adapter) UpdateSession(ctx context.Context, s *Session) error {
	if s.Version < 1 {
		return fmt.Errorf("session %q: version %d: read it before it is updated", s.ID, s.Version)
	}
	return a.put(ctx, s, s.Version, s.Created, stamp(a.now()))
}

func (a *Adapter) put(ctx context.Context, s *Session, expected int64, created, updated time.Time) error {
	key, err := a.key("session", s.ID)
	if err != nil {
		return err
	}
	if s.TTL < 0 || s.TTL > 0 && s.TTL < time.Millisecond {
		return fmt.Errorf("session %q: a TTL of %v: 0 is for ever, else a millisecond at least", s.ID, s.TTL)
	}
	values, err := json.Marshal(s.Values)
	if err != nil {
		return fmt.Errorf("session %q: %w", s.ID, err)
	}
	said, err := putSession.Run(ctx, a.client, []string{key},
		expected, expected+1, s.User, values, created.UnixMilli(), updated.UnixMilli(), s.TTL.Milliseconds()).Text()
	if err != nil {
		return fmt.Errorf("session %q: %w", s.ID, err)
	}
	switch said {
	case "EXISTS":
		return fmt.Errorf("session %q: %w", s.ID, ErrExists)
	case "GONE":
		return fmt.Errorf("session %q: %w", s.ID, ErrNotFound)
	case "CONFLICT":
		a.conflicts.Add(1)
		return fmt.Errorf("session %q: %w", s.ID, ErrConflict)
	}
	s.Version, s.Created, s.Updated = expected+1, created, updated
	return nil
}

// stamp is a time as it is stored: to the millisecond, in UTC.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Session implements Sessions.
func (a *Adapter) Session(ctx context.Context, id string) (*Session, error) {
	key, err := a.key("session", id)
	if err != nil {
		return nil, err
	}
	fields, err := a.client.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, fmt.Errorf("session %q: %w", id, err)
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("session %q: %w", id, ErrNotFound)
	}
	s := &Session{ID: id, User: fields["user"]}
	if err := json.Unmarshal([]byte(fields["values"]), &s.Values); err != nil {
		return nil, fmt.Errorf("session %q: its values are not what this package writes: %w", id, err)
	}
	for name, set := range map[string]func(int64){
		"version": func(n int64) { s.Version = n },
		"created": func(n int64) { s.Created = time.UnixMilli(n).UTC() },
		"updated": func(n int64) { s.Updated = time.UnixMilli(n).UTC() },
		"ttl":     func(n int64) { s.TTL = time.Duration(n) * time.Millisecond },
	} {
		n, err := strconv.ParseInt(fields[name], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("session %q: its %s is not what this package writes: %q", id, name, fields[name])
		}
		set(n)
	}
	return s, nil
}

// DeleteSession implements Sessions.
func (a *Adapter) DeleteSession(ctx context.Context, id string) error {
	key, err := a.key("session", id)
	if err != nil {
		return err
	}
	if err := a.client.Del(ctx, key).Err(); err != nil {
		return fmt.Errorf("session %q: %w", id, err)
	}
	return nil
}
