package room

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"example.com/chat/internal/redistest"
)

func TestSettingsComeBackAsSaved(t *testing.T) {
	ctx := context.Background()
	r := New(redistest.New(t, redistest.DBRoom))
	want := Settings{Title: "Lobby", Seats: 12, Private: true, Created: time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)}
	if err := r.Save(ctx, "lobby", want); err != nil {
		t.Fatal(err)
	}
	got, err := r.Load(ctx, "lobby")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := r.Load(ctx, "cellar"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a room that is not there: %v", err)
	}
}

func TestMembers(t *testing.T) {
	ctx := context.Background()
	r := New(redistest.New(t, redistest.DBRoom))
	if n, err := r.Join(ctx, "lobby", "ada", "bob", "ada"); n != 2 || err != nil {
		t.Fatalf("Join = %d, %v", n, err)
	}
	if _, err := r.Join(ctx, "dev", "bob", "eve"); err != nil {
		t.Fatal(err)
	}
	if in, err := r.IsMember(ctx, "lobby", "eve"); in || err != nil {
		t.Errorf("eve in the lobby: %v, %v", in, err)
	}
	if got, err := r.Common(ctx, "lobby", "dev"); err != nil || !reflect.DeepEqual(got, []string{"bob"}) {
		t.Errorf("Common = %v, %v", got, err)
	}
	if err := r.Leave(ctx, "lobby", "bob"); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Members(ctx, "lobby"); err != nil || !reflect.DeepEqual(got, []string{"ada"}) {
		t.Errorf("Members = %v, %v", got, err)
	}
}

func TestDeleteTakesEverything(t *testing.T) {
	ctx := context.Background()
	r := New(redistest.New(t, redistest.DBRoom))
	if err := r.Save(ctx, "lobby", Settings{Title: "Lobby"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Join(ctx, "lobby", "ada"); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(ctx, "lobby"); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Members(ctx, "lobby"); err != nil || len(got) != 0 {
		t.Errorf("Members after Delete = %v, %v", got, err)
	}
	if err := r.Delete(ctx, "lobby"); !errors.Is(err, ErrNotFound) {
		t.Errorf("second Delete: %v", err)
	}
}
