package cftest

import "time"

// The methods of RedisDB, for the database that Select chose.

// Keys lists all keys, sorted.
func (m *Miniredis) Keys() []string { return m.db().Keys() }

// FlushDB removes all keys of the database.
func (m *Miniredis) FlushDB() { m.db().FlushDB() }

// Get returns a string, or ErrKeyNotFound.
func (m *Miniredis) Get(k string) (string, error) { return m.db().Get(k) }

// Set sets a string and removes its time to live.
func (m *Miniredis) Set(k, v string) error { return m.db().Set(k, v) }

// Incr adds to an integer.
func (m *Miniredis) Incr(k string, delta int) (int, error) { return m.db().Incr(k, delta) }

// Incrfloat adds to a number.
func (m *Miniredis) Incrfloat(k string, delta float64) (float64, error) {
	return m.db().Incrfloat(k, delta)
}

// IncrByFloat is Incrfloat.
func (m *Miniredis) IncrByFloat(k string, delta float64) (float64, error) {
	return m.db().IncrByFloat(k, delta)
}

// List returns a list's elements, or ErrKeyNotFound.
func (m *Miniredis) List(k string) ([]string, error) { return m.db().List(k) }

// Lpush adds an element at the head and returns the new length.
func (m *Miniredis) Lpush(k, v string) (int, error) { return m.db().Lpush(k, v) }

// Lpop takes the element at the head.
func (m *Miniredis) Lpop(k string) (string, error) { return m.db().Lpop(k) }

// Pop takes the element at the tail.
func (m *Miniredis) Pop(k string) (string, error) { return m.db().Pop(k) }

// Push adds elements at the tail and returns the new length.
func (m *Miniredis) Push(k string, v ...string) (int, error) { return m.db().Push(k, v...) }

// RPush is Push.
func (m *Miniredis) RPush(k string, v ...string) (int, error) { return m.db().RPush(k, v...) }

// RPop is Pop.
func (m *Miniredis) RPop(k string) (string, error) { return m.db().RPop(k) }

// SAdd adds members to a set and returns how many are new.
func (m *Miniredis) SAdd(k string, elems ...string) (int, error) { return m.db().SAdd(k, elems...) }

// SetAdd is SAdd.
func (m *Miniredis) SetAdd(k string, elems ...string) (int, error) { return m.db().SetAdd(k, elems...) }

// SRem removes members from a set and returns how many there were.
func (m *Miniredis) SRem(k string, fields ...string) (int, error) { return m.db().SRem(k, fields...) }

// Members returns a set's members, sorted, or ErrKeyNotFound.
func (m *Miniredis) Members(k string) ([]string, error) { return m.db().Members(k) }

// SMembers is Members.
func (m *Miniredis) SMembers(k string) ([]string, error) { return m.db().SMembers(k) }

// IsMember reports whether a set has a member; ErrKeyNotFound without the set.
func (m *Miniredis) IsMember(k, v string) (bool, error) { return m.db().IsMember(k, v) }

// SIsMember is IsMember.
func (m *Miniredis) SIsMember(k, v string) (bool, error) { return m.db().SIsMember(k, v) }

// SCard counts a set's members; ErrKeyNotFound without the set.
func (m *Miniredis) SCard(k string) (int, error) { return m.db().SCard(k) }

// SRandMember returns any member of a set, or ErrKeyNotFound.
func (m *Miniredis) SRandMember(k string) (string, error) { return m.db().SRandMember(k) }

// HKeys returns a hash's fields, sorted, or ErrKeyNotFound.
func (m *Miniredis) HKeys(k string) ([]string, error) { return m.db().HKeys(k) }

// HGet returns a field's value, "" when there is none.
func (m *Miniredis) HGet(k, f string) string { return m.db().HGet(k, f) }

// HSet sets fields, given as field, value, field, value.
func (m *Miniredis) HSet(k string, fv ...string) { m.db().HSet(k, fv...) }

// HDel removes a field.
func (m *Miniredis) HDel(k, f string) { m.db().HDel(k, f) }

