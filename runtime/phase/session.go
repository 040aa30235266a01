package phase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// A session runs on the truth, whichever that is.
type session struct {
	b *Backend

	mu         sync.Mutex
	opt        store.SessionOptions    // the database is the one that is selected
	inner      map[Phase]store.Session // by side, those that are opened
	rest       Phase                   // the side of keys without a family, which has the subscriptions
	made       int                     // how many inner sessions there were that have them
	watching   bool
	watchSide  Phase
	lost       bool // the keys were watched at a side that is no longer the truth
	multi      bool // MULTI without EXEC so far
	multiSide  Phase
	aborted    string              // why the transaction that is open cannot be run; "" is that it can
	marked     map[helper][]string // members of a transaction that is open
	subscribed map[string]map[string]bool
	closed     bool
}

// Execute runs the commands in order.
func (s *session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	replies := make([]resp.Reply, 0, len(cmds))
	for _, seg := range segments(cmds) {
		got, err := s.segment(ctx, seg)
		replies = append(replies, got...)
		if err != nil {
			return replies, err
		}
	}
	return replies, nil
}

// segment runs one segment behind the gate.
func (s *session) segment(ctx context.Context, seg *segment) ([]resp.Reply, error) {
	var began time.Time
	if seg.wait != nil {
		began = time.Now()
		seg.cmds = []resp.Command{append(resp.Command(nil), seg.cmds[0]...)} // its words change
	}
	for {
		write := len(seg.keys) > 0 || len(seg.more) > 0 || seg.both || seg.flush != "" || s.mayWrite(seg.cmds)
		t, err := s.b.member.enter(ctx, write)
		if err != nil {
			return nil, err
		}
		each, cancel := ctx, context.CancelFunc(func() {})
		if seg.wait != nil {
			each, cancel = context.WithCancel(ctx)
			stop := context.AfterFunc(t.barrier, cancel)
			end := cancel
			cancel = func() { stop(); end() }
		}
		took, start := time.Duration(-1), time.Now()
		replies, err := s.parts(each, ctx, s.route(t.phases, seg), write)
		cancel()
		if seg.wait == nil {
			took = time.Since(start)
		}
		s.b.loads.ran(len(seg.cmds), took, replies, err)
		if over := s.b.member.exit(t, write && !t.phases.all(Only)); over != nil && err == nil {
			return nil, over
		}
		if seg.wait == nil || err == nil || ctx.Err() != nil || t.barrier.Err() == nil || !errors.Is(err, context.Canceled) {
			return replies, err
		}
		// A switch ended the waiting, and nothing was taken: it goes on at the new truth.
		if !seg.wait.shorten(seg.cmds[0], time.Since(began)) {
			return []resp.Reply{{Kind: resp.NilArray}}, nil
		}
		began = time.Now()
	}
}

// mayWrite tells whether commands need the lease although they name no keys that they
// change: EXEC runs what was queued by frames before, scripts may write what they do not
// announce, and messages are lost where nobody listens any more.
func (s *session) mayWrite(cmds []resp.Command) bool {
	for _, c := range cmds {
		switch c.Name() {
		case "PUBLISH", "SPUBLISH", "EVAL", "EVALSHA", "FCALL":
			return true
		case "EXEC":
			s.mu.Lock()
			open := s.multi
			s.mu.Unlock()
			if open {
				return true
			}
		}
	}
	return false
}

// shorten takes from a command's waiting time what is over; false is that all of it is.
func (w *wait) shorten(cmd resp.Command, over time.Duration) bool {
	limit, err := strconv.ParseFloat(cmd[w.at], 64)
	if err != nil || limit <= 0 {
		return true // it waits for ever, or is wrong
	}
	left := time.Duration(limit*float64(w.unit)) - over
	if left < time.Millisecond {
		return false
	}
	if w.unit == int64(time.Millisecond) {
		cmd[w.at] = strconv.FormatInt(left.Milliseconds(), 10)
	} else {
		cmd[w.at] = strconv.FormatFloat(left.Seconds(), 'f', 3, 64)
	}
	return true
}

// parts runs the parts of a segment one after the other. caller is the context of who waits,
// and not that of a command that a switch may end.
func (s *session) parts(ctx, caller context.Context, parts []*segment, write bool) ([]resp.Reply, error) {
	var replies []resp.Reply
	for _, part := range parts {
		got, err := s.run(ctx, part)
		if errors.Is(err, store.ErrClosed) && s.drop(part.side) {
			got, err = s.run(ctx, part)
		}
		if err != nil && !write {
			s.mu.Lock()
			db := s.opt.DB
			s.mu.Unlock()
			if stale, ok := s.b.fallback(caller, part, db); ok {
				got, err = stale, nil
			}
		}
		if len(parts) == 1 {
			return got, err
		}
		replies = append(replies, got...)
		if err != nil {
			return replies, err
		}
	}
	return replies, nil
}

