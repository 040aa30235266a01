package cftest

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// T is the part of testing.TB that the checks need.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// CheckGet fails the test when a string is not what is expected.
func (m *Miniredis) CheckGet(t T, key, expected string) {
	t.Helper()
	got, err := m.Get(key)
	check(t, "GET", key, []string{got}, []string{expected}, err)
}

// CheckList fails the test when a list is not what is expected.
func (m *Miniredis) CheckList(t T, key string, expected ...string) {
	t.Helper()
	got, err := m.List(key)
	if errors.Is(err, ErrKeyNotFound) && len(expected) == 0 {
		return // a list that has become empty is gone
	}
	check(t, "List", key, got, expected, err)
}

// CheckSet fails the test when a set is not what is expected, in any order.
func (m *Miniredis) CheckSet(t T, key string, expected ...string) {
	t.Helper()
	got, err := m.Members(key)
	if errors.Is(err, ErrKeyNotFound) && len(expected) == 0 {
		return // a set that has become empty is gone
	}
	want := slices.Clone(expected)
	sort.Strings(want)
	check(t, "Set", key, got, want, err)
}

func check(t T, what, key string, got, want []string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s error, key %q: %v", what, key, err)
	} else if !slices.Equal(got, want) {
		t.Errorf("%s error, key %q: expected %#v, got %#v", what, key, want, got)
	}
}

// FlushAll removes all keys of all databases.
func (m *Miniredis) FlushAll() { m.DB(0).do("FLUSHALL") }

// Copy copies a key into a database, over what is there; ErrKeyNotFound without
// the source.
func (m *Miniredis) Copy(srcDB int, src string, destDB int, dest string) error {
	r := m.DB(srcDB).do("COPY", src, dest, "DB", strconv.Itoa(destDB), "REPLACE")
	if r.Kind == resp.Int && r.Int == 0 {
		return ErrKeyNotFound
	}
	return failure(r)
}

// Publish sends a message and returns how many got it.
func (m *Miniredis) Publish(channel, message string) int {
	return int(m.DB(0).do("PUBLISH", channel, message).Int)
}

// PubSubChannels lists the channels with subscribers that match a pattern; ""
// matches all.
func (m *Miniredis) PubSubChannels(pattern string) []string {
	if pattern == "" {
		pattern = "*"
	}
	return strs(m.DB(0).do("PUBSUB", "CHANNELS", pattern))
}

// PubSubNumSub counts the subscribers of channels.
func (m *Miniredis) PubSubNumSub(channels ...string) map[string]int {
	r := m.DB(0).do(append([]string{"PUBSUB", "NUMSUB"}, channels...)...)
	counts := make(map[string]int, len(channels))
	for i := 0; i+1 < len(r.Elems); i += 2 {
		counts[r.Elems[i].Str] = int(r.Elems[i+1].Int)
	}
	return counts
}

// PubSubNumPat counts the pattern subscriptions.
func (m *Miniredis) PubSubNumPat() int { return int(m.DB(0).do("PUBSUB", "NUMPAT").Int) }

// A StreamEntry is one entry of a stream.
type StreamEntry struct {
	ID     string
	Values []string // field, value, field, value
}

// XAdd appends an entry to a stream and returns its id.
func (m *Miniredis) XAdd(k, id string, values []string) (string, error) {
	return m.db().XAdd(k, id, values)
}

// XAdd appends an entry to a stream and returns its id.
func (db *RedisDB) XAdd(k, id string, values []string) (string, error) {
	r := db.do(append([]string{"XADD", k, id}, values...)...)
	return r.Str, failure(r)
}

// Stream returns a stream's entries, or ErrKeyNotFound.
func (m *Miniredis) Stream(k string) ([]StreamEntry, error) { return m.db().Stream(k) }

// Stream returns a stream's entries, or ErrKeyNotFound.
func (db *RedisDB) Stream(k string) ([]StreamEntry, error) {
	if err := db.expect(k, "stream"); err != nil {
		return nil, err
	}
	r := db.do("XRANGE", k, "-", "+")
	if err := failure(r); err != nil {
		return nil, err
	}
	entries := make([]StreamEntry, 0, len(r.Elems))
	for i, e := range r.Elems {
		if len(e.Elems) != 2 || e.Elems[1].Kind == resp.Nil {
			return nil, fmt.Errorf("cftest: entry %s of the stream has no fields", strconv.Itoa(i))
		}
		entries = append(entries, StreamEntry{ID: e.Elems[0].Str, Values: strs(e.Elems[1])})
	}
	return entries, nil
}