// HIncrBy adds to a field's integer.
func (m *Miniredis) HIncrBy(k, f string, delta int) (int, error) { return m.db().HIncrBy(k, f, delta) }

// HIncr is HIncrBy.
func (m *Miniredis) HIncr(k, f string, delta int) (int, error) { return m.db().HIncr(k, f, delta) }

// HIncrByFloat adds to a field's number.
func (m *Miniredis) HIncrByFloat(k, f string, delta float64) (float64, error) {
	return m.db().HIncrByFloat(k, f, delta)
}

// HIncrfloat is HIncrByFloat.
func (m *Miniredis) HIncrfloat(k, f string, delta float64) (float64, error) {
	return m.db().HIncrfloat(k, f, delta)
}

// Del removes a key and reports whether it was there.
func (m *Miniredis) Del(k string) bool { return m.db().Del(k) }

// Unlink is Del.
func (m *Miniredis) Unlink(k string) bool { return m.db().Unlink(k) }

// Exists reports whether a key is there.
func (m *Miniredis) Exists(k string) bool { return m.db().Exists(k) }

// Type is a key's type as TYPE answers it, "" when it is not there.
func (m *Miniredis) Type(k string) string { return m.db().Type(k) }

// TTL is what is left of a key's time to live, 0 when it has none.
func (m *Miniredis) TTL(k string) time.Duration { return m.db().TTL(k) }

// SetTTL sets a key's time to live; 0 removes it.
func (m *Miniredis) SetTTL(k string, ttl time.Duration) { m.db().SetTTL(k, ttl) }

// ZAdd sets a member's score and reports whether the member is new.
func (m *Miniredis) ZAdd(k string, score float64, member string) (bool, error) {
	return m.db().ZAdd(k, score, member)
}

// ZMembers returns a sorted set's members by score, or ErrKeyNotFound.
func (m *Miniredis) ZMembers(k string) ([]string, error) { return m.db().ZMembers(k) }

// SortedSet returns a sorted set's members with their scores, or ErrKeyNotFound.
func (m *Miniredis) SortedSet(k string) (map[string]float64, error) { return m.db().SortedSet(k) }

// ZRem removes a member and reports whether it was there.
func (m *Miniredis) ZRem(k, member string) (bool, error) { return m.db().ZRem(k, member) }

// ZScore is a member's score, 0 when there is no such member.
func (m *Miniredis) ZScore(k, member string) (float64, error) { return m.db().ZScore(k, member) }

// ZMScore returns the scores of several members, 0 for those that are missing.
func (m *Miniredis) ZMScore(k string, members ...string) ([]float64, error) {
	return m.db().ZMScore(k, members)
}

// PfAdd adds elements to a HyperLogLog and returns 1 when that changed it.
func (m *Miniredis) PfAdd(k string, elems ...string) (int, error) { return m.db().PfAdd(k, elems...) }

// PfCount estimates how many elements HyperLogLogs have together.
func (m *Miniredis) PfCount(keys ...string) (int, error) { return m.db().PfCount(keys...) }

// PfMerge merges HyperLogLogs into the first.
func (m *Miniredis) PfMerge(destKey string, sourceKeys ...string) error {
	return m.db().PfMerge(destKey, sourceKeys...)
}

// HExpire sets a field's time to live and reports whether there is such a field.
func (m *Miniredis) HExpire(key, field string, ttl time.Duration) bool {
	return m.db().HExpire(key, field, ttl)
}

// HPersist removes a field's time to live and reports whether it had one.
func (m *Miniredis) HPersist(key, field string) bool { return m.db().HPersist(key, field) }

// HTTL is what is left of a field's time to live, 0 when it has none.
func (m *Miniredis) HTTL(key, field string) time.Duration { return m.db().HTTL(key, field) }

// HSetEX sets fields, given as field, value, field, value, with a time to live.
func (m *Miniredis) HSetEX(key string, ttl time.Duration, fv ...string) {
	m.db().HSetEX(key, ttl, fv...)
}

// Dump shows all keys with their contents, for people.
func (m *Miniredis) Dump() string { return m.db().Dump() }
