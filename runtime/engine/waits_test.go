package engine

import (
	"strings"
	"testing"
)

func TestWhichCommandsWait(t *testing.T) {
	for line, want := range map[string]bool{
		"BLPOP l 0": true, "bzmpop 1 1 z MIN": true, "XREAD BLOCK 5 STREAMS s $": true, "XREADGROUP GROUP g c block 0 STREAMS s >": true,
		"WAIT 1 0": true, "XREAD STREAMS block 0": false, "XREAD COUNT 1 STREAMS s 0": false, "GET k": false, "NONSENSE": false, "": false,
	} {
		if got := Waits(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
