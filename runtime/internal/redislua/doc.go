// Package redislua runs Lua scripts as Redis does: Redis's sandbox, its
// libraries, and conversions between Lua values and replies, on package lua. It
// knows no command; what redis.call does is handed in.
package redislua
