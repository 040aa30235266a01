package gateway

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// stillToWait is commands of which the first has waited for some time, as they are
// sent again: its timeout is what is left of it, a millisecond at least. A timeout
// of 0 is for ever, and what is no number the object refuses.
func stillToWait(cmds []resp.Command, waited time.Duration) []resp.Command {
	at, unit := timeoutOf(cmds[0])
	if at <= 0 || at >= len(cmds[0]) {
		return cmds
	}
	n, err := strconv.ParseFloat(cmds[0][at], 64)
	if err != nil || n <= 0 {
		return cmds
	}
	left := max(n-float64(waited)/float64(unit), float64(time.Millisecond)/float64(unit))
	text := strconv.FormatFloat(left, 'f', 6, 64)
	if unit == time.Millisecond {
		text = strconv.FormatInt(int64(left), 10)
	}
	again := slices.Clone(cmds)
	again[0] = slices.Clone(cmds[0])
	again[0][at] = text
	return again
}

// timeoutOf is where the timeout of a command stands, and its unit; 0 when it has none.
func timeoutOf(cmd resp.Command) (at int, unit time.Duration) {
	switch strings.ToLower(cmd[0]) {
	case "blpop", "brpop", "brpoplpush", "blmove", "bzpopmin", "bzpopmax":
		return len(cmd) - 1, time.Second
	case "blmpop", "bzmpop":
		return 1, time.Second
	case "wait":
		return 2, time.Millisecond
	case "waitaof":
		return 3, time.Millisecond
	case "xread", "xreadgroup":
		for i := 1; i+1 < len(cmd); i++ {
			switch {
			case strings.EqualFold(cmd[i], "block"):
				return i + 1, time.Millisecond
			case strings.EqualFold(cmd[i], "group"):
				i += 2
			case strings.EqualFold(cmd[i], "streams"):
				return 0, 0
			}
		}
	}
	return 0, 0
}
