package transfer

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// alone brings strings whose families are in Workers KV alone (consistency: primary). KV
// cannot compare and set: what is there is read first, up to a minute old, and whoever
// writes between that and the copy's own write loses. Before programs use the store nobody
// does. Many values are read, and written, in one request.
func (c *copier) alone(ctx context.Context, keys []*value.Key) error {
	if len(keys) == 0 {
		return nil
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Key
	}
	there, err := c.look.Read(ctx, names)
	if err != nil {
		return err
	}
	var cmds []resp.Command
	var put []*value.Key
	for i, k := range keys {
		switch at := &there[i]; {
		case at.Gone:
		case at.Digest() == k.Digest():
			// When it expires there is not known; the same state is written again.
		case c.Overwrite:
		default:
			ours := false
			if c.check != nil {
				if ours, err = c.check.wrote(ctx, k.Key, at.Digest()); err != nil {
					return err
				}
			}
			if !ours {
				c.count(func(n *Counts) { n.Kept++ })
				continue
			}
		}
		cmd := resp.Command{"SET", k.Key, text(k)}
		if k.Expire != value.NoExpiry {
			cmd = append(cmd, "PXAT", strconv.FormatInt(k.Expire, 10))
		}
		cmds, put = append(cmds, cmd), append(put, k)
	}
	if len(cmds) == 0 {
		return nil
	}
	replies, err := c.To.Do(ctx, cmds)
	if err != nil {
		return err
	}
	for i, r := range replies {
		k := put[i]
		switch {
		case r.Kind == resp.Error && strings.HasPrefix(r.Str, "ERR "):
			c.refuse(k.Key, strings.TrimPrefix(r.Str, "ERR "))
		case r.Kind == resp.Error:
			return &KeyError{End: c.To.Name(), Key: k.Key, Type: k.Type, Text: r.Str}
		default:
			c.count(func(n *Counts) { n.Copied++; n.Bytes += k.Bytes })
		}
	}
	return nil
}

// text is the value of a string that was read whole.
func text(k *value.Key) string {
	if len(k.Piece) == 0 {
		return ""
	}
	return k.Piece[0][0]
}
