package cftest

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// The errors of the methods that look at data, with Redis's texts.
var (
	ErrKeyNotFound     = errors.New("ERR no such key")
	ErrWrongType       = errors.New("WRONGTYPE Operation against a key holding the wrong kind of value")
	ErrIntValueError   = errors.New("ERR value is not an integer or out of range")
	ErrFloatValueError = errors.New("ERR value is not a valid float")
)

// A RedisDB is one database of a server. Miniredis has the same methods for the
// database that Select chose.
type RedisDB struct {
	m  *Miniredis
	id int
}

// do runs one command, past SetError and passwords.
func (db *RedisDB) do(args ...string) resp.Reply {
	m := db.m
	m.mu.Lock()
	s := m.direct[db.id]
	if s == nil {
		var err error
		if s, err = m.host.Session(store.SessionOptions{DB: db.id}); err != nil {
			m.mu.Unlock()
			return resp.NewError(err.Error())
		}
		m.direct[db.id] = s
	}
	m.mu.Unlock()
	replies, err := s.Execute(context.Background(), []resp.Command{args})
	if err != nil {
		return resp.NewError(err.Error())
	}
	return replies[0]
}

// failure is the error that a reply stands for.
func failure(r resp.Reply) error {
	if r.Kind != resp.Error {
		return nil
	}
	for _, known := range []error{ErrWrongType, ErrIntValueError, ErrFloatValueError} {
		if r.Str == known.Error() {
			return known
		}
	}
	return errors.New(r.Str)
}

// expect finds out whether a key is there and has the type.
func (db *RedisDB) expect(key, typ string) error {
	switch have := db.Type(key); have {
	case "":
		return ErrKeyNotFound
	case typ:
		return nil
	}
	return ErrWrongType
}

func strs(r resp.Reply) []string {
	out := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		out[i] = e.Str
	}
	return out
}

// ints is for commands that answer a number.
func ints(r resp.Reply) (int, error) { return int(r.Int), failure(r) }

// Keys lists all keys, sorted.
func (db *RedisDB) Keys() []string {
	keys := strs(db.do("KEYS", "*"))
	sort.Strings(keys)
	return keys
}

// FlushDB removes all keys of the database.
func (db *RedisDB) FlushDB() { db.do("FLUSHDB") }

// Get returns a string, or ErrKeyNotFound.
func (db *RedisDB) Get(k string) (string, error) {
	if err := db.expect(k, "string"); err != nil {
		return "", err
	}
	return db.do("GET", k).Str, nil
}

// Set sets a string and removes its time to live.
func (db *RedisDB) Set(k, v string) error {
	if err := db.expect(k, "string"); errors.Is(err, ErrWrongType) {
		return err
	}
	return failure(db.do("SET", k, v))
}

// Incr adds to an integer.
func (db *RedisDB) Incr(k string, delta int) (int, error) {
	return ints(db.do("INCRBY", k, strconv.Itoa(delta)))
}

// Incrfloat adds to a number.
func (db *RedisDB) Incrfloat(k string, delta float64) (float64, error) {
	return number(db.do("INCRBYFLOAT", k, strconv.FormatFloat(delta, 'f', -1, 64)))
}

// number is a float64 that a command answers as text or as a double.
func number(r resp.Reply) (float64, error) {
	switch {
	case r.Kind == resp.Error:
		return 0, failure(r)
	case r.Kind == resp.Double:
		return r.Float(), nil
	case r.IsNil():
		return 0, nil
	}
	return strconv.ParseFloat(r.Str, 64)
}

// List returns a list's elements, or ErrKeyNotFound.
func (db *RedisDB) List(k string) ([]string, error) {
	if err := db.expect(k, "list"); err != nil {
		return nil, err
	}
	return strs(db.do("LRANGE", k, "0", "-1")), nil
}

// Lpush adds an element at the head and returns the new length.
func (db *RedisDB) Lpush(k, v string) (int, error) { return ints(db.do("LPUSH", k, v)) }

