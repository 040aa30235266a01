package bridge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// connection is one connection that belongs to one session.
type connection struct {
	Sender
	release func()
}

// noConnection is the answer to a command that needs a connection of its own.
type noConnection string

func (e noConnection) Error() string {
	return fmt.Sprintf("ERR redis2cf: %s needs a connection of its own, which a go-redis client of this kind does not hand out", string(e))
}

// RedisError makes it an answer, as against a failure of the session.
func (noConnection) RedisError() {}

// connect takes a connection for the commands that come.
func (b *backend) connect(ctx context.Context, cmds []resp.Command) (*connection, error) {
	if b.single != nil {
		conn := b.single.Conn(ctx, false)
		return &connection{Sender: conn, release: func() { b.giveBack(conn) }}, nil
	}
	if name := cmds[0].Name(); name != "WATCH" || len(cmds[0]) < 2 {
		return nil, noConnection(name)
	}
	return b.watching(ctx, cmds[0][1:])
}

// giveBack leaves the connection as it came and returns it to the pool.
func (b *backend) giveBack(conn Conn) {
	db, name := b.single.State()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// That there was no MULTI is no fault; a broken connection leaves the pool by itself.
	conn.Pipeline(ctx, [][]interface{}{{"DISCARD"}, {"UNWATCH"}, {"SELECT", db}, {"CLIENT", "SETNAME", name}})
	_ = conn.Close()
}

// watching takes a connection of a cluster or ring: it exists while the function
// that Watch calls runs. The keys lead to the server; they are watched once more
// by the session's own command, which does no harm.
func (b *backend) watching(ctx context.Context, keys []string) (*connection, error) {
	got := make(chan Sender, 1)
	release := make(chan struct{})
	over := make(chan error, 1)
	go func() {
		over <- b.client.Watch(context.WithoutCancel(ctx), func(tx Sender) error {
			got <- tx
			<-release
			return nil
		}, keys...)
	}()
	select {
	case tx := <-got:
		return &connection{Sender: tx, release: func() {
			close(release)
			<-over
		}}, nil
	case err := <-over:
		return nil, err
	}
}

// wait is a command that waits for data.
type wait struct {
	cmd     resp.Command
	timeout int           // its place among the words; 0: it waits as long as it takes
	unit    time.Duration // of the timeout
	ids     int           // XREAD: the place of the first id; 0 otherwise
}

// waiting reports whether a command waits for data.
func waiting(cmd resp.Command) (wait, bool) {
	w := wait{cmd: cmd, unit: time.Second}
	switch cmd.Name() {
	case "BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BZPOPMIN", "BZPOPMAX":
		w.timeout = len(cmd) - 1
	case "BLMPOP", "BZMPOP":
		w.timeout = 1
	case "WAIT", "WAITAOF":
		w.timeout, w.unit = len(cmd)-1, time.Millisecond
	case "XREAD", "XREADGROUP":
		w.unit = time.Millisecond
		for i := 1; i+1 < len(cmd); i++ {
			if strings.EqualFold(cmd[i], "BLOCK") {
				w.timeout = i + 1
			}
			if strings.EqualFold(cmd[i], "STREAMS") {
				w.ids = i + 1 + (len(cmd)-i-1)/2
				break
			}
		}
	}
	return w, w.timeout > 0 && w.timeout < len(cmd)
}
