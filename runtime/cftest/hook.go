package cftest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Cmd answers a command that a test has made up: its name in upper case and its
// arguments without the name.
type Cmd func(c *Peer, cmd string, args []string)

// A Hook sees each command of a client before the server does. It returns true
// when it has answered.
type Hook func(c *Peer, cmd string, args ...string) bool

// A Server is the part of a server that tests put hooks and commands of their own
// into. What they do concerns clients, not the methods of this package.
type Server struct {
	m *Miniredis

	mu   sync.Mutex
	hook Hook
	cmds map[string]Cmd
}

// Server returns the part for hooks.
func (m *Miniredis) Server() *Server { return m.server }

// SetPreHook sets the hook of all commands; nil removes it.
func (s *Server) SetPreHook(h Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = h
}

// Register adds a command. It must not be one that was registered before; one of
// the engine's own is replaced.
func (s *Server) Register(cmd string, f Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.ToUpper(cmd)
	if s.cmds[name] != nil {
		return fmt.Errorf("command already registered: %s", name)
	}
	s.cmds[name] = f
	return nil
}

// ClientsLen is how many clients are connected.
func (s *Server) ClientsLen() int { return s.m.CurrentConnectionCount() }

// TotalCommands is how many commands clients have sent.
func (s *Server) TotalCommands() int { return s.m.CommandCount() }

// TotalConnections is how many clients have connected.
func (s *Server) TotalConnections() int { return s.m.TotalConnectionCount() }

// empty reports whether there is nothing to ask.
func (s *Server) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook == nil && len(s.cmds) == 0
}

// answer lets hook and commands answer a command, if they do.
func (s *Server) answer(cmd resp.Command) (resp.Reply, bool) {
	name := cmd.Name()
	s.mu.Lock()
	hook, own := s.hook, s.cmds[name]
	s.mu.Unlock()
	p := &Peer{}
	if hook != nil && hook(p, name, cmd[1:]...) {
		return p.reply(), true
	}
	if own != nil {
		own(p, name, cmd[1:])
		return p.reply(), true
	}
	return resp.Reply{}, false
}

// A Peer takes the answer to one command, written as it would go over the wire:
// the length of an array, then its elements.
type Peer struct {
	flat []item
}

// item is a value, or the length of a list whose elements follow.
type item struct {
	value resp.Reply
	more  int
}

func (c *Peer) write(r resp.Reply, more int) { c.flat = append(c.flat, item{r, more}) }

// WriteError writes an error: "ERR what is wrong".
func (c *Peer) WriteError(e string) { c.write(resp.NewError(e), 0) }

// WriteInline writes a status.
func (c *Peer) WriteInline(s string) { c.write(resp.NewStatus(s), 0) }

// WriteOK writes the status OK.
func (c *Peer) WriteOK() { c.WriteInline("OK") }

// WriteBulk writes a string.
func (c *Peer) WriteBulk(s string) { c.write(resp.NewBulk(s), 0) }

// WriteNull writes a null.
func (c *Peer) WriteNull() { c.write(resp.Reply{Kind: resp.Nil}, 0) }

// WriteInt writes an integer.
func (c *Peer) WriteInt(n int) { c.write(resp.NewInt(int64(n)), 0) }

// WriteFloat writes a number.
func (c *Peer) WriteFloat(n float64) { c.write(resp.NewDouble(n), 0) }

// WriteLen starts an array of n elements, which are written next.
func (c *Peer) WriteLen(n int) { c.write(resp.Reply{Kind: resp.Array}, n) }

// WriteSetLen starts a set of n elements, which are written next.
func (c *Peer) WriteSetLen(n int) { c.write(resp.Reply{Kind: resp.Set}, n) }

// WriteMapLen starts a map of n pairs; keys and values are written next, in turn.
func (c *Peer) WriteMapLen(n int) { c.write(resp.Reply{Kind: resp.Map}, 2*n) }

// WriteStrings writes an array of strings.
func (c *Peer) WriteStrings(strs []string) { c.write(resp.Bulks(strs), 0) }

// Flush does nothing: the answer goes when the hook returns.
func (c *Peer) Flush() {}

// reply puts together what was written.
func (c *Peer) reply() resp.Reply {
	if len(c.flat) == 0 {
		return resp.NewError("ERR cftest: the hook answered nothing; write a reply, or return false")
	}
	r, _ := nest(c.flat)
	return r
}

// nest takes one value with its elements and returns what follows it. Elements
// that were not written are null.
func nest(flat []item) (resp.Reply, []item) {
	if len(flat) == 0 {
		return resp.Reply{}, nil
	}
	first, rest := flat[0], flat[1:]
	r := first.value
	for i := 0; i < first.more; i++ {
		var e resp.Reply
		e, rest = nest(rest)
		r.Elems = append(r.Elems, e)
	}
	return r, rest
}
