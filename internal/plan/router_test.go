package plan

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The router finds what Route finds, key by key.
func TestRouterIsRoute(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	text := func(of string, n int) string {
		b := make([]byte, 1+rnd.IntN(n))
		for i := range b {
			b[i] = of[rnd.IntN(len(of))]
		}
		return string(b)
	}
	differ := 0
	for range 300 {
		p := &Plan{}
		for range 1 + rnd.IntN(6) {
			p.Families = append(p.Families, Family{Pattern: text("aab:*?", 6)})
		}
		r := p.Router()
		for range 50 {
			key := text("ab:", 7)
			want, got := p.Route(key), r.Of(key)
			if (want == nil) != (got == nil) || want != nil && want.Pattern != got.Pattern {
				g, _ := parseGlob(want.Pattern)
				h, _ := parseGlob(got.Pattern)
				if g.literals() == h.literals() {
					continue // which of two is nobody's promise
				}
				differ++
				t.Errorf("%q: %q, not %q", key, got.Pattern, want.Pattern)
			}
		}
	}
}
