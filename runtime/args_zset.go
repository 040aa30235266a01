package runtime

import (
	"context"
	"errors"
)

// Z is a member of a sorted set with its score.
type Z struct {
	Score  float64
	Member interface{}
}

// ZWithKey is a member with the key of its set.
type ZWithKey struct {
	Z
	Key string
}

// ZStore says which sets ZUNION, ZINTER and their like combine, and how.
type ZStore struct {
	Keys      []string
	Weights   []float64
	Aggregate string // SUM, MIN or MAX
}

// ZAddArgs are the options of ZADD. NX excludes XX, GT and LT.
type ZAddArgs struct {
	NX      bool
	XX      bool
	LT      bool
	GT      bool
	Ch      bool
	Members []Z
}

func (a *ZAddArgs) args(key string, incr bool) []interface{} {
	args := make([]interface{}, 2, 6+2*len(a.Members))
	args[0], args[1] = "zadd", key
	if a.NX {
		args = append(args, "nx")
	} else {
		if a.XX {
			args = append(args, "xx")
		}
		if a.GT {
			args = append(args, "gt")
		} else if a.LT {
			args = append(args, "lt")
		}
	}
	if a.Ch {
		args = append(args, "ch")
	}
	if incr {
		args = append(args, "incr")
	}
	for _, m := range a.Members {
		args = append(args, m.Score, m.Member)
	}
	return args
}

// ZAddArgs adds members with ZADD's options.
func (c cmdable) ZAddArgs(ctx context.Context, key string, args ZAddArgs) *IntCmd {
	cmd := NewIntCmd(ctx, args.args(key, false)...)
	_ = c(ctx, cmd)
	return cmd
}

// ZAddArgsIncr adds to the score of one member with ZADD's options.
func (c cmdable) ZAddArgsIncr(ctx context.Context, key string, args ZAddArgs) *FloatCmd {
	cmd := NewFloatCmd(ctx, args.args(key, true)...)
	_ = c(ctx, cmd)
	return cmd
}

// ZAdd adds members or changes their scores.
func (c cmdable) ZAdd(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{Members: members})
}

// ZAddLT is ZAdd that only lowers the scores of members that exist.
func (c cmdable) ZAddLT(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{LT: true, Members: members})
}

// ZAddGT is ZAdd that only raises the scores of members that exist.
func (c cmdable) ZAddGT(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{GT: true, Members: members})
}

// ZAddNX is ZAdd that only adds.
func (c cmdable) ZAddNX(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{NX: true, Members: members})
}

// ZAddXX is ZAdd that only changes.
func (c cmdable) ZAddXX(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{XX: true, Members: members})
}

// ZRangeBy is a range by score or name.
type ZRangeBy struct {
	Min, Max      string
	Offset, Count int64
}

// ZRangeArgs are the options of ZRANGE: a range by index, by score or by name.
type ZRangeArgs struct {
	Key     string
	Start   interface{}
	Stop    interface{}
	ByScore bool
	ByLex   bool
	Rev     bool
	Offset  int64
	Count   int64
}

func (z *ZRangeArgs) append(args []interface{}) []interface{} {
	args = append(args, z.Key, z.Start, z.Stop)
	if z.ByScore {
		args = append(args, "byscore")
	} else if z.ByLex {
		args = append(args, "bylex")
	}
	if z.Rev {
		args = append(args, "rev")
	}
	if z.Offset != 0 || z.Count != 0 {
		args = append(args, "limit", z.Offset, z.Count)
	}
	return args
}

// ZRangeArgs reads a range of members.
func (c cmdable) ZRangeArgs(ctx context.Context, z ZRangeArgs) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, z.append([]interface{}{"zrange"})...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRangeArgsWithScores reads a range of members with their scores.
func (c cmdable) ZRangeArgsWithScores(ctx context.Context, z ZRangeArgs) *ZSliceCmd {
	cmd := NewZSliceCmd(ctx, append(z.append([]interface{}{"zrange"}), "withscores")...)
	_ = c(ctx, cmd)
	return cmd
}

// ZRangeStore stores a range of members in another set.
func (c cmdable) ZRangeStore(ctx context.Context, dst string, z ZRangeArgs) *IntCmd {
	cmd := NewIntCmd(ctx, z.append([]interface{}{"zrangestore", dst})...)
	_ = c(ctx, cmd)
	return cmd
}

// ZPopMax removes the members with the greatest scores, one or count[0].
func (c cmdable) ZPopMax(ctx context.Context, key string, count ...int64) *ZSliceCmd {
	return c.zpop(ctx, "zpopmax", key, count)
}

// ZPopMin removes the members with the least scores, one or count[0].
func (c cmdable) ZPopMin(ctx context.Context, key string, count ...int64) *ZSliceCmd {
	return c.zpop(ctx, "zpopmin", key, count)
}

func (c cmdable) zpop(ctx context.Context, name, key string, count []int64) *ZSliceCmd {
	args := []interface{}{name, key}
	switch len(count) {
	case 0:
	case 1:
		args = append(args, count[0])
	default:
		return NewZSliceCmdResult(nil, errors.New("too many arguments"))
	}
	cmd := NewZSliceCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}
