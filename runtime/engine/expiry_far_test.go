package engine

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Redis takes expiries up to 2^63 milliseconds. Hosts count microseconds: for what is
// later than these can say nobody has to be called.
func TestExpiriesBeyondTheEndOfTimeCallNobody(t *testing.T) {
	for _, at := range []string{"9223372036854775807", "9223372036854775806", "4611686018427387905", "9223372036854775"} {
		e, err := Open(failing{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := e.NewSession(0, 3, "")
		out := e.Exec(1_000_000, 1, Frame{Session: s, Commands: []resp.Command{{"SET", "far", "v", "PXAT", at}}})
		if out.Replies[0].Kind == resp.Error || out.Deadline != 0 {
			t.Errorf("%s: %+v, called at %d", at, out.Replies[0], out.Deadline)
		}
		out = e.Exec(1_000_000, 1, Frame{Session: s, Commands: []resp.Command{{"SET", "near", "v", "PXAT", "2000"}}})
		if out.Deadline != 2_001_000 {
			t.Errorf("%s: beside it is one that expires, and the call is at %d", at, out.Deadline)
		}
	}
}
