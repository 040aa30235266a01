// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
	"time"
)

// Append sends APPEND.
func (c cmdable) Append(ctx context.Context, key string, value string) *IntCmd {
	cmd := NewIntCmd(ctx, "append", key, value)
	_ = c(ctx, cmd)
	return cmd
}

// Decr sends DECR.
func (c cmdable) Decr(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "decr", key)
	_ = c(ctx, cmd)
	return cmd
}

// DecrBy sends DECRBY.
func (c cmdable) DecrBy(ctx context.Context, key string, decrement int64) *IntCmd {
	cmd := NewIntCmd(ctx, "decrby", key, decrement)
	_ = c(ctx, cmd)
	return cmd
}

// Get sends GET.
func (c cmdable) Get(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "get", key)
	_ = c(ctx, cmd)
	return cmd
}

// GetRange sends GETRANGE.
func (c cmdable) GetRange(ctx context.Context, key string, start int64, end int64) *StringCmd {
	cmd := NewStringCmd(ctx, "getrange", key, start, end)
	_ = c(ctx, cmd)
	return cmd
}

// GetSet sends GETSET.
func (c cmdable) GetSet(ctx context.Context, key string, value interface{}) *StringCmd {
	cmd := NewStringCmd(ctx, "getset", key, value)
	_ = c(ctx, cmd)
	return cmd
}

// GetDel sends GETDEL.
func (c cmdable) GetDel(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "getdel", key)
	_ = c(ctx, cmd)
	return cmd
}

// Incr sends INCR.
func (c cmdable) Incr(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "incr", key)
	_ = c(ctx, cmd)
	return cmd
}

// IncrBy sends INCRBY.
func (c cmdable) IncrBy(ctx context.Context, key string, value int64) *IntCmd {
	cmd := NewIntCmd(ctx, "incrby", key, value)
	_ = c(ctx, cmd)
	return cmd
}

// IncrByFloat sends INCRBYFLOAT.
func (c cmdable) IncrByFloat(ctx context.Context, key string, value float64) *FloatCmd {
	cmd := NewFloatCmd(ctx, "incrbyfloat", key, value)
	_ = c(ctx, cmd)
	return cmd
}

// MGet sends MGET.
func (c cmdable) MGet(ctx context.Context, keys ...string) *SliceCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "mget")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// MSet sends MSET.
func (c cmdable) MSet(ctx context.Context, values ...interface{}) *StatusCmd {
	words := make([]interface{}, 0, 1+len(values))
	words = append(words, "mset")
	words = arg.Flatten(words, values)
	cmd := NewStatusCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// MSetNX sends MSETNX.
func (c cmdable) MSetNX(ctx context.Context, values ...interface{}) *BoolCmd {
	words := make([]interface{}, 0, 1+len(values))
	words = append(words, "msetnx")
	words = arg.Flatten(words, values)
	cmd := NewBoolCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SetEx sends SETEX.
func (c cmdable) SetEx(ctx context.Context, key string, value interface{}, expiration time.Duration) *StatusCmd {
	cmd := NewStatusCmd(ctx, "setex", key, formatSec(ctx, expiration), value)
	_ = c(ctx, cmd)
	return cmd
}

// SetRange sends SETRANGE.
func (c cmdable) SetRange(ctx context.Context, key string, offset int64, value string) *IntCmd {
	cmd := NewIntCmd(ctx, "setrange", key, offset, value)
	_ = c(ctx, cmd)
	return cmd
}

// StrLen sends STRLEN.
func (c cmdable) StrLen(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "strlen", key)
	_ = c(ctx, cmd)
	return cmd
}