// run runs a part at its side.
func (s *session) run(ctx context.Context, seg *segment) ([]resp.Reply, error) {
	switch {
	case seg.abort != "", seg.aborted:
		return s.abortTransaction(ctx, seg)
	case seg.refused != "":
		return []resp.Reply{resp.NewError(seg.refused)}, nil
	case seg.spread != nil:
		return s.runSpread(ctx, seg)
	}
	p := seg.side
	inner, db, err := s.at(p)
	if err != nil {
		return nil, err
	}
	if r := s.lostWatch(seg); r != nil {
		return r, nil
	}
	s.b.stats.commands.Add(uint64(len(seg.cmds)))
	switch {
	case seg.wait != nil && seg.wait.ids > 0 && seg.cmds[0].Name() == "XREAD":
		if r, err := fixIDs(ctx, inner, seg); err != nil || r != nil {
			return r, err
		}
	case seg.flush != "":
		return s.flush(ctx, seg, db)
	}
	var replies []resp.Reply
	if len(seg.keys) == 0 && len(seg.more) == 0 && !s.hasMarks() {
		replies, err = inner.Execute(ctx, seg.cmds)
	} else {
		replies, err = s.write(ctx, inner, seg, p, db)
	}
	if err == nil {
		s.learn(ctx, p, seg.cmds, replies)
	}
	if err == nil && seg.both && replies[0].Kind != resp.Error {
		s.b.alsoAcross(ctx, p, seg.cmds[0])
	}
	return replies, err
}

// hasMarks tells whether a transaction is open that has marks.
func (s *session) hasMarks() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.marked) > 0
}

// settleMarks settles the marks of a transaction that is open no longer. The caller holds mu.
func (s *session) settleMarks() {
	for at, members := range s.marked {
		s.b.owe(at.phase, at.db, settled, members)
	}
	s.marked = nil
}

// alsoAcross runs a command at the side that is not the truth, too.
func (b *Backend) alsoAcross(ctx context.Context, p Phase, cmd resp.Command) {
	end, err := b.helper(across(p), 0)
	if err == nil {
		_, err = value.One(ctx, end, cmd...)
	}
	if err != nil {
		b.opt.Report(fmt.Errorf("%s has not got a script or function that the other side has: %w", b.side(across(p)).URL(), err))
	}
}

// at is the inner session at a side, and its database.
func (s *session) at(p Phase) (store.Session, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, store.ErrClosed
	}
	if s.inner[p] == nil {
		if err := s.open(p, 0); err != nil {
			return nil, 0, err
		}
	}
	return s.inner[p], s.opt.DB, nil
}

// drop forgets an inner session that was lost, with nothing of a frame run. It tells
// whether the frame may be run on another one: nothing was watched, and nobody listens.
func (s *session) drop(side Phase) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.inner[side] == nil {
		return false
	}
	if side == s.rest {
		for _, names := range s.subscribed {
			if len(names) > 0 {
				return false // the session has ended, as its Push says
			}
		}
	}
	_ = s.inner[side].Close() // it was lost
	delete(s.inner, side)
	watched, open := s.watching && s.watchSide == side, s.multi && s.multiSide == side
	if watched {
		s.lost = true
	}
	if open {
		s.aborted = "CLOSED the connection was lost after MULTI"
		s.settleMarks()
	}
	return !watched && !open
}

// open opens the inner session at a side. skip is how many confirmations of subscriptions
// nobody waits for. The caller holds mu.
func (s *session) open(p Phase, skip int) error {
	side := s.b.side(p)
	opt := s.opt
	if p == Redis {
		opt.Username, opt.Password = "", "" // they are the store's; Redis's are in its URL
	}
	if p != s.rest {
		opt.Push = nil // nobody subscribes there
	} else if push := s.opt.Push; push != nil {
		s.made++
		made := s.made
		opt.Push = func(r resp.Reply) {
			if skip > 0 && confirms(r) {
				skip--
				return
			}
			s.mu.Lock()
			old := s.made != made
			s.mu.Unlock()
			if !old || r.Kind != resp.Error { // that the session before has ended concerns nobody
				push(r)
			}
		}
	}
	inner, err := side.NewSession(opt)
	if err != nil {
		return err
	}
	s.inner[p] = inner
	return nil
}

