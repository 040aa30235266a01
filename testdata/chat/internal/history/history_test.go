package history

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/chat/internal/keys"
	"example.com/chat/internal/redistest"
)

func TestRecentIsNewestFirstAndBounded(t *testing.T) {
	ctx := context.Background()
	rdb := redistest.New(t, redistest.DBHistory)
	h := New(rdb)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := 0; i < Limit+10; i++ {
		m := Message{User: "ada", Text: fmt.Sprintf("message %d", i), At: at.Add(time.Duration(i) * time.Second)}
		if err := h.Append(ctx, "lobby", m); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Recent(ctx, "lobby", 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Text != "message 59" || got[2].Text != "message 57" {
		t.Errorf("got %+v", got)
	}
	if n := rdb.LLen(ctx, keys.Messages("lobby")).Val(); n != Limit {
		t.Errorf("kept %d, want %d", n, Limit)
	}
}

func TestUnreadCountsUntilRead(t *testing.T) {
	ctx := context.Background()
	h := New(redistest.New(t, redistest.DBHistory))
	for _, room := range []string{"lobby", "lobby", "dev"} {
		if err := h.Append(ctx, room, Message{User: "ada", Text: "hi"}, "bob", "eve"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Unread(ctx, "bob")
	if err != nil || got["lobby"] != 2 || got["dev"] != 1 {
		t.Fatalf("unread = %v, %v", got, err)
	}
	if err := h.MarkRead(ctx, "bob", "lobby"); err != nil {
		t.Fatal(err)
	}
	if got, err = h.Unread(ctx, "bob"); err != nil || len(got) != 1 {
		t.Errorf("unread after MarkRead = %v, %v", got, err)
	}
	if got, err = h.Unread(ctx, "eve"); err != nil || got["lobby"] != 2 {
		t.Errorf("eve's unread = %v, %v", got, err)
	}
}
