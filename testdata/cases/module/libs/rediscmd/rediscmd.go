// Package rediscmd has a name of the package that writes commands as text.
package rediscmd

import "github.com/redis/go-redis/v9"

// CmdString is a command as text.
func CmdString(cmd redis.Cmder) string { return cmd.String() }
