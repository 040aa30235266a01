package object

import (
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// elsewhere is engine.Options.Elsewhere for families in KV alone (consistency: primary):
// the object has none of their keys, and what it were given, nobody would read. Programs
// send it none, since their front knows the plan; but a script may name a key that it
// was not given, and another program may have another plan. nil: there is no such family.
func elsewhere(cfg *worker.Config, object worker.ObjectName) func(command, key string) string {
	var all, primary []kvprimary.Family
	for i := range cfg.Families {
		f := &cfg.Families[i]
		if f.Client != "" && f.Client != object.Client() {
			continue
		}
		family := kvprimary.Family{Pattern: f.Pattern, Name: f.Name, Primary: f.Store == "kv" && f.Consistency == "primary"}
		all = append(all, family)
		if family.Primary {
			primary = append(primary, family)
		}
	}
	if len(primary) == 0 {
		return nil
	}
	families, candidates := kvprimary.NewFamilies(all), kvprimary.NewFamilies(primary)
	return func(command, key string) string {
		if _, ok := candidates.Of(key); !ok {
			return "" // as most keys
		}
		if f, _ := families.Of(key); f.Primary {
			return kvprimary.NotHere(command, f)
		}
		return ""
	}
}