// confirms tells whether a message says that something is subscribed to.
func confirms(r resp.Reply) bool {
	if len(r.Elems) != 3 {
		return false
	}
	switch r.Elems[0].Str {
	case "subscribe", "psubscribe", "ssubscribe":
		return true
	}
	return false
}

// moved tells the session that keys are in other phases. Where the side of keys without a
// family is another one now, the session is opened there with what it had at the one before.
func (s *session) moved(to *division) {
	s.mu.Lock()
	s.lost = s.watching // whether those keys are elsewhere now is not looked at
	if s.multi {
		s.aborted = "SWITCH the phase has changed since MULTI"
		if in := s.inner[s.multiSide]; in != nil {
			_ = in.Close() // and what it has queued is forgotten
			delete(s.inner, s.multiSide)
		}
		s.settleMarks()
	}
	rest := sideOf(to.rest)
	if s.rest == rest {
		s.mu.Unlock()
		return
	}
	s.rest = rest
	old := s.inner
	s.inner = map[Phase]store.Session{}
	n := 0
	var cmds []resp.Command
	for kind, names := range s.subscribed {
		if len(names) == 0 {
			continue
		}
		cmd := resp.Command{kind}
		for name := range names {
			cmd = append(cmd, name)
		}
		n += len(names)
		cmds = append(cmds, cmd)
	}
	var err error
	if len(cmds) > 0 && !s.closed {
		err = s.open(rest, n)
	}
	inner, push := s.inner[rest], s.opt.Push
	s.mu.Unlock()
	for _, in := range old {
		_ = in.Close() // nothing runs on it
	}
	if inner != nil && len(cmds) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), s.b.opt.Lease)
		defer cancel()
		for _, cmd := range cmds {
			if _, e := inner.Execute(ctx, []resp.Command{cmd}); e != nil {
				err = e
			}
		}
	}
	if err != nil {
		s.b.opt.Report(fmt.Errorf("subscribing again at %s: %w", s.b.side(rest).URL(), err))
		if push != nil {
			push(resp.NewError("ERR the subscriptions could not be taken to " + s.b.side(rest).URL()))
		}
	}
}

// lostWatch is the reply of a transaction whose keys were watched at the other side.
func (s *session) lostWatch(seg *segment) []resp.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lost || seg.cmds[0].Name() != "MULTI" {
		return nil
	}
	last := seg.cmds[len(seg.cmds)-1].Name()
	if last != "EXEC" {
		return nil
	}
	s.lost, s.watching, s.watchSide = false, false, ""
	out := make([]resp.Reply, len(seg.cmds))
	for i := range out {
		out[i] = resp.NewStatus("QUEUED")
	}
	out[0], out[len(out)-1] = resp.OK, resp.Reply{Kind: resp.NilArray}
	return out
}

// learn keeps what the session has to be given again at another side.
func (s *session) learn(ctx context.Context, side Phase, cmds []resp.Command, replies []resp.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, cmd := range cmds {
		if i < len(replies) && replies[i].Kind == resp.Error {
			continue
		}
		switch name := cmd.Name(); name {
		case "SELECT":
			if n, err := strconv.Atoi(cmd[1]); err == nil {
				s.opt.DB = n
			}
			if other := s.inner[across(side)]; other != nil {
				if r, err := other.Execute(ctx, []resp.Command{cmd}); err != nil || r[0].Kind == resp.Error {
					_ = other.Close() // the next one is opened with that database
					delete(s.inner, across(side))
					s.lost = s.lost || s.watching && s.watchSide == across(side)
				}
			}
		case "CLIENT":
			if len(cmd) == 3 && strings.EqualFold(cmd[1], "SETNAME") {
				s.opt.Name = cmd[2]
			}
		case "WATCH":
			s.watching, s.watchSide = true, side
		case "UNWATCH":
			if !s.multi { // then it is in the queue
				s.watching, s.lost, s.watchSide = false, false, ""
			}
		case "EXEC", "DISCARD":
			s.watching, s.lost, s.multi, s.watchSide, s.multiSide = false, false, false, "", ""
		case "MULTI":
			s.multi, s.multiSide = true, side
		case "RESET":
			s.watching, s.lost, s.multi, s.watchSide, s.multiSide, s.opt.DB = false, false, false, "", "", 0
			s.subscribed = map[string]map[string]bool{}
			s.settleMarks()
			if other := s.inner[across(side)]; other != nil {
				_ = other.Close() // and the next one is new
				delete(s.inner, across(side))
			}
		case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE":
			if s.subscribed[name] == nil {
				s.subscribed[name] = map[string]bool{}
			}
			for _, c := range cmd[1:] {
				s.subscribed[name][c] = true
			}
		case "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE":
			kind := strings.Replace(name, "UN", "", 1)
			for _, c := range cmd[1:] {
				delete(s.subscribed[kind], c)
			}
			if len(cmd) == 1 {
				delete(s.subscribed, kind)
			}
		}
	}
}

