package phase

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/value"
)

// DefaultLimit is how long a switch may take before it is void.
const DefaultLimit = 2 * time.Minute

// ErrNotAllowed says that one phase does not follow another.
var ErrNotAllowed = errors.New("not a step of a move")

// SwitchOptions say what Switch works with.
type SwitchOptions struct {
	// Redis and Store open a database of a side. Redis is not asked where Redis takes no
	// part: from cloudflare to only.
	Redis, Store func(db int) (value.End, error)
	To           Phase
	// Families are those that go to another phase than To. Where there are some, they are
	// all families that there are: of several that fit a key the most precise one counts.
	Families []Family
	Limit    time.Duration // 0 is DefaultLimit
	// Force allows steps that lose what only one side has: from only back to cloudflare,
	// and from redis to only.
	Force bool
	// Progress, which may be nil, is told what is waited for.
	Progress func(string)
}

// Switch changes the phase for all processes: none writes from the moment at which the
// last one has stopped until both sides are equal and the new phase is stored. When it
// fails, or ctx ends, the old phase goes on.
func Switch(ctx context.Context, o SwitchOptions) (err error) {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	store, err := o.Store(0)
	if err != nil {
		return err
	}
	r := NewRecord(store)
	state, err := r.State(ctx)
	if err != nil {
		return err
	}
	if state.Phase == "" {
		state.Phase = Redis
	}
	from, to := newDivision(state.Phase, state.Families), newDivision(o.To, o.Families)
	if from.equal(to) && state.Epoch > 0 {
		return nil
	}
	path := steps(from, to)
	for _, s := range path {
		if err := s.allowed(o.Force); err != nil {
			return err
		}
	}
	epoch, err := r.begin(ctx, to, o.Limit)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		// ctx may have ended; the old phase must go on all the same.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if _, e := r.finish(last, epoch, false); e != nil {
			err = errors.Join(err, fmt.Errorf("the switch could not be taken back, it is void in %v: %w", o.Limit, e))
		}
		_ = announce(last, store)
	}()
	if err := announce(ctx, store); err != nil {
		return err // the processes would find out, but a store that does not publish has a fault
	}
	if err := barrier(ctx, r, epoch, o.Progress); err != nil {
		return err
	}
	for _, truth := range []Phase{Redis, Cloudflare} {
		if err := drain(ctx, r, from, path, truth, o); err != nil {
			return err
		}
	}
	done, err := r.finish(ctx, epoch, true)
	if err != nil {
		// It may be stored. The abort above takes it back if it is not.
		return err
	}
	if !done {
		return fmt.Errorf("%s: the switch took longer than %v and is void; the phase is still %s", store.Name(), o.Limit, from)
	}
	return announce(ctx, store)
}

// allowed says which steps there are.
func (s *step) allowed(force bool) error {
	err := allowed(s.from, s.to, force)
	if err != nil && s.what != "" {
		err = fmt.Errorf("%s: %w", s.what, err)
	}
	return err
}

func allowed(from, to Phase, force bool) error {
	switch {
	case from == to, from == Redis && to == Cloudflare, from == Cloudflare:
		return nil
	case force && (from == Only && to == Cloudflare || from == Redis && to == Only):
		return nil
	case from == Only && to == Cloudflare:
		return fmt.Errorf("%w: in phase only nothing was brought to Redis; copy the store to Redis first, compare, and switch with -force", ErrNotAllowed)
	case from == Redis && to == Only:
		return fmt.Errorf("%w: switch to cloudflare first, and to only when nobody needs the way back", ErrNotAllowed)
	}
	return fmt.Errorf("%w: from %s to %s there is none; switch to cloudflare first", ErrNotAllowed, from, to)
}

// announce tells the processes that the record has changed: they look at once.
func announce(ctx context.Context, store value.End) error {
	_, err := value.One(ctx, store, "PUBLISH", RecordKey, "")
	return err
}

// rest is the pause between two looks.
const rest = 100 * time.Millisecond

func pause(ctx context.Context) error {
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// barrier waits until every process has stopped writing, or may not write any more.
func barrier(ctx context.Context, r *Record, epoch int64, progress func(string)) error {
	for {
		s, err := r.State(ctx)
		if err != nil {
			return err
		}
		if s.Epoch != epoch {
			return errors.New("the switch was ended by another process, or has become void")
		}
		var waiting []string
		longest := time.Duration(0)
		for _, p := range s.Processes {
			if p.Ready != epoch && p.Lease > 0 {
				waiting = append(waiting, p.ID)
				longest = max(longest, p.Lease)
			}
		}
		if len(waiting) == 0 {
			return nil
		}
		progress(fmt.Sprintf("waiting for %s, %v at most", strings.Join(waiting, ", "), longest.Round(time.Second)))
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// drain brings everything that is marked at a side, where keys go from it to the other one.
// Where they go from cloudflare to only, nobody needs Redis any more, and what goes from
// redis to only was forced.
func drain(ctx context.Context, r *Record, from *division, path []step, truth Phase, o SwitchOptions) error {
	needed := false
	for _, s := range path {
		needed = needed || s.from == truth && s.to == across(truth)
	}
	if !needed {
		return nil
	}
	a, b := o.Redis, o.Store
	if truth == Cloudflare {
		a, b = b, a
	}
	var stats counters
	f := newFollower(a, b, r, from.is(truth), func() bool { return true }, &stats)
	f.stopped = true
	for {
		left, err := f.look(ctx)
		if err != nil {
			return err
		}
		if left == 0 {
			return nil
		}
		if why := f.why(); why != "" {
			return fmt.Errorf("%s; the phase is still %s", why, from)
		}
		o.Progress(fmt.Sprintf("%d changes are brought", left))
		if err := pause(ctx); err != nil {
			return err
		}
	}
}
