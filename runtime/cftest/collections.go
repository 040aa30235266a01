package cftest

import (
	"errors"
	"sort"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

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

// RPush is Push.
func (db *RedisDB) RPush(k string, v ...string) (int, error) { return db.Push(k, v...) }

// RPop is Pop.
func (db *RedisDB) RPop(k string) (string, error) { return db.Pop(k) }

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

// SCard counts a set's members; ErrKeyNotFound without the set.
func (db *RedisDB) SCard(k string) (int, error) {
	if err := db.expect(k, "set"); err != nil {
		return 0, err
	}
	return ints(db.do("SCARD", k))
}

// SRandMember returns any member of a set, or ErrKeyNotFound.
func (db *RedisDB) SRandMember(k string) (string, error) {
	if err := db.expect(k, "set"); err != nil {
		return "", err
	}
	return db.do("SRANDMEMBER", k).Str, nil
}

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

// HSet sets fields, given as field, value, field, value. A key of another type is
// replaced.
func (db *RedisDB) HSet(k string, fv ...string) {
	if errors.Is(db.expect(k, "hash"), ErrWrongType) {
		db.Del(k)
	}
	db.do(append([]string{"HSET", k}, fv...)...)
}

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

// ZMScore returns the scores of several members, 0 for those that are missing.
func (db *RedisDB) ZMScore(k string, members []string) ([]float64, error) {
	if err := db.expect(k, "zset"); err != nil {
		return nil, err
	}
	scores := make([]float64, len(members))
	for i, member := range members {
		var err error
		if scores[i], err = number(db.do("ZSCORE", k, member)); err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// PfAdd adds elements to a HyperLogLog and returns 1 when that changed it.
func (db *RedisDB) PfAdd(k string, elems ...string) (int, error) {
	return ints(db.do(append([]string{"PFADD", k}, elems...)...))
}

// PfCount estimates how many elements HyperLogLogs have together.
func (db *RedisDB) PfCount(keys ...string) (int, error) {
	return ints(db.do(append([]string{"PFCOUNT"}, keys...)...))
}

// PfMerge merges HyperLogLogs into the first.
func (db *RedisDB) PfMerge(destKey string, sourceKeys ...string) error {
	return failure(db.do(append([]string{"PFMERGE", destKey}, sourceKeys...)...))
}

// HllAdd is PfAdd.
func (db *RedisDB) HllAdd(k string, elems ...string) (int, error) { return db.PfAdd(k, elems...) }

// HllCount is PfCount.
func (db *RedisDB) HllCount(keys ...string) (int, error) { return db.PfCount(keys...) }

// HllMerge is PfMerge.
func (db *RedisDB) HllMerge(destKey string, sourceKeys ...string) error {
	return db.PfMerge(destKey, sourceKeys...)
}
