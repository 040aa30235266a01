package cftest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/cftest"
)

// draws are random answers of a server with a seed.
func draws(t *testing.T, s *cftest.Miniredis, seed int) string {
	t.Helper()
	s.FlushAll()
	for i := 0; i < 50; i++ {
		_ = s.Set(fmt.Sprint("key", i), "v")
		_, _ = s.SetAdd("set", fmt.Sprint("member", i))
		s.HSet("hash", fmt.Sprint("field", i), "v")
	}
	s.Seed(seed)
	var all []string
	for i := 0; i < 5; i++ {
		for _, cmd := range []string{"RANDOMKEY", "SRANDMEMBER set 4", "SRANDMEMBER set -4", "SPOP set", "HRANDFIELD hash 3"} {
			r, err := exec(t, s.Addr(), strings.Fields(cmd)...)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(r))
		}
	}
	return strings.Join(all, "\n")
}

func TestSeedMakesRandomAnswersRepeatable(t *testing.T) {
	s := cftest.RunT(t)
	first := draws(t, s, 42)
	if again := draws(t, s, 42); again != first {
		t.Errorf("the same seed:\n%s\n\nand\n%s", first, again)
	}
	if other := draws(t, cftest.RunT(t), 42); other != first {
		t.Errorf("the same seed on another server:\n%s\n\nand\n%s", first, other)
	}
	if other := draws(t, s, 43); other == first {
		t.Error("another seed drew the same")
	}
}
