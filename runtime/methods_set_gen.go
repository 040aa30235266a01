// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
)

// SAdd sends SADD.
func (c cmdable) SAdd(ctx context.Context, key string, members ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "sadd", key)
	words = arg.Flatten(words, members)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SCard sends SCARD.
func (c cmdable) SCard(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "scard", key)
	_ = c(ctx, cmd)
	return cmd
}

// SDiff sends SDIFF.
func (c cmdable) SDiff(ctx context.Context, keys ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "sdiff")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SDiffStore sends SDIFFSTORE.
func (c cmdable) SDiffStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "sdiffstore", destination)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SInter sends SINTER.
func (c cmdable) SInter(ctx context.Context, keys ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "sinter")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SInterCard sends SINTERCARD.
func (c cmdable) SInterCard(ctx context.Context, limit int64, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 4+len(keys))
	words = append(words, "sintercard", len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, "limit", limit)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SInterStore sends SINTERSTORE.
func (c cmdable) SInterStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "sinterstore", destination)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SIsMember sends SISMEMBER.
func (c cmdable) SIsMember(ctx context.Context, key string, member interface{}) *BoolCmd {
	cmd := NewBoolCmd(ctx, "sismember", key, member)
	_ = c(ctx, cmd)
	return cmd
}

// SMIsMember sends SMISMEMBER.
func (c cmdable) SMIsMember(ctx context.Context, key string, members ...interface{}) *BoolSliceCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "smismember", key)
	words = arg.Flatten(words, members)
	cmd := NewBoolSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SMembers sends SMEMBERS.
func (c cmdable) SMembers(ctx context.Context, key string) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "smembers", key)
	_ = c(ctx, cmd)
	return cmd
}

// SMembersMap sends SMEMBERS.
func (c cmdable) SMembersMap(ctx context.Context, key string) *StringStructMapCmd {
	cmd := NewStringStructMapCmd(ctx, "smembers", key)
	_ = c(ctx, cmd)
	return cmd
}

// SMove sends SMOVE.
func (c cmdable) SMove(ctx context.Context, source string, destination string, member interface{}) *BoolCmd {
	cmd := NewBoolCmd(ctx, "smove", source, destination, member)
	_ = c(ctx, cmd)
	return cmd
}

// SPop sends SPOP.
func (c cmdable) SPop(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "spop", key)
	_ = c(ctx, cmd)
	return cmd
}

// SPopN sends SPOP.
func (c cmdable) SPopN(ctx context.Context, key string, count int64) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "spop", key, count)
	_ = c(ctx, cmd)
	return cmd
}

// SRandMember sends SRANDMEMBER.
func (c cmdable) SRandMember(ctx context.Context, key string) *StringCmd {
	cmd := NewStringCmd(ctx, "srandmember", key)
	_ = c(ctx, cmd)
	return cmd
}

// SRandMemberN sends SRANDMEMBER.
func (c cmdable) SRandMemberN(ctx context.Context, key string, count int64) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "srandmember", key, count)
	_ = c(ctx, cmd)
	return cmd
}

// SRem sends SREM.
func (c cmdable) SRem(ctx context.Context, key string, members ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "srem", key)
	words = arg.Flatten(words, members)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SUnion sends SUNION.
func (c cmdable) SUnion(ctx context.Context, keys ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "sunion")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SUnionStore sends SUNIONSTORE.
func (c cmdable) SUnionStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "sunionstore", destination)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// SScan sends SSCAN.
func (c cmdable) SScan(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "sscan", key, cursor)
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
