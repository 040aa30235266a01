package plan

import "github.com/redis2cf/redis2cf/internal/spec"

// Store is where a family's data lives besides the object that orders it.
type Store string

const (
	StoreDO Store = "do" // the Durable Object alone
	StoreKV Store = "kv"
	StoreD1 Store = "d1"
	StoreR2 Store = "r2"
)

// A Family is a set of keys with one meaning, named by a pattern.
type Family struct {
	Pattern     string    // "session:*"
	Name        string    // Go identifier of the view: "Session"; never a name that the facade uses
	Type        spec.Type // Any when only type-blind commands were seen
	Store       Store
	Consistency string   // "primary", "follow" (default), "sync"
	TTL         string   // as seen or set: "24h0m0s", "none", "varies"
	Reason      string   // why this store, one sentence
	Alternative string   // the other store worth a thought, and its price
	Phase       string   // redis, cloudflare, only
	Commands    []string // Redis commands seen, sorted
	Group       string   // placement group
	Client      string   // namespace, when the module has several servers
}

// A Plan is redis2cf.yaml.
type Plan struct {
	Version  int
	Module   string
	Package  string // directory of the generated package, relative to the module: "internal/cfstore"
	Default  string // default store URL; empty: the embedded default
	Families []Family
	Groups   []Group
	Keep     []string // packages left alone
}

// A Group is a set of families that meet in one transaction, script or
// multi-key command and therefore share an object.
type Group struct {
	Name   string
	Shards int
}
