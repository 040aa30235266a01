// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import "context"

// XDel sends XDEL.
func (c cmdable) XDel(ctx context.Context, stream string, ids ...string) *IntCmd {
	words := make([]interface{}, 0, 2+len(ids))
	words = append(words, "xdel", stream)
	for _, v := range ids {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// XLen sends XLEN.
func (c cmdable) XLen(ctx context.Context, stream string) *IntCmd {
	cmd := NewIntCmd(ctx, "xlen", stream)
	_ = c(ctx, cmd)
	return cmd
}

// XRange sends XRANGE.
func (c cmdable) XRange(ctx context.Context, stream string, start string, stop string) *XMessageSliceCmd {
	cmd := NewXMessageSliceCmd(ctx, "xrange", stream, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// XRangeN sends XRANGE.
func (c cmdable) XRangeN(ctx context.Context, stream string, start string, stop string, count int64) *XMessageSliceCmd {
	cmd := NewXMessageSliceCmd(ctx, "xrange", stream, start, stop, "count", count)
	_ = c(ctx, cmd)
	return cmd
}

// XRevRange sends XREVRANGE.
func (c cmdable) XRevRange(ctx context.Context, stream string, start string, stop string) *XMessageSliceCmd {
	cmd := NewXMessageSliceCmd(ctx, "xrevrange", stream, start, stop)
	_ = c(ctx, cmd)
	return cmd
}

// XRevRangeN sends XREVRANGE.
func (c cmdable) XRevRangeN(ctx context.Context, stream string, start string, stop string, count int64) *XMessageSliceCmd {
	cmd := NewXMessageSliceCmd(ctx, "xrevrange", stream, start, stop, "count", count)
	_ = c(ctx, cmd)
	return cmd
}

// XGroupCreate sends XGROUP CREATE.
func (c cmdable) XGroupCreate(ctx context.Context, stream string, group string, start string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "xgroup", "create", stream, group, start)
	_ = c(ctx, cmd)
	return cmd
}

// XGroupCreateMkStream sends XGROUP CREATE.
func (c cmdable) XGroupCreateMkStream(ctx context.Context, stream string, group string, start string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "xgroup", "create", stream, group, start, "mkstream")
	_ = c(ctx, cmd)
	return cmd
}

// XGroupSetID sends XGROUP SETID.
func (c cmdable) XGroupSetID(ctx context.Context, stream string, group string, start string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "xgroup", "setid", stream, group, start)
	_ = c(ctx, cmd)
	return cmd
}

// XGroupDestroy sends XGROUP DESTROY.
func (c cmdable) XGroupDestroy(ctx context.Context, stream string, group string) *IntCmd {
	cmd := NewIntCmd(ctx, "xgroup", "destroy", stream, group)
	_ = c(ctx, cmd)
	return cmd
}

// XGroupCreateConsumer sends XGROUP CREATECONSUMER.
func (c cmdable) XGroupCreateConsumer(ctx context.Context, stream string, group string, consumer string) *IntCmd {
	cmd := NewIntCmd(ctx, "xgroup", "createconsumer", stream, group, consumer)
	_ = c(ctx, cmd)
	return cmd
}

// XGroupDelConsumer sends XGROUP DELCONSUMER.
func (c cmdable) XGroupDelConsumer(ctx context.Context, stream string, group string, consumer string) *IntCmd {
	cmd := NewIntCmd(ctx, "xgroup", "delconsumer", stream, group, consumer)
	_ = c(ctx, cmd)
	return cmd
}

// XAck sends XACK.
func (c cmdable) XAck(ctx context.Context, stream string, group string, ids ...string) *IntCmd {
	words := make([]interface{}, 0, 3+len(ids))
	words = append(words, "xack", stream, group)
	for _, v := range ids {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// XPending sends XPENDING.
func (c cmdable) XPending(ctx context.Context, stream string, group string) *XPendingCmd {
	cmd := NewXPendingCmd(ctx, "xpending", stream, group)
	_ = c(ctx, cmd)
	return cmd
}

// XPendingExt sends XPENDING.
func (c cmdable) XPendingExt(ctx context.Context, a *XPendingExtArgs) *XPendingExtCmd {
	words := make([]interface{}, 0, 9)
	words = append(words, "xpending", a.Stream, a.Group)
	if a.Idle != 0 {
		words = append(words, "idle", formatMs(ctx, a.Idle))
	}
	words = append(words, a.Start, a.End, a.Count)
	if a.Consumer != "" {
		words = append(words, a.Consumer)
	}
	cmd := NewXPendingExtCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// XInfoConsumers sends XINFO CONSUMERS.
func (c cmdable) XInfoConsumers(ctx context.Context, key string, group string) *XInfoConsumersCmd {
	cmd := NewXInfoConsumersCmd(ctx, key, group)
	_ = c(ctx, cmd)
	return cmd
}

// XInfoGroups sends XINFO GROUPS.
func (c cmdable) XInfoGroups(ctx context.Context, key string) *XInfoGroupsCmd {
	cmd := NewXInfoGroupsCmd(ctx, key)
	_ = c(ctx, cmd)
	return cmd
}

// XInfoStream sends XINFO STREAM.
func (c cmdable) XInfoStream(ctx context.Context, key string) *XInfoStreamCmd {
	cmd := NewXInfoStreamCmd(ctx, key)
	_ = c(ctx, cmd)
	return cmd
}

// XInfoStreamFull sends XINFO STREAM.
func (c cmdable) XInfoStreamFull(ctx context.Context, key string, count int) *XInfoStreamFullCmd {
	words := make([]interface{}, 0, 6)
	words = append(words, "xinfo", "stream", key, "full")
	if count > 0 {
		words = append(words, "count", count)
	}
	cmd := NewXInfoStreamFullCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}
