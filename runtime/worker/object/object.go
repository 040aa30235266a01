package object

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// An Object hosts the engine of one object. What must outlive it is rows.
type Object struct {
	in     *Instance
	name   string
	exec   Executor
	rows   *Rows
	eng    *engine.Engine // nil: must be opened again
	r2     blobs
	follow *followers // nil until the engine was opened

	now   int64 // Unix microseconds, of this call
	rng   uint64
	epoch uint64
	used  int64 // when it was called last, as a number of calls of the instance

	live, journaled int64 // what Instance.live and Instance.journals have of it

	conns    map[uint64]*conn
	sessions map[frame.SessionID]*session
	clients  map[uint64]*client  // by the engine's session
	tickets  map[uint64]*blocked // by the engine's ticket
	orphans  map[frame.SessionID][]topicRow
	self     session         // of what is written without a client
	pruneAt  int             // how many sessions there are when idle ones are looked for
	kept     int             // bytes of the sessions' answers
	queued   int             // bytes of the sessions' queues
	waiting  int             // bytes of memory that commands which wait take, about
	aged     int64           // when old sessions were looked for, Unix microseconds
	agedTo   frame.SessionID // up to which one, while that is under way

	out     output
	renewed bool // the engine was opened anew, and clients are to be told
	status  int32
	prog    Program
	direct  bool // changes are committed as rows, so that the store says which it refuses
	step    step
	answer  []byte
	scratch resp.Scratch
	lines   []resp.Command // of groups that run together
	request *conn          // the HTTP request that is being answered
	heldFor uint64         // the commit that sends of this call wait for in D1; 0: none do
}

// A conn is a WebSocket, or an HTTP request.
type conn struct {
	number  uint64
	scope   int
	session *session
	until   int64 // a poll's end, Unix microseconds
}

// The bits of a connection's scope.
const (
	scopeWrite = 1
	scopeHTTP  = 2
)

