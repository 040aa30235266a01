package runtime

import (
	"context"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/arg"
)

// XTrimLimitDisabled as a limit lets trimming look at as many entries as it has
// to.
const XTrimLimitDisabled = -1

func trimLimit(args []interface{}, limit int64) []interface{} {
	if limit == 0 {
		return args
	}
	return append(args, "limit", max(limit, 0))
}

func trimSign(approx bool) string {
	if approx {
		return "~"
	}
	return "="
}

// XAddArgs are an entry of a stream with the options of XADD. Values are pairs
// of names and values in a slice, or a map.
type XAddArgs struct {
	Stream     string
	NoMkStream bool
	MaxLen     int64 // at most so many entries stay; excludes MinID
	MinID      string
	Approx     bool  // trimming may leave some more
	Limit      int64 // entries that trimming looks at; see XTrimLimitDisabled
	Mode       string
	ID         string // empty: the stream makes one
	Values     interface{}

	ProducerID     string
	IdempotentID   string
	IdempotentAuto bool
}

// XAdd appends an entry to a stream and answers its id.
func (c cmdable) XAdd(ctx context.Context, a *XAddArgs) *StringCmd {
	args := append(make([]interface{}, 0, 15), "xadd", a.Stream)
	if a.NoMkStream {
		args = append(args, "nomkstream")
	}
	if a.Mode != "" {
		args = append(args, a.Mode)
	}
	switch {
	case a.ProducerID == "":
	case a.IdempotentAuto:
		args = append(args, "idmpauto", a.ProducerID)
	case a.IdempotentID != "":
		args = append(args, "idmp", a.ProducerID, a.IdempotentID)
	}
	switch {
	case a.MaxLen > 0:
		args = append(args, "maxlen", trimSign(a.Approx), a.MaxLen)
	case a.MinID != "":
		args = append(args, "minid", trimSign(a.Approx), a.MinID)
	}
	args = trimLimit(args, a.Limit)
	id := a.ID
	if id == "" {
		id = "*"
	}
	args = append(args, id)
	cmd := NewStringCmd(ctx, arg.Flatten(args, []interface{}{a.Values})...)
	_ = c(ctx, cmd)
	return cmd
}

// XReadArgs say what XREAD reads: Streams are the keys and then their ids, or
// the keys alone with ID for all of them.
type XReadArgs struct {
	Streams  []string
	Count    int64
	MaxCount int64
	MaxSize  int64
	Block    time.Duration // below 0 it does not wait, 0 waits for ever
	ID       string
}

// streamReader collects the words of XREAD and XREADGROUP.
type streamReader struct {
	args []interface{}
	key  int8 // position of the first key
}

func (r *streamReader) put(words ...interface{}) {
	r.args = append(r.args, words...)
	r.key += int8(len(words))
}

func (r *streamReader) limits(count, maxCount, maxSize int64, block time.Duration) {
	if count > 0 {
		r.put("count", count)
	}
	if maxCount > 0 {
		r.put("maxcount", maxCount)
	}
	if maxSize > 0 {
		r.put("maxsize", maxSize)
	}
	if block >= 0 {
		r.put("block", int64(block/time.Millisecond))
	}
}

func (r *streamReader) send(ctx context.Context, c cmdable, streams []string, id string, block time.Duration) *XStreamSliceCmd {
	r.put("streams")
	for _, s := range streams {
		r.args = append(r.args, s)
	}
	if id != "" {
		for range streams {
			r.args = append(r.args, id)
		}
	}
	cmd := NewXStreamSliceCmd(ctx, r.args...)
	if block >= 0 {
		cmd.setReadTimeout(block)
	}
	cmd.SetFirstKeyPos(r.key)
	_ = c(ctx, cmd)
	return cmd
}

// XRead reads entries of streams that follow an id.
func (c cmdable) XRead(ctx context.Context, a *XReadArgs) *XStreamSliceCmd {
	var r streamReader
	r.put("xread")
	r.limits(a.Count, a.MaxCount, a.MaxSize, a.Block)
	return r.send(ctx, c, a.Streams, a.ID, a.Block)
}

// XReadStreams is XRead that does not wait: keys, then their ids.
func (c cmdable) XReadStreams(ctx context.Context, streams ...string) *XStreamSliceCmd {
	return c.XRead(ctx, &XReadArgs{Streams: streams, Block: -1})
}

// XReadGroupArgs say what XREADGROUP reads: Streams are the keys and then their
// ids, ">" for what nobody of the group has read.
type XReadGroupArgs struct {
	Group    string
	Consumer string
	Streams  []string
	Count    int64
	MaxCount int64
	MaxSize  int64
	Block    time.Duration // below 0 it does not wait, 0 waits for ever
	NoAck    bool
	Claim    time.Duration
}

