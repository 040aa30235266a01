package embedded_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

func TestSubscriberIsToldThatTheStoreIsClosed(t *testing.T) {
	h := newHost(t, memory.Volatile{}, embedded.Options{})
	got := make(chan resp.Reply, 2)
	sub, err := h.NewSession(store.SessionOptions{Push: func(r resp.Reply) { got <- r }})
	if err != nil {
		t.Fatal(err)
	}
	left, err := h.NewSession(store.SessionOptions{Push: func(resp.Reply) { t.Error("a session that was closed is told as well") }})
	if err != nil {
		t.Fatal(err)
	}
	left.Close()
	exec(sub, "SUBSCRIBE", "c")
	<-got
	h.Close()
	if r := <-got; r.Kind != resp.Error {
		t.Errorf("%+v", r)
	}
}
