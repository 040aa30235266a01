package engine

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
)

// unshaped are data commands that random runs do not send, with the reason.
var unshaped = map[string]string{
	"script|kill": "there is never a script that runs beside it: cmd_command_test.go compares the answer",
}

// TestRandomRunsSendEveryDataCommand fails for a command that is served and that
// no random run compares.
func TestRandomRunsSendEveryDataCommand(t *testing.T) {
	data := 0
	for name, cmd := range commands {
		if name != cmd.name || cmd.flags&flagContainer != 0 || strings.HasSuffix(name, "|help") || !touchesData(cmd) {
			continue
		}
		data++
		if unshaped[name] == "" && !difftest.Makes(name) {
			t.Errorf("%s is served, but no shape makes it (runtime/internal/difftest) and no reason is given why", name)
		}
		if unshaped[name] != "" && difftest.Makes(name) {
			t.Errorf("%s is excused, but a shape makes it", name)
		}
	}
	if data < 200 {
		t.Errorf("only %d data commands were found", data)
	}
}

// touchesData reports whether a command reads or changes what is stored, runs
// scripts, or steers a transaction.
func touchesData(cmd *command) bool {
	if cmd.flags&(flagWrite|flagReadonly) != 0 {
		return true
	}
	for _, word := range []string{"eval", "fcall", "function|", "script|", "multi", "exec", "discard", "watch", "unwatch", "swapdb", "select", "object|", "memory|usage"} {
		if strings.HasPrefix(cmd.name, word) {
			return true
		}
	}
	return false
}
