// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
	"time"
)

// BZPopMax sends BZPOPMAX.
func (c cmdable) BZPopMax(ctx context.Context, timeout time.Duration, keys ...string) *ZWithKeyCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "bzpopmax")
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, formatSec(ctx, timeout))
	cmd := NewZWithKeyCmd(ctx, words...)
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// BZPopMin sends BZPOPMIN.
func (c cmdable) BZPopMin(ctx context.Context, timeout time.Duration, keys ...string) *ZWithKeyCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "bzpopmin")
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, formatSec(ctx, timeout))
	cmd := NewZWithKeyCmd(ctx, words...)
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// BZMPop sends BZMPOP.
func (c cmdable) BZMPop(ctx context.Context, timeout time.Duration, order string, count int64, keys ...string) *ZSliceWithKeyCmd {
	words := make([]interface{}, 0, 6+len(keys))
	words = append(words, "bzmpop", formatSec(ctx, timeout), len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, lower(order), "count", count)
	cmd := NewZSliceWithKeyCmd(ctx, words...)
	cmd.setReadTimeout(timeout)
	_ = c(ctx, cmd)
	return cmd
}

// ZCard sends ZCARD.
func (c cmdable) ZCard(ctx context.Context, key string) *IntCmd {
	cmd := NewIntCmd(ctx, "zcard", key)
	_ = c(ctx, cmd)
	return cmd
}

// ZCount sends ZCOUNT.
func (c cmdable) ZCount(ctx context.Context, key string, min string, max string) *IntCmd {
	cmd := NewIntCmd(ctx, "zcount", key, min, max)
	_ = c(ctx, cmd)
	return cmd
}

// ZLexCount sends ZLEXCOUNT.
func (c cmdable) ZLexCount(ctx context.Context, key string, min string, max string) *IntCmd {
	cmd := NewIntCmd(ctx, "zlexcount", key, min, max)
	_ = c(ctx, cmd)
	return cmd
}

// ZIncrBy sends ZINCRBY.
func (c cmdable) ZIncrBy(ctx context.Context, key string, increment float64, member string) *FloatCmd {
	cmd := NewFloatCmd(ctx, "zincrby", key, increment, member)
	_ = c(ctx, cmd)
	return cmd
}

