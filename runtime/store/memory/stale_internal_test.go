package memory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

// What an imitation knows of keys is gone a minute after their last write, or a program
// that runs on it for days would grow.
func TestKeysAreForgottenAfterAMinute(t *testing.T) {
	clock := new(embedded.Clock)
	clock.Stop()
	host, err := New(embedded.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	s := NewStale(host, 1)
	inner, err := host.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a := s.Session(inner, store.SessionOptions{Client: "a"})
	do := func(line ...string) {
		t.Helper()
		if _, err := a.Execute(context.Background(), []resp.Command{line}); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < 1000; i++ {
		do("SET", fmt.Sprint("k", i), "v")
		if i%2 == 0 {
			do("FLUSHALL")
			do("GET", fmt.Sprint("k", i))
		}
		if err := host.Advance(time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.keys) > 60 || len(s.writes) > 60 || len(s.recent) > 60 {
		t.Errorf("%d histories, %d counts, %d notes", len(s.keys), len(s.writes), len(s.recent))
	}
	if _ = a.Close(); len(s.clients) != 0 {
		t.Errorf("%d clients", len(s.clients))
	}
}
