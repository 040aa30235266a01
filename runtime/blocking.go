package runtime

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// waits reports whether a command waits for data. The methods that do say so
// themselves; of Do and Process only the words are known.
func waits(cmd resp.Command) bool {
	if len(cmd) == 0 || len(cmd[0]) < 4 {
		return false
	}
	switch cmd[0][0] | 0x20 {
	case 'b', 'w':
		switch strings.ToLower(cmd[0]) {
		case "blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "wait", "waitaof":
			return true
		}
	case 'x':
		if !strings.EqualFold(cmd[0], "xread") && !strings.EqualFold(cmd[0], "xreadgroup") {
			return false
		}
		for _, word := range cmd[1:] {
			if strings.EqualFold(word, "block") {
				return true
			}
			if strings.EqualFold(word, "streams") {
				return false
			}
		}
	}
	return false
}
