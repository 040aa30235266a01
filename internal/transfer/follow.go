package transfer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// A listener is an End that tells which keys change.
type listener interface {
	// listen calls changed with each key of a glob that changes, and lost when some may
	// have been missed, until ctx ends. It returns when it listens. What it returns waits
	// until changed was called for all that was written before.
	listen(ctx context.Context, match string, changed func(key string), lost func()) (heard func(context.Context) error, err error)
}

// notifications are the settings of notify-keyspace-events: keyspace channels, for
// every class of commands, expiries and evictions.
const notifications = "KA"

// checkNotifications says what to do where an end does not tell of changes.
func checkNotifications(ctx context.Context, e End) error {
	const name = "notify-keyspace-events"
	r, err := value.One(ctx, e, "CONFIG", "GET", name)
	if err != nil {
		var refused *value.ReplyError
		if errors.As(err, &refused) {
			return nil // managed servers forbid CONFIG; the setting is then made elsewhere
		}
		return err
	}
	flags := ""
	if t := value.Texts(r); len(t) == 2 {
		flags = t[1]
	}
	all := strings.Contains(flags, "A")
	if !all {
		all = true
		for _, class := range "g$lshzxet" {
			all = all && strings.ContainsRune(flags, class)
		}
	}
	if !all || !strings.Contains(flags, "K") {
		return fmt.Errorf("%s does not tell of changed keys (%s is %q): CONFIG SET %s %s, and keep it until the move is over", e.Name(), name, flags, name, notifications)
	}
	return nil
}

// An echo is a channel of a listener's own: what is published there comes behind the
// notifications that were sent before, on the same connection.
type echo struct {
	channel string
	back    chan struct{} // has one when it came back
}

func newEcho() echo {
	return echo{channel: "redis2cf:heard:" + rand.Text(), back: make(chan struct{}, 1)}
}

// came is called when a message comes; it tells whether it is the echo's.
func (e echo) came(channel string) bool {
	if channel != e.channel {
		return false
	}
	select {
	case e.back <- struct{}{}:
	default:
	}
	return true
}

// echoTime is how long an echo is waited for: a connection that takes longer is taken
// for a broken one.
const echoTime = 10 * time.Second

