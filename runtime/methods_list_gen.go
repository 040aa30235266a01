// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
	"time"
)

// BLPop sends BLPOP.
func (c cmdable) BLPop(ctx context.Context, timeout time.Duration, keys ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "blpop")
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, formatSec(ctx, timeout))
	cmd := NewStringSliceCmd(ctx, words...)
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// BLMPop sends BLMPOP.
func (c cmdable) BLMPop(ctx context.Context, timeout time.Duration, direction string, count int64, keys ...string) *KeyValuesCmd {
	words := make([]interface{}, 0, 6+len(keys))
	words = append(words, "blmpop", formatSec(ctx, timeout), len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, lower(direction), "count", count)
	cmd := NewKeyValuesCmd(ctx, words...)
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// BRPop sends BRPOP.
func (c cmdable) BRPop(ctx context.Context, timeout time.Duration, keys ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "brpop")
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, formatSec(ctx, timeout))
	cmd := NewStringSliceCmd(ctx, words...)
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// BRPopLPush sends BRPOPLPUSH.
func (c cmdable) BRPopLPush(ctx context.Context, source string, destination string, timeout time.Duration) *StringCmd {
	cmd := NewStringCmd(ctx, "brpoplpush", source, destination, formatSec(ctx, timeout))
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// LIndex sends LINDEX.
func (c cmdable) LIndex(ctx context.Context, key string, index int64) *StringCmd {
	cmd := NewStringCmd(ctx, "lindex", key, index)
	_ = c(ctx, cmd)
	return cmd
}

// LMPop sends LMPOP.
func (c cmdable) LMPop(ctx context.Context, direction string, count int64, keys ...string) *KeyValuesCmd {
	words := make([]interface{}, 0, 5+len(keys))
	words = append(words, "lmpop", len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, lower(direction), "count", count)
	cmd := NewKeyValuesCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LInsert sends LINSERT.
func (c cmdable) LInsert(ctx context.Context, key string, op string, pivot interface{}, value interface{}) *IntCmd {
	cmd := NewIntCmd(ctx, "linsert", key, op, pivot, value)
	_ = c(ctx, cmd)
	return cmd
}

// LInsertBefore sends LINSERT.
func (c cmdable) LInsertBefore(ctx context.Context, key string, pivot interface{}, value interface{}) *IntCmd {
	cmd := NewIntCmd(ctx, "linsert", key, "before", pivot, value)
	_ = c(ctx, cmd)
	return cmd
}

// LInsertAfter sends LINSERT.
func (c cmdable) LInsertAfter(ctx context.Context, key string, pivot interface{}, value interface{}) *IntCmd {
	cmd := NewIntCmd(ctx, "linsert", key, "after", pivot, value)
	_ = c(ctx, cmd)
	return cmd
}

// LLen sends LLEN.
func (c cmdable) LLen(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "llen", key)
	_ = c(ctx, cmd)
	return cmd
}

// LPop sends LPOP.
func (c cmdable) LPop(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "lpop", key)
	_ = c(ctx, cmd)
	return cmd
}

// LPopCount sends LPOP.
func (c cmdable) LPopCount(ctx context.Context, key string, count int) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "lpop", key, count)
	_ = c(ctx, cmd)
	return cmd
}

// LPos sends LPOS.
func (c cmdable) LPos(ctx context.Context, key string, value string, args LPosArgs) *IntCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "lpos", key, value)
	if args.Rank != 0 {
		words = append(words, "rank", args.Rank)
	}
	if args.MaxLen != 0 {
		words = append(words, "maxlen", args.MaxLen)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LPosCount sends LPOS.
func (c cmdable) LPosCount(ctx context.Context, key string, value string, count int64, args LPosArgs) *IntSliceCmd {
	words := make([]interface{}, 0, 9)
	words = append(words, "lpos", key, value, "count", count)
	if args.Rank != 0 {
		words = append(words, "rank", args.Rank)
	}
	if args.MaxLen != 0 {
		words = append(words, "maxlen", args.MaxLen)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LPush sends LPUSH.
func (c cmdable) LPush(ctx context.Context, key string, values ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "lpush", key)
	words = arg.Flatten(words, values)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LPushX sends LPUSHX.
func (c cmdable) LPushX(ctx context.Context, key string, values ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "lpushx", key)
	words = arg.Flatten(words, values)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LRange sends LRANGE.
func (c cmdable) LRange(ctx context.Context, key string, start int64, stop int64) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "lrange", key, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// LRem sends LREM.
func (c cmdable) LRem(ctx context.Context, key string, count int64, value interface{}) *IntCmd {
	cmd := NewIntCmd(ctx, "lrem", key, count, value)
	_ = c(ctx, cmd)
	return cmd
}

// LSet sends LSET.
func (c cmdable) LSet(ctx context.Context, key string, index int64, value interface{}) *StatusCmd {
	cmd := NewStatusCmd(ctx, "lset", key, index, value)
	_ = c(ctx, cmd)
	return cmd
}

// LTrim sends LTRIM.
func (c cmdable) LTrim(ctx context.Context, key string, start int64, stop int64) *StatusCmd {
	cmd := NewStatusCmd(ctx, "ltrim", key, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// RPop sends RPOP.
func (c cmdable) RPop(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "rpop", key)
	_ = c(ctx, cmd)
	return cmd
}

// RPopCount sends RPOP.
func (c cmdable) RPopCount(ctx context.Context, key string, count int) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "rpop", key, count)
	_ = c(ctx, cmd)
	return cmd
}

// RPopLPush sends RPOPLPUSH.
func (c cmdable) RPopLPush(ctx context.Context, source string, destination string) *StringCmd {
	cmd := NewStringCmd(ctx, "rpoplpush", source, destination)
	_ = c(ctx, cmd)
	return cmd
}

// RPush sends RPUSH.
func (c cmdable) RPush(ctx context.Context, key string, values ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "rpush", key)
	words = arg.Flatten(words, values)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// RPushX sends RPUSHX.
func (c cmdable) RPushX(ctx context.Context, key string, values ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "rpushx", key)
	words = arg.Flatten(words, values)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LMove sends LMOVE.
func (c cmdable) LMove(ctx context.Context, source string, destination string, srcpos string, destpos string) *StringCmd {
	cmd := NewStringCmd(ctx, "lmove", source, destination, srcpos, destpos)
	_ = c(ctx, cmd)
	return cmd
}

// BLMove sends BLMOVE.
func (c cmdable) BLMove(ctx context.Context, source string, destination string, srcpos string, destpos string, timeout time.Duration) *StringCmd {
	cmd := NewStringCmd(ctx, "blmove", source, destination, srcpos, destpos, formatSec(ctx, timeout))
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}
