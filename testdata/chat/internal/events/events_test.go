package events

import (
	"context"
	"testing"
	"time"

	"example.com/chat/internal/redistest"
)

func receive(t *testing.T, l *Listener) Event {
	t.Helper()
	select {
	case e, ok := <-l.C:
		if !ok {
			t.Fatal("the listener ended")
		}
		return e
	case <-time.After(5 * time.Second):
		t.Fatal("no event")
	}
	return Event{}
}

func TestEventsReachTheirRoom(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rdb := redistest.New(t, redistest.DBEvents)
	lobby, err := Listen(ctx, rdb, "events-lobby")
	if err != nil {
		t.Fatal(err)
	}
	defer lobby.Close()
	all, err := Listen(ctx, rdb)
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()

	if n, err := Publish(ctx, rdb, Event{Room: "events-dev", Kind: "join", User: "ada"}); n != 1 || err != nil {
		t.Errorf("Publish to dev = %d, %v", n, err)
	}
	want := Event{Room: "events-lobby", Kind: "message", User: "bob", Text: "hello"}
	if n, err := Publish(ctx, rdb, want); n != 2 || err != nil {
		t.Errorf("Publish to lobby = %d, %v", n, err)
	}
	if got := receive(t, lobby); got != want {
		t.Errorf("lobby got %+v", got)
	}
	if got := receive(t, all); got.Room != "events-dev" || got.Kind != "join" {
		t.Errorf("first of all rooms: %+v", got)
	}
	if got := receive(t, all); got != want {
		t.Errorf("second of all rooms: %+v", got)
	}
}

func TestCloseEndsTheChannel(t *testing.T) {
	ctx := context.Background()
	l, err := Listen(ctx, redistest.New(t, redistest.DBEvents), "events-closing")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case _, ok := <-l.C:
		if ok {
			t.Error("an event after Close")
		}
	case <-time.After(5 * time.Second):
		t.Error("still open")
	}
}
