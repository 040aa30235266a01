package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// ErrMalformed is in the error of every message that cannot be read.
var ErrMalformed = errors.New("malformed message")

// ErrTooLarge is in the error of a message that has more of something than it may have.
var ErrTooLarge = errors.New("message too large")

// reader reads a message. The first fault sticks; what is read after it is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("frame: %w: %s", ErrMalformed, what)
		r.b = nil
	}
}

func (r *reader) num() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.fail("a number is cut off")
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *reader) signed() int64 {
	n, k := binary.Varint(r.b)
	if k <= 0 {
		r.fail("a number is cut off")
		return 0
	}
	r.b = r.b[k:]
	return n
}

// small reads a number that must not pass a limit.
func (r *reader) small(limit uint64, what string) int {
	n := r.num()
	if n > limit {
		r.fail(what + " is out of range")
		return 0
	}
	return int(n)
}

// count reads how many things follow, each of at least so many bytes.
func (r *reader) count(least int, what string) int {
	n := r.num()
	if n > uint64(len(r.b)/least) {
		r.fail("there are fewer " + what + " than announced")
		return 0
	}
	return int(n)
}

// most is count with a limit. What is announced takes memory before it is read, many
// times as much as its bytes: a limit holds for those who count on that.
func (r *reader) most(limit, least int, what string) int {
	n := r.count(least, what)
	if n > limit {
		r.err = fmt.Errorf("frame: %w: it has %d %s more than a frame may have", ErrTooLarge, n-limit, what)
		r.b = nil
		return 0
	}
	return n
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail("it is cut off")
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) boolean() bool {
	c := r.byte()
	if c > 1 {
		r.fail("a yes or no is neither")
	}
	return c == 1
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.fail("a number is cut off")
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

func (r *reader) str() string {
	n := r.count(1, "bytes")
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) nums(what string) []uint64 {
	n := r.most(MaxNumbers, 1, what)
	if n == 0 {
		return nil
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = r.num()
	}
	return out
}

// kind opens a message of a kind.
func (r *reader) kind(want byte) {
	if got := r.byte(); r.err == nil && got != want {
		r.fail(fmt.Sprintf("it is of the kind %q, not %q", got, want))
	}
}

// end is the error of the message: its first fault, or bytes that are left over.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail(fmt.Sprintf("%d bytes follow it", len(r.b)))
	}
	return r.err
}

// Kind is the kind of a message, 0 for an empty one.
func Kind(message []byte) byte {
	if len(message) == 0 {
		return 0
	}
	return message[0]
}

// Part cuts the first message off an HTTP body. It shares the body's memory.
func Part(body []byte) (message, rest []byte, err error) {
	r := &reader{b: body}
	n := r.count(1, "bytes")
	if r.err != nil {
		return nil, nil, r.err
	}
	return r.b[:n:n], r.b[n:], nil
}

// Parts cuts an HTTP body into its messages, which share its memory.
func Parts(body []byte) (parts [][]byte, err error) {
	for len(body) > 0 {
		var message []byte
		if message, body, err = Part(body); err != nil {
			return nil, err
		}
		parts = append(parts, message)
	}
	return parts, nil
}

// Decode reads the message, which must be all of b.
func (m *Hello) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindHello)
	*m = Hello{Version: r.small(math.MaxInt32, "the version")}
	if r.err == nil && m.Version != Version {
		return nil // what follows is not known; the version is all that counts
	}
	if len(r.b) < len(m.Session) {
		r.fail("the session is cut off")
	} else {
		r.b = r.b[copy(m.Session[:], r.b):]
	}
	m.Epoch, m.Library = r.num(), r.str()
	return r.end()
}

// Decode reads the message, which must be all of b.
func (m *Welcome) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindWelcome)
	*m = Welcome{Version: r.small(math.MaxInt32, "the version"), Epoch: r.num(), Now: int64(r.fixed()), Name: r.str(), Write: r.boolean()}
	return r.end()
}

// maxDB bounds the number of a database in a message.
const maxDB = math.MaxInt32

// Decode reads the message, which must be all of b. The strings are copies; the slices
// are those of the frame that m held before, if they are large enough.
func (m *Frame) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindFrame)
	seq, again, acks, cancels, closed := r.num(), r.boolean(), r.nums("tickets"), r.nums("tickets"), r.nums("clients")
	groups := r.most(MaxCommands, 4, "groups")
	if m.Groups = m.Groups[:0]; cap(m.Groups) < groups {
		m.Groups = make([]Group, 0, groups)
	}
	m.Seq, m.Again, m.Acks, m.Cancels, m.Closed, m.Groups = seq, again, acks, cancels, closed, m.Groups[:groups]
	m.commands, m.words = m.commands[:0], m.words[:0]
	left := room{commands: MaxCommands, words: MaxWords}
	for i := range m.Groups {
		m.Groups[i] = Group{}
		m.Groups[i].decode(r, &left, m)
	}
	return r.end()
}

// Forget empties the frame, and keeps memory for the next one that is decoded: so much
// as ordinary ones need.
func (m *Frame) Forget() {
	clear(m.Groups)
	clear(m.commands)
	clear(m.words)
	*m = Frame{Groups: m.Groups[:0], commands: m.commands[:0], words: m.words[:0], names: m.names}
	if cap(m.words) > keptWords {
		m.words = nil
	}
}

