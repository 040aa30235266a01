package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Keys are the keys of a command line, found by the command's own rules: of EVAL
// those that it announces, of SORT its key and the one it stores in. A command
// without keys, or that does not fit its rules, has none. Hosts that keep data in
// several engines route by it.
func Keys(line resp.Command) []string {
	if len(line) == 0 {
		return nil
	}
	cmd := lineCommand(line)
	if cmd == nil {
		return nil
	}
	return cmd.keys(line)
}

// keys are the keys of a line of the command.
func (cmd *command) keys(line resp.Command) []string {
	if cmd.flags&flagMovable == 0 && cmd.first > 0 {
		return cmd.fixedKeys(line)
	}
	uses := cmd.keysOf(line)
	if len(uses) == 0 {
		return nil
	}
	keys := make([]string, len(uses))
	for i, u := range uses {
		keys[i] = line[u.pos]
	}
	return keys
}

// fixedKeys are the keys of a command that has them at fixed places.
func (cmd *command) fixedKeys(line resp.Command) []string {
	last := cmd.last
	if last < 0 {
		last += len(line)
	}
	if cmd.first >= len(line) || last < cmd.first {
		return nil
	}
	last = min(last, len(line)-1)
	if last == cmd.first {
		return line[last : last+1]
	}
	keys := make([]string, 0, (last-cmd.first)/max(cmd.step, 1)+1)
	for i := cmd.first; i <= last; i += max(cmd.step, 1) {
		keys = append(keys, line[i])
	}
	return keys
}

// Known reports whether the engine has a command of the line's name.
func Known(line resp.Command) bool { return len(line) > 0 && lineCommand(line) != nil }

// WrittenKeys are the keys of a command line that the command may change, by its own
// rules: of COPY the destination alone, of a script all that it announces, unless it is
// one of those that only read.
func WrittenKeys(line resp.Command) []string {
	if len(line) == 0 {
		return nil
	}
	cmd := lineCommand(line)
	switch {
	case cmd == nil, cmd.flags&flagReadonly != 0, cmd.flags&(flagWrite|flagMovable) == 0:
		return nil
	case cmd.flags&flagMovable == 0 && cmd.first > 0:
		if keys := cmd.fixedKeys(line); len(keys) < 2 {
			return keys
		}
	}
	var keys []string
	for _, u := range cmd.keysOf(line) {
		// XREADGROUP says that it reads its keys, and changes their groups.
		if !strings.HasPrefix(u.flags, "<+RO") || cmd.name == "xreadgroup" {
			keys = append(keys, line[u.pos])
		}
	}
	return keys
}

// Match reports whether a key matches a glob as KEYS and SCAN have it.
func Match(glob, key string) bool { return match(glob, key, false) }

// Waits reports whether a command line may wait for data, or for replicas.
func Waits(line resp.Command) bool {
	if len(line) == 0 {
		return false
	}
	cmd := lineCommand(line)
	switch {
	case cmd == nil:
		return false
	case cmd.name == "wait", cmd.name == "waitaof":
		return true
	case cmd.flags&flagBlocking == 0:
		return false
	}
	if cmd.name != "xread" && cmd.name != "xreadgroup" {
		return true
	}
	for _, word := range line[1:] {
		if strings.EqualFold(word, "streams") {
			return false
		}
		if strings.EqualFold(word, "block") {
			return true
		}
	}
	return false
}
