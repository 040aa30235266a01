package phase

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// A Side is Redis or the store.
type Side struct {
	store.Backend
	// Together says that the commands of one frame run in their order, each stored before
	// the next one begins: a mark can then travel with its command. One Redis server and
	// a store in the process are so, a cluster and a Worker are not.
	Together bool
}

// Options are settings. The zero value is ready to use.
type Options struct {
	Lease time.Duration // 0 is DefaultLease
	// Follow is how long the follower rests after a look; 0 is DefaultFollow. While it finds
	// nothing it rests longer and longer, up to ten times that, unless this process writes.
	Follow time.Duration
	// Compare is how often the follower compares some keys of both sides; 0 is
	// DefaultCompare, and a negative one never.
	Compare time.Duration
	// Fallback has globs of keys that are a cache: their reads are answered from the other
	// side where the truth does not answer.
	Fallback []string
	// Report is told what goes wrong in the background; nil is Log.
	Report func(error)
	// Log is told of changes of the phase, and of what goes wrong; nil is nobody.
	Log *slog.Logger
}

// DefaultFollow is the rest of a follower. On Cloudflare each look is a request.
const DefaultFollow = 200 * time.Millisecond

// A Backend is Redis and a store behind each other: its sessions run on the truth, and
// marks say what the other side has to be brought.
type Backend struct {
	redis, store Side
	opt          Options
	member       *membership
	record       *Record
	frames       atomic.Uint64
	stats        counters
	loads        loads
	faults       faults // nil: nobody tells

	end  context.CancelFunc
	over sync.WaitGroup

	mu       sync.Mutex
	sessions map[*session]bool
	helpers  map[helper]store.Session
	dbs      map[int]bool // those that the record has
	owed     map[helper]map[string]string
	unmarked map[helper]map[string]bool // those of owed whose keys have changed although the truth has no mark
	wake     chan struct{}              // something is owed
	work     chan struct{}              // something was marked
	closed   bool
}

// silent is a handler of logs that nobody reads.
type silent struct{}

func (silent) Enabled(context.Context, slog.Level) bool  { return false }
func (silent) Handle(context.Context, slog.Record) error { return nil }
func (s silent) WithAttrs([]slog.Attr) slog.Handler      { return s }
func (s silent) WithGroup(string) slog.Handler           { return s }

// A helper is a session of the phases' own.
type helper struct {
	phase Phase // of the side: Redis or Cloudflare
	db    int
}

var (
	_ store.Backend = (*Backend)(nil)
	_ store.Planned = (*Backend)(nil)
	_ store.Viewer  = (*Backend)(nil)
)

// Open joins the processes of a store. It closes both sides when it fails, and with Close.
func Open(ctx context.Context, redis, cloudflare Side, opt Options) (*Backend, error) {
	if opt.Lease == 0 {
		opt.Lease = DefaultLease
	}
	if opt.Follow == 0 {
		opt.Follow = DefaultFollow
	}
	if opt.Compare == 0 {
		opt.Compare = DefaultCompare
	}
	if opt.Log == nil {
		opt.Log = slog.New(silent{})
	}
	opt.Log = opt.Log.With("store", cloudflare.URL())
	if opt.Report == nil {
		opt.Report = func(err error) { opt.Log.Warn("redis2cf: a fault while data moves", "error", err) }
	}
	b := &Backend{
		redis: redis, store: cloudflare, opt: opt,
		sessions: map[*session]bool{}, helpers: map[helper]store.Session{}, dbs: map[int]bool{},
		owed: map[helper]map[string]string{}, unmarked: map[helper]map[string]bool{}, wake: make(chan struct{}, 1), work: make(chan struct{}, 1),
	}
	fail := func(err error) (*Backend, error) {
		return nil, errors.Join(err, b.closeSessions(), redis.Close(), cloudflare.Close())
	}
	m := &membership{id: newID(), lease: opt.Lease, name: cloudflare.URL(), kick: make(chan struct{}, 1), moved: b.moved, drained: b.settleAll}
	b.member = m
	b.record = NewRecord(helperEnd{b, helper{Cloudflare, 0}})
	m.record = b.record
	m.lag = func() (lag, waiting time.Duration, left int64) {
		s := b.Stats()
		return s.Lag, s.Waiting, s.Left
	}
	m.said = b.said
	if err := m.join(ctx); err != nil {
		return fail(err)
	}
	background, end := context.WithCancel(context.Background())
	b.end = end
	if opt.Compare > 0 {
		b.over.Add(1)
		go func() { defer b.over.Done(); b.compare(background) }()
	}
	b.over.Add(3)
	go func() { defer b.over.Done(); b.hear(background) }()
	go func() { defer b.over.Done(); b.settles(background) }()
	go func() { defer b.over.Done(); b.follow(background) }()
	return b, nil
}

