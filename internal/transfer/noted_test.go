package transfer

import (
	"context"
	"reflect"
	"testing"
)

// A store remembers its last comparison, and only that.
func TestLastComparison(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, "memory:", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok, err := LastComparison(ctx, s); ok || err != nil {
		t.Fatalf("a new store has one: %v", err)
	}
	first := Comparison{From: "redis://a", To: "memory:"}
	first.Add(0, &Compared{Keys: 7, Unreadable: map[string]int64{"TSDB-TYPE": 2, "MBbloom--": 1}, Differences: []Difference{{Key: "a"}, {Key: "b", Repaired: true}}})
	first.Add(3, &Compared{Keys: 1, Skipped: 5, Differences: []Difference{{Key: "c"}}})
	second := Comparison{From: "memory:", To: "redis://a"}
	second.Add(1, &Compared{Keys: 2})
	for _, want := range []Comparison{first, second} {
		if err := want.Note(ctx, s); err != nil {
			t.Fatal(err)
		}
		got, ok, err := LastComparison(ctx, s)
		if !ok || err != nil || got.Time.IsZero() {
			t.Fatalf("%+v, %v, %v", got, ok, err)
		}
		got.Time = want.Time
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
	if first.Differ != 2 || first.Unread != 3 || first.Keys != 8 || first.Skipped != 5 {
		t.Errorf("%+v", first)
	}
	size, err := s.Size(ctx)
	if err != nil || size != 1 {
		t.Errorf("%d keys, %v", size, err)
	}
}
