// Package store is where storage drivers register and where a URL becomes an
// open Backend. It never knows what a command means: drivers bring an engine
// (memory, sqlite) or a connection to one (gateway).
package store

import (
	"context"
	"errors"
	"net/url"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// ErrClosed is in the error of a frame of which nothing was run, because its session,
// or what that was opened on, was closed. On another session the frame may be sent
// again. In NewSession's error it says that the Backend is of no use any more.
var ErrClosed = errors.New("the store is closed")

// ErrRefused is in the error of a frame that the store will not run however often it is
// asked: the token is wrong, the frame too large. The store itself is well.
var ErrRefused = errors.New("the store refuses this")

// A Session is one client connection: it has a database, a protocol version, a
// name, watched keys and subscriptions. Its methods may be called from several
// goroutines.
type Session interface {
	// Execute runs the commands in order as one frame and returns one reply
	// each. Errors of commands are replies; an error of Execute means that the
	// outcome of the frame is not known or that nothing was run, and says
	// which. Blocking commands wait until ctx ends. MULTI … EXEC blocks are sent whole.
	Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error)
	// Close ends the session: watched keys and subscriptions are dropped.
	Close() error
}

// A Borrower is a Session that works in memory which its caller lends.
type Borrower interface {
	Session
	// ExecuteIn is Execute with memory for the replies. The session keeps the
	// strings of the commands but none of the slices, nor ctx, and the replies are the
	// caller's until he resets scratch: all of it may serve the next frame. After
	// an error none of it may.
	ExecuteIn(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error)
}

// SessionOptions is what a session starts with.
type SessionOptions struct {
	DB       int
	Protocol int    // 2 or 3; 0 means 3
	Name     string // CLIENT SETNAME
	LibName  string // CLIENT SETINFO LIB-NAME
	LibVer   string // CLIENT SETINFO LIB-VER
	Username string
	Password string // the token where the backend asks for one
	// Push receives pub/sub messages and confirmations in order, one at a time,
	// outside the backend's locks. It must not block: a receiver that cannot
	// keep up buffers or drops. A reply of the kind resp.Error says that the session
	// ended, without Close having been called, and that nothing follows.
	Push func(resp.Reply)
	// Addr and LocalAddr are the two ends of the connection that the client came
	// by, host:port, for CLIENT LIST; empty for a client in the program.
	Addr, LocalAddr string
	// Client tells the clients of a process apart, for a store that promises something to
	// each of them: sessions of one client have the same value, which can be compared.
	// nil: the session is a client of its own.
	Client interface{}
}

// A UserSetter is a Session that can be told who its client has become (AUTH),
// for ACL WHOAMI and CLIENT LIST.
type UserSetter interface {
	SetUser(name string)
}

// A Backend is an opened store with an engine in front of it.
type Backend interface {
	NewSession(opt SessionOptions) (Session, error)
	// URL names the store without secrets, for messages and logs.
	URL() string
	// Close releases one use; the last one closes the store.
	Close() error
}

// A Wrapper is a Backend that stands before another one.
type Wrapper interface {
	Unwrap() Backend
}

// As finds the first Backend of type T behind b, b itself included.
func As[T any](b Backend) (found T, ok bool) {
	for b != nil {
		if found, ok = b.(T); ok {
			return found, true
		}
		w, is := b.(Wrapper)
		if !is {
			break
		}
		b = w.Unwrap()
	}
	return found, false
}

// A Driver opens the stores of one URL scheme.
type Driver interface {
	Open(u *url.URL) (Backend, error)
}

// A View shows the keys of one family to people, where a store has tables:
// SELECT * FROM messages.
type View struct {
	Name    string // of the view: letters, digits and underscores
	Pattern string // Redis glob: "messages:*"
	Type    string // "string", "hash", "list", "set", "zset", "stream", "json"
}

// A Viewer is a Backend that can show families as views. DefineViews makes or
// replaces them.
type Viewer interface {
	DefineViews(views []View) error
}

// A Family is a key family of the plan, as far as a store has to know it.
type Family struct {
	Pattern     string // Redis glob without character classes: "session:*"
	Name        string // as the views are called: "Session"
	Type        string // as in a View
	Store       string // "do", "kv", "d1", "r2"
	Consistency string // "primary", "follow", "sync"
}

// A Planned is a Backend that serves some families in another way than the rest.
// UsePlan adds families; those of a plan that is known already change nothing.
type Planned interface {
	UsePlan(families []Family) error
}
