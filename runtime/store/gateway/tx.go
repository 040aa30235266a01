package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// txState is what a session has open in a client. The object has it too, until it is
// reset or the connection is lost: then the queue is sent again from here, and a
// transaction that watched keys answers nil.
type txState struct {
	multi    bool
	watching bool
	broken   bool           // what was watched is not any more: EXEC is to answer nil
	spoiled  bool           // a command was refused while queueing
	known    bool           // the program knows the client's number, and others may use it
	queue    []resp.Command // since MULTI

	epoch, generation uint64 // in which the object has it
}

func (t *txState) open() bool { return t.multi || t.watching }

var (
	errExecAbort = resp.NewError("EXECABORT Transaction discarded because of previous errors.")
	nilArray     = resp.Reply{Kind: resp.NilArray}
)

// fitting is how many of the commands go into one frame: at least one. A transaction
// that fits is not cut.
func fitting(cmds []resp.Command) int {
	size, begin := 0, -1
	for i, cmd := range cmds {
		if begin < 0 && isNamed(cmd, "multi") {
			begin = i
		}
		if size += frame.Size(cmd); i > 0 && (i == frame.MaxCommands || size > frame.MaxIn) {
			if begin > 0 {
				return begin
			}
			return i
		}
		if begin >= 0 && (isNamed(cmd, "exec") || isNamed(cmd, "discard")) {
			begin = -1
		}
	}
	return len(cmds)
}

func isNamed(cmd resp.Command, name string) bool {
	return len(cmd) > 0 && len(cmd[0]) == len(name) && strings.EqualFold(cmd[0], name)
}

// cut reports whether a transaction that begins and ends in the commands does not fit
// into a frame, in a session that has nothing open.
func (s *Session) cut(c *client, cmds []resp.Command) bool {
	s.mu.Lock()
	open := c.tx.open() || s.listens
	s.mu.Unlock()
	if open || fitting(cmds) == len(cmds) {
		return false
	}
	depth := false
	for rest := cmds; len(rest) > 0; {
		n := fitting(rest)
		for _, cmd := range rest[:n] {
			switch {
			case isNamed(cmd, "multi"):
				depth = true
			case isNamed(cmd, "exec"), isNamed(cmd, "discard"):
				depth = false
			}
		}
		if rest = rest[n:]; depth && len(rest) > 0 {
			return true
		}
	}
	return false
}

// piece runs commands that fit into a frame. It returns replies for all of them, or
// for those up to one that was blocked.
func (s *Session) piece(ctx context.Context, c *client, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	s.mu.Lock()
	t := c.tx
	s.mu.Unlock()
	for {
		sent, replaced := cmds, -1
		if t.broken {
			sent, replaced = withoutExec(&t, cmds)
		}
		var epoch, generation uint64
		if t.multi || t.watching && !t.broken {
			epoch, generation = t.epoch, t.generation
		}
		k, err := s.send(ctx, c, scratch, sent, epoch, generation)
		if err != nil {
			return nil, err
		}
		if k.status == frame.StatusStale {
			k.release()
			scratch = nil
			// The object has nothing of what was open.
			t.broken = t.broken || t.watching
			if t.multi {
				if err := s.replay(ctx, c, &t); err != nil {
					return nil, err
				}
			}
			continue
		}
		replies := k.replies
		if replaced >= 0 && replaced < len(replies) && replies[replaced].Kind == resp.Status {
			replies[replaced] = nilArray
			if t.spoiledBefore(cmds[:replaced], replies) {
				replies[replaced] = errExecAbort
			}
		}
		s.learn(c, &t, cmds, replies, k)
		k.release()
		return replies, nil
	}
}