// wait publishes and waits.
func (e echo) wait(ctx context.Context, publish func(context.Context, string) error) error {
	ctx, cancel := context.WithTimeout(ctx, echoTime)
	defer cancel()
	if err := publish(ctx, e.channel); err != nil {
		return err
	}
	select {
	case <-e.back:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func keyspace(db int) string { return "__keyspace@" + strconv.Itoa(db) + "__:" }

func (e *redisEnd) listen(ctx context.Context, match string, changed func(string), lost func()) (func(context.Context) error, error) {
	var nodes []*redis.Client
	switch c := e.client.(type) {
	case *redis.Client:
		nodes = append(nodes, c)
	default:
		if _, err := e.Nodes(ctx); err != nil {
			return nil, err
		}
		for _, n := range e.nodes { // each tells of its own keys
			nodes = append(nodes, n)
		}
	}
	echoes := make([]echo, len(nodes))
	for i, n := range nodes {
		prefix := keyspace(n.Options().DB)
		echo := newEcho()
		echoes[i] = echo
		sub := n.PSubscribe(ctx, prefix+match)
		_, err := sub.Receive(ctx)
		if err == nil {
			if err = sub.Subscribe(ctx, echo.channel); err == nil {
				_, err = sub.Receive(ctx)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: listening to changed keys: %w", e.name, errors.Join(err, sub.Close()))
		}
		go func() {
			defer sub.Close() //nolint:errcheck // nothing is sent any more
			for {
				m, err := sub.Receive(ctx)
				if ctx.Err() != nil {
					return
				}
				switch m := m.(type) {
				case *redis.Message:
					if !echo.came(m.Channel) {
						changed(strings.TrimPrefix(m.Channel, prefix))
					}
				case *redis.Subscription: // the connection is a new one
					lost()
				}
				if err != nil {
					lost()
					_ = sleep(ctx, time.Second) // the next Receive connects again
				}
			}
		}()
	}
	return func(ctx context.Context) error {
		for i, n := range nodes {
			err := echoes[i].wait(ctx, func(ctx context.Context, channel string) error {
				return n.Publish(ctx, channel, "").Err()
			})
			if err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (e *storeEnd) listen(ctx context.Context, match string, changed func(string), lost func()) (func(context.Context) error, error) {
	echo := newEcho()
	prefix := keyspace(e.opt.DB)
	over := make(chan struct{}, 1)
	open := func() (store.Session, error) {
		o := e.opt
		o.Push = func(r resp.Reply) {
			switch {
			case r.Kind == resp.Error: // the session has ended
				select {
				case over <- struct{}{}:
				default:
				}
			case len(r.Elems) == 3 && value.Text(r.Elems[0]) == "message":
				echo.came(value.Text(r.Elems[1]))
			case len(r.Elems) == 4 && value.Text(r.Elems[0]) == "pmessage":
				changed(strings.TrimPrefix(value.Text(r.Elems[2]), prefix))
			}
		}
		s, err := e.backend.NewSession(o)
		if err != nil {
			return nil, err
		}
		if _, err := s.Execute(ctx, []resp.Command{{"PSUBSCRIBE", prefix + match}, {"SUBSCRIBE", echo.channel}}); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	}
	s, err := open()
	if err != nil {
		return nil, fmt.Errorf("%s: listening to changed keys: %w", e.Name(), err)
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				_ = s.Close() // nothing is sent any more
				return
			case <-over:
			}
			_ = s.Close() // it has ended
			for {
				if s, err = open(); err == nil {
					break
				}
				if sleep(ctx, time.Second) != nil {
					return
				}
			}
			lost()
		}
	}()
	return func(ctx context.Context) error {
		return echo.wait(ctx, func(ctx context.Context, channel string) error {
			_, err := value.One(ctx, e, "PUBLISH", channel, "")
			return err
		})
	}, nil
}

// A dirty set has the keys that changed and were not brought since.
type dirty struct {
	mu   sync.Mutex
	keys map[string]bool
	all  bool          // some changes were missed
	more chan struct{} // has one when there is something
}

func newDirty() *dirty { return &dirty{keys: map[string]bool{}, more: make(chan struct{}, 1)} }

func (d *dirty) signal() {
	select {
	case d.more <- struct{}{}:
	default:
	}
}

func (d *dirty) add(key string) {
	d.mu.Lock()
	d.keys[key] = true
	d.mu.Unlock()
	d.signal()
}

func (d *dirty) missed() {
	d.mu.Lock()
	d.all = true
	d.mu.Unlock()
	d.signal()
}

// take returns what there is, and forgets it.
func (d *dirty) take() (keys []string, all bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := range d.keys {
		keys = append(keys, k)
	}
	all = d.all
	d.keys, d.all = map[string]bool{}, false
	return keys, all
}

// Follow copies as Copy does, and goes on with what changes at the source until stop is
// closed; then it brings what was written until then, and ends. It needs a
// checkpoint, by which it knows its own writes, and which is there afterwards: another
// Follow or Copy goes on with it.
//
// Deletions and expiries are followed too. When the connection that tells of changes
// breaks, everything is looked at again.
func Follow(ctx context.Context, o CopyOptions, stop <-chan struct{}) (n Counts, err error) {
	if o.Checkpoint == "" {
		return Counts{}, errors.New("following needs a checkpoint")
	}
	l, ok := o.From.(listener)
	if !ok {
		return Counts{}, fmt.Errorf("%s cannot be followed", o.From.Name())
	}
	if err := checkNotifications(ctx, o.From); err != nil {
		return Counts{}, err
	}
	c, err := newCopier(ctx, o)
	if err != nil {
		return Counts{}, err
	}
	defer func() {
		n = c.counted()
		err = errors.Join(err, c.check.close(), c.writer.Close())
	}()
	d := newDirty()
	listening, end := context.WithCancel(ctx)
	defer end()
	match := o.Match
	if match == "" {
		match = "*"
	}
	heard, err := l.listen(listening, match, d.add, d.missed)
	if err != nil {
		return Counts{}, err
	}
	first := c.all
	if c.resumed { // nobody has heard what changed since
		first = c.lookAtAll
	}
	if err := first(ctx); err != nil {
		return Counts{}, err
	}
	for stopped := false; !stopped; {
		select {
		case <-d.more:
		case <-stop:
			stopped = true
			if heard(ctx) != nil {
				d.missed() // the connection is broken: everything is looked at
			}
		case <-ctx.Done():
			return Counts{}, ctx.Err()
		}
		keys, all := d.take()
		if all {
			if err := c.lookAtAll(ctx); err != nil {
				return Counts{}, err
			}
		}
		for len(keys) > 0 {
			part := keys[:min(readKeys, len(keys))]
			if err := c.bring(ctx, part); err != nil {
				return Counts{}, err
			}
			keys = keys[len(part):]
		}
		if c.Progress != nil {
			c.Progress(c.counted())
		}
	}
	return Counts{}, nil
}

// bring brings the state of keys, deletions among them.
func (c *copier) bring(ctx context.Context, keys []string) error {
	list, err := c.readAll(ctx, c.reader, keys)
	if err != nil {
		return err
	}
	here := list[:0]
	for i := range list {
		switch w := &list[i]; {
		case w.Gone:
			if err := c.gone(ctx, w.Key); err != nil {
				return err
			}
		case c.Type == "" || c.Type == w.Type:
			here = append(here, *w)
		}
	}
	if err := c.will(ctx, here); err != nil {
		return err
	}
	return c.write(ctx, here)
}

// gone removes a key from the destination that is no longer at the source, where it is
// still what this copy wrote: one of the marks, or what the checkpoint knows.
func (c *copier) gone(ctx context.Context, key string, marks ...mark) (err error) {
	conn, err := c.To.Conn(ctx, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for range attempts {
		if _, err := value.One(ctx, conn, "WATCH", key); err != nil {
			return err
		}
		there, have, err := c.look.State(ctx, key)
		if err != nil {
			return err
		}
		if there.Type == value.TypeNone {
			return nil
		}
		is := mark{key, have, there.Expire}
		ours := c.Overwrite || slices.Contains(marks, is)
		if !ours && c.check != nil {
			if ours, err = c.ours(ctx, is); err != nil {
				return err
			}
		}
		if !ours {
			c.count(func(n *Counts) { n.Kept++ })
			return nil
		}
		now, err := value.One(ctx, c.From, "EXISTS", key)
		if err != nil {
			return err
		}
		if now.Int != 0 {
			return nil // it is there again, and that was told too
		}
		_, ok, err := transact(ctx, conn, []resp.Command{{"DEL", key}})
		if err != nil {
			return err
		}
		if ok {
			c.count(func(n *Counts) { n.Gone++ })
			if c.check == nil {
				return nil
			}
			return c.check.forget(ctx, key)
		}
	}
	return fmt.Errorf("%s: key %s changes again and again while it is removed", c.To.Name(), value.Show(key))
}

// lookAtAll brings everything once more, after changes were missed, and removes what
// has gone meanwhile.
func (c *copier) lookAtAll(ctx context.Context) error {
	if err := c.check.anew(ctx); err != nil {
		return err
	}
	if err := c.all(ctx); err != nil {
		return err
	}
	for after := []byte(nil); ; {
		part, err := c.check.written(ctx, after, readKeys)
		if err != nil || len(part) == 0 {
			return err
		}
		after = []byte(part[len(part)-1])
		cmds := make([]resp.Command, len(part))
		for i, k := range part {
			cmds[i] = resp.Command{"EXISTS", k}
		}
		replies, err := c.From.Do(ctx, cmds)
		if err != nil {
			return err
		}
		for i, r := range replies {
			if r.Kind == resp.Int && r.Int == 0 {
				if err := c.gone(ctx, part[i]); err != nil {
					return err
				}
			}
		}
	}
}
