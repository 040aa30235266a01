package respserver

import (
	"context"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// quiet holds answers back, as CLIENT REPLY asks for.
type quiet struct {
	off  bool
	skip int // commands whose answers are left out, this one included
}

// any reports whether an answer may be held back.
func (q *quiet) any() bool { return q.off || q.skip > 0 }

// holds reports whether the answer of the command that runs is held back.
func (q *quiet) holds() bool { return q.off || q.skip == 1 }

// next passes on to the next command.
func (q *quiet) next() {
	if q.skip > 0 {
		q.skip--
	}
}

// client runs a CLIENT command, which may concern the connection itself.
func (c *conn) client(ctx context.Context, cmd resp.Command) bool {
	if len(cmd) == 3 && strings.EqualFold(cmd[1], "REPLY") {
		switch strings.ToUpper(cmd[2]) {
		case "ON":
			c.quiet = quiet{}
			c.reply(resp.OK)
			return true
		case "OFF":
			c.quiet = quiet{off: true}
			return true
		case "SKIP":
			if !c.quiet.off {
				c.quiet.skip = 2 // this one, which has no answer, and the next
			}
			return true
		}
	}
	c.busy.Store(true)
	more := c.execute(ctx, []resp.Command{cmd})
	c.busy.Store(false)
	return more && !c.over.Load()
}
