package phase

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// lookMarks is how many marks of a database are looked at at a time, and bringKeys how many
// keys are brought in one pipeline.
const (
	lookMarks = 5000
	bringKeys = 200
)

// underWay is how often a key is looked at whose frame is still under way, such as the list
// that a worker waits for.
const underWay = 5 * time.Second

// A follower brings the state of marked keys from the truth to the other side.
type follower struct {
	from, to func(db int) (value.End, error)
	record   *Record
	// follows tells whether the other side follows a key; marks of other keys are forgotten:
	// they are of frames whose outcome was not known when the phase changed.
	follows func(key string) bool
	// may is asked before each write: whether this is still the one that follows.
	may   func() bool
	stats *counters
	// stopped is set where all processes have stopped writing: no mark is of a frame under
	// way but those whose outcome is not known.
	stopped bool

	state   State                // as it was read last
	stateAt time.Time            // when that was
	seen    map[string]time.Time // members that were there at an earlier look, since when
	looked  map[string]time.Time // keys under way: when they were brought last
	refused map[string]refusal   // keys that the other side does not take
	oldest  time.Time            // since when the oldest key waits that was not brought at this look; zero is none
}

// nanoseconds is a time in Unix nanoseconds, 0 for none.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// waits notes that a key is not brought yet.
func (f *follower) waits(k *markedKey) {
	if len(k.done) > 0 && (f.oldest.IsZero() || k.since.Before(f.oldest)) {
		f.oldest = k.since
	}
}

// A refusal is why the other side does not take a key.
type refusal struct {
	why string
	at  time.Time
}

func newFollower(from, to func(db int) (value.End, error), r *Record, follows func(key string) bool, may func() bool, stats *counters) *follower {
	return &follower{from: from, to: to, record: r, follows: follows, may: may, stats: stats,
		seen: map[string]time.Time{}, looked: map[string]time.Time{}, refused: map[string]refusal{}}
}

// errNotMine ends a look of who no longer follows.
var errNotMine = fmt.Errorf("another process follows")

// look brings what is marked, and returns how many marks are left.
func (f *follower) look(ctx context.Context) (left int, err error) {
	state, err := f.current(ctx)
	if err != nil {
		return 0, err
	}
	alive := map[string]bool{}
	for _, p := range state.Processes {
		alive[p.ID] = p.Lease > 0
	}
	there := map[string]bool{} // members, to forget the others
	f.oldest = time.Time{}
	for _, db := range state.Databases {
		n, err := f.database(ctx, db, state.Lease, alive, there)
		if err != nil {
			return 0, err
		}
		left += n
	}
	for m := range f.seen {
		if !there[m] {
			delete(f.seen, m)
		}
	}
	return left, nil
}

// current is the record, read now and then: which programs are alive and which databases
// there are is nothing that has to be known at once, and on Cloudflare each look costs.
func (f *follower) current(ctx context.Context) (State, error) {
	if !f.stopped && time.Since(f.stateAt) < f.state.Lease/10 {
		return f.state, nil
	}
	now := time.Now()
	s, err := f.record.State(ctx)
	if err == nil {
		f.state, f.stateAt = s, now
	}
	return s, err
}

// A marked key is one with all of its marks.
type markedKey struct {
	key     string
	done    []string  // members that go with it when it was brought, each before its score
	first   int       // where in done the mark stands that was seen first
	waiting bool      // some of its frames are under way
	since   time.Time // when the first of its marks was seen whose frame has ended
}

// spare are the members of a key that is not brought without which it stays marked: were
// they kept, a key that is written all the time and refused would fill what a look sees.
func (k *markedKey) spare() []string {
	if len(k.done) <= 2 {
		return nil
	}
	return append(k.done[:k.first:k.first], k.done[k.first+2:]...)
}

// database looks at the marks of a database. Where most of what it sees at a time cannot be
// brought, it looks behind that.
func (f *follower) database(ctx context.Context, db int, lease time.Duration, alive, there map[string]bool) (left int, err error) {
	for at := 0; ; at += lookMarks {
		n, stuck, err := f.window(ctx, db, at, lease, alive, there)
		left += n
		if err != nil || stuck < lookMarks/2 {
			return left, err
		}
	}
}

