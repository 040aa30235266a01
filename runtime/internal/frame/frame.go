package frame

import "github.com/redis2cf/redis2cf/runtime/resp"

// Version is the version of the protocol that this package speaks. It changes
// when a message changes its meaning; an object refuses every other one with
// CodeVersion.
const Version = 1

// Subprotocol is the WebSocket subprotocol of Version.
const Subprotocol = "redis2cf.v1"

// Limits of a frame, see DESIGN.md, section 7. The first three are what a client
// gathers into one frame; a single command may be larger, up to MaxMessage.
const (
	MaxCommands = 512      // commands of one frame
	MaxIn       = 1 << 20  // bytes of one frame
	MaxOut      = 4 << 20  // bytes of an answer after which the object leaves the other groups of the frame for the next one
	MaxMessage  = 16 << 20 // bytes of any message; larger ones are refused before they are read
	MaxDepth    = 64       // of replies in replies
	MaxWords    = 1 << 20  // words of all commands of one frame: each takes memory beside its bytes
	MaxNumbers  = 1 << 18  // of acknowledgements, of cancellations and of ended clients in one message
)

// The kinds of messages.
const (
	KindHello    byte = 'H'
	KindFrame    byte = 'F'
	KindPoll     byte = 'P'
	KindBye      byte = 'B'
	KindWelcome  byte = 'W'
	KindAnswer   byte = 'A'
	KindMessages byte = 'M'
	KindError    byte = 'E'
)

// A SessionID is 128 random bits.
type SessionID [16]byte

// A Hello opens a connection for a session. It is the first message.
type Hello struct {
	Version int
	Session SessionID
	Epoch   uint64 // the last that the client knows; 0: none
	Library string // name and version of the client's library, for logs: "redis2cf-go/0.1"
}

// A Welcome answers a Hello.
type Welcome struct {
	Version int
	Epoch   uint64
	Now     int64  // the object's clock, Unix microseconds
	Name    string // of the object, for messages
	Write   bool   // the token may write
}

// A Frame is what a session sends at once. It runs without interleaving and its
// changes are committed before its answer leaves.
type Frame struct {
	Seq     uint64
	Again   bool     // it was sent before, and its outcome is not known
	Acks    []uint64 // tickets whose replies have arrived: they need not be kept
	Cancels []uint64 // tickets that nobody waits for any more
	Closed  []uint64 // clients that ended
	Groups  []Group

	// Memory of what Decode has read: see Forget.
	commands []resp.Command
	words    []string
	names    names
}

// A Group is consecutive commands of one client. MULTI … EXEC is never cut.
type Group struct {
	Client uint64
	DB     int
	// Protocol is 2 or 3, the version whose reply shapes the client expects.
	Protocol int
	// Identity is what else the client is. It is sent with the client's first group
	// in an epoch, and when it changes.
	Identity *Identity
	// Epoch is the one in which the client watched keys or opened a transaction; 0: it has neither.
	Epoch uint64
	// NoBlock has blocking commands answer at once.
	NoBlock bool
	// Ticket is under which the reply of a blocked command comes, unique in the
	// session; 0: no command of the group may block. When a frame with the ticket was
	// sent before to an object that has been reset since, the command waits again, or its
	// reply comes if it was served.
	Ticket   uint64
	Commands []resp.Command
}

// An Identity is what CLIENT LIST shows of a client.
type Identity struct {
	Name, LibName, LibVer, Username, Addr, LocalAddr string
}

// An Answer is the results of a frame's groups, in order. Groups that it has no
// result for were not run: the answer was large enough, and they are to be sent anew.
type Answer struct {
	Seq     uint64
	Epoch   uint64
	Results []Result
}

// Status says what became of a group.
type Status uint8

const (
	StatusDone    Status = 0 // each command has its reply
	StatusBlocked Status = 1 // the command after the last reply waits; those after it were not run
	StatusStale   Status = 2 // the group counts on another epoch: nothing of it was run
	StatusGone    Status = 3 // the client was killed (CLIENT KILL) or ended before: nothing of it was run
)

// A Result is what became of one group.
type Result struct {
	Status   Status
	DB       int // the client's database and protocol version after the group
	Protocol int
	Replies  []resp.Reply
	// Again, with StatusBlocked, is how the command that waits is to be sent when it is
	// sent again, because as it was it would mean something else by then: XREAD waits
	// behind the last entry ($) of when it began. nil: as it was.
	Again resp.Command
}

// Messages are what nobody just asked for.
type Messages struct {
	Pushes []Push
	Wakes  []Wake
	Ended  []uint64 // clients that were killed
}

// A Push is a pub/sub message or a confirmation of SUBSCRIBE.
type Push struct {
	Client uint64
	Reply  resp.Reply
}

// A Wake is the reply of a blocked command. It comes again after a reconnection until
// it is acknowledged.
type Wake struct {
	Ticket uint64
	Reply  resp.Reply
}

// A Poll asks over HTTP for Messages; the object answers when there are some, or
// after Wait milliseconds, 25,000 at most.
type Poll struct{ Wait uint64 }

// Code says what an Error means to a program.
type Code uint16

const (
	CodeProtocol Code = 1  // the message cannot be read: a fault of the client or of the way
	CodeVersion  Code = 2  // the object speaks another version of the protocol
	CodeToken    Code = 3  // no token, or none that is valid
	CodeOutcome  Code = 4  // the frame's number was overtaken: whether it ran is not known
	CodeTooLarge Code = 5  // the message passes a limit; nothing was run
	CodeOverload Code = 6  // the object is busy; nothing was run, try again later
	CodeFault    Code = 7  // the object's store failed; nothing of the frame is stored
	CodeReplaced Code = 8  // another connection has taken the session over
	CodeRotated  Code = 9  // the token was rotated
	CodeNotFound Code = 10 // there is no such object or path
	CodeUnserved Code = 11 // this Worker cannot do what is asked, because its plan has no part for it
)

// An Error answers a message that could not be served. The text is for people and
// echoes at most 128 bytes of what was sent.
type Error struct {
	Code  Code
	Seq   uint64 // of the frame that it answers; 0: none
	Fatal bool   // the connection ends
	Text  string
}

func (e *Error) Error() string { return e.Text }
