package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/phase"
)

// overwrites refuses to bring what follows to what is the truth: while programs use both
// sides, that would take back what they have written since. would says how.
func (t *transferOptions) overwrites(ctx context.Context, would, from, to string) error {
	store := to
	if transfer.IsRedis(to) {
		store = from
	}
	if transfer.IsRedis(store) {
		return nil
	}
	end, err := transfer.Open(ctx, store, 0)
	if err != nil {
		return nil //nolint:nilerr // who opens both ends says which one it is
	}
	state, err := phase.NewRecord(end).State(ctx)
	if err = errors.Join(err, end.Close()); err != nil || state.Phase == "" {
		return err
	}
	at := phase.Phases // those in which the destination is the truth
	if at = at[1:]; transfer.IsRedis(to) {
		at = phase.Phases[:1]
	}
	truth := false
	if slices.ContainsFunc(state.Families, func(f phase.Family) bool { return f.Pattern == t.match }) {
		truth = slices.Contains(at, state.PhaseOf(t.match))
	} else {
		truth = slices.ContainsFunc(at, state.Has)
	}
	if !truth {
		return nil
	}
	side := "the store"
	if transfer.IsRedis(to) {
		side = "Redis"
	}
	return fmt.Errorf("%s is in phase %s: %s has what programs wrote last, and %s.\nThe other direction brings that side right: swap -from and -to. -force does it all the same", end.Name(), state.Text(), side, would)
}

// copied refuses a switch to the store while Redis has keys that the store may not have:
// nobody has copied them, and they would be gone for the programs. Marked keys are brought
// by the switch itself.
func (e *env) copied(stores, redis *databases) error {
	end, err := stores.open(0)
	if err != nil {
		return err
	}
	last, ok, err := transfer.LastComparison(e.ctx, stores.ends[0])
	if err != nil {
		return err
	}
	dbs, err := transfer.Databases(e.ctx, redis.url)
	if err != nil {
		return fmt.Errorf("Redis: %w", err)
	}
	for _, db := range dbs {
		if ok && last.Differ == 0 && slices.Contains(last.Databases, db) {
			continue
		}
		there, err := e.keys(stores, db)
		if err != nil {
			return err
		}
		here, err := e.keys(redis, db)
		if err != nil {
			return err
		}
		from, err := redis.open(db)
		if err != nil {
			return err
		}
		marks, err := phase.Marks(e.ctx, from)
		if err != nil {
			return fmt.Errorf("%s: %w", from.Name(), err)
		}
		if there >= here-marks {
			continue
		}
		why := "was never compared with Redis"
		if ok {
			why = "differed from Redis when it was compared last"
			if !slices.Contains(last.Databases, db) {
				why = "was compared with Redis, but not this database"
			}
		}
		return fmt.Errorf("database %d has %s in Redis and %d in %s, which %s: copy first (redis2cf copy, redis2cf compare); -force switches all the same", db, keyCount(here), there, end.Name(), why)
	}
	return nil
}
