package presence

import (
	"context"
	"reflect"
	"testing"
	"time"

	"example.com/chat/internal/redistest"
)

func TestOnline(t *testing.T) {
	ctx := context.Background()
	p := New(redistest.New(t, redistest.DBPresence), time.Minute)
	now := time.Unix(1_772_000_000, 0)
	p.now = func() time.Time { return now }
	for _, user := range []string{"ada", "bob", "eve"} {
		if err := p.Seen(ctx, user); err != nil {
			t.Fatal(err)
		}
		now = now.Add(25 * time.Second)
	}
	if err := p.Gone(ctx, "eve"); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Online(ctx, 10); err != nil || !reflect.DeepEqual(got, []string{"bob"}) {
		t.Errorf("Online = %v, %v", got, err)
	}
	if at, ok, err := p.LastSeen(ctx, "bob"); !ok || err != nil || at.Unix() != 1_772_000_025 {
		t.Errorf("LastSeen = %v, %v, %v", at, ok, err)
	}
	if _, ok, err := p.LastSeen(ctx, "ada"); ok || err != nil {
		t.Errorf("ada is remembered: %v, %v", ok, err)
	}
}
