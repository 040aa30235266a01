package object

import (
	"cmp"
	"slices"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// What those who have a token may fill memory with beside the data. Memory is shared
// by all objects of an isolate, and those of other namespaces may be among them.
const (
	// maxClients is how many clients an object may have: Redis's own maxclients.
	maxClients = 10_000
	// maxWaiting is how many commands of an object may wait, and how many replies of one
	// session may be without an acknowledgement; maxUnacked is the bytes of these, and
	// maxAllUnacked those of the replies of all sessions that are there. maxWaitingBytes is
	// how many bytes of memory commands that wait may take.
	maxWaiting      = 10_000
	maxUnacked      = 8 << 20
	maxAllUnacked   = 16 << 20
	maxWaitingBytes = 8 << 20
	// blockedBytes and blockedWord are about what a command that waits takes beside its
	// words, and each of its words, since a word may be a key that somebody waits for.
	blockedBytes = 400
	blockedWord  = 160
	// maxTopics is how many bytes of memory what clients listen to may take.
	maxTopics = 16 << 20
	// maxWatched is how many bytes of memory watched keys may take: some 40,000 keys with
	// short names, a sixth of what the data may have (defaultMemory).
	maxWatched = 8 << 20
	// maxTransactions is how many bytes of memory commands between MULTI and EXEC may take: as
	// many as one message has, since a transaction that is larger than that is none of ours.
	maxTransactions = frame.MaxMessage
	// maxScripts is how many bytes of text scripts may have that are in memory, see
	// engine.Options.MaxScripts: four times that are kept, which compiled take some 18 MB
	// (measured: 9 bytes for each byte of an ordinary script, up to 23).
	maxScripts = 512 << 10
	// scriptSteps is how many steps one script may take, and about how many all of a frame:
	// the engine's own bound, some seconds of a processor, of which a Worker has 30.
	scriptSteps = 200_000_000
	// maxKilled is how many ended clients a session is reminded of.
	maxKilled = 10_000
	// keptIdle is how many sessions without a connection or clients are remembered
	// beside their rows.
	keptIdle = 256
	// keptAnswers is how many bytes of answers are kept beside their rows, of all sessions.
	keptAnswers = 4 << 20
	// maxIdentity is how many bytes a part of a client's identity may have.
	maxIdentity = 512
)

var (
	errDB      = resp.NewError("ERR DB index is out of range")
	errClients = resp.NewError("ERR max number of clients reached")
	errWaiting = resp.NewError("ERR not run: too many commands wait, or too many replies of commands that waited are not acknowledged")
)

// idle reports whether a session is no more than what its rows say, as all are after
// the object has been out of memory.
func (o *Object) idle(s *session) bool {
	return s.conn == nil && len(s.clients) == 0 && len(s.blocked) == 0 && len(s.queue.messages) == 0 && (o.request == nil || o.request.session != s)
}

// prune forgets the sessions that were not heard of for the longest time.
func (o *Object) prune() {
	var list []*session
	for _, s := range o.sessions {
		if o.idle(s) {
			list = append(list, s)
		}
	}
	if len(list) > keptIdle/2 {
		slices.SortFunc(list, func(a, b *session) int { return cmp.Compare(a.seen, b.seen) })
		for _, s := range list[:len(list)-keptIdle/2] {
			o.keep(s, nil)
			delete(o.sessions, s.id)
		}
	}
	o.pruneAt = len(o.sessions) + keptIdle/2
}

// keep keeps the answer of a session's last frame, nil for none. When answers take too
// much memory, the others go: those that wrote have rows, and the rest run again.
func (o *Object) keep(s *session, answer []byte) {
	o.kept += len(answer) - len(s.answer)
	s.answer = answer
	for most := keptAnswer; o.kept > keptAnswers && most >= 0; most -= keptAnswer { // large ones first, then all
		for _, other := range o.sessions {
			if other != s && len(other.answer) > most {
				o.kept -= len(other.answer)
				other.answer = nil
			}
		}
	}
}

// crowded reports whether a command of a session must not wait, because too many do.
func (o *Object) crowded(s *session) bool {
	if len(o.tickets) >= maxWaiting || o.waiting > maxWaitingBytes || len(s.wakes) >= maxWaiting {
		return true
	}
	own, all := 0, 0
	for _, other := range o.sessions {
		for _, w := range other.wakes {
			all += len(w.message)
			if other == s {
				own += len(w.message)
			}
		}
	}
	return own > maxUnacked || all > maxAllUnacked
}

// identify tells the engine what else a client is. Parts that are too long, or would
// disturb the lines of CLIENT LIST, are left out.
func (o *Object) identify(cl *client, id *frame.Identity) {
	word := func(s string) string {
		for i := 0; i < len(s); i++ {
			if s[i] <= ' ' || s[i] == 0x7f {
				return ""
			}
		}
		if len(s) > maxIdentity {
			return ""
		}
		return s
	}
	o.eng.Name(cl.id, word(id.Name))
	o.eng.Library(cl.id, word(id.LibName), word(id.LibVer))
	o.eng.Describe(cl.id, engine.Peer{Addr: word(id.Addr), LocalAddr: word(id.LocalAddr), User: word(id.Username)})
}

// repeated is the same error for so many commands.
func repeated(err resp.Reply, n int) []resp.Reply {
	replies := make([]resp.Reply, n)
	for i := range replies {
		replies[i] = err
	}
	return replies
}
