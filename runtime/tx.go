package runtime

import (
	"context"
	"errors"
)

// Tx is a session of its own that can watch keys: TxPipelined on it fails with
// TxFailedErr if a watched key changed. It is not safe for concurrent use.
type Tx struct {
	baseClient
	statefulCmdable
	armed bool // keys may be watched
}

func (c *baseClient) newTx() *Tx {
	tx := &Tx{}
	tx.init(sender{link: c.link, opt: c.opt, private: &private{}}, c.hooks())
	tx.statefulCmdable = tx.Process
	return tx
}

// watch runs fn with a transaction that watches keys.
func (c *baseClient) watch(ctx context.Context, fn func(*Tx) error, keys []string) error {
	tx := c.newTx()
	defer tx.Close(ctx)
	if len(keys) > 0 {
		if err := tx.Watch(ctx, keys...).Err(); err != nil {
			return err
		}
	}
	return fn(tx)
}

// Watch watches keys.
func (tx *Tx) Watch(ctx context.Context, keys ...string) *StatusCmd {
	cmd := tx.send(ctx, "watch", keys)
	if cmd.err == nil {
		tx.armed = true
	}
	return cmd
}

// Unwatch stops watching.
func (tx *Tx) Unwatch(ctx context.Context, keys ...string) *StatusCmd {
	cmd := tx.send(ctx, "unwatch", keys)
	if cmd.err == nil {
		tx.armed = false
	}
	return cmd
}

func (tx *Tx) send(ctx context.Context, name string, keys []string) *StatusCmd {
	args := make([]interface{}, 1, 1+len(keys))
	args[0] = name
	for _, key := range keys {
		args = append(args, key)
	}
	cmd := NewStatusCmd(ctx, args...)
	_ = tx.Process(ctx, cmd)
	return cmd
}

// TxPipeline returns a pipeline whose commands run if no watched key changed.
func (tx *Tx) TxPipeline() Pipeliner {
	return newPipeline(func(ctx context.Context, cmds []Cmder) error {
		err := tx.state.Load().txPipeline(ctx, wrapTx(ctx, cmds))
		if err == nil || errors.Is(err, TxFailedErr) || IsExecAbortError(err) {
			tx.armed = false // EXEC ran and dropped what was watched
		}
		return err
	})
}

// TxPipelined runs the commands of fn if no watched key changed.
func (tx *Tx) TxPipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	return tx.TxPipeline().Pipelined(ctx, fn)
}

// Close ends the session and what it watches.
func (tx *Tx) Close(ctx context.Context) error {
	if tx.armed {
		_ = tx.Unwatch(ctx).Err()
	}
	return tx.private.close()
}

// Conn is a session of its own, with a database, a name and a protocol. It is
// not safe for concurrent use.
type Conn struct {
	baseClient
	statefulCmdable
}

func (c *baseClient) newConn() *Conn {
	conn := &Conn{}
	conn.init(sender{link: c.link, opt: c.opt, private: &private{}}, c.hooks())
	conn.statefulCmdable = conn.Process
	return conn
}

// Close ends the session.
func (c *Conn) Close() error { return c.private.close() }