// Lpop takes the element at the head.
func (db *RedisDB) Lpop(k string) (string, error) { return db.pop("LPOP", k) }

// Pop takes the element at the tail.
func (db *RedisDB) Pop(k string) (string, error) { return db.pop("RPOP", k) }

func (db *RedisDB) pop(cmd, k string) (string, error) {
	if err := db.expect(k, "list"); err != nil {
		return "", err
	}
	return db.do(cmd, k).Str, nil
}

// Push adds elements at the tail and returns the new length.
func (db *RedisDB) Push(k string, v ...string) (int, error) {
	return ints(db.do(append([]string{"RPUSH", k}, v...)...))
}

// SAdd adds members to a set and returns how many are new.
func (db *RedisDB) SAdd(k string, elems ...string) (int, error) {
	return ints(db.do(append([]string{"SADD", k}, elems...)...))
}

// SetAdd is SAdd.
func (db *RedisDB) SetAdd(k string, elems ...string) (int, error) { return db.SAdd(k, elems...) }

// SRem removes members from a set and returns how many there were.
func (db *RedisDB) SRem(k string, fields ...string) (int, error) {
	if err := db.expect(k, "set"); err != nil {
		return 0, err
	}
	return ints(db.do(append([]string{"SREM", k}, fields...)...))
}

// Members returns a set's members, sorted, or ErrKeyNotFound.
func (db *RedisDB) Members(k string) ([]string, error) {
	if err := db.expect(k, "set"); err != nil {
		return nil, err
	}
	members := strs(db.do("SMEMBERS", k))
	sort.Strings(members)
	return members, nil
}

// SMembers is Members.
func (db *RedisDB) SMembers(k string) ([]string, error) { return db.Members(k) }

// IsMember reports whether a set has a member; ErrKeyNotFound without the set.
func (db *RedisDB) IsMember(k, v string) (bool, error) {
	if err := db.expect(k, "set"); err != nil {
		return false, err
	}
	return db.do("SISMEMBER", k, v).Int == 1, nil
}

// SIsMember is IsMember.
func (db *RedisDB) SIsMember(k, v string) (bool, error) { return db.IsMember(k, v) }

// HKeys returns a hash's fields, sorted, or ErrKeyNotFound.
func (db *RedisDB) HKeys(k string) ([]string, error) {
	if err := db.expect(k, "hash"); err != nil {
		return nil, err
	}
	fields := strs(db.do("HKEYS", k))
	sort.Strings(fields)
	return fields, nil
}

// HGet returns a field's value, "" when there is none.
func (db *RedisDB) HGet(k, f string) string {
	r := db.do("HGET", k, f)
	if r.Kind == resp.Error {
		return ""
	}
	return r.Str
}

// HSet sets fields, given as field, value, field, value.
func (db *RedisDB) HSet(k string, fv ...string) { db.do(append([]string{"HSET", k}, fv...)...) }

// HDel removes a field.
func (db *RedisDB) HDel(k, f string) { db.do("HDEL", k, f) }

// HIncrBy adds to a field's integer.
func (db *RedisDB) HIncrBy(k, f string, delta int) (int, error) {
	return ints(db.do("HINCRBY", k, f, strconv.Itoa(delta)))
}

// HIncr is HIncrBy.
func (db *RedisDB) HIncr(k, f string, delta int) (int, error) { return db.HIncrBy(k, f, delta) }

// HIncrByFloat adds to a field's number.
func (db *RedisDB) HIncrByFloat(k, f string, delta float64) (float64, error) {
	return number(db.do("HINCRBYFLOAT", k, f, strconv.FormatFloat(delta, 'f', -1, 64)))
}

// HIncrfloat is HIncrByFloat.
func (db *RedisDB) HIncrfloat(k, f string, delta float64) (float64, error) {
	return db.HIncrByFloat(k, f, delta)
}

// Del removes a key and reports whether it was there.
func (db *RedisDB) Del(k string) bool { return db.do("DEL", k).Int == 1 }

