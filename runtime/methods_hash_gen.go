// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
	"time"
)

// HDel sends HDEL.
func (c cmdable) HDel(ctx context.Context, key string, fields ...string) *IntCmd {
	words := make([]interface{}, 0, 2+len(fields))
	words = append(words, "hdel", key)
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HExists sends HEXISTS.
func (c cmdable) HExists(ctx context.Context, key string, field string) *BoolCmd {
	cmd := NewBoolCmd(ctx, "hexists", key, field)
	_ = c(ctx, cmd)
	return cmd
}

// HGet sends HGET.
func (c cmdable) HGet(ctx context.Context, key string, field string) *StringCmd {
	cmd := NewStringCmd(ctx, "hget", key, field)
	_ = c(ctx, cmd)
	return cmd
}

// HGetAll sends HGETALL.
func (c cmdable) HGetAll(ctx context.Context, key string) *MapStringStringCmd {
	cmd := NewMapStringStringCmd(ctx, "hgetall", key)
	_ = c(ctx, cmd)
	return cmd
}

// HIncrBy sends HINCRBY.
func (c cmdable) HIncrBy(ctx context.Context, key string, field string, incr int64) *IntCmd {
	cmd := NewIntCmd(ctx, "hincrby", key, field, incr)
	_ = c(ctx, cmd)
	return cmd
}

// HIncrByFloat sends HINCRBYFLOAT.
func (c cmdable) HIncrByFloat(ctx context.Context, key string, field string, incr float64) *FloatCmd {
	cmd := NewFloatCmd(ctx, "hincrbyfloat", key, field, incr)
	_ = c(ctx, cmd)
	return cmd
}

// HKeys sends HKEYS.
func (c cmdable) HKeys(ctx context.Context, key string) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "hkeys", key)
	_ = c(ctx, cmd)
	return cmd
}

// HLen sends HLEN.
func (c cmdable) HLen(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "hlen", key)
	_ = c(ctx, cmd)
	return cmd
}

// HMGet sends HMGET.
func (c cmdable) HMGet(ctx context.Context, key string, fields ...string) *SliceCmd {
	words := make([]interface{}, 0, 2+len(fields))
	words = append(words, "hmget", key)
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HSet sends HSET.
func (c cmdable) HSet(ctx context.Context, key string, values ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "hset", key)
	words = arg.Flatten(words, values)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HMSet sends HMSET.
func (c cmdable) HMSet(ctx context.Context, key string, values ...interface{}) *BoolCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "hmset", key)
	words = arg.Flatten(words, values)
	cmd := NewBoolCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HSetNX sends HSETNX.
func (c cmdable) HSetNX(ctx context.Context, key string, field string, value interface{}) *BoolCmd {
	cmd := NewBoolCmd(ctx, "hsetnx", key, field, value)
	_ = c(ctx, cmd)
	return cmd
}

// HVals sends HVALS.
func (c cmdable) HVals(ctx context.Context, key string) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "hvals", key)
	_ = c(ctx, cmd)
	return cmd
}

// HRandField sends HRANDFIELD.
func (c cmdable) HRandField(ctx context.Context, key string, count int) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "hrandfield", key, count)
	_ = c(ctx, cmd)
	return cmd
}

// HRandFieldWithValues sends HRANDFIELD.
func (c cmdable) HRandFieldWithValues(ctx context.Context, key string, count int) *KeyValueSliceCmd {
	cmd := NewKeyValueSliceCmd(ctx, "hrandfield", key, count, "withvalues")
	_ = c(ctx, cmd)
	return cmd
}

// HScan sends HSCAN.
func (c cmdable) HScan(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "hscan", key, cursor)
	if match != "" {
		words = append(words, "match", match)
	}
	if count > 0 {
		words = append(words, "count", count)
	}
	cmd := NewScanCmd(ctx, c, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HStrLen sends HSTRLEN.
func (c cmdable) HStrLen(ctx context.Context, key string, field string) *IntCmd {
	cmd := NewIntCmd(ctx, "hstrlen", key, field)
	_ = c(ctx, cmd)
	return cmd
}

// HScanNoValues sends HSCAN.
func (c cmdable) HScanNoValues(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	words := make([]interface{}, 0, 8)
	words = append(words, "hscan", key, cursor)
	if match != "" {
		words = append(words, "match", match)
	}
	if count > 0 {
		words = append(words, "count", count)
	}
	words = append(words, "novalues")
	cmd := NewScanCmd(ctx, c, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HExpire sends HEXPIRE.
func (c cmdable) HExpire(ctx context.Context, key string, expiration time.Duration, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 5+len(fields))
	words = append(words, "HEXPIRE", key, formatSec(ctx, expiration), "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HPExpire sends HPEXPIRE.
func (c cmdable) HPExpire(ctx context.Context, key string, expiration time.Duration, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 5+len(fields))
	words = append(words, "HPEXPIRE", key, formatMs(ctx, expiration), "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HExpireAt sends HEXPIREAT.
func (c cmdable) HExpireAt(ctx context.Context, key string, tm time.Time, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 5+len(fields))
	words = append(words, "HEXPIREAT", key, tm.Unix(), "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HPExpireAt sends HPEXPIREAT.
func (c cmdable) HPExpireAt(ctx context.Context, key string, tm time.Time, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 5+len(fields))
	words = append(words, "HPEXPIREAT", key, tm.UnixNano()/int64(time.Millisecond), "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HPersist sends HPERSIST.
func (c cmdable) HPersist(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HPERSIST", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HExpireTime sends HEXPIRETIME.
func (c cmdable) HExpireTime(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HEXPIRETIME", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HPExpireTime sends HPEXPIRETIME.
func (c cmdable) HPExpireTime(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HPEXPIRETIME", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HTTL sends HTTL.
func (c cmdable) HTTL(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HTTL", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HPTTL sends HPTTL.
func (c cmdable) HPTTL(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HPTTL", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HGetDel sends HGETDEL.
func (c cmdable) HGetDel(ctx context.Context, key string, fields ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HGETDEL", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// HGetEX sends HGETEX.
func (c cmdable) HGetEX(ctx context.Context, key string, fields ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 4+len(fields))
	words = append(words, "HGETEX", key, "FIELDS", len(fields))
	for _, v := range fields {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}
