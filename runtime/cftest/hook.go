package cftest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Cmd answers a command that a test has made up: its name in upper case and its
// arguments without the name.
type Cmd func(c *Peer, cmd string, args []string)

// A CmdOption says something about a command that Register adds.
type CmdOption func(*ownCmd)

// ReadOnlyOption marks a command as one that changes nothing.
func ReadOnlyOption() CmdOption { return func(c *ownCmd) { c.readOnly = true } }

// ownCmd is a command that a test has made up.
type ownCmd struct {
	run      Cmd
	readOnly bool
}

// A Hook sees each command of a client before the server does. It returns true
// when it has answered.
type Hook func(c *Peer, cmd string, args ...string) bool

// A Server is the part of a server that tests put hooks and commands of their own
// into. What they do concerns clients, not the methods of this package.
type Server struct {
	m *Miniredis

	mu   sync.Mutex
	hook Hook
	cmds map[string]ownCmd
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
func (s *Server) Register(cmd string, f Cmd, options ...CmdOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.ToUpper(cmd)
	if s.cmds[name].run != nil {
		return fmt.Errorf("command already registered: %s", name)
	}
	own := ownCmd{run: f}
	for _, option := range options {
		option(&own)
	}
	s.cmds[name] = own
	return nil
}

// IsRegisteredCommand reports whether the server answers a command: one of the
// engine's or one that Register added.
func (s *Server) IsRegisteredCommand(cmd string) bool {
	s.mu.Lock()
	own := s.cmds[strings.ToUpper(cmd)]
	s.mu.Unlock()
	return own.run != nil || engine.Served(cmd)
}

// IsReadOnlyCommand reports whether a command changes nothing.
func (m *Miniredis) IsReadOnlyCommand(cmd string) bool { return m.server.IsReadOnlyCommand(cmd) }

// IsReadOnlyCommand reports whether a command changes nothing.
func (s *Server) IsReadOnlyCommand(cmd string) bool {
	s.mu.Lock()
	own := s.cmds[strings.ToUpper(cmd)]
	s.mu.Unlock()
	if own.run != nil {
		return own.readOnly
	}
	info := s.m.DB(0).do("COMMAND", "INFO", cmd)
	if len(info.Elems) != 1 || len(info.Elems[0].Elems) < 3 {
		return false // there is no such command
	}
	for _, flag := range info.Elems[0].Elems[2].Elems {
		if flag.Str == "readonly" {
			return true
		}
	}
	return false
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
func (s *Server) answer(l *link, cmd resp.Command) (resp.Reply, bool) {
	name := cmd.Name()
	s.mu.Lock()
	hook, own := s.hook, s.cmds[name]
	s.mu.Unlock()
	p := l.peer()
	defer l.done(p)
	if hook != nil && hook(p, name, cmd[1:]...) {
		return p.reply(), true
	}
	if own.run != nil {
		own.run(p, name, cmd[1:])
		return p.reply(), true
	}
	return resp.Reply{}, false
}