// window looks at some marks of a database. stuck are those of keys that cannot be brought
// now.
func (f *follower) window(ctx context.Context, db, at int, lease time.Duration, alive, there map[string]bool) (left, stuck int, err error) {
	from, err := f.from(db)
	if err != nil {
		return 0, 0, err
	}
	to, err := f.to(db)
	if err != nil {
		return 0, 0, err
	}
	v, err := value.One(ctx, from, "ZRANGE", marksKey, strconv.Itoa(at), strconv.Itoa(at+lookMarks-1), "WITHSCORES")
	if err != nil {
		return 0, 0, fmt.Errorf("%s: reading which keys changed: %w", from.Name(), err)
	}
	words := value.Texts(v)
	if len(words) == 0 {
		return 0, 0, nil
	}
	now := time.Now()
	byKey := map[string]*markedKey{}
	var order []*markedKey
	var forget []string
	for i := 0; i+1 < len(words); i += 2 {
		m, score := words[i], words[i+1]
		process, key, ok := split(m)
		if !ok {
			continue // nobody has made it
		}
		id := strconv.Itoa(db) + " " + score + " " + m // a frame that ends makes another of it
		if !f.follows(key) {
			if score == settled {
				forget = append(forget, m, score)
			}
			continue
		}
		there[id] = true
		since, known := f.seen[id]
		if !known {
			since = now
			f.seen[id] = now
		}
		k := byKey[key]
		if k == nil {
			k = &markedKey{key: key}
			byKey[key] = k
			order = append(order, k)
		}
		left++
		gone := !alive[process] || f.stopped
		if score == settled || gone && now.Sub(since) >= lease {
			if len(k.done) == 0 || since.Before(k.since) {
				k.since, k.first = since, len(k.done)
			}
			k.done = append(k.done, m, score)
		} else {
			k.waiting = true
		}
	}
	var keys []*markedKey
	for _, k := range order {
		id := strconv.Itoa(db) + " " + k.key
		switch {
		case len(k.done) == 0 && now.Sub(f.looked[id]) < underWay && !f.stopped:
			stuck++
			continue
		case now.Sub(f.refused[id].at) < underWay && f.refused[id].why != "":
			f.waits(k)
			stuck++
			forget = append(forget, k.spare()...)
			left -= len(k.spare()) / 2
			continue
		}
		if k.waiting {
			f.looked[id] = now
		} else {
			delete(f.looked, id)
		}
		keys = append(keys, k)
	}
	if len(forget) > 0 && f.may() {
		if _, err := value.One(ctx, from, append([]string{"EVAL", forgetScript, "1", marksKey}, forget...)...); err != nil {
			return left, stuck, err
		}
	}
	if len(keys) == 0 {
		return left, stuck, nil
	}
	reader, err := value.NewReader(ctx, from)
	if err != nil {
		return left, stuck, err
	}
	for len(keys) > 0 {
		part := keys[:min(bringKeys, len(keys))]
		n, err := f.bring(ctx, db, reader, from, to, part)
		left -= n
		if err != nil {
			for _, k := range keys {
				f.waits(k)
			}
			return left, stuck, err
		}
		keys = keys[len(part):]
	}
	return left, stuck, nil
}

// bring brings keys and removes their marks; it returns how many.
func (f *follower) bring(ctx context.Context, db int, reader *value.Reader, from, to value.End, keys []*markedKey) (int, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.key
	}
	list, err := reader.Read(ctx, names)
	refused := map[int]string{}
	var why *value.ReplyError
	if errors.As(err, &why) {
		list, err = eachAlone(ctx, reader, names, refused)
	}
	if err != nil {
		return 0, err
	}
	if !f.may() {
		return 0, errNotMine
	}
	var cmds []resp.Command
	var at []int // of keys, for each command
	for i := range list {
		switch k := &list[i]; {
		case refused[i] != "":
		case k.Gone:
			cmds, at = append(cmds, resp.Command{"UNLINK", k.Head.Key}), append(at, i)
		case k.Large, !value.Supported(k.Type): // below
		default:
			cmds, at = append(cmds, value.Put(k)), append(at, i)
		}
	}
	if len(cmds) > 0 {
		replies, err := to.Do(ctx, cmds)
		if err != nil {
			return 0, fmt.Errorf("%s: bringing changed keys: %w", to.Name(), err)
		}
		for n, r := range replies {
			if r.Kind == resp.Error {
				refused[at[n]] = r.Str
			}
		}
	}
	for i := range list {
		k := &list[i]
		switch {
		case k.Gone, refused[i] != "":
		case !value.Supported(k.Type):
			refused[i] = "no store has values of type " + k.Type
		case k.Large:
			if why, err := f.large(ctx, reader, to, k.Head); err != nil {
				return 0, err
			} else if why != "" {
				refused[i] = why
			}
		}
	}
	var members []string
	for i, k := range keys {
		id := strconv.Itoa(db) + " " + k.key
		if why, ok := refused[i]; ok {
			f.refused[id] = refusal{why, time.Now()}
			f.stats.refused.Add(1)
			f.waits(k)
			members = append(members, k.spare()...)
			continue
		}
		delete(f.refused, id)
		f.stats.brought.Add(1)
		if len(k.done) > 0 {
			f.stats.lag.Store(int64(time.Since(k.since)))
		}
		members = append(members, k.done...)
	}
	if len(members) == 0 {
		return 0, nil
	}
	v, err := value.One(ctx, from, append([]string{"EVAL", forgetScript, "1", marksKey}, members...)...)
	return int(v.Int), err
}

