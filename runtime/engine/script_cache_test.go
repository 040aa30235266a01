package engine

import (
	"fmt"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A program that writes its scripts anew must not fill memory with them; what it
// loaded, and what it uses, stays.
func TestScriptsThatNobodyUsesAreForgotten(t *testing.T) {
	e, s := newTestEngine(t)
	const used, loaded = "return 'used'", "return 'loaded'"
	run(e, s, "SCRIPT", "LOAD", loaded)
	for i := 0; i < 5*maxFresh; i++ {
		if r := run(e, s, "EVAL", fmt.Sprintf("return %d", i), "0"); r.Int != int64(i) {
			t.Fatalf("script %d answered %v", i, r)
		}
		if i%(maxFresh/2) == 0 {
			run(e, s, "EVAL", used, "0")
		}
	}
	if n := e.scripts.count(); n > 2*maxFresh+1 {
		t.Errorf("%d scripts are known", n)
	}
	if n := len(e.scripts.texts); n > maxFresh {
		t.Errorf("%d texts are kept", n)
	}
	for text, want := range map[string]bool{used: true, loaded: true, "return 0": false} {
		if r := run(e, s, "EVALSHA", redislua.SHA1(text), "0"); (r.Kind != resp.Error) != want {
			t.Errorf("EVALSHA of %q: %v", text, r)
		}
	}
	run(e, s, "SCRIPT", "FLUSH")
	if r := run(e, s, "EVALSHA", redislua.SHA1(loaded), "0"); r.Kind != resp.Error {
		t.Errorf("after SCRIPT FLUSH: %v", r)
	}
}