// write runs a segment that may change keys: marks before, and behind it their scores.
func (s *session) write(ctx context.Context, inner store.Session, seg *segment, p Phase, db int) ([]resp.Reply, error) {
	b := s.b
	if err := b.useDatabase(ctx, db); err != nil {
		return nil, err
	}
	frame := b.frame()
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	members := make([]string, 0, len(seg.keys))
	seen := map[string]bool{}
	for _, k := range seg.keys {
		if !seen[k] && !Own(k) {
			seen[k] = true
			members = append(members, member(frame, k))
		}
	}
	marks := map[helper][]string{}
	for _, at := range seg.more {
		if err := b.markElsewhere(ctx, p, at, now, frame); err != nil {
			return nil, err
		}
		marks[helper{p, at.db}] = append(marks[helper{p, at.db}], member(frame, at.key))
	}
	b.stats.marked.Add(uint64(len(members)))
	s.mu.Lock()
	before := s.multi
	s.mu.Unlock()
	after := before
	for _, c := range seg.cmds {
		switch c.Name() {
		case "MULTI":
			after = true
		case "EXEC", "DISCARD":
			after = false
		}
	}
	if b.side(p).Together && seg.wait == nil && !before && !after && len(members) > 0 {
		replies, err := s.writeTogether(ctx, inner, seg, p, db, now, members)
		b.ended(marks, err == nil)
		return replies, err
	}
	if len(members) > 0 {
		end, err := b.helper(p, db)
		if err == nil {
			_, err = value.One(ctx, end, zadd(now, members)...)
		}
		if err != nil {
			b.ended(marks, true)
			return nil, fmt.Errorf("%s: marking keys that are to be changed, so nothing was run: %w", b.side(p).URL(), err)
		}
		marks[helper{p, db}] = append(marks[helper{p, db}], members...)
	}
	replies, err := inner.Execute(ctx, seg.cmds)
	s.mu.Lock()
	for at, members := range s.marked {
		marks[at] = append(marks[at], members...)
	}
	s.marked = nil
	if after && err == nil { // they are changed with EXEC
		s.marked, marks = marks, nil
	}
	s.mu.Unlock()
	b.ended(marks, err == nil || errors.Is(err, context.Canceled) && seg.wait != nil)
	return replies, err
}

// ended settles the marks of a frame. Where its outcome is not known it may be under way
// still: its marks stay until this process has ended, or a while has passed.
func (b *Backend) ended(marks map[helper][]string, known bool) {
	for at, members := range marks {
		if known {
			b.owe(at.phase, at.db, settled, members)
		} else {
			b.later(at.phase, at.db, members)
		}
	}
}

// later settles marks of a frame whose outcome is not known, when it can be under way no
// longer: a lease is longer than the timeouts of clients.
func (b *Backend) later(p Phase, db int, members []string) {
	if len(members) > 0 {
		time.AfterFunc(b.opt.Lease, func() { b.owe(p, db, settled, members) })
	}
}

// writeTogether sends marks and commands as one frame.
func (s *session) writeTogether(ctx context.Context, inner store.Session, seg *segment, p Phase, db int, now string, members []string) ([]resp.Reply, error) {
	cmds := make([]resp.Command, 0, len(seg.cmds)+2)
	cmds = append(cmds, zadd(now, members))
	cmds = append(cmds, seg.cmds...)
	cmds = append(cmds, zadd(settled, members))
	replies, err := inner.Execute(ctx, cmds)
	if err != nil {
		s.b.later(p, db, members)
		return nil, err
	}
	n := len(cmds) - 1
	if replies[n].Kind == resp.Error { // a full server, for instance, takes DEL and no mark
		s.b.oweUnmarked(p, db, members)
	} else {
		s.b.hasWork()
	}
	return replies[1:n:n], nil
}

func (b *Backend) markElsewhere(ctx context.Context, p Phase, at place, now, frame string) error {
	if err := b.useDatabase(ctx, at.db); err != nil {
		return err
	}
	end, err := b.helper(p, at.db)
	if err == nil {
		_, err = value.One(ctx, end, zadd(now, []string{member(frame, at.key)})...)
	}
	return err
}