// Unlink is Del.
func (db *RedisDB) Unlink(k string) bool { return db.do("UNLINK", k).Int == 1 }

// Exists reports whether a key is there.
func (db *RedisDB) Exists(k string) bool { return db.do("EXISTS", k).Int == 1 }

// Type is a key's type as TYPE answers it, "" when it is not there.
func (db *RedisDB) Type(k string) string {
	if t := db.do("TYPE", k).Str; t != "none" {
		return t
	}
	return ""
}

// TTL is what is left of a key's time to live, 0 when it has none.
func (db *RedisDB) TTL(k string) time.Duration {
	return time.Duration(max(db.do("PTTL", k).Int, 0)) * time.Millisecond
}

// SetTTL sets a key's time to live; 0 removes it.
func (db *RedisDB) SetTTL(k string, ttl time.Duration) {
	if ttl == 0 {
		db.do("PERSIST", k)
		return
	}
	db.do("PEXPIRE", k, strconv.FormatInt(ttl.Milliseconds(), 10))
}

// ZAdd sets a member's score and reports whether the member is new.
func (db *RedisDB) ZAdd(k string, score float64, member string) (bool, error) {
	n, err := ints(db.do("ZADD", k, strconv.FormatFloat(score, 'g', -1, 64), member))
	return n == 1, err
}

// ZMembers returns a sorted set's members by score, or ErrKeyNotFound.
func (db *RedisDB) ZMembers(k string) ([]string, error) {
	if err := db.expect(k, "zset"); err != nil {
		return nil, err
	}
	return strs(db.do("ZRANGE", k, "0", "-1")), nil
}

// SortedSet returns a sorted set's members with their scores, or ErrKeyNotFound.
func (db *RedisDB) SortedSet(k string) (map[string]float64, error) {
	members, err := db.ZMembers(k)
	if err != nil {
		return nil, err
	}
	scores := make(map[string]float64, len(members))
	for _, member := range members {
		if scores[member], err = number(db.do("ZSCORE", k, member)); err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// ZRem removes a member and reports whether it was there.
func (db *RedisDB) ZRem(k, member string) (bool, error) {
	if err := db.expect(k, "zset"); err != nil {
		return false, err
	}
	n, err := ints(db.do("ZREM", k, member))
	return n == 1, err
}

// ZScore is a member's score, 0 when there is no such member.
func (db *RedisDB) ZScore(k, member string) (float64, error) {
	if err := db.expect(k, "zset"); err != nil {
		return 0, err
	}
	return number(db.do("ZSCORE", k, member))
}

// Dump shows all keys with their contents, for people.
func (db *RedisDB) Dump() string {
	const longest = 60
	show := func(s string) string {
		if len(s) > longest {
			return strconv.Quote(s[:longest]) + fmt.Sprintf("...(%d)", len(s))
		}
		return strconv.Quote(s)
	}
	var b strings.Builder
	for _, k := range db.Keys() {
		fmt.Fprintf(&b, "- %s\n", k)
		switch db.Type(k) {
		case "string":
			fmt.Fprintf(&b, "   %s\n", show(db.do("GET", k).Str))
		case "hash":
			fields, _ := db.HKeys(k) // the key is a hash
			for _, f := range fields {
				fmt.Fprintf(&b, "   %s: %s\n", f, show(db.HGet(k, f)))
			}
		case "list":
			for _, v := range strs(db.do("LRANGE", k, "0", "-1")) {
				fmt.Fprintf(&b, "   %s\n", show(v))
			}
		case "set":
			members, _ := db.Members(k) // the key is a set
			for _, v := range members {
				fmt.Fprintf(&b, "   %s\n", show(v))
			}
		case "zset":
			for _, member := range strs(db.do("ZRANGE", k, "0", "-1")) {
				score, _ := number(db.do("ZSCORE", k, member)) // the member is there
				fmt.Fprintf(&b, "   %f: %s\n", score, show(member))
			}
		default:
			fmt.Fprintf(&b, "   (%s)\n", db.Type(k))
		}
	}
	return b.String()
}
