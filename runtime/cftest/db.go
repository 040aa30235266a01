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
	ErrKeyNotFound           = errors.New("ERR no such key")
	ErrWrongType             = errors.New("WRONGTYPE Operation against a key holding the wrong kind of value")
	ErrNotValidHllValue      = errors.New("WRONGTYPE Key is not a valid HyperLogLog string value.")
	ErrIntValueError         = errors.New("ERR value is not an integer or out of range")
	ErrIntValueOverflowError = errors.New("ERR increment or decrement would overflow")
	ErrFloatValueError       = errors.New("ERR value is not a valid float")
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
	for _, known := range []error{ErrWrongType, ErrNotValidHllValue, ErrIntValueError, ErrIntValueOverflowError, ErrFloatValueError} {
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

// IncrByFloat is Incrfloat.
func (db *RedisDB) IncrByFloat(k string, delta float64) (float64, error) {
	return db.Incrfloat(k, delta)
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

// Dump shows all keys with their contents, for people.
func (db *RedisDB) Dump() string {
	show := func(s string) string {
		if len(s) > DumpMaxLineLen {
			size := fmt.Sprintf("...(%d)", len(s))
			return strconv.Quote(s[:max(DumpMaxLineLen-len(size), 0)]) + size
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
		case "stream":
			entries, _ := db.Stream(k) // the key is a stream
			for _, e := range entries {
				fmt.Fprintf(&b, "   %s\n", e.ID)
				for i := 0; i+1 < len(e.Values); i += 2 {
					fmt.Fprintf(&b, "      %s: %s\n", show(e.Values[i]), show(e.Values[i+1]))
				}
			}
		default:
			fmt.Fprintf(&b, "   (%s)\n", db.Type(k))
		}
	}
	return b.String()
}
