// Package nrredis has the names of a library that makes hooks.
package nrredis

import "github.com/redis/go-redis/v9"

type hook struct{}

func (hook) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// NewHook makes one.
func NewHook(opts *redis.Options) redis.Hook { return hook{} }
