package engine

import (
	"math"
	"slices"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Place puts a session into a database and a version of the protocol, as a host
// knows them that keeps what a client is.
func (e *Engine) Place(id uint64, db, proto int) {
	if s := e.sessions[id]; s != nil {
		s.db = uint32(db)
		if s.proto = proto; proto != 2 {
			s.proto = 3
		}
	}
}

// Where is a session's database and version of the protocol.
func (e *Engine) Where(id uint64) (db, proto int) {
	if s := e.sessions[id]; s != nil {
		return int(s.db), s.proto
	}
	return 0, 3
}

// Name is CLIENT SETNAME for a host that keeps what a client is. A name that Redis
// refuses stays empty.
func (e *Engine) Name(id uint64, name string) {
	if s := e.sessions[id]; s != nil && validName(name) {
		s.name = name
	}
}

// Restrict has a session read only: commands that write, publish or steer the
// server are refused, in scripts too.
func (e *Engine) Restrict(id uint64, readOnly bool) {
	if s := e.sessions[id]; s != nil {
		s.readOnly = readOnly
	}
}

// Finish ends calls with Frame.Hold: it takes what they changed.
func (e *Engine) Finish() (out Outcome) {
	defer e.catch(&out)
	e.finish(&out)
	return out
}

// Deadlines are the two parts of Outcome.Deadline, in Unix microseconds; 0: none.
// waiting is when the time of a blocked command is up, or of an expiry that
// somebody wants to be told of; expiry is when keys can be removed that nobody
// sees any more, which is not urgent.
func (e *Engine) Deadlines() (waiting, expiry int64) {
	timeout := e.nextTimeout
	e.nextTimeout = 0
	large := e.memory.large
	e.memory.large = nil
	expiry = e.deadline()
	e.nextTimeout, e.memory.large = timeout, large
	waiting = timeout
	if n := e.admin.notify; expiry != 0 && n&noteExpired != 0 && n&(noteKeyspace|noteKeyevent) != 0 && (waiting == 0 || expiry < waiting) {
		waiting = expiry
	}
	return waiting, expiry
}

// Waits is the command that waits under a ticket, in the form in which it means the
// same when it is sent again: of XREAD with the ids that $ stood for. It must not be changed.
func (e *Engine) Waits(ticket uint64) resp.Command {
	if w := e.tickets[ticket]; w != nil {
		return w.args
	}
	return nil
}

// Used is about how many bytes the keys in memory take, over a store that keeps rows.
func (e *Engine) Used() int64 { return e.memory.used }

// Shrink lets the least recently used keys go until no more than so many bytes are
// in memory. The store must show every change that was handed over, and no change
// may be held.
func (e *Engine) Shrink(to int64) (out Outcome) {
	defer e.catch(&out)
	if len(e.ops) > 0 || len(e.dirty) > 0 {
		return out
	}
	e.count()
	e.shedLarge()
	e.shrink(to, true)
	e.memory.futile = false
	return out
}

// TopicKind is one of the three ways to subscribe.
type TopicKind uint8

const (
	TopicChannel TopicKind = 1 // SUBSCRIBE
	TopicPattern TopicKind = 2 // PSUBSCRIBE
	TopicShard   TopicKind = 3 // SSUBSCRIBE
)

func (n TopicKind) kind() (kind, bool) {
	switch n {
	case TopicChannel:
		return plainKind, true
	case TopicPattern:
		return globKind, true
	case TopicShard:
		return shardKind, true
	}
	return kind{}, false
}

// A Topic says that a session began or ceased to listen to something.
type Topic struct {
	Session uint64
	Kind    TopicKind
	Name    string
	On      bool
}

// Subscribe has a session listen without telling it, for a host that kept what it
// listens to.
func (e *Engine) Subscribe(id uint64, n TopicKind, name string) {
	if k, ok := n.kind(); ok {
		if s := e.sessions[id]; s != nil {
			e.listen(s, k, name)
		}
	}
}

// listen adds a session to those who listen; false when it was there.
func (e *Engine) listen(s *session, k kind, name string) bool {
	all, own := k.all(&e.topics), k.own(s)
	if *all == nil {
		*all = map[string][]*session{}
	}
	if *own == nil {
		*own = map[string]struct{}{}
	}
	if _, ok := (*own)[name]; ok {
		return false
	}
	(*own)[name] = struct{}{}
	(*all)[name] = append((*all)[name], s)
	e.topics.bytes += topicBytes + len(name)
	return true
}

// topic notes what a session began or ceased to listen to.
func (e *Engine) topic(s *session, k kind, name string, on bool) {
	if e.opt.Topics {
		e.told = append(e.told, Topic{s.id, k.number, name, on})
	}
}

// unsubscribed notes that a session ceases to listen to everything.
func (e *Engine) unsubscribed(s *session) {
	if !e.opt.Topics {
		return
	}
	for _, k := range []kind{plainKind, globKind, shardKind} {
		names := make([]string, 0, len(*k.own(s)))
		for name := range *k.own(s) {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			e.topic(s, k, name, false)
		}
	}
}

// scriptsDB is the number of the database that holds the texts of scripts that
// SCRIPT LOAD was given, by SHA-1, when Options.KeepScripts is set. It is far from
// those of SELECT and from those that a script's FLUSHDB uses.
const scriptsDB uint32 = 1 << 31

// loadedScript is the text of a script that the store keeps.
func (e *Engine) loadedScript(sha string) (text string, ok bool) {
	if e.scripts.flushed || !e.opt.KeepScripts || e.volatile {
		return "", false
	}
	h, ok, err := e.store.Key(scriptsDB, KeyHash(sha), sha)
	if err != nil {
		panic(fault{err})
	}
	return h.Value, ok && h.Type == TypeScript
}

func (e *Engine) keepScript(sha, text string) {
	if e.opt.KeepScripts && !e.volatile {
		e.ops = append(e.ops, Op{Kind: OpPutKey, Type: TypeScript, Header: Header{DB: scriptsDB, Hash: KeyHash(sha), Key: sha, Type: TypeScript, Value: text}})
	}
}

func (e *Engine) dropScripts() {
	if e.opt.KeepScripts && !e.volatile {
		e.ops = append(e.ops, Op{Kind: OpFlushDB, Header: Header{DB: scriptsDB}})
		e.scripts.flushed = true
	}
}

// settingsDB is the number of the database that holds what CONFIG SET was given, by
// the names of settings.
const settingsDB = scriptsDB + 1

func (e *Engine) keepSetting(s *setting) {
	if e.opt.KeepScripts && !e.volatile {
		e.ops = append(e.ops, Op{Kind: OpPutKey, Type: TypeScript, Header: Header{DB: settingsDB, Hash: KeyHash(s.name), Key: s.name, Type: TypeScript, Value: s.get(e)}})
	}
}

// readSettings sets what the store has. A value that this version does not know stays
// as it is by default.
func (e *Engine) readSettings() error {
	return e.store.Keys(settingsDB, 0, false, func(h Header) bool {
		if s := findSetting(h.Key); s != nil && s.set != nil {
			s.set(e, h.Value)
		}
		return true
	})
}

// openCold leaves all keys to the store.
func (e *Engine) openCold(dbs []uint32) error {
	for _, db := range dbs {
		switch db {
		case FunctionsDB:
			if err := e.readLibraries(); err != nil {
				return err
			}
		case scriptsDB:
		case settingsDB:
			if err := e.readSettings(); err != nil {
				return err
			}
		default:
			e.db(db).absent = unknown
		}
	}
	return e.store.Expiring(math.MaxInt64, 1, func(h Header) bool {
		e.soonest = h.ExpireAt
		return false
	})
}

// Clear ends a session's transaction and forgets the keys that it watches, when its
// client says that it has neither.
func (e *Engine) Clear(id uint64) {
	if s := e.sessions[id]; s != nil && (s.multi || len(s.watched) > 0 || s.failed) {
		e.endMulti(s)
		e.unwatch(s)
	}
}

// emitTouched is emit, and notes which operations are the key's.
func (e *Engine) emitTouched(ent *entry) {
	t := Touched{
		DB: ent.db, Hash: ent.hash, Key: ent.key, Type: ent.typ, ID: ent.id, From: len(e.ops),
		Moved: ent.carried && !ent.stored && !ent.gone, Gone: ent.gone,
	}
	e.ops = ent.emit(e.ops)
	if t.To = len(e.ops); t.To > t.From {
		e.touched = append(e.touched, t)
	}
}

// Reads reports whether a command does nothing but read, whatever it finds.
func Reads(line resp.Command) bool {
	if len(line) == 0 {
		return true
	}
	cmd := lineCommand(line)
	return cmd != nil && cmd.flags&flagReadonly != 0 && cmd.flags&flagWrite == 0
}
