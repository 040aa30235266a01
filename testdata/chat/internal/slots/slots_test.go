package slots

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"example.com/chat/internal/redistest"
)

func TestTakeAndRelease(t *testing.T) {
	ctx := context.Background()
	s := New(redistest.New(t, redistest.DBSlots))
	for i, user := range []string{"ada", "bob"} {
		if seat, err := s.Take(ctx, "lobby", user, 2); seat != i+1 || err != nil {
			t.Fatalf("%s: seat %d, %v", user, seat, err)
		}
	}
	if seat, err := s.Take(ctx, "lobby", "bob", 2); seat != 2 || err != nil {
		t.Errorf("bob again: seat %d, %v", seat, err)
	}
	if _, err := s.Take(ctx, "lobby", "eve", 2); !errors.Is(err, ErrFull) {
		t.Errorf("a third one: %v", err)
	}
	if ok, err := s.Release(ctx, "lobby", "eve", 1); ok || err != nil {
		t.Errorf("eve released ada's seat: %v, %v", ok, err)
	}
	if ok, err := s.Release(ctx, "lobby", "ada", 1); !ok || err != nil {
		t.Errorf("Release = %v, %v", ok, err)
	}
	if ok, err := s.Release(ctx, "lobby", "ada", 1); ok || err != nil {
		t.Errorf("second Release = %v, %v", ok, err)
	}
	if n, err := s.Free(ctx, "lobby", 2); n != 1 || err != nil {
		t.Errorf("Free = %d, %v", n, err)
	}
}

func TestNoSeatIsGivenTwice(t *testing.T) {
	ctx := context.Background()
	s := New(redistest.New(t, redistest.DBSlots))
	const people = 8
	seats := make([]int, people)
	var wg sync.WaitGroup
	for i := 0; i < people; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				seat, err := s.Take(ctx, "lobby", fmt.Sprint("user", i), people)
				if errors.Is(err, ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
				}
				seats[i] = seat
				return
			}
		}()
	}
	wg.Wait()
	owner := map[int]int{}
	for i, seat := range seats {
		if other, dup := owner[seat]; dup {
			t.Errorf("seat %d went to user%d and user%d", seat, other, i)
		}
		owner[seat] = i
	}
}
