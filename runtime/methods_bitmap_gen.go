// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
)

// GetBit sends GETBIT.
func (c cmdable) GetBit(ctx context.Context, key string, offset int64) *IntCmd {
	cmd := NewIntCmd(ctx, "getbit", key, offset)
	_ = c(ctx, cmd)
	return cmd
}

// SetBit sends SETBIT.
func (c cmdable) SetBit(ctx context.Context, key string, offset int64, value int) *IntCmd {
	cmd := NewIntCmd(ctx, "setbit", key, offset, value)
	_ = c(ctx, cmd)
	return cmd
}

// BitOpAnd sends BITOP.
func (c cmdable) BitOpAnd(ctx context.Context, destKey string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 3+len(keys))
	words = append(words, "bitop", "and", destKey)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// BitOpOr sends BITOP.
func (c cmdable) BitOpOr(ctx context.Context, destKey string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 3+len(keys))
	words = append(words, "bitop", "or", destKey)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// BitOpXor sends BITOP.
func (c cmdable) BitOpXor(ctx context.Context, destKey string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 3+len(keys))
	words = append(words, "bitop", "xor", destKey)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// BitOpNot sends BITOP.
func (c cmdable) BitOpNot(ctx context.Context, destKey string, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "bitop", "not", destKey, key)
	_ = c(ctx, cmd)
	return cmd
}

// BitPosSpan sends BITPOS.
func (c cmdable) BitPosSpan(ctx context.Context, key string, bit int8, start int64, end int64, span string) *IntCmd {
	cmd := NewIntCmd(ctx, "bitpos", key, bit, start, end, span)
	_ = c(ctx, cmd)
	return cmd
}

// BitField sends BITFIELD.
func (c cmdable) BitField(ctx context.Context, key string, values ...interface{}) *IntSliceCmd {
	words := make([]interface{}, 0, 2+len(values))
	words = append(words, "bitfield", key)
	words = arg.Flatten(words, values)
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}
