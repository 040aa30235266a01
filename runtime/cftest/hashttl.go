package cftest

import (
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// field runs a command on one field of a hash and returns its answer about it.
func (db *RedisDB) field(field string, cmd ...string) int64 {
	r := db.do(append(cmd, "FIELDS", "1", field)...)
	if r.Kind == resp.Error || len(r.Elems) != 1 {
		return -2 // as for a field that is not there
	}
	return r.Elems[0].Int
}

// HExpire sets a field's time to live and reports whether there is such a field.
func (db *RedisDB) HExpire(key, field string, ttl time.Duration) bool {
	return db.field(field, "HPEXPIRE", key, strconv.FormatInt(ttl.Milliseconds(), 10)) > 0
}

// HPersist removes a field's time to live and reports whether it had one.
func (db *RedisDB) HPersist(key, field string) bool { return db.field(field, "HPERSIST", key) == 1 }

// HTTL is what is left of a field's time to live, 0 when it has none.
func (db *RedisDB) HTTL(key, field string) time.Duration {
	return time.Duration(max(db.field(field, "HPTTL", key), 0)) * time.Millisecond
}

// HSetEX sets fields, given as field, value, field, value, with a time to live.
func (db *RedisDB) HSetEX(key string, ttl time.Duration, fv ...string) {
	db.HSet(key, fv...)
	for i := 0; i+1 < len(fv); i += 2 {
		db.HExpire(key, fv[i], ttl)
	}
}
