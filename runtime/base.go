package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// baseClient is what everything that sends commands has: hooks, the commands
// themselves, Do, pipelines.
type baseClient struct {
	hooked
	cmdable
	sender
}

// init makes the client usable; it is where self references are set, so a
// baseClient must not be copied after it.
func (c *baseClient) init(s sender, hooks []Hook) {
	s.hasty = s.opt.hasty()
	c.sender = s
	c.cmdable = c.Process
	c.hooked.set(chain{
		process:    c.sender.process,
		pipeline:   c.sender.processPipeline,
		txPipeline: c.sender.processTxPipeline,
	}, hooks)
}

// Process sends a command through the hooks.
func (c *baseClient) Process(ctx context.Context, cmd Cmder) error {
	err := c.state.Load().process(ctx, cmd)
	cmd.SetErr(err)
	return err
}

// Do sends a command of any name.
func (c *baseClient) Do(ctx context.Context, args ...interface{}) *Cmd {
	return do(ctx, c.Process, args)
}

var errNoCommand = errors.New("redis: please enter the command to be executed")

func do(ctx context.Context, process cmdable, args []interface{}) *Cmd {
	cmd := NewCmd(ctx, args...)
	if len(args) == 0 {
		cmd.SetErr(errNoCommand)
		return cmd
	}
	_ = process(ctx, cmd)
	return cmd
}

// Pipeline returns a pipeline; its commands are sent by Exec.
func (c *baseClient) Pipeline() Pipeliner {
	return newPipeline(func(ctx context.Context, cmds []Cmder) error {
		return c.state.Load().pipeline(ctx, cmds)
	})
}

// Pipelined sends the commands of fn as one.
func (c *baseClient) Pipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	return c.Pipeline().Pipelined(ctx, fn)
}

// TxPipeline returns a pipeline whose commands run as a transaction.
func (c *baseClient) TxPipeline() Pipeliner {
	return newPipeline(func(ctx context.Context, cmds []Cmder) error {
		return c.state.Load().txPipeline(ctx, wrapTx(ctx, cmds))
	})
}

// TxPipelined runs the commands of fn as a transaction.
func (c *baseClient) TxPipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	return c.TxPipeline().Pipelined(ctx, fn)
}

// String names the client's address and database.
func (c *baseClient) String() string { return fmt.Sprintf("Redis<%s db:%d>", c.opt.Addr, c.opt.DB) }

// private is a session that belongs to one Conn or Tx. It is opened by the
// first command. A session that failed is not replaced: what it watched and
// which database it had selected would be lost without a word.
type private struct {
	mu   sync.Mutex
	own  *linkSession
	lost error
}

func (p *private) session(l *link) (*linkSession, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost != nil {
		return nil, p.lost
	}
	if p.own == nil {
		s, err := l.own(l.opt)
		if err != nil {
			return nil, err
		}
		l.private.Add(1)
		p.own = s
	}
	return p.own, nil
}

// failed ends a session whose state is not known any more.
func (p *private) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost == nil {
		p.lost = fmt.Errorf("redis2cf: an earlier command lost this session: %w", err)
		_ = p.own.Close()
	}
}

func (p *private) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost != nil || p.own == nil {
		p.lost = ErrClosed
		return nil
	}
	p.lost = ErrClosed
	return p.own.Close()
}
