package cftest

import (
	"context"
	"sync"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// The clients of a program share one session: transactions of several goroutines
// and other commands are on their way in it at once.
func TestSharedSessionSortsEachFrame(t *testing.T) {
	m := RunT(t)
	if _, err := m.SAdd("set", "zus", "jet", "teun", "aap"); err != nil {
		t.Fatal(err)
	}
	s, err := backend{m: m, local: true}.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < 200; n++ {
				replies, err := s.Execute(context.Background(), []resp.Command{{"MULTI"}, {"GET", "none"}, {"SMEMBERS", "set"}, {"EXEC"}, {"SMEMBERS", "set"}})
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range []resp.Reply{replies[3].Elems[1], replies[4]} {
					if len(r.Elems) != 4 || r.Elems[0].Str != "aap" || r.Elems[3].Str != "zus" {
						t.Errorf("SMEMBERS answers %+v", r)
						return
					}
				}
			}
		}()
	}
	wg.Wait()
}