// eachAlone reads keys one by one, and notes those that cannot be read.
func eachAlone(ctx context.Context, reader *value.Reader, names []string, refused map[int]string) ([]value.Key, error) {
	list := make([]value.Key, len(names))
	for i, name := range names {
		one, err := reader.Read(ctx, []string{name})
		var why *value.ReplyError
		switch {
		case errors.As(err, &why):
			refused[i] = "it cannot be read: " + why.Error()
		case err != nil:
			return nil, err
		default:
			list[i] = one[0]
		}
	}
	return list, nil
}

// forgetScript removes marks that still have the score at which their keys were read. It
// says how many it has removed.
const forgetScript = `local n = 0
for i = 1, #ARGV, 2 do
  local s = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if s and tonumber(s) == tonumber(ARGV[i + 1]) then n = n + redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return n`

// large brings a value in pieces: nobody reads the other side for its truth, so it may be
// seen to grow. A mark that is left brings it again.
func (f *follower) large(ctx context.Context, reader *value.Reader, to value.End, h value.Head) (refused string, err error) {
	first := true
	run := func(cmds []resp.Command) error {
		if !f.may() {
			return errNotMine
		}
		replies, err := to.Do(ctx, cmds)
		if err != nil {
			return fmt.Errorf("%s: bringing key %s: %w", to.Name(), value.Show(h.Key), err)
		}
		for _, r := range replies {
			if r.Kind == resp.Error && refused == "" {
				refused = r.Str
			}
		}
		return nil
	}
	err = reader.Pieces(ctx, h, func(p value.Piece) error {
		cmds := value.Commands(h.Key, h.Type, p, first)
		if first && h.Type != value.TypeString {
			// In one step: a copy that finds no key would make one in between.
			cmds = []resp.Command{value.Put(&value.Key{Head: value.Head{Key: h.Key, Type: h.Type, Expire: value.NoExpiry}, Piece: p})}
		}
		first = false
		return run(cmds)
	})
	if err == nil && !first && h.Expire != value.NoExpiry {
		err = run([]resp.Command{{"PEXPIREAT", h.Key, strconv.FormatInt(h.Expire, 10)}})
	}
	if err == nil && first { // it ended meanwhile
		err = run([]resp.Command{{"UNLINK", h.Key}})
	}
	var why *value.ReplyError
	if errors.As(err, &why) {
		return "it cannot be read: " + why.Error(), nil
	}
	return refused, err
}

// why sums up the keys that cannot be brought.
func (f *follower) why() string {
	if len(f.refused) == 0 {
		return ""
	}
	for id, r := range f.refused {
		_, key, _ := strings.Cut(id, " ")
		return fmt.Sprintf("%d keys cannot be brought to the other side, among them %s: %s", len(f.refused), value.Show(key), r.why)
	}
	return ""
}

// follow follows while this process is the one that does.
func (b *Backend) follow(ctx context.Context) {
	var both []*follower // one for each side that is the truth of some keys
	var of *division
	idle := b.opt.Follow
	for {
		t := time.NewTimer(idle)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-b.work:
			t.Stop()
		case <-t.C:
		}
		if !b.member.follows() {
			both, of = nil, nil
			continue
		}
		// A look is something that runs: no switch is behind it.
		turn, err := b.member.enter(ctx, false)
		if err != nil {
			return
		}
		if of != turn.phases {
			of = turn.phases
			both = nil
			for _, truth := range []Phase{Redis, Cloudflare} {
				if of.has(truth) {
					both = append(both, newFollower(b.ends(truth), b.ends(across(truth)), b.record, of.is(truth), b.member.follows, &b.stats))
				}
			}
		}
		each, cancel := context.WithTimeout(ctx, b.opt.Lease/2)
		stop := context.AfterFunc(turn.barrier, cancel) // who switches follows
		left := 0
		var oldest time.Time
		for _, f := range both {
			n, e := f.look(each)
			left += n
			if !f.oldest.IsZero() && (oldest.IsZero() || f.oldest.Before(oldest)) {
				oldest = f.oldest
			}
			err = errors.Join(err, e)
		}
		b.stats.waiting.Store(nanoseconds(oldest))
		if err == nil {
			b.stats.left.Store(int64(left))
		}
		if idle = min(2*idle, 10*b.opt.Follow); left > 0 || err != nil {
			idle = b.opt.Follow
		}
		stop()
		cancel()
		_ = b.member.exit(turn, false)
		if err != nil && ctx.Err() == nil && turn.barrier.Err() == nil {
			b.opt.Report(fmt.Errorf("following: %w", err))
		}
	}
}

func (b *Backend) ends(p Phase) func(db int) (value.End, error) {
	return func(db int) (value.End, error) { return b.helper(p, db) }
}
