// Package goredis joins the facade and go-redis where a program needs both: for
// a library that takes a *redis.Client, and for a client that such a library
// hands out. Both sides reach the same data, and the sentinel errors are the same
// values. It never opens a network connection of its own, and nothing else of the
// runtime links go-redis.
//
// [GoRedis] turns a client of the facade into a genuine go-redis client, whose
// connections are pipes within the process to a RESP server on the same store.
// [FromGoRedis] turns a go-redis client into a client of the facade, whose
// commands go through it.
//
// # Limits
//
// Hooks stay on the side where they were added. What arrives through FromGoRedis
// has passed go-redis's reader of replies of any type, so that a status is a bulk
// string, and maps of protocol 3 come in the order of their keys. A cluster or
// ring client hands out no connection: of what needs one, only WATCH works there,
// and a command that waits for data asks again every second. The same goes for a
// server without CLIENT UNBLOCK.
package goredis

import (
	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
)

func init() {
	runtime.SetSentinels(9, redis.Nil, redis.TxFailedErr, redis.ErrClosed)
}