// keptWords is of how many words a frame keeps the memory, some 32 KB: groups and
// commands are bounded by MaxCommands.
const keptWords = 2048

// room is how much of a frame may still come.
type room struct{ commands, words int }

// lend returns memory for n more things: it is cut off at the end of s, which is larger
// then.
func lend[S ~[]T, T any](s *S, n int) S {
	from := len(*s)
	if cap(*s)-from < n {
		// What was lent before stays where it is.
		*s, from = make(S, 0, max(n, 2*cap(*s))), 0
	}
	*s = (*s)[:from+n]
	return (*s)[from : from+n : from+n]
}

// names are names of commands that were read lately: most come again and again, and
// need no memory of their own.
type names [32]string

// keptName is how many bytes a name may have to be kept.
const keptName = 16

// name reads a command's name.
func (r *reader) name(known *names) string {
	n := r.count(1, "bytes")
	b := r.b[:n]
	r.b = r.b[n:]
	if n == 0 || n > keptName {
		return string(b)
	}
	at := &known[(int(b[0])*3+int(b[n-1])*5+n)%len(known)]
	if *at != string(b) {
		*at = string(b)
	}
	return *at
}

func (g *Group) decode(r *reader, left *room, m *Frame) {
	flags := r.byte()
	g.Client, g.DB, g.Protocol = r.num(), r.small(maxDB, "the database"), 3
	if flags&groupRESP2 != 0 {
		g.Protocol = 2
	}
	if flags&groupIdentity != 0 {
		g.Identity = &Identity{r.str(), r.str(), r.str(), r.str(), r.str(), r.str()}
	}
	if flags&groupEpoch != 0 {
		g.Epoch = r.num()
	}
	g.NoBlock = flags&groupNoBlock != 0
	if flags&groupTicket != 0 {
		g.Ticket = r.num()
	}
	if flags >= groupRESP2<<1 {
		r.fail("a group has flags that mean nothing")
	}
	n := r.most(left.commands, 1, "commands")
	left.commands -= n
	g.Commands = lend(&m.commands, n)
	for i := range g.Commands {
		words := r.most(left.words, 1, "words")
		left.words -= words
		cmd := resp.Command(lend(&m.words, words))
		for j := range cmd {
			if j == 0 {
				cmd[j] = r.name(&m.names)
			} else {
				cmd[j] = r.str()
			}
		}
		g.Commands[i] = cmd
	}
}

// Decode reads the message, which must be all of b.
func (m *Answer) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindAnswer)
	*m = Answer{Seq: r.num(), Epoch: r.num()}
	m.Results = make([]Result, r.count(4, "results"))
	for i := range m.Results {
		res := &m.Results[i]
		res.Status, res.Protocol = Status(r.byte()), int(r.byte())
		res.DB = r.small(maxDB, "the database")
		res.Replies = make([]resp.Reply, r.count(1, "replies"))
		for j := range res.Replies {
			r.reply(&res.Replies[j], 0)
		}
		res.Again = r.again(res.Status)
	}
	return r.end()
}

// again reads how a command that waits is to be sent again.
func (r *reader) again(status Status) resp.Command {
	if status != StatusBlocked {
		return nil
	}
	n := r.most(MaxWords, 1, "words")
	if n == 0 {
		return nil
	}
	cmd := make(resp.Command, n)
	for i := range cmd {
		cmd[i] = r.str()
	}
	return cmd
}

func (r *reader) reply(to *resp.Reply, depth int) {
	to.Kind = resp.Kind(r.byte())
	switch to.Kind {
	case resp.Nil, resp.NilArray, resp.None:
	case resp.Int, resp.Bool:
		to.Int = r.signed()
	case resp.Blob:
		to.Int, to.Str = r.signed(), r.str()
	case resp.Double:
		to.Int, to.Str = int64(r.fixed()), r.str()
	case resp.Status, resp.Error, resp.Bulk, resp.BigNumber, resp.Verbatim:
		to.Str = r.str()
	case resp.Array, resp.Map, resp.Set, resp.Pairs, resp.Push:
		if depth == MaxDepth {
			r.fail("a reply is nested too deep")
			return
		}
		to.Elems = make([]resp.Reply, r.count(1, "elements"))
		for i := range to.Elems {
			r.reply(&to.Elems[i], depth+1)
		}
	default:
		r.fail("a reply is of no known kind")
	}
}

// Decode reads the message, which must be all of b.
func (m *Messages) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindMessages)
	*m = Messages{Pushes: make([]Push, r.count(2, "messages"))}
	for i := range m.Pushes {
		m.Pushes[i].Client = r.num()
		r.reply(&m.Pushes[i].Reply, 0)
	}
	m.Wakes = make([]Wake, r.count(2, "replies"))
	for i := range m.Wakes {
		m.Wakes[i].Ticket = r.num()
		r.reply(&m.Wakes[i].Reply, 0)
	}
	m.Ended = r.nums("clients")
	return r.end()
}

// Decode reads the message, which must be all of b.
func (m *Poll) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindPoll)
	*m = Poll{Wait: r.num()}
	return r.end()
}

// Decode reads the message, which must be all of b.
func (m *Error) Decode(b []byte) error {
	r := &reader{b: b}
	r.kind(KindError)
	*m = Error{Code: Code(r.small(math.MaxUint16, "the code")), Seq: r.num(), Fatal: r.boolean(), Text: r.str()}
	return r.end()
}
