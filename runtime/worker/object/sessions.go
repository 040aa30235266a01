package object

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A session is what the object knows of a session of the protocol. What it is
// responsible for lies in rows: the number and the answer of its last frame that
// wrote, the replies that it has not acknowledged, and what its clients listen to.
type session struct {
	id     frame.SessionID
	conn   *conn // its WebSocket, or a poll that waits; nil: none
	scope  int   // of its connection
	loaded bool  // the rows were read

	frame  uint64 // number of the last frame
	answer []byte // what it was answered with; nil: the row has it, or it only read
	row    uint64 // number of the last frame that wrote, which has the row
	change uint64 // the object's last change as of that frame
	parts  int    // rows of session_parts

	clients map[uint64]*client
	killed  map[uint64]struct{} // clients that CLIENT KILL ended
	blocked map[uint64]*blocked // by ticket
	wakes   map[uint64]*wake    // replies of blocked commands that were not acknowledged

	queue queue // HTTP: what waits for a poll
	seen  int64 // when it was heard of last, Unix microseconds
}

// unload forgets the replies that rows have, when nobody is there to fetch them: who
// comes back has them read again.
func (s *session) unload() {
	for ticket, w := range s.wakes {
		if w.stored {
			delete(s.wakes, ticket)
			s.loaded = false
		}
	}
}

// A client is one of the engine's.
type client struct {
	session *session
	number  uint64
	id      uint64 // of the engine's session
	topics  int    // rows of subscriptions
}

// A blocked is a command that waits.
type blocked struct {
	client *client
	ticket uint64 // the client's
	engine uint64 // the engine's ticket
	hash   int64  // of the command
	bytes  int    // of memory, about
}

// A wake is the reply of a command that waited.
type wake struct {
	hash    int64
	message []byte // M with this reply alone
	stored  bool
	sent    int64 // Unix microseconds
	parts   int
}

// noSession has the row of what is written without a client.
var noSession frame.SessionID

// maxPart is how many bytes of an answer stand in one row.
const maxPart = 1_500_000

var (
	putSession  = statement("INSERT OR REPLACE INTO sessions (id, frame, seq, next_id, at, parts, answer) VALUES (?, ?, ?, ?, ?, ?, ?)")
	noteSession = statement("INSERT OR IGNORE INTO sessions (id, frame, seq, next_id, at, parts, answer) VALUES (?, 0, ?, ?, ?, 0, x'')")
	putPart     = statement("INSERT OR REPLACE INTO session_parts (id, part, answer) VALUES (?, ?, ?)")
	delParts    = statement("DELETE FROM session_parts WHERE id = ? AND part >= ?")
	askSession  = asideStatement("SELECT frame, parts, seq FROM sessions WHERE id = ?")
	askAnswer   = asideStatement("SELECT answer FROM sessions WHERE id = ?")
	askPart     = statement("SELECT answer FROM session_parts WHERE id = ? AND part = ?")
	putWake     = statement("INSERT OR REPLACE INTO wakes (id, ticket, part, command, message) VALUES (?, ?, ?, ?, ?)")
	delWake     = statement("DELETE FROM wakes WHERE id = ? AND ticket = ?")
	askWakes    = statement("SELECT ticket, part, command, message FROM wakes WHERE id = ? AND (ticket, part) > (?, ?) ORDER BY ticket, part LIMIT ?")
	putTopic    = statement("INSERT OR REPLACE INTO subscriptions (id, client, kind, name, scope) VALUES (?, ?, ?, ?, ?)")
	delTopic    = statement("DELETE FROM subscriptions WHERE id = ? AND client = ? AND kind = ? AND name = ?")
	delTopics   = statement("DELETE FROM subscriptions WHERE id = ? AND client = ?")
	delAll      = statement("DELETE FROM subscriptions WHERE id = ?")
	askTopics   = statement("SELECT id, client, kind, name, scope FROM subscriptions WHERE (id, client, kind, name) > (?, ?, ?, ?) ORDER BY id, client, kind, name LIMIT ?")
	askOld      = statement("SELECT id FROM sessions WHERE at < ? AND id > ? ORDER BY id LIMIT ?")
	delSession  = statement("DELETE FROM sessions WHERE id = ?")
	delAllWakes = statement("DELETE FROM wakes WHERE id = ?")
)

// session appends the row of a frame.
func (p *Program) session(id *frame.SessionID, n uint64, seq, nextID uint64, at int64, answer []byte, oldParts int) (parts int) {
	first := answer
	if len(answer) > maxPart {
		first = answer[:maxPart]
		parts = (len(answer) - 1) / maxPart
	}
	p.Statement(putSession).bytes(id[:]).Int(int64(n)).Int(int64(seq)).Int(int64(nextID)).Int(at).Int(int64(parts)).bytes(first)
	if oldParts > parts {
		p.Statement(delParts).bytes(id[:]).Int(int64(parts))
	}
	for i := 0; i < parts; i++ {
		rest := answer[(i+1)*maxPart:]
		p.Statement(putPart).bytes(id[:]).Int(int64(i)).bytes(rest[:min(len(rest), maxPart)])
	}
	return parts
}

