// Package redisotel has of the library what the cases need.
package redisotel

import (
	"context"

	"github.com/go-redis/redis/v8"
)

type TracingHook struct{}

func NewTracingHook() *TracingHook { return new(TracingHook) }

func (TracingHook) BeforeProcess(ctx context.Context, cmd redis.Cmder) (context.Context, error) {
	return ctx, nil
}

func (TracingHook) AfterProcess(ctx context.Context, cmd redis.Cmder) error { return nil }

func (TracingHook) BeforeProcessPipeline(ctx context.Context, cmds []redis.Cmder) (context.Context, error) {
	return ctx, nil
}

func (TracingHook) AfterProcessPipeline(ctx context.Context, cmds []redis.Cmder) error { return nil }