// random draws 64 bits (splitmix64). Each call of the object brings fresh ones.
func (o *Object) random() uint64 {
	o.rng += 0x9e3779b97f4a7c15
	z := o.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// begin starts a call.
func (o *Object) begin(now int64, seed uint64) {
	o.now = max(o.now, now) // the clock of a machine may be behind that of another
	o.rng ^= seed
	o.in.calls++
	o.used = o.in.calls
	o.out.reset()
	o.status, o.heldFor = 0, 0
}

// open opens the engine on the rows. Clients of an earlier one are gone, but for
// those that listen: they are known from their rows.
func (o *Object) open() error {
	o.eng, o.clients, o.tickets, o.waiting = nil, map[uint64]*client{}, map[uint64]*blocked{}, 0
	for _, s := range o.sessions {
		s.forget()
	}
	var id [20]byte
	for i := range id {
		id[i] = byte(o.random())
	}
	eng, err := engine.Open(o.rows, engine.Options{
		RunID: hex.EncodeToString(id[:]), OS: "workerd wasm", MaxBytes: o.in.memory, Cold: true, KeepScripts: true, Topics: true, Touched: true,
		MaxTopics: maxTopics, MaxWatched: maxWatched, MaxQueued: maxTransactions, MaxName: maxIdentity, MaxScripts: maxScripts,
		MaxArgument: maxArgument, Blobs: true, ResidentRows: o.in.opt.ResidentRows,
		ScriptSteps: o.in.opt.ScriptSteps, FrameSteps: o.in.opt.ScriptSteps, ScriptBytes: scriptBytes, Info: o.infoFollowers,
		Elsewhere: elsewhere(&o.in.cfg, worker.ParseObject(o.name)),
	})
	if err != nil {
		return err
	}
	if err := o.r2.open(o.rows); err != nil {
		return err
	}
	if err := o.openFollowers(); err != nil {
		return err
	}
	topics, err := o.rows.topics()
	if err != nil {
		return err
	}
	o.eng = eng
	for o.epoch = 0; o.epoch == 0; {
		o.epoch = o.random() >> 1
	}
	o.orphans = map[frame.SessionID][]topicRow{}
	for _, t := range topics {
		o.orphans[t.id] = append(o.orphans[t.id], t)
	}
	for id, rows := range o.orphans {
		if s := o.sessions[id]; s != nil && s.conn != nil {
			o.listen(s)
		} else if rows[0].scope&scopeHTTP != 0 {
			s := o.session(id)
			s.scope, s.seen = rows[0].scope, o.now
			o.listen(s)
		}
	}
	return nil
}

// maxArgument is how many bytes an argument may have: with its key and what SQLite
// adds it must fit into a row, see MaxRow.
const maxArgument = 1_900_000

// scriptBytes bounds what one script makes, garbage included, so that the instance's
// memory holds.
const scriptBytes = 24 << 20

// ready opens the engine again if that failed before.
func (o *Object) ready() error {
	if o.eng != nil {
		return nil
	}
	if err := o.open(); err != nil {
		return err
	}
	o.renewed = true
	return nil
}

// reopen discards the engine after a fault.
func (o *Object) reopen(cause error) error {
	o.status, o.renewed = 1, true
	o.in.log(2, fmt.Sprintf("redis2cf: the engine of %s starts over from its rows: %v", o.name, cause))
	if err := o.open(); err != nil {
		o.in.log(3, fmt.Sprintf("redis2cf: the engine of %s cannot be opened: %v", o.name, err))
		return err
	}
	return nil
}

// forget drops what a session loses with the engine.
func (s *session) forget() {
	s.clients, s.blocked, s.wakes, s.loaded = nil, nil, nil, false
	s.parts, s.row = 0, 0
}

// session finds or makes a session.
func (o *Object) session(id frame.SessionID) *session {
	s := o.sessions[id]
	if s == nil {
		if len(o.sessions) >= max(o.pruneAt, keptIdle) {
			o.prune()
		}
		s = &session{id: id, seen: o.now}
		o.sessions[id] = s
	}
	return s
}

// listen restores the clients of a session that listen.
func (o *Object) listen(s *session) {
	for _, t := range o.orphans[s.id] {
		c := s.clients[t.client]
		if c == nil {
			c = o.newClient(s, t.client, 0, 3)
		}
		o.eng.Subscribe(c.id, t.kind, t.name)
		c.topics++
	}
	delete(o.orphans, s.id)
}

func (o *Object) newClient(s *session, number uint64, db, proto int) *client {
	c := &client{session: s, number: number, id: o.eng.NewSession(db, proto, "")}
	o.eng.Restrict(c.id, s.scope&scopeWrite == 0)
	if s.clients == nil {
		s.clients = map[uint64]*client{}
	}
	s.clients[number] = c
	o.clients[c.id] = c
	return c
}

// tell tells those who are connected that the engine was opened anew.
func (o *Object) tell() {
	if !o.renewed {
		return
	}
	o.renewed = false
	for _, s := range o.connected() {
		o.welcome(s.conn)
	}
}

// connected are the sessions with a WebSocket, in the order of their connections.
func (o *Object) connected() (list []*session) {
	for _, s := range o.sessions {
		if s.conn != nil {
			list = append(list, s)
		}
	}
	sortSessions(list)
	return list
}

func (o *Object) welcome(c *conn) {
	w := frame.Welcome{Version: frame.Version, Epoch: o.epoch, Now: o.now, Name: o.name, Write: c.scope&scopeWrite != 0}
	at := o.out.begin(c.number, sendMessage, 0)
	o.out.b = w.Append(o.out.b)
	o.out.end(at)
}

// refuse answers a message with an error.
func (o *Object) refuse(c *conn, code frame.Code, seq uint64, fatal bool, text string) {
	e := frame.Error{Code: code, Seq: seq, Fatal: fatal, Text: text}
	at := o.out.begin(c.number, sendMessage, 0)
	o.out.b = e.Append(o.out.b)
	o.out.end(at)
	if fatal {
		o.close(c, closeRefused, "the last message says why")
	}
}

// The codes with which sockets are closed.
const (
	closeDone    = 1000
	closeRefused = 4000
)

func (o *Object) close(c *conn, code uint16, reason string) {
	at := o.out.begin(c.number, sendClose, code)
	o.out.b = append(o.out.b, reason...)
	o.out.end(at)
	o.detach(c)
	delete(o.conns, c.number)
}

// detach takes a connection from its session. Those who came by a socket end with it.
func (o *Object) detach(c *conn) {
	if o.follow != nil {
		o.follow.closed(c.number)
	}
	s := c.session
	c.session = nil
	if s == nil || s.conn != c {
		return
	}
	s.conn = nil
	if !s.http() {
		o.leave(s)
	}
}

// leave ends a session's clients, because clients end with their connection.
func (o *Object) leave(s *session) {
	if o.eng == nil {
		s.forget()
		return
	}
	for _, b := range s.blocked {
		o.cancel(b)
	}
	topics := len(o.orphans[s.id])
	for _, c := range s.clients {
		topics += c.topics
		o.eng.CloseSession(c.id)
		delete(o.clients, c.id)
	}
	delete(o.orphans, s.id)
	s.clients, s.blocked, s.killed = nil, nil, nil
	s.unload()
	if topics > 0 {
		o.prog.Reset()
		o.prog.Statement(delAll).bytes(s.id[:])
		if err := o.exec.Exec(o.prog.Bytes()); err != nil {
			o.in.log(2, fmt.Sprintf("redis2cf: the subscriptions of a client of %s stay until its engine is opened again: %v", o.name, err))
		}
	}
}

// waitFor notes a command that waits. It returns how the command is to be sent again, nil
// when that is as it was.
func (o *Object) waitFor(b *blocked, cmd resp.Command) (again resp.Command) {
	b.bytes = blockedBytes
	for _, word := range cmd {
		b.bytes += blockedWord + len(word)
	}
	o.waiting += b.bytes
	o.tickets[b.engine] = b
	s := b.client.session
	if s.blocked == nil {
		s.blocked = map[uint64]*blocked{}
	}
	s.blocked[b.ticket] = b
	if waits := o.eng.Waits(b.engine); slices.Contains(cmd, "$") && !slices.Contains(waits, "$") && frame.Size(waits) <= maxAgain {
		return waits
	}
	return nil
}

// maxAgain is how many bytes a command may have to be told how it is sent again, so that an
// answer with all else that it may have (maxAnswer) is no larger than a message.
const maxAgain = 1 << 20

// ended forgets a command that waited.
func (o *Object) ended(b *blocked) {
	if o.tickets[b.engine] == b {
		o.waiting -= b.bytes
		delete(o.tickets, b.engine)
	}
	delete(b.client.session.blocked, b.ticket)
}

// cancel ends a blocked command without a reply.
func (o *Object) cancel(b *blocked) {
	o.ended(b)
	o.eng.Cancel(o.now, b.engine)
}

// end returns the output of a call.
func (o *Object) end() []byte {
	o.tell()
	timer, alarm := o.deadlines()
	flags := o.in.balance(o)
	if o.rows.trash || o.rows.log.due() || o.now-o.aged > ageInterval {
		flags |= FlagSweep
	}
	if len(o.tickets) > 0 || o.polled() {
		flags |= FlagBlocked
	}
	if o.eng != nil {
		flags |= o.r2.flags(o.now)
	}
	if o.follow != nil {
		flags |= o.follow.flags(o.now)
		if at := o.follow.alarm(o.now); at != 0 && (alarm == 0 || at < alarm) {
			alarm = at
		}
	}
	return o.out.finish(o.status, timer, alarm, flags)
}

// farthest is the end of JavaScript's times, in Unix microseconds: what expires later
// needs no alarm.
const farthest = 8_640_000_000_000_000_000

// deadlines are when a timer and the alarm are to call.
func (o *Object) deadlines() (timer, alarm int64) {
	if o.eng == nil {
		return 0, 0
	}
	waiting, expiry := o.eng.Deadlines()
	timer = waiting
	for _, c := range o.conns {
		if c.until != 0 && (timer == 0 || c.until < timer) {
			timer = c.until
		}
	}
	for _, s := range o.sessions {
		if s.http() && len(s.clients) > 0 && (timer == 0 || s.seen+httpIdle < timer) {
			timer = s.seen + httpIdle
		}
	}
	if expiry != 0 && expiry < farthest {
		// A sweep takes all that is over at once, so it need not be on time: an alarm
		// is a row and a request.
		const step = 60_000_000
		alarm = (max(expiry, o.now)/step + 1) * step
		if waiting == expiry {
			alarm = expiry // somebody wants to be told at once, whoever is awake then
		}
	}
	if at := o.r2.alarm(o.now); at != 0 && (alarm == 0 || at < alarm) {
		alarm = at
	}
	return timer, alarm
}