// fixIDs replaces XREAD's $ by the last id of the stream: what comes after a switch is new
// as well. A reply is an error.
func fixIDs(ctx context.Context, inner store.Session, seg *segment) ([]resp.Reply, error) {
	cmd, ids := seg.cmds[0], seg.wait.ids
	streams := len(cmd) - ids
	for i := ids; i < len(cmd); i++ {
		if cmd[i] != "$" {
			continue
		}
		r, err := inner.Execute(ctx, []resp.Command{{"XREVRANGE", cmd[i-streams], "+", "-", "COUNT", "1"}})
		if err != nil {
			return nil, err
		}
		if r[0].Kind == resp.Error {
			return r, nil
		}
		cmd[i] = "0-0"
		if e := r[0].Elems; len(e) > 0 && len(e[0].Elems) > 0 {
			cmd[i] = e[0].Elems[0].Str
		}
	}
	return nil, nil
}

// flushKeys is how many keys FLUSHDB removes at a time.
const flushKeys = 500

// flush removes all keys but the phases' own, in steps, each with its marks, and each at
// the side that is its truth.
func (s *session) flush(ctx context.Context, seg *segment, db int) ([]resp.Reply, error) {
	dbs := []int{db}
	if seg.flush == "FLUSHALL" {
		var err error
		if dbs, err = s.b.databases(ctx, seg); err != nil {
			return nil, err
		}
	}
	for _, db := range dbs {
		opt := s.opt
		opt.DB, opt.Push = db, nil
		for _, side := range []Phase{Redis, Cloudflare} {
			if seg.division.find == nil && side != seg.side {
				continue
			}
			one := &session{b: s.b, opt: opt, inner: map[Phase]store.Session{}}
			err := one.flushOne(ctx, seg.division, side, db)
			_ = one.Close() // it has answered
			if err != nil {
				return nil, err
			}
		}
	}
	return []resp.Reply{resp.OK}, nil
}

// databases are those that FLUSHALL empties: what the record has, and what was there before
// anybody wrote to both sides or is written since phase only.
func (b *Backend) databases(ctx context.Context, seg *segment) ([]int, error) {
	state, err := b.record.State(ctx)
	if err != nil {
		return nil, err
	}
	out := state.Databases
	for _, side := range []Phase{Redis, Cloudflare} {
		if seg.division.find == nil && side != seg.side {
			continue
		}
		end, err := b.helper(side, 0)
		if err != nil {
			return nil, err
		}
		r, err := value.One(ctx, end, "INFO", "keyspace")
		var refused *value.ReplyError
		if err != nil && !errors.As(err, &refused) { // INFO may be forbidden
			return nil, err
		}
		for _, line := range strings.Split(value.Text(r), "\n") {
			name, _, _ := strings.Cut(line, ":")
			if n, err := strconv.Atoi(strings.TrimPrefix(name, "db")); err == nil && strings.HasPrefix(name, "db") && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out, nil
}

// A sessionDoer is a session for package value.
type sessionDoer struct{ store.Session }

func (d sessionDoer) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return d.Execute(ctx, cmds)
}

func (s *session) flushOne(ctx context.Context, d *division, side Phase, db int) error {
	inner, _, err := s.at(side)
	if err != nil {
		return err
	}
	for cursor := "0"; ; {
		v, err := value.One(ctx, sessionDoer{inner}, "SCAN", cursor, "COUNT", strconv.Itoa(flushKeys))
		if err != nil {
			return err
		}
		if len(v.Elems) != 2 {
			return fmt.Errorf("%s: SCAN was answered with something else", s.b.side(side).URL())
		}
		var keys []string
		for _, k := range value.Texts(v.Elems[1]) {
			if !Own(k) && sideOf(d.of(k)) == side {
				keys = append(keys, k)
			}
		}
		if len(keys) > 0 {
			seg := &segment{side: side, division: d}
			for _, k := range keys { // one each: in a cluster they are on several servers
				cmd := resp.Command{"UNLINK", k}
				seg.cmds = append(seg.cmds, cmd)
				seg.mark(cmd)
			}
			replies, err := s.write(ctx, inner, seg, side, db)
			if err != nil {
				return err
			}
			for _, r := range replies {
				if r.Kind == resp.Error {
					return fmt.Errorf("%s: UNLINK: %s", s.b.side(side).URL(), r.Str)
				}
			}
		}
		if cursor = value.Text(v.Elems[0]); cursor == "0" {
			return nil
		}
	}
}

// Close ends the session.
func (s *session) Close() error {
	s.b.mu.Lock()
	delete(s.b.sessions, s)
	s.b.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.settleMarks()
	var err error
	for _, in := range s.inner {
		err = errors.Join(err, in.Close())
	}
	return err
}