// ZInterStore sends ZINTERSTORE.
func (c cmdable) ZInterStore(ctx context.Context, destination string, store *ZStore) *IntCmd {
	words := make([]interface{}, 0, 6+len(store.Keys))
	words = append(words, "zinterstore", destination, len(store.Keys))
	for _, v := range store.Keys {
		words = append(words, v)
	}
	if len(store.Weights) > 0 {
		words = append(words, "weights")
		for _, v := range store.Weights {
			words = append(words, v)
		}
	}
	if store.Aggregate != "" {
		words = append(words, "aggregate", store.Aggregate)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZInter sends ZINTER.
func (c cmdable) ZInter(ctx context.Context, store *ZStore) *StringSliceCmd {
	words := make([]interface{}, 0, 5+len(store.Keys))
	words = append(words, "zinter", len(store.Keys))
	for _, v := range store.Keys {
		words = append(words, v)
	}
	if len(store.Weights) > 0 {
		words = append(words, "weights")
		for _, v := range store.Weights {
			words = append(words, v)
		}
	}
	if store.Aggregate != "" {
		words = append(words, "aggregate", store.Aggregate)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZInterWithScores sends ZINTER.
func (c cmdable) ZInterWithScores(ctx context.Context, store *ZStore) *ZSliceCmd {
	words := make([]interface{}, 0, 6+len(store.Keys))
	words = append(words, "zinter", len(store.Keys))
	for _, v := range store.Keys {
		words = append(words, v)
	}
	if len(store.Weights) > 0 {
		words = append(words, "weights")
		for _, v := range store.Weights {
			words = append(words, v)
		}
	}
	if store.Aggregate != "" {
		words = append(words, "aggregate", store.Aggregate)
	}
	words = append(words, "withscores")
	cmd := NewZSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZInterCard sends ZINTERCARD.
func (c cmdable) ZInterCard(ctx context.Context, limit int64, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 4+len(keys))
	words = append(words, "zintercard", len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, "limit", limit)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZMPop sends ZMPOP.
func (c cmdable) ZMPop(ctx context.Context, order string, count int64, keys ...string) *ZSliceWithKeyCmd {
	words := make([]interface{}, 0, 5+len(keys))
	words = append(words, "zmpop", len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, lower(order), "count", count)
	cmd := NewZSliceWithKeyCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZMScore sends ZMSCORE.
func (c cmdable) ZMScore(ctx context.Context, key string, members ...string) *FloatSliceCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "zmscore", key)
	for _, v := range members {
		words = append(words, v)
	}
	cmd := NewFloatSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRange sends ZRANGE.
func (c cmdable) ZRange(ctx context.Context, key string, start int64, stop int64) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "zrange", key, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// ZRangeWithScores sends ZRANGE.
func (c cmdable) ZRangeWithScores(ctx context.Context, key string, start int64, stop int64) *ZSliceCmd {
	cmd := NewZSliceCmd(ctx, "zrange", key, start, stop, "withscores")
	_ = c(ctx, cmd)
	return cmd
}

// ZRangeByScore sends ZRANGEBYSCORE.
func (c cmdable) ZRangeByScore(ctx context.Context, key string, opt *ZRangeBy) *StringSliceCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "zrangebyscore", key, opt.Min, opt.Max)
	if opt.Offset != 0 || opt.Count != 0 {
		words = append(words, "limit", opt.Offset, opt.Count)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRangeByLex sends ZRANGEBYLEX.
func (c cmdable) ZRangeByLex(ctx context.Context, key string, opt *ZRangeBy) *StringSliceCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "zrangebylex", key, opt.Min, opt.Max)
	if opt.Offset != 0 || opt.Count != 0 {
		words = append(words, "limit", opt.Offset, opt.Count)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRangeByScoreWithScores sends ZRANGEBYSCORE.
func (c cmdable) ZRangeByScoreWithScores(ctx context.Context, key string, opt *ZRangeBy) *ZSliceCmd {
	words := make([]interface{}, 0, 8)
	words = append(words, "zrangebyscore", key, opt.Min, opt.Max, "withscores")
	if opt.Offset != 0 || opt.Count != 0 {
		words = append(words, "limit", opt.Offset, opt.Count)
	}
	cmd := NewZSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRank sends ZRANK.
func (c cmdable) ZRank(ctx context.Context, key string, member string) *IntCmd {
	cmd := NewIntCmd(ctx, "zrank", key, member)
	_ = c(ctx, cmd)
	return cmd
}

// ZRankWithScore sends ZRANK.
func (c cmdable) ZRankWithScore(ctx context.Context, key string, member string) *RankWithScoreCmd {
	cmd := NewRankWithScoreCmd(ctx, "zrank", key, member, "withscore")
	_ = c(ctx, cmd)
	return cmd
}

// ZRem sends ZREM.
func (c cmdable) ZRem(ctx context.Context, key string, members ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "zrem", key)
	words = arg.Flatten(words, members)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRemRangeByRank sends ZREMRANGEBYRANK.
func (c cmdable) ZRemRangeByRank(ctx context.Context, key string, start int64, stop int64) *IntCmd {
	cmd := NewIntCmd(ctx, "zremrangebyrank", key, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// ZRemRangeByScore sends ZREMRANGEBYSCORE.
func (c cmdable) ZRemRangeByScore(ctx context.Context, key string, min string, max string) *IntCmd {
	cmd := NewIntCmd(ctx, "zremrangebyscore", key, min, max)
	_ = c(ctx, cmd)
	return cmd
}

// ZRemRangeByLex sends ZREMRANGEBYLEX.
func (c cmdable) ZRemRangeByLex(ctx context.Context, key string, min string, max string) *IntCmd {
	cmd := NewIntCmd(ctx, "zremrangebylex", key, min, max)
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRange sends ZREVRANGE.
func (c cmdable) ZRevRange(ctx context.Context, key string, start int64, stop int64) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "zrevrange", key, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRangeWithScores sends ZREVRANGE.
func (c cmdable) ZRevRangeWithScores(ctx context.Context, key string, start int64, stop int64) *ZSliceCmd {
	cmd := NewZSliceCmd(ctx, "zrevrange", key, start, stop, "withscores")
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRangeByScore sends ZREVRANGEBYSCORE.
func (c cmdable) ZRevRangeByScore(ctx context.Context, key string, opt *ZRangeBy) *StringSliceCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "zrevrangebyscore", key, opt.Max, opt.Min)
	if opt.Offset != 0 || opt.Count != 0 {
		words = append(words, "limit", opt.Offset, opt.Count)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRangeByLex sends ZREVRANGEBYLEX.
func (c cmdable) ZRevRangeByLex(ctx context.Context, key string, opt *ZRangeBy) *StringSliceCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "zrevrangebylex", key, opt.Max, opt.Min)
	if opt.Offset != 0 || opt.Count != 0 {
		words = append(words, "limit", opt.Offset, opt.Count)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRangeByScoreWithScores sends ZREVRANGEBYSCORE.
func (c cmdable) ZRevRangeByScoreWithScores(ctx context.Context, key string, opt *ZRangeBy) *ZSliceCmd {
	words := make([]interface{}, 0, 8)
	words = append(words, "zrevrangebyscore", key, opt.Max, opt.Min, "withscores")
	if opt.Offset != 0 || opt.Count != 0 {
		words = append(words, "limit", opt.Offset, opt.Count)
	}
	cmd := NewZSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRank sends ZREVRANK.
func (c cmdable) ZRevRank(ctx context.Context, key string, member string) *IntCmd {
	cmd := NewIntCmd(ctx, "zrevrank", key, member)
	_ = c(ctx, cmd)
	return cmd
}

// ZRevRankWithScore sends ZREVRANK.
func (c cmdable) ZRevRankWithScore(ctx context.Context, key string, member string) *RankWithScoreCmd {
	cmd := NewRankWithScoreCmd(ctx, "zrevrank", key, member, "withscore")
	_ = c(ctx, cmd)
	return cmd
}

// ZScore sends ZSCORE.
func (c cmdable) ZScore(ctx context.Context, key string, member string) *FloatCmd {
	cmd := NewFloatCmd(ctx, "zscore", key, member)
	_ = c(ctx, cmd)
	return cmd
}

// ZUnion sends ZUNION.
func (c cmdable) ZUnion(ctx context.Context, store ZStore) *StringSliceCmd {
	words := make([]interface{}, 0, 5+len(store.Keys))
	words = append(words, "zunion", len(store.Keys))
	for _, v := range store.Keys {
		words = append(words, v)
	}
	if len(store.Weights) > 0 {
		words = append(words, "weights")
		for _, v := range store.Weights {
			words = append(words, v)
		}
	}
	if store.Aggregate != "" {
		words = append(words, "aggregate", store.Aggregate)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZUnionWithScores sends ZUNION.
func (c cmdable) ZUnionWithScores(ctx context.Context, store ZStore) *ZSliceCmd {
	words := make([]interface{}, 0, 6+len(store.Keys))
	words = append(words, "zunion", len(store.Keys))
	for _, v := range store.Keys {
		words = append(words, v)
	}
	if len(store.Weights) > 0 {
		words = append(words, "weights")
		for _, v := range store.Weights {
			words = append(words, v)
		}
	}
	if store.Aggregate != "" {
		words = append(words, "aggregate", store.Aggregate)
	}
	words = append(words, "withscores")
	cmd := NewZSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZUnionStore sends ZUNIONSTORE.
func (c cmdable) ZUnionStore(ctx context.Context, dest string, store *ZStore) *IntCmd {
	words := make([]interface{}, 0, 6+len(store.Keys))
	words = append(words, "zunionstore", dest, len(store.Keys))
	for _, v := range store.Keys {
		words = append(words, v)
	}
	if len(store.Weights) > 0 {
		words = append(words, "weights")
		for _, v := range store.Weights {
			words = append(words, v)
		}
	}
	if store.Aggregate != "" {
		words = append(words, "aggregate", store.Aggregate)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRandMember sends ZRANDMEMBER.
func (c cmdable) ZRandMember(ctx context.Context, key string, count int) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "zrandmember", key, count)
	_ = c(ctx, cmd)
	return cmd
}

// ZRandMemberWithScores sends ZRANDMEMBER.
func (c cmdable) ZRandMemberWithScores(ctx context.Context, key string, count int) *ZSliceCmd {
	cmd := NewZSliceCmd(ctx, "zrandmember", key, count, "withscores")
	_ = c(ctx, cmd)
	return cmd
}

// ZDiff sends ZDIFF.
func (c cmdable) ZDiff(ctx context.Context, keys ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "zdiff", len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZDiffWithScores sends ZDIFF.
func (c cmdable) ZDiffWithScores(ctx context.Context, keys ...string) *ZSliceCmd {
	words := make([]interface{}, 0, 3+len(keys))
	words = append(words, "zdiff", len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, "withscores")
	cmd := NewZSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZDiffStore sends ZDIFFSTORE.
func (c cmdable) ZDiffStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 3+len(keys))
	words = append(words, "zdiffstore", destination, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ZScan sends ZSCAN.
func (c cmdable) ZScan(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	words := make([]interface{}, 0, 7)
	words = append(words, "zscan", key, cursor)
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
