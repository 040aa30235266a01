package kv

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// Stats counts commands, pipelines and failures. It is a go-redis hook.
type Stats struct {
	Commands  atomic.Int64
	Pipelines atomic.Int64
	Failures  atomic.Int64
}

var _ redis.Hook = (*Stats)(nil)

// DialHook implements redis.Hook.
func (s *Stats) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		s.note(err)
		return conn, err
	}
}

// ProcessHook implements redis.Hook.
func (s *Stats) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		s.Commands.Add(1)
		s.note(err)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (s *Stats) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		s.Pipelines.Add(1)
		s.Commands.Add(int64(len(cmds)))
		for _, cmd := range cmds {
			s.note(cmd.Err())
		}
		return err
	}
}

// note counts an error; a key that does not exist is none.
func (s *Stats) note(err error) {
	if err != nil && !errors.Is(err, redis.Nil) {
		s.Failures.Add(1)
	}
}
