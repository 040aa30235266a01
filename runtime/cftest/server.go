// Package cftest is a Redis server for tests, with the everyday names of
// miniredis: a real address on the loopback interface for clients of any kind,
// and methods that set up data, look at it and let time pass. It never keeps
// anything and is not meant for production.
//
//	s := cftest.RunT(t)
//	rdb := cfstore.NewClient(&cfstore.Options{Addr: s.Addr()})
//
// Clients of the runtime in the same process reach the server without the
// network.
//
// # Time
//
// The clock stands still, so that a time to live stays what it was set to until
// FastForward moves it, or ClockTTL lets it run. A blocked command with a timeout
// waits for that time on the wall clock.
package cftest

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// A Miniredis is a server. It starts with Run, RunT or NewMiniRedis and Start.
type Miniredis struct {
	host     *embedded.Host
	commands atomic.Int64
	total    atomic.Int64 // sessions ever

	mu       sync.Mutex
	ln       net.Listener
	addr     string                                   // kept by Close, for Restart
	wrap     func(net.Listener) (net.Listener, error) // kept too
	cancel   context.CancelFunc
	served   chan struct{} // closed when Serve has returned
	forget   []func()      // take the local registrations back
	errText  string
	users    map[string]string
	selected int
	direct   map[int]*embedded.Session // by database, for the methods of this package
	sessions map[*session]struct{}     // of clients, now

	server *Server

	plan  []store.Family // of the programs that have opened the server
	stale *memory.Stale  // nil: nothing is stale
}

// DumpMaxLineLen is how many bytes of a value Dump shows, with the mark that says
// how long a cut one is.
var DumpMaxLineLen = 60

// Tester is the part of testing.TB that RunT needs.
type Tester interface {
	Fatalf(format string, args ...any)
	Cleanup(func())
	Logf(format string, args ...any)
}

// NewMiniRedis makes a server that is not started yet.
func NewMiniRedis() *Miniredis {
	clock := new(embedded.Clock)
	clock.Stop()
	host, err := memory.New(embedded.Options{URL: "memory://cftest", Clock: clock, Engine: engine.Options{Databases: 256}})
	if err != nil {
		panic("cftest: " + err.Error()) // the system has no random bits
	}
	m := &Miniredis{host: host, sessions: map[*session]struct{}{}, direct: map[int]*embedded.Session{}, users: map[string]string{}, server: &Server{cmds: map[string]ownCmd{}}}
	m.server.m = m
	return m
}

// Run makes and starts a server on a free port.
func Run() (*Miniredis, error) {
	m := NewMiniRedis()
	return m, m.Start()
}

// RunT is Run for tests: it closes the server when the test ends.
func RunT(t Tester) *Miniredis {
	m := NewMiniRedis()
	if err := m.Start(); err != nil {
		t.Fatalf("could not start the server: %s", err)
		return nil
	}
	t.Cleanup(m.Close)
	return m
}

// Start starts the server on a free port of the loopback interface.
func (m *Miniredis) Start() error { return m.StartAddr("127.0.0.1:0") }

// StartAddr starts the server on an address.
func (m *Miniredis) StartAddr(addr string) error {
	return m.start(addr, func(ln net.Listener) (net.Listener, error) { return ln, nil })
}

