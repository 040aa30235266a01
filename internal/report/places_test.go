package report

import (
	"testing"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

func TestPlacesAreTheStoresOwnNames(t *testing.T) {
	for _, c := range []struct {
		f    plan.Family
		want []Place
	}{
		{plan.Family{Pattern: "order:*", Name: "Order", Type: spec.Hash, Store: plan.StoreDO}, []Place{
			{"object", "", "redis2cf serve $CFSTORE_URL, then redis-cli with any command"},
			{"file", "Order", `sqlite3 cfstore.db 'SELECT * FROM "Order" LIMIT 10'`},
		}},
		// The tables have a view of that name.
		{plan.Family{Pattern: "lists:*", Name: "Lists", Type: spec.List, Store: plan.StoreD1}, []Place{
			{"object", "", "redis2cf serve $CFSTORE_URL, then redis-cli with any command"},
			{"file", "family_Lists", `sqlite3 cfstore.db 'SELECT * FROM "family_Lists" LIMIT 10'`},
			{"d1", "family_Lists", `npx wrangler d1 execute REDIS2CF_D1 --remote --command 'SELECT * FROM "family_Lists" LIMIT 10'`},
		}},
		{plan.Family{Pattern: `it's[ab]?\*:*`, Name: "It", Type: spec.String, Store: plan.StoreKV, Consistency: plan.Primary, Client: "queue"}, []Place{
			{"file", "It", `sqlite3 cfstore.db 'SELECT * FROM "It" LIMIT 10'`},
			{"kv", "@main:queue/0/it'sa4*:42", `npx wrangler kv key get '@main:queue/0/it'\''sa4*:42' --binding REDIS2CF_KV --remote`},
		}},
		{plan.Family{Pattern: "*", Name: "Default", Type: spec.Any, Store: plan.StoreDO}, []Place{
			{"object", "", "redis2cf serve $CFSTORE_URL, then redis-cli with any command"},
		}},
	} {
		got := placesOf(&c.f)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", c.f.Pattern, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s:\n got %+v\nwant %+v", c.f.Pattern, got[i], c.want[i])
			}
		}
	}
}

func TestSampleKeysOfOddPatterns(t *testing.T) {
	for pattern, want := range map[string]string{"a:*": "a:42", "[^x]": "x", "[": "[", "[]a": "[]a", `a\`: `a\`, "[^]": "[^]", "": ""} {
		if got := sampleKey(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}
