package main

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/runtime/engine"
)

// TestServedCommandsHaveHandlers holds the table's verdicts to what the engine
// can do: a command that the table calls served is answered, and one that the
// engine answers is not called unserved.
func TestServedCommandsHaveHandlers(t *testing.T) {
	for _, c := range spec.Commands() {
		has := engine.Served(strings.ReplaceAll(c.Name, " ", "|"))
		switch {
		case c.Verdict == spec.Served && !has:
			t.Errorf("%s is served in the table, but the engine has no handler", c.Name)
		case c.Answered && !has:
			t.Errorf("%s is answered in the table, but the engine has no handler", c.Name)
		case c.Verdict != spec.Served && !c.Answered && has:
			t.Errorf("the engine answers %s, but the table says %s %s", c.Name, c.Verdict, c.Code)
		}
	}
}
