package ratelimit

import (
	"context"
	"testing"
	"time"

	"example.com/chat/internal/redistest"
)

func TestFixedWindow(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := NewFixed(redistest.New(t, redistest.DBRateLimit), 2, time.Minute)
	f.now = func() time.Time { return now }
	for i, want := range []bool{true, true, false} {
		if ok, err := f.Allow(ctx, "ada"); ok != want || err != nil {
			t.Errorf("event %d: %v, %v", i, ok, err)
		}
	}
	if ok, err := f.Allow(ctx, "bob"); !ok || err != nil {
		t.Errorf("somebody else: %v, %v", ok, err)
	}
	now = now.Add(time.Minute)
	if ok, err := f.Allow(ctx, "ada"); !ok || err != nil {
		t.Errorf("next window: %v, %v", ok, err)
	}
}

func TestSlidingWindow(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := NewSliding(redistest.New(t, redistest.DBRateLimit), 2, time.Minute)
	s.now = func() time.Time { return now }
	for i, step := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {40 * time.Second, true}, {10 * time.Second, false}, {11 * time.Second, false}, {61 * time.Second, true}} {
		now = now.Add(step.after)
		if ok, err := s.Allow(ctx, "ada"); ok != step.want || err != nil {
			t.Errorf("event %d: %v, %v, want %v", i, ok, err, step.want)
		}
	}
}
