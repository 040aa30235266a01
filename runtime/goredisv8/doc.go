// Package goredisv8 is runtime/goredis for go-redis v8: it joins the facade and
// go-redis v8 where a program needs both, for a library that takes a client of v8,
// and for a client of v8 that such a library hands out. It never opens a network
// connection of its own.
//
// [GoRedis] turns a client of the facade into a genuine client of v8, whose
// connections are pipes within the process to a RESP server on the same store.
// [FromGoRedis] turns a client of v8 into a client of the facade, whose commands go
// through it.
//
// # Limits
//
// Those of runtime/goredis, and v8's own: it speaks RESP2, gives its connections no
// name, and knows no SSUBSCRIBE. In a program that links runtime/goredis too, the
// facade's sentinel errors are those of v9.
package goredisv8

import (
	"github.com/go-redis/redis/v8"

	"github.com/redis2cf/redis2cf/runtime"
)

func init() {
	runtime.SetSentinels(8, redis.Nil, redis.TxFailedErr, redis.ErrClosed)
}