// XReadGroup reads entries of streams as a consumer of a group.
func (c cmdable) XReadGroup(ctx context.Context, a *XReadGroupArgs) *XStreamSliceCmd {
	var r streamReader
	r.put("xreadgroup", "group", a.Group, a.Consumer)
	r.limits(a.Count, a.MaxCount, a.MaxSize, a.Block)
	if a.NoAck {
		r.put("noack")
	}
	if a.Claim > 0 {
		r.put("claim", int64(a.Claim/time.Millisecond))
	}
	return r.send(ctx, c, a.Streams, "", a.Block)
}

// XPendingExtArgs say which pending entries XPENDING lists.
type XPendingExtArgs struct {
	Stream   string
	Group    string
	Idle     time.Duration
	Start    string
	End      string
	Count    int64
	Consumer string
}

// XAutoClaimArgs are the arguments of XAUTOCLAIM.
type XAutoClaimArgs struct {
	Stream   string
	Group    string
	MinIdle  time.Duration
	Start    string
	Count    int64
	Consumer string
}

func (a *XAutoClaimArgs) args(ctx context.Context) []interface{} {
	args := append(make([]interface{}, 0, 9), "xautoclaim", a.Stream, a.Group, a.Consumer, formatMs(ctx, a.MinIdle), a.Start)
	if a.Count > 0 {
		args = append(args, "count", a.Count)
	}
	return args
}

// XAutoClaim takes over pending entries that others left lying.
func (c cmdable) XAutoClaim(ctx context.Context, a *XAutoClaimArgs) *XAutoClaimCmd {
	cmd := NewXAutoClaimCmd(ctx, a.args(ctx)...)
	_ = c(ctx, cmd)
	return cmd
}

// XAutoClaimWithDeleted is XAutoClaim that also tells which entries are no more.
func (c cmdable) XAutoClaimWithDeleted(ctx context.Context, a *XAutoClaimArgs) *XAutoClaimWithDeletedCmd {
	cmd := NewXAutoClaimWithDeletedCmd(ctx, a.args(ctx)...)
	_ = c(ctx, cmd)
	return cmd
}

// XAutoClaimJustID is XAutoClaim that answers ids alone.
func (c cmdable) XAutoClaimJustID(ctx context.Context, a *XAutoClaimArgs) *XAutoClaimJustIDCmd {
	cmd := NewXAutoClaimJustIDCmd(ctx, append(a.args(ctx), "justid")...)
	_ = c(ctx, cmd)
	return cmd
}

// XClaimArgs are the arguments of XCLAIM.
type XClaimArgs struct {
	Stream   string
	Group    string
	Consumer string
	MinIdle  time.Duration
	Messages []string
}

func (a *XClaimArgs) args() []interface{} {
	args := append(make([]interface{}, 0, 6+len(a.Messages)), "xclaim", a.Stream, a.Group, a.Consumer, int64(a.MinIdle/time.Millisecond))
	for _, id := range a.Messages {
		args = append(args, id)
	}
	return args
}

// XClaim takes over pending entries.
func (c cmdable) XClaim(ctx context.Context, a *XClaimArgs) *XMessageSliceCmd {
	cmd := NewXMessageSliceCmd(ctx, a.args()...)
	_ = c(ctx, cmd)
	return cmd
}

// XClaimJustID is XClaim that answers ids alone.
func (c cmdable) XClaimJustID(ctx context.Context, a *XClaimArgs) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, append(a.args(), "justid")...)
	_ = c(ctx, cmd)
	return cmd
}

func (c cmdable) xtrim(ctx context.Context, key, strategy string, approx bool, threshold interface{}, limit int64) *IntCmd {
	cmd := NewIntCmd(ctx, trimLimit([]interface{}{"xtrim", key, strategy, trimSign(approx), threshold}, limit)...)
	_ = c(ctx, cmd)
	return cmd
}

// XTrimMaxLen removes the oldest entries until maxLen are left.
func (c cmdable) XTrimMaxLen(ctx context.Context, key string, maxLen int64) *IntCmd {
	return c.xtrim(ctx, key, "maxlen", false, maxLen, 0)
}

// XTrimMaxLenApprox is XTrimMaxLen that may leave some more and looks at no more
// than limit entries; see XTrimLimitDisabled.
func (c cmdable) XTrimMaxLenApprox(ctx context.Context, key string, maxLen, limit int64) *IntCmd {
	return c.xtrim(ctx, key, "maxlen", true, maxLen, limit)
}

// XTrimMinID removes the entries before an id.
func (c cmdable) XTrimMinID(ctx context.Context, key string, minID string) *IntCmd {
	return c.xtrim(ctx, key, "minid", false, minID, 0)
}

// XTrimMinIDApprox is XTrimMinID that may leave some more and looks at no more
// than limit entries; see XTrimLimitDisabled.
func (c cmdable) XTrimMinIDApprox(ctx context.Context, key string, minID string, limit int64) *IntCmd {
	return c.xtrim(ctx, key, "minid", true, minID, limit)
}