// number8 is a number that may have 64 bits, as rows keep it.
func number8(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// wake appends the rows of a reply.
func (p *Program) wake(id *frame.SessionID, ticket uint64, w *wake) {
	w.parts = 0
	for rest := w.message; w.parts == 0 || len(rest) > 0; w.parts++ {
		n := min(len(rest), maxPart)
		p.Statement(putWake).bytes(id[:]).bytes(number8(ticket)).Int(int64(w.parts)).Int(w.hash).bytes(rest[:n])
		rest = rest[n:]
	}
	w.stored = true
}

// load reads the rows of a session. They may know of a later frame than memory does, when the
// store failed after it had stored one: the answer in memory is then of another frame.
func (o *Object) load(s *session) error {
	before := s.frame
	err := o.rows.load(s)
	if s.frame != before {
		o.keep(s, nil)
	}
	return err
}

// load reads the rows of a session.
func (r *Rows) load(s *session) error {
	if s.loaded {
		return nil
	}
	if err := r.settleOf(&s.id); err != nil {
		return err
	}
	_, err := r.one(r.ask(askSession).bytes(s.id[:]), func(q *result) { s.row, s.parts, s.change = uint64(q.int()), int(q.int()), uint64(q.int()) })
	if err != nil {
		return fmt.Errorf("object: reading a session: %w", err)
	}
	s.frame = max(s.frame, s.row)
	ticket, part := number8(0), int64(-1)
	for {
		q, err := r.query(r.ask(askWakes).bytes(s.id[:]).bytes(ticket).Int(part).Int(laterPage), laterPage)
		if err != nil {
			return fmt.Errorf("object: reading replies that wait: %w", err)
		}
		for i := 0; i < q.rows; i++ {
			_, raw := q.value()
			part = q.int()
			hash := q.int()
			_, message := q.value()
			if q.err != nil || len(raw) != 8 {
				return fmt.Errorf("object: reading replies that wait: %w", q.err)
			}
			copy(ticket, raw)
			n := binary.BigEndian.Uint64(raw)
			if s.wakes == nil {
				s.wakes = map[uint64]*wake{}
			}
			w := s.wakes[n]
			if w == nil || part == 0 {
				w = &wake{hash: hash, stored: true}
				s.wakes[n] = w
			}
			w.message = append(w.message, message...)
			w.parts++
		}
		if !q.more && q.rows < laterPage {
			break
		}
	}
	s.loaded = true
	return nil
}

// stored is the answer that a session's row holds.
func (r *Rows) stored(s *session) (answer []byte, err error) {
	if err := r.settleOf(&s.id); err != nil {
		return nil, err
	}
	_, err = r.one(r.ask(askAnswer).bytes(s.id[:]), func(q *result) {
		_, raw := q.value()
		answer = append(answer, raw...)
	})
	for i := 0; i < s.parts && err == nil; i++ {
		_, err = r.one(r.ask(askPart).bytes(s.id[:]).Int(int64(i)), func(q *result) {
			_, raw := q.value()
			answer = append(answer, raw...)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("object: reading an answer: %w", err)
	}
	return answer, nil
}

// hashOf tells commands apart, in the 53 bits that a row holds.
func hashOf(cmd resp.Command) int64 {
	h := fnv.New64a()
	for _, word := range cmd {
		h.Write(number8(uint64(len(word))))
		h.Write([]byte(word))
	}
	return int64(h.Sum64() >> 11)
}

// A topicRow is a row of subscriptions.
type topicRow struct {
	id     frame.SessionID
	client uint64
	kind   engine.TopicKind
	name   string
	scope  int
}

// topics reads what all clients listen to.
func (r *Rows) topics() (rows []topicRow, err error) {
	last := topicRow{}
	for {
		p := r.ask(askTopics).bytes(last.id[:]).bytes(number8(last.client)).Int(int64(last.kind)).Blob(last.name).Int(laterPage)
		q, err := r.query(p, laterPage)
		if err != nil {
			return nil, fmt.Errorf("object: reading subscriptions: %w", err)
		}
		for i := 0; i < q.rows; i++ {
			_, id := q.value()
			copy(last.id[:], id)
			_, number := q.value()
			if len(number) == 8 {
				last.client = binary.BigEndian.Uint64(number)
			}
			last.kind, last.name, last.scope = engine.TopicKind(q.int()), q.string(), int(q.int())
			if q.err != nil {
				return nil, q.err
			}
			rows = append(rows, last)
		}
		if !q.more && q.rows < laterPage {
			return rows, nil
		}
	}
}
