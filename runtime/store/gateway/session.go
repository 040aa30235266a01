package gateway

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/kvfront"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A Session is a client of the store. To each object that it uses it is a client of
// its own, in each lane; what it is (database, protocol, name) lives here.
type Session struct {
	b  *Backend
	sp *space

	db       atomic.Int32
	protocol atomic.Int32
	identity atomic.Pointer[frame.Identity]
	closed   atomic.Bool

	// home are the clients in the lanes of the only object, once they are there;
	// special says that they do not serve everything alike: a transaction is open,
	// keys are watched, or the session is tied to one of them.
	home    atomic.Pointer[home]
	special atomic.Bool

	mu      sync.Mutex
	clients map[*lane]*client
	tied    *client          // it watches, has a transaction, or listens
	listens bool             // tied for good
	loose   []resp.Command   // MULTI and what follows it, whose object is not known yet
	topics  *topics          // what is subscribed to in several objects; guarded by pushMu
	front   *kvfront.Session // before the objects, where families are in KV alone; nil: none was yet

	pushMu sync.Mutex
	push   func(resp.Reply)
}

// home is a session's clients in the lanes of the only object of a plan.
type home struct {
	r       *router
	clients [2]*client
}

var (
	_ store.Borrower   = (*Session)(nil)
	_ store.UserSetter = (*Session)(nil)
)

// Execute runs a frame. Messages that the frame brought to this session itself
// (confirmations of SUBSCRIBE) have been handed to Push when it returns.
func (s *Session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return s.ExecuteIn(ctx, nil, cmds)
}

// ExecuteIn is Execute with memory for the replies.
func (s *Session) ExecuteIn(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all traits
	size := 0
	for _, cmd := range cmds {
		all |= traitsOfCommand(cmd)
		size += frame.Size(cmd)
	}
	h := s.home.Load()
	if h == nil || h.r != s.sp.routes.Load() || all&^slow != 0 || len(cmds) > frame.MaxCommands || size > blobOfR2 || s.special.Load() || s.sp.inKV.Load() {
		return s.execute(ctx, scratch, cmds, all)
	}
	c := h.clients[0]
	if all&slow != 0 || size > largeCommand || len(cmds) > manyCommands {
		c = h.clients[1]
	}
	k := newCall(c, cmds, scratch, size)
	if err := c.l.submit(ctx, k); err != nil {
		return nil, err
	}
	if err := k.wait(ctx); err != nil {
		return nil, err
	}
	if k.status == frame.StatusGone {
		return nil, s.gone()
	}
	replies := k.replies
	k.release()
	if err := s.fetch(ctx, c.l.o, cmds, replies); err != nil {
		return nil, err
	}
	if len(replies) < len(cmds) { // CLIENT PAUSE held one of them
		rest, err := s.execute(ctx, nil, cmds[len(replies):], all)
		if err != nil {
			return nil, partly(err, replies)
		}
		replies = append(replies, rest...)
	}
	return replies, nil
}

// gone is the error of a session whose client the object has ended.
func (s *Session) gone() error {
	s.end("ERR the client was killed")
	return errClosed
}

// execute is ExecuteIn for everything that is not plain.
func (s *Session) execute(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command, all traits) ([]resp.Reply, error) {
	if all&hidden != 0 {
		cmds = hide(cmds)
	}
	if s.closed.Load() {
		return nil, errClosed
	}
	r, err := s.sp.route(ctx)
	if err != nil {
		return nil, err
	}
	if len(cmds) == 0 {
		return nil, nil
	}
	if r.primary != nil {
		return s.overKV(ctx, scratch, cmds)
	}
	return s.inObjects(ctx, r, scratch, cmds, all)
}

// inObjects runs what no other place serves.
func (s *Session) inObjects(ctx context.Context, r *router, scratch *resp.Scratch, cmds []resp.Command, all traits) ([]resp.Reply, error) {
	if r.only == nil {
		return s.routed(ctx, r, scratch, cmds)
	}
	if h := s.home.Load(); h == nil || h.r != r {
		if err := s.settle(r); err != nil {
			return nil, err
		}
	}
	return s.on(ctx, r.only, scratch, cmds, all)
}

// settle makes the session's clients in both lanes of its only object.
func (s *Session) settle(r *router) error {
	h := &home{r: r}
	for i, l := range r.only.lanes {
		c, err := s.client(l)
		if err != nil {
			return err
		}
		h.clients[i] = c
	}
	s.home.Store(h)
	return nil
}

// client is what the session is in a lane.
func (s *Session) client(l *lane) (*client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() {
		return nil, errClosed
	}
	c := s.clients[l]
	if c == nil {
		c = l.newClient(s)
		s.clients[l] = c
	}
	return c, nil
}

