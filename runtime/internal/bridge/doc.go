// Package bridge is what the bridges between the facade and go-redis have in
// common, whatever go-redis's version: the server's side of a go-redis client's
// connections ([Server]), and a go-redis client as a store ([NewBackend]). It knows
// no go-redis; the packages that do give it theirs as a [Client].
package bridge

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A Server answers a go-redis client in the process: what its dialer gets are pipes
// to a RESP server on the store of a facade client.
type Server struct {
	// Between, where it is set, stands between the connections and the store.
	Between func(store.Backend) store.Backend

	closed error // what dialing gives after Close: go-redis's own
	ctx    context.Context
	end    context.CancelFunc
	order  respserver.Order

	mu    sync.Mutex
	over  bool
	conns sync.WaitGroup
}

// NewServer returns a server; closed is the error of dialing after its Close.
func NewServer(closed error) *Server {
	s := &Server{closed: closed}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Dialer returns the dialer of a client of to's store. It connects to nothing else.
func (s *Server) Dialer(to runtime.UniversalClient) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return s.connect(to) }
}

func (s *Server) connect(to runtime.UniversalClient) (net.Conn, error) {
	backend, err := runtime.BackendOf(to)
	if err != nil {
		return nil, err
	}
	if s.Between != nil {
		backend = s.Between(backend)
	}
	// A store that refuses its client does so here: as an error, not as a
	// connection that ends at once.
	probe, err := backend.NewSession(store.SessionOptions{})
	if err != nil {
		return nil, err
	}
	_ = probe.Close()
	client, server := pipe()
	listens := &listening{Conn: server, read: make(chan struct{})}
	if !s.serve(listens, backend) {
		return nil, s.closed
	}
	// What the client sends first is read in the order in which it was sent, beside
	// that of its other connections: a subscription before what it publishes next.
	<-listens.read
	return client, nil
}

// serve answers a connection, or says that the server is closed.
func (s *Server) serve(nc *listening, backend store.Backend) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.conns.Add(1)
	go func() {
		defer s.conns.Done()
		defer nc.reads()
		respserver.ServeConn(s.ctx, nc, backend, respserver.Options{Order: &s.order})
	}()
	return true
}

// listening is the server's end of a connection; read is closed when somebody reads
// from it, or it is over.
type listening struct {
	net.Conn
	once sync.Once
	read chan struct{}
}

func (l *listening) reads() { l.once.Do(func() { close(l.read) }) }

// Read reads.
func (l *listening) Read(p []byte) (int, error) {
	l.reads()
	return l.Conn.Read(p)
}

// Close ends the connections, and waits until they have.
func (s *Server) Close() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.end()
	s.conns.Wait()
}

// A Client is a go-redis client of some version.
type Client interface {
	Sender
	// Watch runs fn on a connection that watches keys.
	Watch(ctx context.Context, fn func(Sender) error, keys ...string) error
	// Subscribe makes a subscription to nothing yet.
	Subscribe(ctx context.Context) PubSub
	// Single is the client if it has one server, else nil.
	Single() Single
	// Addr is the address that messages name.
	Addr() string
	// ReadTimeout is how long the client waits for a reply, 0 for as long as it takes.
	ReadTimeout() time.Duration
	Close() error
	// Errors are its version's sentinels.
	Errors() Errors
}

// Errors are the sentinels of a version of go-redis.
type Errors struct{ Nil, TxFailed, Closed error }

// A Sender sends commands: a client with its pool, or one connection.
type Sender interface {
	// Do sends one command.
	Do(ctx context.Context, words []interface{}) Result
	// Pipeline sends several at once, and gives as many results.
	Pipeline(ctx context.Context, cmds [][]interface{}) []Result
	// TxPipeline sends them between MULTI and EXEC. The error is the transaction's.
	TxPipeline(ctx context.Context, cmds [][]interface{}) ([]Result, error)
}

// A Result is what go-redis reads of a reply of any type.
type Result struct {
	Val interface{}
	Err error
}

// Single is a client of one server.
type Single interface {
	// Conn takes a connection; a patient one waits for replies as long as they take.
	Conn(ctx context.Context, patient bool) Conn
	// State is the database and the name that its connections begin with.
	State() (db int, name string)
	// ClientUnblock ends what a connection waits for.
	ClientUnblock(ctx context.Context, id int64) error
}

// A Conn is one connection of a client.
type Conn interface {
	Sender
	ClientID(ctx context.Context) (int64, error)
	Close() error
}

// PubSub is a subscription.
type PubSub interface {
	// Run runs one of the commands that end in SUBSCRIBE.
	Run(ctx context.Context, command string, names []string) error
	// Receive waits for what arrives next, as Redis sends it; ok is false for what
	// is of no use to anybody.
	Receive(ctx context.Context) (push resp.Reply, ok bool, err error)
	Close() error
}
