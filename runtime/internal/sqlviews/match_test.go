package sqlviews

import (
	"database/sql"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// Both scopes show the same keys, whatever stands in the pattern.
func TestBothScopesMatchTheSameKeys(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys := []string{"", "a", "a:", "a:1", "a:12", "a;", "b:a:1", "a:*", "a:[x]", "a:x", `a:\`, "a'b", "\xff", "\xff\xff:1", "a:1:z"}
	shown := 0
	for _, pattern := range []string{"*", "a:*", "a:?", "a", "", "*:1", `a:\*`, `a:\[x\]`, "a:[x1]", "a'*", "\xff*", "\xff\xff*", "a:*:z", "?:*"} {
		for _, key := range keys {
			var hits [2]bool
			for i, s := range []Scope{File, D1} {
				cond, ok := s.Matches(pattern)
				if !ok {
					t.Fatalf("%q has no condition", pattern)
				}
				if err := db.QueryRow("SELECT "+cond+" FROM (SELECT ? AS key) k", []byte(key)).Scan(&hits[i]); err != nil {
					if cond == "" && s == D1 { // every key
						hits[i] = true
						continue
					}
					t.Fatalf("%q: %v", pattern, err)
				}
			}
			if hits[0] != hits[1] {
				t.Errorf("key %q of the pattern %q: a file shows it %v, D1 %v", key, pattern, hits[0], hits[1])
			}
			if hits[1] {
				shown++
			}
		}
	}
	if shown == 0 {
		t.Error("no key was shown")
	}
}

func TestLongPatternsFitD1sGlob(t *testing.T) {
	long := strings.Repeat("namespace:", 10)
	for pattern, want := range map[string]bool{long + "*": true, long + "*:x": true, long: true, "*" + long: false} {
		if cond, ok := D1.Matches(pattern); ok != want || ok && strings.Contains(cond, "GLOB '*"+long) {
			t.Errorf("%q: %v, want %v", pattern, ok, want)
		}
	}
}
