package resp_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// What is handed out is empty, is not shared, and is forgotten by Reset.
func TestScratchHandsOutSeparateEmptyMemory(t *testing.T) {
	var s resp.Scratch
	var seen []resp.Reply
	for round := 0; round < 5; round++ {
		replies := append(s.Replies(2), resp.NewInt(1), resp.NewInt(2))
		a, b, large := s.Elems(3), s.Elems(4), s.Elems(5000)
		for _, elems := range [][]resp.Reply{a, b, large} {
			for i := range elems {
				if elems[i].Kind != resp.Nil || elems[i].Str != "" {
					t.Fatalf("round %d: an element is %v before it is used", round, elems[i])
				}
				elems[i] = resp.NewBulk("used")
			}
		}
		if a = append(a, resp.NewBulk("more")); b[0].Str != "used" {
			t.Fatal("appending to one list changed the next")
		}
		if replies[0].Int != 1 || replies[1].Int != 2 {
			t.Fatal("elements and replies share memory")
		}
		seen = b
		s.Reset()
	}
	if seen[0].Str != "" {
		t.Error("Reset keeps values alive")
	}
}

func TestScratchKeepsItsMemory(t *testing.T) {
	var s resp.Scratch
	use := func() {
		_ = append(s.Replies(1), resp.OK)
		_ = s.Elems(50)
		_ = s.Elems(10)
		s.Reset()
	}
	use()
	if n := testing.AllocsPerRun(100, use); n != 0 {
		t.Errorf("%v allocations in each round, want none", n)
	}
	var none *resp.Scratch
	if got := none.Elems(3); len(got) != 3 {
		t.Errorf("without a scratch there are %d elements, want 3", len(got))
	}
}