// lane is the lane of an object that commands take.
func (o *object) lane(all traits, cmds []resp.Command) *lane {
	if all&slow != 0 || len(cmds) > manyCommands {
		return o.lanes[1]
	}
	size := 0
	for _, cmd := range cmds {
		if size += frame.Size(cmd); size > largeCommand {
			return o.lanes[1]
		}
	}
	return o.lanes[0]
}

// on runs commands in one object.
func (s *Session) on(ctx context.Context, o *object, scratch *resp.Scratch, cmds []resp.Command, all traits) ([]resp.Reply, error) {
	cmds, err := s.upload(ctx, o, cmds)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	c := s.tied
	s.mu.Unlock()
	if c != nil && c.l.o != o {
		c = nil
	}
	if c == nil {
		l := o.lane(all, cmds)
		if all&tuned != 0 {
			l = o.lanes[0] // one place for all that a session listens to
		}
		var err error
		if c, err = s.client(l); err != nil {
			return nil, err
		}
	}
	if all&tuned != 0 {
		s.tie(c)
	}
	if all&tying != 0 && s.cut(c, cmds) {
		// A transaction that does not fit into a frame would be seen open by others who
		// use the session: it has a client of its own.
		c = c.l.newClient(s)
		c.apart = true
		defer c.close()
	}
	replies, err := s.run(ctx, c, scratch, cmds)
	if err == nil {
		err = s.fetch(ctx, o, cmds, replies)
	}
	return replies, err
}

// tie ties the session to a client that listens.
func (s *Session) tie(c *client) {
	c.setListens()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.home.Load() != nil { // with several objects it may use all of them meanwhile
		s.tied, s.listens = c, true
		s.special.Store(true)
	}
}

// run runs commands in a client, piece by piece.
func (s *Session) run(ctx context.Context, c *client, scratch *resp.Scratch, cmds []resp.Command) (replies []resp.Reply, err error) {
	for rest := cmds; ; {
		piece := rest[:fitting(rest)]
		got, err := s.piece(ctx, c, scratch, piece)
		if err != nil {
			return nil, partly(err, replies)
		}
		scratch = nil // the replies so far are in it
		if replies == nil {
			replies = got
		} else {
			replies = append(replies, got...)
		}
		if rest = rest[len(got):]; len(rest) == 0 {
			return replies, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// send sends one group and waits for what comes of it. When status is done there is
// a reply for each command up to one that was blocked.
func (s *Session) send(ctx context.Context, c *client, scratch *resp.Scratch, cmds []resp.Command, epoch, generation uint64) (*call, error) {
	size, blocking := 0, false
	for _, cmd := range cmds {
		size += frame.Size(cmd)
		blocking = blocking || traitsOfCommand(cmd)&blocks != 0
	}
	k := newCall(c, cmds, scratch, size)
	k.epoch, k.generation, k.blocks = epoch, generation, blocking
	if err := c.l.submit(ctx, k); err != nil {
		return nil, err
	}
	if err := k.wait(ctx); err != nil {
		return nil, err
	}
	if k.status == frame.StatusGone {
		return nil, s.gone()
	}
	return k, nil
}

// Protocol is the version of the protocol that the session speaks, 2 or 3.
func (s *Session) Protocol() int { return int(s.protocol.Load()) }

// SetUser says who the client is from now on.
func (s *Session) SetUser(name string) {
	s.describe(func(id *frame.Identity) { id.Username = name })
}

// describe changes the session's identity. Objects hear of it with the next command.
func (s *Session) describe(change func(*frame.Identity)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := *s.identity.Load()
	change(&id)
	s.identity.Store(&id)
}

// deliver hands a message to the session's receiver.
func (s *Session) deliver(c *client, r resp.Reply) {
	if r.Kind == resp.Error {
		s.end(r.Str)
		return
	}
	if s.push == nil || s.closed.Load() {
		return
	}
	s.pushMu.Lock()
	defer s.pushMu.Unlock()
	if s.topics != nil {
		var ok bool
		if r, ok = s.topics.filter(c, r); !ok {
			return
		}
	}
	s.push(r)
}

// Close ends the session. Its blocked commands return ErrClosed.
func (s *Session) Close() error {
	s.close()
	return nil
}

func (s *Session) close() bool {
	if s.closed.Swap(true) {
		return false
	}
	s.special.Store(true) // no shorter way any more
	s.mu.Lock()
	clients := s.clients
	s.clients = nil
	s.mu.Unlock()
	for _, c := range clients {
		c.close()
	}
	s.b.mu.Lock()
	delete(s.b.sessions, s)
	s.b.mu.Unlock()
	return true
}

// end is Close of a session whose client does not know: Push tells it.
func (s *Session) end(why string) {
	if !s.close() || s.push == nil {
		return
	}
	s.pushMu.Lock()
	defer s.pushMu.Unlock()
	s.push(resp.NewError(why))
}
