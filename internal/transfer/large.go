package transfer

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// errOthers ends the pieces of a value at which somebody else works.
var errOthers = errors.New("somebody else writes the key")

// large brings a value piece by piece. The first piece creates the key, with its expiry;
// each further one is added only where the key is as this copy left it.
func (c *copier) large(ctx context.Context, h value.Head) error {
	if h.Type == value.TypeString || h.Type == value.TypeJSON {
		return c.text(ctx, h)
	}
	there, err := value.One(ctx, c.To, "EXISTS", h.Key)
	if err != nil {
		return err
	}
	if there.Int > 0 {
		return c.replace(ctx, h)
	}
	begun := mark{h.Key, partial, h.Expire}
	if c.check != nil {
		if err := c.check.will(ctx, []mark{begun}); err != nil {
			return err
		}
	}
	conn, err := c.To.Conn(ctx, h.Key)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // what was written was answered
	d := value.NewDigester(h.Type)
	length, created, taken, refused := int64(0), false, false, ""
	err = c.reader.Pieces(ctx, h, func(p value.Piece) error {
		d.Add(p)
		if created {
			n, err := c.addPiece(ctx, conn, h, p, length)
			length = n
			return err
		}
		made, err := c.writer.create(ctx, []value.Key{{Head: h, Piece: p}})
		if err != nil {
			return err
		}
		switch o := made[0]; {
		case o.refused != "":
			refused = o.refused
			return errOthers
		case o.there:
			taken = true
			return errOthers
		}
		created, length = true, distinct(h.Type, p)
		return watch(ctx, conn, h, length)
	})
	if (taken || refused != "") && c.check != nil {
		if err := c.check.drop(ctx, begun); err != nil {
			return err
		}
	}
	switch {
	case taken: // since EXISTS
		return c.replace(ctx, h)
	case refused != "":
		c.refuse(h.Key, refused)
		return nil
	case errors.Is(err, errOthers):
		c.count(func(n *Counts) { n.Kept++ })
		if c.check != nil {
			return c.check.forget(ctx, h.Key)
		}
		return nil
	case err != nil:
		return err
	case !created:
		c.count(func(n *Counts) { n.Gone++ })
		return nil
	}
	c.count(func(n *Counts) { n.Copied++; n.Bytes += h.Bytes })
	m := mark{h.Key, d.Sum(), h.Expire}
	if c.check != nil {
		if err := c.check.will(ctx, []mark{m}); err != nil {
			return err
		}
		if err := c.check.did(ctx, m); err != nil {
			return err
		}
	}
	return c.recheck(ctx, []mark{m})
}

// addPiece adds a piece where the key is as it was when it was watched, and watches it
// again. It returns how many elements there are.
func (c *copier) addPiece(ctx context.Context, conn Conn, h value.Head, p value.Piece, had int64) (int64, error) {
	cmds := append(value.Commands(h.Key, h.Type, p, false), value.LengthCommand(h))
	replies, ok, err := transact(ctx, conn, cmds)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, errOthers
	}
	n := replies[len(replies)-1].Int
	return n, watch(ctx, conn, h, n)
}

// watch watches a key that has so many elements: with any other number somebody has
// written it since.
func watch(ctx context.Context, conn Conn, h value.Head, had int64) error {
	replies, err := conn.Do(ctx, []resp.Command{{"WATCH", h.Key}, value.LengthCommand(h)})
	if err != nil {
		return err
	}
	if r := replies[1]; r.Kind == resp.Error || r.Int != had { // an error is another type
		return errOthers
	}
	return nil
}

// distinct is how many elements a key has that a piece has made.
func distinct(typ string, p value.Piece) int64 {
	if typ == value.TypeList {
		return int64(len(p))
	}
	seen := make(map[string]bool, len(p))
	for _, row := range p {
		if typ == value.TypeStream && row[0] == "" {
			continue // a group, not an entry
		}
		seen[row[0]] = true
	}
	return int64(len(seen))
}

// text brings a string or a document, which no store can take in pieces: it is held
// whole, and made in one step.
func (c *copier) text(ctx context.Context, h value.Head) error {
	var all []byte
	err := c.reader.Pieces(ctx, h, func(p value.Piece) error {
		for _, row := range p {
			all = append(all, row[0]...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w := value.Key{Head: h, Piece: value.Piece{{string(all)}}}
	if c.check != nil {
		if err := c.check.will(ctx, []mark{markOf(&w)}); err != nil {
			return err
		}
	}
	made, err := c.writer.create(ctx, []value.Key{w})
	if err != nil {
		return err
	}
	switch o := made[0]; {
	case o.refused != "":
		c.refuse(h.Key, o.refused)
		return nil
	case o.there:
		return c.replaceText(ctx, w)
	}
	c.count(func(n *Counts) { n.Copied++; n.Bytes += h.Bytes })
	return c.recheck(ctx, []mark{markOf(&w)})
}

// replaceText is replace for a value that is too large to be read twice.
func (c *copier) replaceText(ctx context.Context, w value.Key) (err error) {
	conn, err := c.To.Conn(ctx, w.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := value.One(ctx, conn, "WATCH", w.Key); err != nil {
		return err
	}
	there, have, err := c.look.State(ctx, w.Key)
	if err != nil {
		return err
	}
	m := markOf(&w)
	ours := c.Overwrite
	if !ours && c.check != nil {
		if ours, err = c.ours(ctx, mark{w.Key, have, there.Expire}); err != nil {
			return err
		}
	}
	switch {
	case have == m.digest && there.Expire == w.Expire:
		c.count(func(n *Counts) { n.Same++ })
		return nil
	case !ours:
		c.count(func(n *Counts) { n.Kept++ })
		return nil
	}
	cmds := value.Commands(w.Key, w.Type, w.Piece, true)
	if w.Expire != value.NoExpiry {
		cmds = append(cmds, resp.Command{"PEXPIREAT", w.Key, strconv.FormatInt(w.Expire, 10)})
	}
	_, ok, err := transact(ctx, conn, cmds)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%s: key %s changes while it is replaced; copy again", c.To.Name(), value.Show(w.Key))
	}
	c.count(func(n *Counts) { n.Copied++; n.Bytes += w.Bytes })
	if c.check != nil {
		return c.check.did(ctx, m)
	}
	return nil
}