// replay sends an open transaction again to an object that has nothing of it.
func (s *Session) replay(ctx context.Context, c *client, t *txState) error {
	all := append([]resp.Command{{"MULTI"}}, t.queue...)
	for rest := all; len(rest) > 0; {
		var epoch, generation uint64
		if len(rest) < len(all) {
			epoch, generation = t.epoch, t.generation
		}
		n := fitting(rest)
		k, err := s.send(ctx, c, nil, rest[:n], epoch, generation)
		if err != nil {
			return err
		}
		if k.status == frame.StatusStale {
			rest = all
		} else {
			rest = rest[n:]
			t.epoch, t.generation = k.seen, k.generation
		}
		k.release()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// withoutExec puts DISCARD for the EXEC that ends a transaction whose watched keys
// are not watched any more. at is its place, -1 when there is none.
func withoutExec(t *txState, cmds []resp.Command) (sent []resp.Command, at int) {
	multi := t.multi
	for i, cmd := range cmds {
		switch {
		case isNamed(cmd, "multi"):
			multi = true
		case isNamed(cmd, "exec") && multi:
			sent = slices.Clone(cmds)
			sent[i] = resp.Command{"DISCARD"}
			return sent, i
		case isNamed(cmd, "discard") && multi, isNamed(cmd, "unwatch") && !multi, isNamed(cmd, "reset"):
			return cmds, -1
		}
	}
	return cmds, -1
}

// spoiledBefore reports whether a command of the transaction was refused while it
// was queued, which EXEC says before anything else.
func (t *txState) spoiledBefore(cmds []resp.Command, replies []resp.Reply) bool {
	spoiled, multi := t.spoiled, t.multi
	for i, cmd := range cmds {
		if isNamed(cmd, "multi") && !multi {
			multi, spoiled = true, false
		} else if multi && replies[i].Kind == resp.Error && !nested(cmd) {
			spoiled = true
		}
	}
	return spoiled
}

// nested reports whether a command is refused in a transaction without spoiling it.
func nested(cmd resp.Command) bool { return isNamed(cmd, "multi") || isNamed(cmd, "watch") }

// learn notes what replies say of the session.
func (s *Session) learn(c *client, t *txState, cmds []resp.Command, replies []resp.Reply, k *call) {
	was := t.open()
	told := was
	for i, r := range replies {
		if t.multi || traitsOfCommand(cmds[i])&telling != 0 {
			told = true
			s.learnOne(t, cmds[i], r)
		}
	}
	if !told {
		return
	}
	if k.db != int(s.db.Load()) {
		s.db.Store(int32(k.db))
	}
	if k.protocol == 2 || k.protocol == 3 {
		s.protocol.Store(int32(k.protocol))
	}
	t.epoch, t.generation = k.seen, k.generation
	s.mu.Lock()
	defer s.mu.Unlock()
	c.tx = *t
	switch {
	case s.closed.Load() || c.apart:
	case t.known && s.home.Load() != nil:
		// CLIENT UNBLOCK and CLIENT KILL shall find the client that has the number.
		s.tied, s.listens = c, true
		s.special.Store(true)
	case t.open():
		if s.tied == nil {
			s.tied = c
		}
		s.special.Store(true)
	case was && !s.listens:
		s.tied = nil
		s.special.Store(false)
	}
}

// learnOne notes what the reply to one command says.
func (s *Session) learnOne(t *txState, cmd resp.Command, r resp.Reply) {
	name := strings.ToLower(cmd[0])
	if t.multi {
		switch name {
		case "exec":
			queue := t.queue
			*t = txState{}
			for i, e := range r.Elems {
				if r.Kind == resp.Array && i < len(queue) && traitsOfCommand(queue[i])&telling != 0 {
					s.learnOne(&txState{}, queue[i], e)
				}
			}
		case "discard":
			*t = txState{}
		case "multi", "watch":
		case "reset", "quit":
			s.learnReset(t, name)
		default:
			if r.Kind == resp.Error {
				t.spoiled = true
			}
			t.queue = append(t.queue, slices.Clone(cmd))
		}
		return
	}
	if r.Kind == resp.Error {
		return
	}
	switch name {
	case "multi":
		t.multi, t.spoiled, t.queue = true, false, nil
	case "watch":
		t.watching = true
	case "unwatch":
		t.watching, t.broken = false, false
	case "reset", "quit":
		s.learnReset(t, name)
	case "client":
		s.learnClient(cmd)
		if len(cmd) == 2 && (strings.EqualFold(cmd[1], "id") || strings.EqualFold(cmd[1], "info")) {
			t.known = true
		}
	case "hello":
		s.learnHello(cmd)
	}
}

func (s *Session) learnReset(t *txState, name string) {
	*t = txState{}
	if name == "reset" {
		s.describe(func(id *frame.Identity) { id.Name, id.Username = "", "" })
	}
}

// learnClient notes a name that CLIENT SETNAME or SETINFO gave.
func (s *Session) learnClient(cmd resp.Command) {
	switch {
	case len(cmd) == 3 && strings.EqualFold(cmd[1], "setname"):
		s.describe(func(id *frame.Identity) { id.Name = cmd[2] })
	case len(cmd) == 4 && strings.EqualFold(cmd[1], "setinfo"):
		s.describe(func(id *frame.Identity) {
			if strings.EqualFold(cmd[2], "lib-name") {
				id.LibName = cmd[3]
			} else if strings.EqualFold(cmd[2], "lib-ver") {
				id.LibVer = cmd[3]
			}
		})
	}
}

// learnHello notes a name that HELLO gave.
func (s *Session) learnHello(cmd resp.Command) {
	for i := 2; i < len(cmd); i++ {
		switch {
		case strings.EqualFold(cmd[i], "auth"):
			i += 2
		case strings.EqualFold(cmd[i], "setname") && i+1 < len(cmd):
			name := cmd[i+1]
			s.describe(func(id *frame.Identity) { id.Name = name })
			i++
		}
	}
}
