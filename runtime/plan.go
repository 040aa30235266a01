package runtime

import (
	"fmt"
	"sort"
	"sync"
)

// A Plan is what a generated package says of its module: where the module's
// data lives when nobody names a store, and which key families it has. The
// generated package registers it once, in a package variable:
//
//	var plan = runtime.RegisterPlan(runtime.Plan{ … })
//
//	func NewClient(opt *runtime.Options) *runtime.Client { return plan.NewClient(opt) }
type Plan struct {
	Module   string          // module path of the program
	Package  string          // import path of the generated package
	Default  string          // store URL used when neither the environment nor the options name one; may be empty
	Families []Family        // in the order of redis2cf.yaml
	Clients  []PlannedClient // the first that matches counts
}

// A Family is a set of keys with one meaning, named by a pattern.
type Family struct {
	Pattern     string // Redis glob: "session:*"
	Name        string // the view's name in the generated package: "Session"
	Type        string // "string", "hash", "list", "set", "zset", "stream", "hyperloglog", "json", "any"
	Store       string // "do", "kv", "d1", "r2"
	Consistency string // "primary", "follow", "sync"; empty is "follow"
	TTL         string // as planned: "24h0m0s", "none", "varies"; for people
	Group       string // placement group; empty is the module's only one
	Client      string // namespace that the family is in, when the module talks to several servers
	Phase       string // "redis", "cloudflare", "only"; empty is "only"
}

// A RegisteredPlan is a plan that this process knows. Its constructors are
// go-redis's, with the plan's default store and families behind them.
type RegisteredPlan struct {
	plan      Plan
	explicit  bool // the namespace was asked for by name
	namespace string
}

// Plan returns what was registered.
func (p *RegisteredPlan) Plan() Plan {
	if p == nil {
		return Plan{}
	}
	return p.plan
}

// NewClient is go-redis's NewClient over the plan's store.
func (p *RegisteredPlan) NewClient(opt *Options) *Client { return newClient(p, opt) }

// NewClusterClient is go-redis's NewClusterClient over the plan's store.
func (p *RegisteredPlan) NewClusterClient(opt *ClusterOptions) *ClusterClient {
	return newClusterClient(p, opt)
}

// NewFailoverClient is go-redis's NewFailoverClient over the plan's store.
func (p *RegisteredPlan) NewFailoverClient(opt *FailoverOptions) *Client {
	return newFailoverClient(p, opt)
}

// NewFailoverClusterClient is go-redis's NewFailoverClusterClient over the plan's store.
func (p *RegisteredPlan) NewFailoverClusterClient(opt *FailoverOptions) *ClusterClient {
	return newFailoverClusterClient(p, opt)
}

// NewUniversalClient is go-redis's NewUniversalClient over the plan's store.
func (p *RegisteredPlan) NewUniversalClient(opts *UniversalOptions) UniversalClient {
	return newUniversalClient(p, opts)
}

// NewRing is go-redis's NewRing over the plan's store.
func (p *RegisteredPlan) NewRing(opt *RingOptions) *Ring { return newRing(p, opt) }

// plans holds what was registered in this process. Several migrated modules
// may be linked into one program; the data of a pattern can only live in one
// place, so a contradiction ends the start and not some later write.
var plans struct {
	sync.Mutex
	list   []*RegisteredPlan
	byGlob map[string]placed
	byAddr map[string]placed
}

// placed is where a package put something first.
type placed struct {
	where string // the store, or the namespace
	pkg   string
}

// RegisterPlan makes a plan known to the process. It panics when another
// package has registered the same pattern of the same client with another
// store, or has put clients of the same address into another namespace.
func RegisterPlan(p Plan) *RegisteredPlan {
	plans.Lock()
	defer plans.Unlock()
	if plans.byGlob == nil {
		plans.byGlob = make(map[string]placed)
		plans.byAddr = make(map[string]placed)
	}
	for _, c := range p.Clients {
		old, ok := plans.byAddr[c.Addr]
		if ok && old.where != c.Namespace {
			panic(fmt.Sprintf("redis2cf: clients of %q are planned for the namespace %q by %s and for %q by %s; "+
				"give them one in both redis2cf.yaml files and run redis2cf generate",
				c.Addr, old.where, old.pkg, c.Namespace, p.Package))
		}
		if !ok {
			plans.byAddr[c.Addr] = placed{where: c.Namespace, pkg: p.Package}
		}
	}
	for _, f := range p.Families {
		key := f.Client + "\x00" + f.Pattern
		old, ok := plans.byGlob[key]
		if ok && old.where != f.Store {
			panic(fmt.Sprintf("redis2cf: the key family %q is planned with the store %q by %s and with %q by %s; "+
				"give it one store in both redis2cf.yaml files and run redis2cf generate",
				f.Pattern, old.where, old.pkg, f.Store, p.Package))
		}
		if !ok {
			plans.byGlob[key] = placed{where: f.Store, pkg: p.Package}
		}
	}
	r := &RegisteredPlan{plan: p}
	plans.list = append(plans.list, r)
	return r
}

// Plans lists the plans of this process by the package that registered them.
func Plans() []Plan {
	plans.Lock()
	defer plans.Unlock()
	out := make([]Plan, 0, len(plans.list))
	for _, r := range plans.list {
		out = append(out, r.plan)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Package < out[j].Package })
	return out
}