// start starts the server on an address, with what wrap puts around the listener.
func (m *Miniredis) start(addr string, wrap func(net.Listener) (net.Listener, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ln != nil {
		return fmt.Errorf("cftest: the server runs already, on %s", m.addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cftest: %w", err)
	}
	wrapped, err := wrap(ln)
	if err != nil {
		_ = ln.Close()
		return err
	}
	ln, m.wrap = wrapped, wrap
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	m.ln, m.addr, m.cancel, m.served = ln, ln.Addr().String(), cancel, served
	for _, name := range m.names() {
		m.forget = append(m.forget, store.RegisterLocal(name, backend{m: m, local: true}))
	}
	go func() {
		defer close(served)
		// An error of the listener ends the test by the errors of its clients.
		_ = respserver.Serve(ctx, ln, backend{m: m}, respserver.Options{Credentials: m.credentials})
	}()
	return nil
}

// Restart starts a closed server again, on the same port and with its data.
func (m *Miniredis) Restart() error {
	m.mu.Lock()
	addr, wrap := m.addr, m.wrap
	m.mu.Unlock()
	if wrap == nil {
		return m.StartAddr(addr)
	}
	return m.start(addr, wrap)
}

// Close stops the server and ends its connections. The data stays for Restart.
func (m *Miniredis) Close() {
	m.mu.Lock()
	if m.ln == nil {
		m.mu.Unlock()
		return
	}
	cancel, served := m.cancel, m.served
	m.ln = nil
	for _, forget := range m.forget {
		forget()
	}
	m.forget = nil
	for _, name := range m.names() {
		store.RegisterLocal(name, closedServer{m.addr}) // until a server starts there
	}
	m.mu.Unlock()
	cancel()
	<-served
	m.mu.Lock()
	var left []*session
	for s := range m.sessions {
		left = append(left, s)
	}
	m.mu.Unlock()
	for _, s := range left {
		s.end()
	}
}

// names are the addresses by which clients in the process find the server. The
// caller holds m.mu.
func (m *Miniredis) names() []string {
	_, port, err := net.SplitHostPort(m.addr)
	if err != nil {
		port = "0"
	}
	return []string{m.addr, "localhost:" + port}
}

// Addr is the server's address, "127.0.0.1:12345".
func (m *Miniredis) Addr() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addr
}

// Host is the host part of Addr.
func (m *Miniredis) Host() string {
	host, _, err := net.SplitHostPort(m.Addr())
	if err != nil {
		return ""
	}
	return host
}

// Port is the port of Addr, as text.
func (m *Miniredis) Port() string {
	_, port, err := net.SplitHostPort(m.Addr())
	if err != nil {
		return ""
	}
	return port
}

// SetError makes every command of every client answer with an error of this
// text until it is set to "" again. The methods of this package work on.
func (m *Miniredis) SetError(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errText = text
}

// RequireAuth makes clients send a password; "" lets everybody in again.
func (m *Miniredis) RequireAuth(password string) { m.RequireUserAuth("default", password) }

// RequireUserAuth makes clients send a user name and a password. An empty
// password removes the user.
func (m *Miniredis) RequireUserAuth(username, password string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if password == "" {
		delete(m.users, username)
		return
	}
	m.users[username] = password
}

func (m *Miniredis) credentials() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	users := make(map[string]string, len(m.users))
	for name, password := range m.users {
		users[name] = password
	}
	return users
}

// FastForward lets time pass: times to live shrink, and what has none left is gone.
func (m *Miniredis) FastForward(d time.Duration) { m.must(m.host.Advance(d)) }

// SetTime sets the time that TIME, EXPIREAT and stream ids see. Times to live
// stay what they are.
func (m *Miniredis) SetTime(t time.Time) {
	type expiring struct {
		db  int
		key string
		ttl time.Duration
	}
	var keys []expiring
	for _, db := range m.databases() {
		for _, key := range m.DB(db).Keys() {
			if ttl := m.DB(db).TTL(key); ttl > 0 {
				keys = append(keys, expiring{db, key, ttl})
				m.DB(db).do("PERSIST", key)
			}
		}
	}
	m.must(m.host.SetTime(t))
	for _, k := range keys {
		m.DB(k.db).SetTTL(k.key, k.ttl)
	}
}

// ClockTTL lets the clock run, so that times to live shrink by themselves, or
// makes it stand still again.
func (m *Miniredis) ClockTTL(enabled bool) {
	if enabled {
		m.host.Clock().Start()
	} else {
		m.host.Clock().Stop()
	}
	m.must(m.host.Advance(0)) // sets the timer of what is due next
}

// Dial connects to the server.
func (m *Miniredis) Dial() (net.Conn, error) { return net.Dial("tcp", m.Addr()) }

// CommandCount is how many commands clients have sent.
func (m *Miniredis) CommandCount() int { return int(m.commands.Load()) }

// TotalConnectionCount is how many clients have connected.
func (m *Miniredis) TotalConnectionCount() int { return int(m.total.Load()) }

// CurrentConnectionCount is how many clients are connected.
func (m *Miniredis) CurrentConnectionCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sessions)
}

// must is for what cannot fail on a store that keeps nothing.
func (m *Miniredis) must(err error) {
	if err != nil {
		panic("cftest: " + err.Error())
	}
}

// databases lists the databases that have keys.
func (m *Miniredis) databases() []int {
	var dbs []int
	info := m.DB(0).do("INFO", "keyspace").Str
	for _, line := range lines(info) {
		var db, keys int
		if n, _ := fmt.Sscanf(line, "db%d:keys=%d", &db, &keys); n == 2 {
			dbs = append(dbs, db)
		}
	}
	return dbs
}

// Seed makes random answers repeatable: after it, the same commands on the same data
// get the same answers, those of RANDOMKEY, SRANDMEMBER and SPOP among them. They are
// not miniredis's answers.
func (m *Miniredis) Seed(seed int) { m.host.SetSeed(uint64(seed)) }

// DB returns one database.
func (m *Miniredis) DB(i int) *RedisDB { return &RedisDB{m: m, id: i} }

// Select chooses the database of the methods that name none.
func (m *Miniredis) Select(i int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.selected = i
}

// SwapDB exchanges two databases.
func (m *Miniredis) SwapDB(i, j int) bool {
	return m.DB(0).do("SWAPDB", strconv.Itoa(i), strconv.Itoa(j)).Str == "OK"
}

func (m *Miniredis) db() *RedisDB {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &RedisDB{m: m, id: m.selected}
}
