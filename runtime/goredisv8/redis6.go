package goredisv8

import (
	"context"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// redis6 answers COMMAND as servers did when v8 was written: v8 refuses the longer
// entries of Redis 7, and a ring that does not know where a command's key is sends it
// to any shard.
type redis6 struct{ store.Backend }

// NewSession opens a session of the backend.
func (b redis6) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := b.Backend.NewSession(opt)
	if err != nil {
		return nil, err
	}
	return redis6Session{s}, nil
}

type redis6Session struct{ store.Session }

// Execute runs the commands.
func (s redis6Session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	replies, err := s.Session.Execute(ctx, cmds)
	for i := range replies {
		if i < len(cmds) && len(cmds[i]) == 1 && cmds[i].Name() == "COMMAND" {
			replies[i] = shortened(replies[i])
		}
	}
	return replies, err
}

// SetUser tells the session who its client has become.
func (s redis6Session) SetUser(name string) {
	if u, ok := s.Session.(store.UserSetter); ok {
		u.SetUser(name)
	}
}

// shortened is a reply of COMMAND with six elements in each entry.
func shortened(r resp.Reply) resp.Reply {
	entries := make([]resp.Reply, len(r.Elems))
	for i, e := range r.Elems {
		e.Elems = e.Elems[:min(len(e.Elems), 6)]
		entries[i] = e
	}
	r.Elems = entries
	return r
}
