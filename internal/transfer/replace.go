package transfer

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// attempts is how often a key is tried that changes while it is replaced.
const attempts = 10

// replace brings a key that is there already: it is replaced when it is still what this
// copy wrote, and kept when somebody else wrote it, or writes it at every attempt.
func (c *copier) replace(ctx context.Context, h value.Head) error {
	for range attempts {
		done, err := c.tryReplace(ctx, h)
		var refused *value.ReplyError
		if errors.As(err, &refused) && strings.HasPrefix(refused.Text, "ERR ") {
			c.refuse(h.Key, strings.TrimPrefix(refused.Text, "ERR "))
			return nil
		}
		if done || err != nil {
			return err
		}
	}
	c.count(func(n *Counts) { n.Kept++ }) // somebody writes it there all the time
	return nil
}

func (c *copier) tryReplace(ctx context.Context, h value.Head) (done bool, err error) {
	conn, err := c.To.Conn(ctx, h.Key)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Whoever writes the key from here on makes EXEC fail: the source is read behind
	// this, so what is written is never older than what is overwritten.
	if _, err := value.One(ctx, conn, "WATCH", h.Key); err != nil {
		return false, err
	}
	there, have, err := c.look.State(ctx, h.Key)
	if err != nil {
		return false, err
	}
	// One reading is enough for what fits in a piece: a key that is written all the time is
	// never the same in two.
	list, err := c.reader.Read(ctx, []string{h.Key})
	if err != nil {
		return false, err
	}
	k := &list[0]
	here, want := k.Head, value.Digest{}
	switch {
	case k.Gone:
		here.Type = value.TypeNone
	case k.Large:
		if here, want, err = c.reader.State(ctx, h.Key); err != nil {
			return false, err
		}
	default:
		want = k.Digest()
	}
	switch {
	case here.Type == value.TypeNone:
		c.count(func(n *Counts) { n.Gone++ })
		return true, nil
	case have == want && there.Expire == here.Expire:
		c.count(func(n *Counts) { n.Same++ })
		return true, nil
	case there.Type != value.TypeNone && !c.Overwrite:
		ours := false
		if c.check != nil {
			if ours, err = c.ours(ctx, mark{h.Key, have, there.Expire}); err != nil {
				return false, err
			}
		}
		if !ours {
			c.count(func(n *Counts) { n.Kept++ })
			return true, nil
		}
	}
	m := mark{h.Key, want, here.Expire}
	if c.check != nil {
		if err := c.check.will(ctx, []mark{m}); err != nil {
			return false, err
		}
	}
	if k.Large {
		_, gone, err := transact(ctx, conn, []resp.Command{{"DEL", h.Key}})
		if err != nil || !gone {
			return false, err
		}
		return true, c.large(ctx, k.Head)
	}
	cmds := append([]resp.Command{{"DEL", h.Key}}, value.Commands(h.Key, k.Type, k.Piece, true)...)
	if k.Expire != value.NoExpiry {
		cmds = append(cmds, resp.Command{"PEXPIREAT", h.Key, strconv.FormatInt(k.Expire, 10)})
	}
	_, ok, err := transact(ctx, conn, cmds)
	if err != nil || !ok {
		return false, err
	}
	c.count(func(n *Counts) { n.Copied++; n.Bytes += k.Bytes })
	if c.check != nil {
		return true, c.check.did(ctx, m)
	}
	return true, nil
}

// ours tells whether a state at the destination is of this copy: a value that it wrote,
// or the beginning of one.
func (c *copier) ours(ctx context.Context, m mark) (bool, error) {
	if ok, err := c.check.ours(ctx, m); ok || err != nil {
		return ok, err
	}
	return c.check.ours(ctx, mark{m.key, partial, m.expire})
}

// transact runs commands as a transaction behind a WATCH and returns their replies; not
// ok is that the key changed.
func transact(ctx context.Context, conn Conn, cmds []resp.Command) (replies []resp.Reply, ok bool, err error) {
	all := append(append([]resp.Command{{"MULTI"}}, cmds...), resp.Command{"EXEC"})
	replies, err = conn.Do(ctx, all)
	if err != nil {
		return nil, false, err
	}
	last := replies[len(replies)-1]
	for i, r := range append(replies[:len(replies)-1:len(replies)-1], last.Elems...) {
		if r.Kind == resp.Error {
			return nil, false, &value.ReplyError{Command: all[min(i, len(all)-1)][0], Text: r.Str}
		}
	}
	return last.Elems, !last.IsNil(), nil
}
