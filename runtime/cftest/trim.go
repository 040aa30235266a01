package cftest

import (
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// exactTrims makes the trimming of streams exact where a client leaves it open:
// "MAXLEN ~ 10" keeps ten entries or somewhat more, how many depends on how Redis
// packs them. miniredis keeps ten, which tests then count on. LIMIT, which only a
// trimming left open may have, goes with the mark.
func exactTrims(cmds []resp.Command) []resp.Command {
	changed := false
	for i, cmd := range cmds {
		exact := exactTrim(cmd)
		if len(exact) == len(cmd) {
			continue
		}
		if !changed {
			cmds, changed = slices.Clone(cmds), true
		}
		cmds[i] = exact
	}
	return cmds
}

// exactTrim returns the command itself unless there is something to change. What
// is wrong stays wrong: the engine has the words for it.
func exactTrim(cmd resp.Command) resp.Command {
	if len(cmd) < 5 {
		return cmd
	}
	adds := strings.EqualFold(cmd[0], "XADD")
	if !adds && !strings.EqualFold(cmd[0], "XTRIM") {
		return cmd
	}
	at := 2
	if adds && strings.EqualFold(cmd[at], "NOMKSTREAM") {
		at++
	}
	if !strings.EqualFold(cmd[at], "MAXLEN") && !strings.EqualFold(cmd[at], "MINID") || at+2 >= len(cmd) || cmd[at+1] != "~" {
		return cmd
	}
	rest := cmd[at+3:]
	if len(rest) >= 2 && strings.EqualFold(rest[0], "LIMIT") {
		rest = rest[2:]
	}
	exact := make(resp.Command, 0, len(cmd))
	exact = append(exact, cmd[:at+1]...)
	exact = append(exact, cmd[at+2])
	return append(exact, rest...)
}
