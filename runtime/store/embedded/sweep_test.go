package embedded_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// swept tells the test of each sweep.
type swept struct {
	*memory.Rows
	sweeps chan bool // whether there was more
}

func (s *swept) Sweep(rows int) (bool, error) {
	more, err := s.Rows.Sweep(rows)
	s.sweeps <- more
	return more, err
}

func TestDeletedCollectionsAreSweptPieceByPiece(t *testing.T) {
	rows := &swept{memory.NewRows(), make(chan bool)}
	h := newHost(t, rows, embedded.Options{})
	if <-rows.sweeps {
		t.Error("an empty store has nothing to sweep")
	}
	s := newSession(t, h)
	push := []string{"RPUSH", "l"}
	for i := 0; i < 1200; i++ {
		push = append(push, "x")
	}
	for _, cmd := range [][]string{push, {"DEL", "l"}} {
		if _, err := exec(s, cmd...); err != nil {
			t.Fatal(err)
		}
	}
	n := 1
	for <-rows.sweeps {
		n++
	}
	if n != 3 {
		t.Errorf("1200 rows went in %d sweeps, want 3 of at most 500", n)
	}
	h.Close()
}

// faulty is a store whose reads fail, or panic, when the test says so.
type faulty struct {
	*memory.Rows
	fault func() error
}

func (f *faulty) Items(q engine.Query, yield func(engine.Item) bool) error {
	if f.fault != nil {
		if err := f.fault(); err != nil {
			return err
		}
	}
	return f.Rows.Items(q, yield)
}

func TestFaultsOfReadsAndPanicsEndTheFrameOnly(t *testing.T) {
	rows := &faulty{Rows: memory.NewRows()}
	h := newHost(t, rows, embedded.Options{})
	if _, err := exec(newSession(t, h), "RPUSH", "l", "x"); err != nil {
		t.Fatal(err)
	}
	h.Close()
	for name, fault := range map[string]func() error{
		"an error": func() error { return errors.New("unreadable block") },
		"a panic":  func() error { panic("unreadable block") },
	} {
		h := newHost(t, rows, embedded.Options{}) // which has not read the list yet
		s := newSession(t, h)
		rows.fault = fault
		if _, err := exec(s, "LRANGE", "l", "0", "-1"); err == nil || !strings.Contains(err.Error(), "unreadable block") {
			t.Errorf("%s: got %v", name, err)
		}
		rows.fault = nil
		if r, err := exec(s, "LRANGE", "l", "0", "-1"); err != nil || len(r.Elems) != 1 {
			t.Errorf("after %s: %+v, %v", name, r, err)
		}
		h.Close()
	}
}