// hear hears of switches, which saves time: a renewal finds out as well.
func (b *Backend) hear(ctx context.Context) {
	for ctx.Err() == nil {
		lost := make(chan struct{}, 1)
		s, err := b.store.NewSession(store.SessionOptions{Protocol: 2, Name: "redis2cf-phase", Push: func(r resp.Reply) {
			if r.Kind == resp.Error {
				select {
				case lost <- struct{}{}:
				default:
				}
			}
			b.member.hurry()
		}})
		if err == nil {
			_, err = s.Execute(ctx, []resp.Command{{"SUBSCRIBE", RecordKey}})
		}
		if err == nil {
			select {
			case <-ctx.Done():
			case <-lost:
			}
		}
		if s != nil {
			_ = s.Close() // it has heard what it could
		}
		t := time.NewTimer(b.opt.Lease / 15)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
}

// side is the truth of a phase.
func (b *Backend) side(p Phase) *Side {
	if p == Redis {
		return &b.redis
	}
	return &b.store
}

// across is the side that is not the truth.
func across(p Phase) Phase {
	if p == Redis {
		return Cloudflare
	}
	return Redis
}

// helper is a database of a side, for the phases' own use.
func (b *Backend) helper(p Phase, db int) (value.End, error) {
	if p == Only {
		p = Cloudflare
	}
	e := helperEnd{b, helper{p, db}}
	_, err := e.session()
	return e, err
}

// A helperEnd runs commands on a session that is opened again when it was lost.
type helperEnd struct {
	b  *Backend
	at helper
}

func (e helperEnd) Name() string { return e.b.side(e.at.phase).URL() }

func (e helperEnd) session() (store.Session, error) {
	e.b.mu.Lock()
	defer e.b.mu.Unlock()
	if s := e.b.helpers[e.at]; s != nil {
		return s, nil
	}
	s, err := e.b.side(e.at.phase).NewSession(store.SessionOptions{DB: e.at.db, Protocol: 2, Name: "redis2cf-phase"})
	if err == nil {
		e.b.helpers[e.at] = s
	}
	return s, err
}

func (e helperEnd) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	for try := 1; ; try++ {
		s, err := e.session()
		if err != nil {
			return nil, err
		}
		replies, err := s.Execute(ctx, cmds)
		if !errors.Is(err, store.ErrClosed) || try == 3 {
			return replies, err
		}
		e.b.mu.Lock() // nothing was run, and on another session it may be
		if e.b.helpers[e.at] == s {
			delete(e.b.helpers, e.at)
		}
		e.b.mu.Unlock()
		_ = s.Close() // it was lost
	}
}

// useDatabase tells the record which databases there are, before the first write.
func (b *Backend) useDatabase(ctx context.Context, db int) error {
	b.mu.Lock()
	known := b.dbs[db]
	b.mu.Unlock()
	if known {
		return nil
	}
	if err := b.record.addDatabase(ctx, db); err != nil {
		return err
	}
	b.mu.Lock()
	b.dbs[db] = true
	b.mu.Unlock()
	return nil
}

func (b *Backend) frame() string {
	return b.member.id + "." + strconv.FormatUint(b.frames.Add(1), 36)
}

