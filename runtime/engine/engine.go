package engine

import (
	"fmt"
	"math"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Options are the engine's settings. The zero value is ready to use.
type Options struct {
	// Databases is how many databases SELECT accepts; 0 means 16, as in Redis.
	Databases int
	// RunID is forty hexadecimal digits for INFO; the host draws them.
	RunID string
	// OS is what INFO says of the machine: "linux amd64".
	OS string
	// ScriptSteps bounds what one script runs: the Lua machine's instructions, the
	// characters that pattern matching looks at, 50 for each command; 0 means 200
	// million, which is some seconds. A script that passes it, or ScriptBytes, is
	// ended with an error and what it wrote is undone.
	ScriptSteps int64
	// ScriptBytes bounds the bytes of the strings and tables that one script
	// makes, garbage included; 0 means 512 MB.
	ScriptBytes int64
	// MaxBytes bounds the bytes of the keys and values that are kept in memory over
	// a store that keeps rows; 0 means 256 MB. What was not used for the longest
	// time leaves memory and is read again when it is asked for. A store that keeps
	// nothing has no bound: memory is the data.
	MaxBytes int64
	// ResidentRows is how many rows a collection may have to be read whole when it
	// is first used; larger ones serve commands from their rows. 0 means 512.
	ResidentRows int
	// Cold has Open read no keys, however few there are.
	Cold bool
	// KeepScripts has SCRIPT LOAD write the script to the store, until SCRIPT FLUSH, and
	// CONFIG SET the settings: for an engine that is opened anew behind its clients' backs.
	KeepScripts bool
	// Topics fills Outcome.Topics.
	Topics bool
	// MaxTopics bounds the bytes of memory that what clients listen to takes, about; what
	// would be more is refused. 0: no bound.
	MaxTopics int
	// MaxWatched bounds the bytes of memory that watched keys take, and MaxQueued those of
	// the commands between MULTI and EXEC, of all clients together, about; what would be
	// more is refused, as EXEC is then. 0: no bound.
	MaxWatched, MaxQueued int
	// MaxName is how many bytes a name may have that a client gives itself (CLIENT SETNAME,
	// CLIENT SETINFO, HELLO); 0: no bound.
	MaxName int
	// MaxScripts bounds the bytes of the texts of scripts that are in memory; compiled
	// they take some ten times as much. It holds for those that SCRIPT LOAD was given, which
	// come back from the store (KeepScripts), for each of the two generations that
	// EVAL was given, and for the libraries of functions, of which more are refused.
	// 0: no bound, and 4 MB for a generation.
	MaxScripts int
	// FrameSteps bounds what the scripts and functions take together whose changes are
	// handed over together, as ScriptSteps counts: when they have taken so much, the next
	// one is refused before it begins. 0: no bound.
	FrameSteps int64
	// Info, which may be nil, is a section of INFO that the host writes: its name, and its
	// lines, each "field:value". Without lines it is there for who asks for it.
	Info func() (section string, lines []string)
	// Touched fills Change.Touched.
	Touched bool
	// MaxArgument is how many bytes an argument of a command may have; 0: as many as
	// Redis takes. Longer ones are refused, and the reply names the limit.
	MaxArgument int
	// Blobs has values of strings lie in R2: see Ref. It must be set over a store that
	// may have rows of such values.
	Blobs bool
	// Elsewhere says why a command may not have a key, because the key is in another
	// store: the text of an error; empty: it may. It is asked for the keys that commands
	// name, those of scripts included, and not for what SORT finds by a pattern.
	Elsewhere func(command, key string) string
}

// An Engine is one set of databases with its clients. It is not safe for
// concurrent use: the host calls it from one goroutine at a time.
type Engine struct {
	store    Store
	volatile bool
	opt      Options

	dbs     map[uint32]*keyspace
	shifted bool // a keyspace has ghosts or another number than the store knows
	expiry  expiryHeap
	soonest int64 // no key that is not in memory expires before, Unix milliseconds; 0: none does
	memory  memory
	whole   int64  // rows that a collection may have to be read whole
	seq     uint64 // of the last change
	nextID  uint64 // next collection id

	now        int64 // Unix microseconds, of this frame
	nowMs      int64
	started    int64 // now of the first frame
	rng        uint64
	nextExpire int64 // earliest next removal of expired keys, Unix milliseconds

	top     call          // the command that runs, when it is neither in a transaction nor in a script
	scratch *resp.Scratch // of this frame; nil: there is none
	seen    seen

	// What this frame did.
	dirty   []*entry
	ops     []Op
	spare   []record // room for the changes to come
	pushes  []Push
	wakes   []Wake
	told    []Topic
	touched []Touched
	writes  int64 // counts changes of keys: a command that raised it has written

	sessions    map[uint64]*session
	nextSession uint64
	watchers    map[dbKey][]*session
	waiting     map[dbKey][]*waiter
	tickets     map[uint64]*waiter
	nextTicket  uint64
	nextTimeout int64   // no blocked command's time is up before, Unix microseconds; 0: none waits with a limit
	ready       []dbKey // keys whose waiters may be served
	topics      topics

	scripts   scripts
	libraries libraries
	fields    fieldExpiry
	undo      *undoLog // of the running script, else nil
	refs      refs

	watchedBytes, queuedBytes int // of all sessions, see Options.MaxWatched
	stats                     stats
	admin                     administration
}

// stats is what INFO counts.
type stats struct {
	commands, connections, expired, evicted, hits, misses int64
}

// A Frame is what one client sends at once. The engine keeps the strings of
// commands as values, but not the slices that hold them.
type Frame struct {
	Session  uint64
	Commands []resp.Command
	NoBlock  bool          // blocking commands answer at once, as inside MULTI
	Scratch  *resp.Scratch // memory for Outcome.Replies; nil: they are allocated
	// Hold keeps what the frame changed for the next call: its Change is nil, and the
	// one of the next call without Hold, or of Finish, has it too. The store need not
	// show it before.
	Hold bool
	// Each takes every reply as soon as it is there, in place of Outcome.Replies; the
	// reply is Scratch's until Each returns. The commands after one of which it returns
	// false are not run, nor are those after one that leaves the session in another
	// database or protocol, in a transaction or watching keys: the commands are as many
	// callers', and to none of them the session may look as another one has left it.
	Each func(resp.Reply) (more bool)
}

// A Wake is the reply of a command that was blocked.
type Wake struct {
	Ticket uint64
	Reply  resp.Reply
}

// A Push is a message for a client that did not just ask for it.
type Push struct {
	Session uint64
	Reply   resp.Reply
}

// An Outcome is what a call of the engine brought about.
type Outcome struct {
	Replies []resp.Reply // one for each command that ran, in order
	// Ticket is not 0 when the command after the last reply is blocked. Its
	// reply comes as a Wake; the commands after it are the host's to send then.
	Ticket uint64
	// Change is the rows to commit before anything leaves; nil when nothing was
	// written. The store must show it from the next call on.
	Change *Change
	Wakes  []Wake
	Pushes []Push
	Topics []Topic // see Options.Topics
	// Seen is the number of the last change that the replies may depend on: when
	// it is stored, they say nothing that a fault could take back.
	Seen     uint64
	Deadline int64 // Unix microseconds at which Tick must be called; 0: no need
	// Err is a fault of the store. Nothing of the frame counts, and the engine
	// must be discarded and opened anew.
	Err error
}

// Open opens the store and reads its keys, if they are few.
func Open(store Store, opt Options) (*Engine, error) {
	st, err := store.Open()
	if err != nil {
		return nil, err
	}
	if opt.Databases == 0 {
		opt.Databases = 16
	}
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = defaultMaxBytes
	}
	if opt.ResidentRows == 0 {
		opt.ResidentRows = residentRows
	}
	e := &Engine{
		store: store, volatile: st.Volatile, opt: opt,
		dbs: map[uint32]*keyspace{}, seq: st.Seq, nextID: max(st.NextID, 1),
		sessions: map[uint64]*session{}, watchers: map[dbKey][]*session{},
		waiting: map[dbKey][]*waiter{}, tickets: map[uint64]*waiter{},
		memory: memory{bound: opt.MaxBytes},
	}
	if e.scripts.most = maxFreshBytes; opt.MaxScripts > 0 {
		e.scripts.most = min(opt.MaxScripts, maxFreshBytes)
	}
	if !st.Volatile {
		if err := e.readKeys(); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// What Open reads of one database before it leaves the rest, and with it the
// knowledge that a key does not exist, to the store: so many keys, and so many
// bytes of all databases together.
const (
	openKeys  = 10_000
	openBytes = 16 << 20
)

// readKeys brings the headers of small databases into memory. Collections follow
// when touched, and so do the keys of large databases.
func (e *Engine) readKeys() error {
	dbs, err := e.store.DBs()
	if err != nil {
		return fmt.Errorf("listing the databases: %w", err)
	}
	if e.opt.Cold {
		if err := e.openCold(dbs); err != nil {
			return fmt.Errorf("looking for libraries and for the first key that expires: %w", err)
		}
		return nil
	}
	most, whole := min(openBytes, e.memory.bound/2), true
	for _, db := range dbs {
		if db == FunctionsDB {
			if err := e.readLibraries(); err != nil {
				return err
			}
			continue
		}
		if db == scriptsDB || db == settingsDB {
			continue
		}
		ks, all := e.db(db), true
		ks.absent = unknown
		err := e.store.Keys(db, 0, false, func(h Header) bool {
			all = ks.len() < openKeys && e.memory.used+int64(len(h.Value)) <= most
			if all {
				e.admit(ks, db, &h)
			}
			return all
		})
		if all {
			ks.absent = 0
		}
		if err != nil {
			return fmt.Errorf("reading the keys of database %d: %w", db, err)
		}
		whole = whole && all
	}
	if whole {
		return nil
	}
	err = e.store.Expiring(math.MaxInt64, 1, func(h Header) bool {
		e.soonest = h.ExpireAt
		return false
	})
	if err != nil {
		return fmt.Errorf("looking for the first key that expires: %w", err)
	}
	return nil
}

// random returns 64 fresh bits, drawn from the frame's seed (splitmix64).
func (e *Engine) random() uint64 {
	e.rng += 0x9e3779b97f4a7c15
	z := e.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// begin starts a call at a time with fresh random bits.
func (e *Engine) begin(now int64, seed uint64) {
	e.now = now
	e.nowMs = e.now / 1000
	e.rng = seed
	e.scratch = nil
	e.seen.frame = e.seen.all
	if e.started == 0 {
		e.started = e.now
	}
	if len(e.memory.large) > 0 && len(e.ops) == 0 {
		e.shedLarge()
	}
	e.shedScripts()
}

// finish collects what a call did.
func (e *Engine) finish(out *Outcome) {
	out.Change = e.takeChange()
	e.scripts.flushed, e.scripts.steps = false, 0
	if !e.volatile {
		e.settleMemory(out.Change == nil)
	}
	e.hand(out)
	out.Deadline = e.deadline()
	out.Seen = e.seq
}

// hand gives out what is not for the store.
func (e *Engine) hand(out *Outcome) {
	out.Topics, e.told = e.told, nil
	out.Wakes, e.wakes = e.wakes, nil
	out.Pushes, e.pushes = e.pushes, nil
}
