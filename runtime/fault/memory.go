package fault

import (
	"container/list"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A memory has the replies to commands; those that came longest ago go when there are too
// many bytes.
type memory struct {
	limit int64
	age   time.Duration
	now   func() time.Time
	// writes counts what was forgotten because it is written: a reply whose command was
	// sent before then may be older.
	writes atomic.Uint64

	mu     sync.Mutex
	bytes  int64
	lines  map[string]*list.Element
	byKey  map[string]map[*list.Element]bool
	recent *list.List // of *answer, the one that came last in front
}

// An answer is the reply to a command line.
type answer struct {
	line  string
	keys  []string
	reply resp.Reply
	bytes int64
	at    time.Time
}

func newMemory(limit int64, age time.Duration) *memory {
	return &memory{limit: limit, age: age, now: time.Now, lines: map[string]*list.Element{}, byKey: map[string]map[*list.Element]bool{}, recent: list.New()}
}

// overhead is about what an answer takes beside its texts.
const overhead = 300

// put keeps a reply to what was sent after so many writes.
func (m *memory) put(line string, keys []string, r resp.Reply, writes uint64) {
	a := &answer{line: line, keys: keys, reply: r, bytes: overhead + int64(len(line)) + replyBytes(r), at: m.now()}
	for _, k := range keys {
		a.bytes += int64(len(k))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.lines[line]; e != nil {
		m.drop(e)
	}
	if a.bytes > m.limit || m.writes.Load() != writes {
		return
	}
	e := m.recent.PushFront(a)
	m.lines[line] = e
	for _, k := range keys {
		if m.byKey[k] == nil {
			m.byKey[k] = map[*list.Element]bool{}
		}
		m.byKey[k][e] = true
	}
	for m.bytes += a.bytes; m.bytes > m.limit; {
		m.drop(m.recent.Back())
	}
}

// drop forgets an answer. The caller holds mu.
func (m *memory) drop(e *list.Element) {
	a := m.recent.Remove(e).(*answer)
	delete(m.lines, a.line)
	for _, k := range a.keys {
		if delete(m.byKey[k], e); len(m.byKey[k]) == 0 {
			delete(m.byKey, k)
		}
	}
	m.bytes -= a.bytes
}

func (m *memory) get(line string) (resp.Reply, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.lines[line]
	if e == nil {
		return resp.Reply{}, false
	}
	a := e.Value.(*answer)
	if m.now().Sub(a.at) > m.age {
		m.drop(e)
		return resp.Reply{}, false
	}
	return a.reply, true
}

// forget forgets what was read of a key.
func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes.Add(1)
	for e := range m.byKey[key] {
		m.drop(e)
	}
}

func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes.Add(1)
	m.bytes = 0
	m.lines, m.byKey = map[string]*list.Element{}, map[string]map[*list.Element]bool{}
	m.recent.Init()
}

func (m *memory) size() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bytes
}

func replyBytes(r resp.Reply) int64 {
	n := int64(len(r.Str))
	for _, e := range r.Elems {
		n += 64 + replyBytes(e)
	}
	return n
}

// lineOf names a command in a database: the same words, however they are cut.
func lineOf(db int, c resp.Command) string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(db))
	for i, word := range c {
		if i == 0 {
			word = c.Name()
		}
		b.WriteByte(' ')
		b.WriteString(strconv.Itoa(len(word)))
		b.WriteByte(':')
		b.WriteString(word)
	}
	return b.String()
}

func keyIn(db int, key string) string { return strconv.Itoa(db) + " " + key }

// cached are the keys of a command, if it has some and all are the caller's caches.
func (b *Backend) cached(c resp.Command) []string {
	keys := engine.Keys(c)
	for _, k := range keys {
		if _, ok := b.caches.Of(k); !ok {
			return nil
		}
	}
	return keys
}

// remember keeps the replies to reads of caches. Of MGET it keeps what GET would answer:
// the same keys are not always asked for together.
func (b *Backend) remember(db int, cmds []resp.Command, replies []resp.Reply, writes uint64) {
	for i, c := range cmds {
		keys := b.cached(c)
		if len(keys) == 0 || i >= len(replies) || replies[i].Kind == resp.Error || replies[i].Stale {
			continue
		}
		if c.Name() == "MGET" && len(replies[i].Elems) == len(keys) {
			for j, k := range keys {
				b.memory.put(lineOf(db, resp.Command{"GET", k}), []string{keyIn(db, k)}, replies[i].Elems[j], writes)
			}
			continue
		}
		in := make([]string, len(keys))
		for j, k := range keys {
			in[j] = keyIn(db, k)
		}
		b.memory.put(lineOf(db, c), in, replies[i], writes)
	}
}

// recall answers a frame from memory, if all of it is there.
func (b *Backend) recall(db int, cmds []resp.Command) []resp.Reply {
	out := make([]resp.Reply, len(cmds))
	for i, c := range cmds {
		keys := b.cached(c)
		if len(keys) == 0 {
			return nil
		}
		if c.Name() != "MGET" {
			r, ok := b.memory.get(lineOf(db, c))
			if !ok {
				return nil
			}
			r.Stale = true
			out[i] = r
			continue
		}
		out[i] = resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, len(keys)), Stale: true}
		for j, k := range keys {
			r, ok := b.memory.get(lineOf(db, resp.Command{"GET", k}))
			if !ok {
				return nil
			}
			out[i].Elems[j] = r
		}
	}
	b.stats.fallbacks.Add(uint64(len(cmds)))
	return out
}

// forget forgets what a frame may change.
func (b *Backend) forget(db int, cmds []resp.Command, f facts) {
	for _, c := range cmds {
		switch c.Name() {
		case "SELECT":
			if len(c) == 2 {
				db, _ = strconv.Atoi(c[1]) // what is no number selects nothing
			}
			continue
		case "FLUSHDB", "FLUSHALL", "SWAPDB", "MOVE", "COPY":
			b.memory.forgetAll() // of other databases, too
			return
		case "EXEC":
			if f.state { // of what was queued by other frames
				b.memory.forgetAll()
				return
			}
		}
		for _, k := range engine.WrittenKeys(c) {
			if _, ok := b.caches.Of(k); ok {
				b.memory.forget(keyIn(db, k))
			}
		}
	}
}
