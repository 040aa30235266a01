package kvfront

import (
	"sync"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A Plan collects the families of the plans that a process registers. The zero value
// knows none.
type Plan struct {
	mu       sync.Mutex
	known    []kvprimary.Family
	families *kvprimary.Families
}

// Add adds families. Of two with one pattern the first counts.
func (p *Plan) Add(families []store.Family) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range families {
		have := false
		for _, old := range p.known {
			have = have || old.Pattern == f.Pattern
		}
		if !have {
			p.known = append(p.known, kvprimary.Family{Pattern: f.Pattern, Name: f.Name, Primary: f.Store == "kv" && f.Consistency == "primary"})
		}
	}
	p.families = kvprimary.NewFamilies(p.known)
}

// Families are those that are known; nil: no plan was added.
func (p *Plan) Families() *kvprimary.Families {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.families
}
