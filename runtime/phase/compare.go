package phase

import (
	"context"
	"fmt"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// DefaultCompare is how often the one that follows compares some keys of both sides.
const DefaultCompare = 10 * time.Second

// compareKeys is how many keys of each side it draws, and tolerance how far the expiries of
// a key may be apart, in milliseconds: a side without PEXPIREAT's precision rounds.
const (
	compareKeys = 20
	tolerance   = 1000
)

// A comparison holds some keys of both sides against each other: those that differ and are
// not marked are marked, and so brought.
type comparison struct {
	redis, store func(db int) (value.End, error)
	phases       *division
	mark         func(truth Phase, db int, key string)
	stats        *counters
	report       func(error)
	suspect      map[string][2]held // keys that differed at the last look, with their database: what both sides had
}

// look draws keys and compares them, those of the last look that differed among them: a key
// that is written at the moment is different once and not twice, or has changed at both sides.
func (c *comparison) look(ctx context.Context, dbs []int) error {
	again := c.suspect
	c.suspect = map[string][2]held{}
	for _, db := range dbs {
		redis, err := c.redis(db)
		if err != nil {
			return err
		}
		store, err := c.store(db)
		if err != nil {
			return err
		}
		if err := c.database(ctx, db, redis, store, again); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) database(ctx context.Context, db int, redis, store value.End, again map[string][2]held) error {
	drawn := map[string]bool{}
	var keys []string
	add := func(k string) {
		if !drawn[k] && !Own(k) && c.phases.of(k) != Only {
			drawn[k] = true
			keys = append(keys, k)
		}
	}
	for id := range again {
		var n int
		var key string
		if _, err := fmt.Sscanf(id, "%d", &n); err == nil && n == db {
			key = id[len(fmt.Sprint(n))+1:]
			add(key)
		}
	}
	for _, end := range []value.End{redis, store} { // what only the other side has is found there
		cmds := make([]resp.Command, compareKeys)
		for i := range cmds {
			cmds[i] = resp.Command{"RANDOMKEY"}
		}
		replies, err := end.Do(ctx, cmds)
		if err != nil {
			return err
		}
		for _, r := range replies {
			if r.Kind == resp.Error {
				return fmt.Errorf("%s: RANDOMKEY: %s", end.Name(), r.Str)
			}
			if !r.IsNil() {
				add(value.Text(r))
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	a, err := states(ctx, redis, keys)
	if err != nil {
		return err
	}
	b, err := states(ctx, store, keys)
	if err != nil {
		return err
	}
	for i, k := range keys {
		id := fmt.Sprint(db) + " " + k
		apart := a[i].expire - b[i].expire
		if apart < 0 {
			apart = -apart
		}
		before, twice := again[id]
		switch {
		case a[i].large || b[i].large: // compare does those
		case a[i].typ == b[i].typ && a[i].digest == b[i].digest && apart <= tolerance:
			c.stats.same.Add(1)
		case !twice, before[0] != a[i] && before[1] != b[i]: // or it is written all the time, and followed
			c.suspect[id] = [2]held{a[i], b[i]}
		default:
			c.stats.different.Add(1)
			c.report(fmt.Errorf("key %s of database %d differs: %s has a %s, %s a %s; it is brought again, as %s has it",
				value.Show(k), db, redis.Name(), a[i].typ, store.Name(), b[i].typ, map[Phase]string{Redis: redis.Name(), Cloudflare: store.Name()}[c.phases.of(k)]))
			c.mark(c.phases.of(k), db, k)
		}
	}
	return nil
}

// A held is what one side has of a key.
type held struct {
	typ    string
	digest value.Digest
	expire int64
	large  bool
}

func states(ctx context.Context, end value.End, keys []string) ([]held, error) {
	r, err := value.NewReader(ctx, end)
	if err != nil {
		return nil, err
	}
	list, err := r.Read(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]held, len(list))
	for i := range list {
		k := &list[i]
		out[i] = held{typ: k.Type, expire: k.Expire, large: k.Large}
		switch {
		case k.Gone:
			out[i].typ, out[i].expire = value.TypeNone, 0
		case !k.Large && value.Supported(k.Type):
			out[i].digest = k.Digest()
		}
	}
	return out, nil
}

// compare compares now and then, while this process is the one that follows.
func (b *Backend) compare(ctx context.Context) {
	var c *comparison
	var of *division
	for {
		t := time.NewTimer(b.opt.Compare)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if !b.member.follows() {
			c, of = nil, nil
			continue
		}
		turn, err := b.member.enter(ctx, false)
		if err != nil {
			return
		}
		if turn.phases.all(Only) {
			_ = b.member.exit(turn, false)
			continue
		}
		if of != turn.phases {
			of = turn.phases
			c = &comparison{
				redis: b.ends(Redis), store: b.ends(Cloudflare), phases: of, stats: &b.stats, report: b.opt.Report,
				mark: func(truth Phase, db int, key string) {
					b.owe(truth, db, settled, []string{member(b.frame(), key)})
				},
			}
		}
		each, cancel := context.WithTimeout(ctx, b.opt.Lease/2)
		stop := context.AfterFunc(turn.barrier, cancel)
		state, err := b.record.State(each)
		if err == nil {
			err = c.look(each, state.Databases)
		}
		stop()
		cancel()
		_ = b.member.exit(turn, false)
		if err != nil && ctx.Err() == nil && turn.barrier.Err() == nil {
			b.opt.Report(fmt.Errorf("comparing: %w", err))
		}
	}
}
