package report

import (
	"fmt"
	"path"
	"strings"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// storesAre says what the stores mean that the families have.
func storesAre(families []Family) string {
	used := map[string]bool{}
	for i := range families {
		used[families[i].where()] = true
	}
	text := "do is a Durable Object, which keeps the rows and orders every command"
	var copies []string
	for _, s := range []struct{ store, text string }{
		{string(plan.StoreD1), "d1 the same with a copy in D1, for SQL"},
		{string(plan.StoreD1) + " " + plan.Sync, "d1 sync a copy in D1 that each write waits for"},
		{string(plan.StoreKV), "kv the same with a copy in KV, for readers at the edge"},
		{string(plan.StoreR2), "r2 the same with large values in R2"},
		{string(plan.StoreKV) + " " + plan.Primary, "kv primary is KV alone"},
	} {
		if used[s.store] {
			copies = append(copies, s.text)
		}
	}
	return strings.Join(append([]string{text}, copies...), "; ") + "."
}

// viewIs says what a view is, by one of the module's own; "" where no family has one.
func (r *Report) viewIs() string {
	for i := range r.Families {
		if f := &r.Families[i]; f.Type != string(spec.Any) {
			return fmt.Sprintf("A view is what %s.%s(rdb) gives: the commands of the family's type and no others, so that the compiler checks the calls.", path.Base(r.Package), f.Name)
		}
	}
	return ""
}
