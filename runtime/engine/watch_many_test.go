package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A client may watch many keys at once: each is looked for among its own watchers.
func TestWatchingManyKeysTakesAsLongAsThereAreKeys(t *testing.T) {
	e, err := Open(failing{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	watch := resp.Command{"WATCH"}
	for i := 0; i < 200_000; i++ {
		watch = append(watch, fmt.Sprint("w", i))
	}
	began := time.Now()
	out := e.Exec(1, 1, Frame{Session: s, Commands: []resp.Command{watch, watch, {"MULTI"}, {"SET", "w7", "v"}, {"EXEC"}, {"WATCH", "w8", "w8"}, {"SET", "w8", "x"}, {"MULTI"}, {"EXEC"}}})
	if took := time.Since(began); took > 10*time.Second { // it was a minute when each was compared with all
		t.Errorf("it took %v", took)
	}
	if r := out.Replies; r[4].Kind != resp.Array || r[8].Kind != resp.NilArray {
		t.Errorf("%+v", r[2:])
	}
}
