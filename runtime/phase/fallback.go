package phase

import (
	"context"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// fallback answers reads of caches from the side that is not the truth, where the truth does
// not answer: what it says may be some time old, and is marked so. No other read is answered so, and no write.
func (b *Backend) fallback(ctx context.Context, seg *segment, db int) ([]resp.Reply, bool) {
	if len(b.opt.Fallback) == 0 || seg.wait != nil || ctx.Err() != nil {
		return nil, false
	}
	for _, cmd := range seg.cmds {
		keys := engine.Keys(cmd)
		if !engine.Reads(cmd) || len(keys) == 0 {
			return nil, false
		}
		for _, k := range keys {
			if !b.cached(k) || seg.division.of(k) == Only {
				return nil, false
			}
		}
	}
	end, err := b.helper(across(seg.side), db)
	if err != nil {
		return nil, false
	}
	replies, err := end.Do(ctx, seg.cmds)
	if err != nil {
		return nil, false
	}
	for i := range replies {
		replies[i].Stale = true
	}
	b.stats.fallbacks.Add(uint64(len(seg.cmds)))
	return replies, true
}

func (b *Backend) cached(key string) bool {
	for _, glob := range b.opt.Fallback {
		if engine.Match(glob, key) {
			return true
		}
	}
	return false
}