// owe notes marks that have to get a score and have not: settled ones, whose frames have
// ended, and those that the truth did not take.
func (b *Backend) owe(p Phase, db int, score string, members []string) {
	b.mu.Lock()
	at := helper{p, db}
	if b.owed[at] == nil {
		b.owed[at] = map[string]string{}
	}
	for _, m := range members {
		b.owed[at][m] = score
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// oweUnmarked is owe for keys that were changed while the truth took no mark: nobody else
// knows of them, so that this process stops for no switch before they are marked.
func (b *Backend) oweUnmarked(p Phase, db int, members []string) {
	b.mu.Lock()
	at := helper{p, db}
	if b.unmarked[at] == nil {
		b.unmarked[at] = map[string]bool{}
	}
	for _, m := range members {
		b.unmarked[at][m] = true
	}
	b.mu.Unlock()
	b.owe(p, db, settled, members)
}

// settles gives marks their scores, some at a time.
func (b *Backend) settles(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		for pause := 10 * time.Millisecond; !b.settle(ctx); pause = min(2*pause, time.Second) {
			t := time.NewTimer(pause)
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
		}
	}
}

// settle pays what is owed; false is that something is left.
func (b *Backend) settle(ctx context.Context) bool {
	b.mu.Lock()
	owed := b.owed
	b.owed = map[helper]map[string]string{}
	b.mu.Unlock()
	all := true
	for at, marks := range owed {
		byScore := map[string][]string{}
		for m, score := range marks {
			byScore[score] = append(byScore[score], m)
		}
		for score, members := range byScore {
			end, err := b.helper(at.phase, at.db)
			if err == nil {
				_, err = value.One(ctx, end, zadd(score, members)...)
			}
			if err != nil {
				all = false
				b.opt.Report(fmt.Errorf("%s: marking changed keys: %w", b.side(at.phase).URL(), err))
				b.mu.Lock()
				if b.owed[at] == nil {
					b.owed[at] = map[string]string{}
				}
				for _, m := range members {
					if _, newer := b.owed[at][m]; !newer {
						b.owed[at][m] = score
					}
				}
				b.mu.Unlock()
				continue
			}
			b.mu.Lock()
			for _, m := range members {
				delete(b.unmarked[at], m)
			}
			if len(b.unmarked[at]) == 0 {
				delete(b.unmarked, at)
			}
			b.mu.Unlock()
		}
	}
	if all && len(owed) > 0 {
		b.hasWork()
	}
	return all
}

// settleAll is settle before a switch. An error says which keys have changed that the truth
// has no marks of. Other marks that are left are settled when this process is taken for
// dead, or by the next attempt.
func (b *Backend) settleAll() error {
	ctx, cancel := context.WithTimeout(context.Background(), b.opt.Lease/6)
	defer cancel()
	b.settle(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	for at, members := range b.unmarked {
		return fmt.Errorf("%s, database %d, does not take the marks of %d keys that were changed", b.side(at.phase).URL(), at.db, len(members))
	}
	return nil
}

func (b *Backend) hasWork() {
	select {
	case b.work <- struct{}{}:
	default:
	}
}

// moved takes all sessions to the new truth. Nothing runs meanwhile.
func (b *Backend) moved(from, to *division) {
	if from != nil {
		b.opt.Log.Info("redis2cf: the phase has changed", "from", from.String(), "phase", to.String(), "process", b.member.id)
	}
	b.mu.Lock()
	all := make([]*session, 0, len(b.sessions))
	for s := range b.sessions {
		all = append(all, s)
	}
	b.mu.Unlock()
	for _, s := range all {
		s.moved(to)
	}
}

// PhaseOf is the phase that a key is in, as this process knows it.
func (b *Backend) PhaseOf(key string) Phase {
	d, _ := b.member.current()
	if d == nil {
		return ""
	}
	return d.of(key)
}

// NewSession opens a session. It runs on whatever is the truth.
func (b *Backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	s := &session{b: b, opt: opt, inner: map[Phase]store.Session{}, subscribed: map[string]map[string]bool{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, fmt.Errorf("%s: %w", b.URL(), store.ErrClosed)
	}
	b.sessions[s] = true
	return s, nil
}

// Unwrap is the store, not Redis.
func (b *Backend) Unwrap() store.Backend { return b.store.Backend }

// URL names both sides.
func (b *Backend) URL() string { return "dual:" + b.store.URL() }

// ErrKVAlone says that a family cannot be in a phase, because it is in Workers KV alone.
var ErrKVAlone = errors.New("it is in KV alone (consistency: primary)")

// UsePlan passes families on to the store. Families in KV alone are refused: what KV
// answers is up to a minute old, so that no switch could say when both sides are equal, and
// it has nothing that would tell a write of the follower from one of the program.
func (b *Backend) UsePlan(families []store.Family) error {
	for _, f := range families {
		if f.Consistency == "primary" {
			return fmt.Errorf("family %s (%q) cannot move with the others: %w, where a switch would not know what is stored. Write consistency: follow for it into redis2cf.yaml and run redis2cf generate; when the move is over, primary is as good as before",
				f.Name, f.Pattern, ErrKVAlone)
		}
	}
	if p, ok := b.store.Backend.(store.Planned); ok {
		return p.UsePlan(families)
	}
	return nil
}

// DefineViews passes views on to the store.
func (b *Backend) DefineViews(views []store.View) error {
	if v, ok := b.store.Backend.(store.Viewer); ok {
		return v.DefineViews(views)
	}
	return nil
}

// Close gives the lease back and closes both sides.
func (b *Backend) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	all := make([]*session, 0, len(b.sessions))
	for s := range b.sessions {
		all = append(all, s)
	}
	b.mu.Unlock()
	var err error
	for _, s := range all {
		err = errors.Join(err, s.Close())
	}
	b.end()
	b.over.Wait()
	if e := b.settleAll(); e != nil {
		err = errors.Join(err, fmt.Errorf("%w; redis2cf compare finds them", e))
	}
	b.member.leave()
	return errors.Join(err, b.closeSessions(), b.redis.Close(), b.store.Close())
}

func (b *Backend) closeSessions() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	for at, s := range b.helpers {
		err = errors.Join(err, s.Close())
		delete(b.helpers, at)
	}
	return err
}
