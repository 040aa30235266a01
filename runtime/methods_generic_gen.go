// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	"time"
)

// Del sends DEL.
func (c cmdable) Del(ctx context.Context, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "del")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// Unlink sends UNLINK.
func (c cmdable) Unlink(ctx context.Context, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "unlink")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// Dump sends DUMP.
func (c cmdable) Dump(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "dump", key)
	_ = c(ctx, cmd)
	return cmd
}

// Exists sends EXISTS.
func (c cmdable) Exists(ctx context.Context, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "exists")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// Expire sends EXPIRE.
func (c cmdable) Expire(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	cmd := NewBoolCmd(ctx, "expire", key, formatSec(ctx, expiration))
	_ = c(ctx, cmd)
	return cmd
}

// ExpireNX sends EXPIRE.
func (c cmdable) ExpireNX(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	cmd := NewBoolCmd(ctx, "expire", key, formatSec(ctx, expiration), "NX")
	_ = c(ctx, cmd)
	return cmd
}

// ExpireXX sends EXPIRE.
func (c cmdable) ExpireXX(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	cmd := NewBoolCmd(ctx, "expire", key, formatSec(ctx, expiration), "XX")
	_ = c(ctx, cmd)
	return cmd
}

// ExpireGT sends EXPIRE.
func (c cmdable) ExpireGT(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	cmd := NewBoolCmd(ctx, "expire", key, formatSec(ctx, expiration), "GT")
	_ = c(ctx, cmd)
	return cmd
}

// ExpireLT sends EXPIRE.
func (c cmdable) ExpireLT(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	cmd := NewBoolCmd(ctx, "expire", key, formatSec(ctx, expiration), "LT")
	_ = c(ctx, cmd)
	return cmd
}

// ExpireAt sends EXPIREAT.
func (c cmdable) ExpireAt(ctx context.Context, key string, tm time.Time) *BoolCmd {
	cmd := NewBoolCmd(ctx, "expireat", key, tm.Unix())
	_ = c(ctx, cmd)
	return cmd
}

// ExpireTime sends EXPIRETIME.
func (c cmdable) ExpireTime(ctx context.Context, key string) *DurationCmd {
	cmd := NewDurationCmd(ctx, time.Second, "expiretime", key)
	_ = c(ctx, cmd)
	return cmd
}

// Keys sends KEYS.
func (c cmdable) Keys(ctx context.Context, pattern string) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "keys", pattern)
	_ = c(ctx, cmd)
	return cmd
}

// Move sends MOVE.
func (c cmdable) Move(ctx context.Context, key string, db int) *BoolCmd {
	cmd := NewBoolCmd(ctx, "move", key, db)
	_ = c(ctx, cmd)
	return cmd
}

// ObjectFreq sends OBJECT FREQ.
func (c cmdable) ObjectFreq(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "object", "freq", key)
	_ = c(ctx, cmd)
	return cmd
}

// ObjectRefCount sends OBJECT REFCOUNT.
func (c cmdable) ObjectRefCount(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "object", "refcount", key)
	_ = c(ctx, cmd)
	return cmd
}

// ObjectEncoding sends OBJECT ENCODING.
func (c cmdable) ObjectEncoding(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "object", "encoding", key)
	_ = c(ctx, cmd)
	return cmd
}

// ObjectIdleTime sends OBJECT IDLETIME.
func (c cmdable) ObjectIdleTime(ctx context.Context, key string) *DurationCmd {
	cmd := NewDurationCmd(ctx, time.Second, "object", "idletime", key)
	_ = c(ctx, cmd)
	return cmd
}

// Persist sends PERSIST.
func (c cmdable) Persist(ctx context.Context, key string) *BoolCmd {
	cmd := NewBoolCmd(ctx, "persist", key)
	_ = c(ctx, cmd)
	return cmd
}

// PExpire sends PEXPIRE.
func (c cmdable) PExpire(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	cmd := NewBoolCmd(ctx, "pexpire", key, formatMs(ctx, expiration))
	_ = c(ctx, cmd)
	return cmd
}

// PExpireAt sends PEXPIREAT.
func (c cmdable) PExpireAt(ctx context.Context, key string, tm time.Time) *BoolCmd {
	cmd := NewBoolCmd(ctx, "pexpireat", key, tm.UnixNano()/int64(time.Millisecond))
	_ = c(ctx, cmd)
	return cmd
}

// PExpireTime sends PEXPIRETIME.
func (c cmdable) PExpireTime(ctx context.Context, key string) *DurationCmd {
	cmd := NewDurationCmd(ctx, time.Millisecond, "pexpiretime", key)
	_ = c(ctx, cmd)
	return cmd
}

// PTTL sends PTTL.
func (c cmdable) PTTL(ctx context.Context, key string) *DurationCmd {
	cmd := NewDurationCmd(ctx, time.Millisecond, "pttl", key)
	_ = c(ctx, cmd)
	return cmd
}

// RandomKey sends RANDOMKEY.
func (c cmdable) RandomKey(ctx context.Context) *StringCmd {
	cmd := NewStringCmd(ctx, "randomkey")
	_ = c(ctx, cmd)
	return cmd
}

// Rename sends RENAME.
func (c cmdable) Rename(ctx context.Context, key string, newkey string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "rename", key, newkey)
	_ = c(ctx, cmd)
	return cmd
}

// RenameNX sends RENAMENX.
func (c cmdable) RenameNX(ctx context.Context, key string, newkey string) *BoolCmd {
	cmd := NewBoolCmd(ctx, "renamenx", key, newkey)
	_ = c(ctx, cmd)
	return cmd
}

// Restore sends RESTORE.
func (c cmdable) Restore(ctx context.Context, key string, ttl time.Duration, value string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "restore", key, formatMs(ctx, ttl), value)
	_ = c(ctx, cmd)
	return cmd
}

// RestoreReplace sends RESTORE.
func (c cmdable) RestoreReplace(ctx context.Context, key string, ttl time.Duration, value string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "restore", key, formatMs(ctx, ttl), value, "replace")
	_ = c(ctx, cmd)
	return cmd
}

// Touch sends TOUCH.
func (c cmdable) Touch(ctx context.Context, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "touch")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// TTL sends TTL.
func (c cmdable) TTL(ctx context.Context, key string) *DurationCmd {
	cmd := NewDurationCmd(ctx, time.Second, "ttl", key)
	_ = c(ctx, cmd)
	return cmd
}

// Type sends TYPE.
func (c cmdable) Type(ctx context.Context, key string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "type", key)
	_ = c(ctx, cmd)
	return cmd
}

// Copy sends COPY.
func (c cmdable) Copy(ctx context.Context, sourceKey string, destKey string, db int, replace bool) *IntCmd {
	words := make([]interface{}, 0, 6)
	words = append(words, "copy", sourceKey, destKey, "DB", db)
	if replace {
		words = append(words, "REPLACE")
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// Scan sends SCAN.
func (c cmdable) Scan(ctx context.Context, cursor uint64, match string, count int64) *ScanCmd {
	words := make([]interface{}, 0, 6)
	words = append(words, "scan", cursor)
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

// ScanType sends SCAN.
func (c cmdable) ScanType(ctx context.Context, cursor uint64, match string, count int64, keyType string) *ScanCmd {
	words := make([]interface{}, 0, 8)
	words = append(words, "scan", cursor)
	if match != "" {
		words = append(words, "match", match)
	}
	if count > 0 {
		words = append(words, "count", count)
	}
	if keyType != "" {
		words = append(words, "type", keyType)
	}
	cmd := NewScanCmd(ctx, c, words...)
	_ = c(ctx, cmd)
	return cmd
}
