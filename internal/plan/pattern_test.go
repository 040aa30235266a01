package plan

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/spec"
)

func mustGlob(t *testing.T, s string) glob {
	t.Helper()
	g, err := parseGlob(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestPatternRelations(t *testing.T) {
	tests := []struct {
		a, b                   string
		contains, back, shares bool
	}{
		{"user:*", "user:*:followers", true, false, true},
		{"user:*", "user:42", true, false, true},
		{"user:*", "users:*", false, false, false},
		{"user:*", "user:*", true, true, true},
		{"a:*:x", "a:b:*", false, false, true},
		{"*:pending", "asynq:*", false, false, true},
		{"a?c", "abc", true, false, true},
		{"a?c", "a*c", false, true, true},
		{"a*", "b*", false, false, false},
		{`a\*`, "a*", false, true, true},
		{"*", "", true, false, true},
	}
	for _, tt := range tests {
		a := mustGlob(t, tt.a)
		var b glob
		if tt.b != "" {
			b = mustGlob(t, tt.b)
		}
		if got := a.contains(b); got != tt.contains {
			t.Errorf("%q contains %q: %v", tt.a, tt.b, got)
		}
		if got := b.contains(a); got != tt.back {
			t.Errorf("%q contains %q: %v", tt.b, tt.a, got)
		}
		if got := a.overlaps(b); got != tt.shares {
			t.Errorf("%q overlaps %q: %v", tt.a, tt.b, got)
		}
		if got := b.overlaps(a); got != tt.shares {
			t.Errorf("%q overlaps %q: %v", tt.b, tt.a, got)
		}
	}
}

// Every key of two letters up to five bytes is asked, so that the answers are
// those of the sets themselves.
func TestPatternRelationsAgainstKeys(t *testing.T) {
	var all []string
	layer := []string{""}
	for range 6 {
		all = append(all, layer...)
		var next []string
		for _, s := range layer {
			next = append(next, s+"a", s+"b", s+"c")
		}
		layer = next
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	letters := "aab*?"
	random := func() string {
		n := 1 + rnd.IntN(4)
		var b strings.Builder
		for range n {
			b.WriteByte(letters[rnd.IntN(len(letters))])
		}
		return b.String()
	}
	for range 300 {
		sa, sb := random(), random()
		a, b := mustGlob(t, sa), mustGlob(t, sb)
		within, shared := true, false
		for _, key := range all {
			ka, kb := a.match(key), b.match(key)
			within = within && (!kb || ka)
			shared = shared || ka && kb
		}
		if got := a.contains(b); got != within && !(got == false && strings.Contains(sa, "?")) {
			// "*?" holds what "?*" holds; the answer may be no only there.
			t.Errorf("%q contains %q: %v, its keys say %v", sa, sb, got, within)
		}
		if got := a.overlaps(b); got != shared {
			t.Errorf("%q overlaps %q: %v, their keys say %v", sa, sb, got, shared)
		}
	}
}

func TestPatternErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"":       "empty",
		"a[bc]*": "character class",
		`a\`:     "escapes nothing",
	} {
		if _, err := parseGlob(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	g, err := parseSeen("a[1]*")
	if err != nil || g.String() != `a\[1]*` {
		t.Errorf("a bracket in a key seen in code: %q, %v", g, err)
	}
}

func TestSwallows(t *testing.T) {
	for _, tt := range []struct {
		wide, narrow string
		want         bool
	}{
		{"*\x00*", "*\x00*m", true},
		{"user:*", "user:*:followers", false},
		{"user:*", "user:m*", true},
		{"user:*", "user:42", false},
		{"a*", "a*", false},
	} {
		if got := mustGlob(t, tt.wide).swallows(mustGlob(t, tt.narrow)); got != tt.want {
			t.Errorf("%q swallows %q: %v", tt.wide, tt.narrow, got)
		}
	}
}

func TestNames(t *testing.T) {
	for pattern, want := range map[string]string{
		"session:*":           "Session",
		"messages:*":          "Messages",
		"user:*:followers":    "UserFollowers",
		"asynq:{*}:t:*":       "AsynqT",
		"{rc:ratelimit:*}:ts": "RcRatelimitTs",
		"user_group:*":        "UserGroup",
		"rateLimit:*":         "RateLimit",
		"v1:2:*":              "V1N2",
		"2fa:*":               "K2fa",
		"*\x00*":              "SortedSetKeys",
		"会话:*":                "K会话",
		"caf\xe9:*":           "SortedSetKeys",
		"a:b:c:d:e:f:g:*":     "ABEFG",
		"{chat:slots}:*":      "ChatSlots",
	} {
		if got := nameFor(mustGlob(t, pattern), spec.ZSet); got != want {
			t.Errorf("%q: %s, want %s", pattern, got, want)
		}
		if got := nameFor(mustGlob(t, pattern), spec.ZSet); !validName(got) {
			t.Errorf("%q: %s is no exported identifier", pattern, got)
		}
	}
}
