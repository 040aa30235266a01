package respserver

import (
	"context"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A transaction follows MULTI … EXEC as far as the connection must: what it
// answers itself is queued like everything else, and comes true with EXEC.
type transaction struct {
	open   bool
	queued int                  // commands since MULTI
	own    map[int]resp.Command // those among them that concern the connection
}

// follow takes a command in. It reports whether the command is an EXEC that the
// connection must look at: see finish. A command that is to be queued and
// brings a password is replaced by one without it.
func (tx *transaction) follow(cmd resp.Command, how treatment) (last bool) {
	switch {
	case how == begin && len(cmd) == 1:
		if !tx.open {
			*tx = transaction{open: true}
		}
	case !tx.open:
	case how == end && len(cmd) == 1:
		tx.open = false
		return len(tx.own) > 0
	case how == begin, how == end, how == watch:
	case how == quit, how == reset:
		*tx = transaction{}
	default:
		if how == auth || how == hello || how == alone || how == client {
			if tx.own == nil {
				tx.own = map[int]resp.Command{}
			}
			tx.own[tx.queued] = append(resp.Command(nil), cmd...)
			if how == auth && len(cmd) > 1 {
				cmd[len(cmd)-1] = ""
			} else if at := credentials(cmd); how == hello && at > 0 {
				cmd[at+1], cmd[at+2] = "default", ""
			}
		}
		tx.queued++
	}
	return false
}

// finish runs an EXEC or DISCARD, and does what was queued for the connection.
func (c *conn) finish(ctx context.Context, cmd resp.Command) bool {
	own := c.tx.own
	c.tx = transaction{}
	replies, err := c.session.Execute(ctx, []resp.Command{cmd})
	if err != nil || len(replies) != 1 {
		c.reply(resp.NewError(errorText(err)))
		return false
	}
	r := replies[0]
	if r.Kind == resp.Array {
		r.Elems = append([]resp.Reply(nil), r.Elems...)
		for i := range r.Elems {
			if cmd, ok := own[i]; ok {
				r.Elems[i] = c.perform(cmd, r.Elems[i])
			}
		}
	}
	c.reply(r)
	return !c.over.Load()
}

// perform is what a command does to the connection when its transaction runs. r
// is the engine's answer.
func (c *conn) perform(cmd resp.Command, r resp.Reply) resp.Reply {
	switch treat(cmd) {
	case auth:
		return c.authenticate(cmd)
	case hello:
		if at := credentials(cmd); at > 0 {
			if failed := c.authenticate(resp.Command{"AUTH", cmd[at+1], cmd[at+2]}); failed.Kind == resp.Error {
				return failed
			}
		}
		c.speak(r)
	case alone:
		c.count(r)
	}
	return r
}
