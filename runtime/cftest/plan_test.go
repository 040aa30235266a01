package cftest

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// Each client that a program makes tells the server its plan: the server keeps it once.
func TestServerKeepsAPlanOnce(t *testing.T) {
	m := RunT(t)
	session := store.Family{Pattern: "session:*", Name: "Session", Store: "kv", Consistency: "primary"}
	for i := 0; i < 3; i++ {
		if err := (backend{m: m}).UsePlan([]store.Family{session, {Pattern: "count:*", Name: "Count", Store: "do"}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.plan) != 2 || m.plan[0] != session {
		t.Errorf("%+v", m.plan)
	}
}
