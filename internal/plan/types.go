package plan

import (
	"go/token"

	"github.com/redis2cf/redis2cf/internal/spec"
)

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
	Client      string   // namespace that the family is in, when the module has several servers

	// What Build saw; never written to the file.
	Sites    int      // sites whose keys may be of this family; 0 for a family of the file that is no longer seen
	TestOnly bool     // every one of those sites is in a test file
	Meets    []string // names of the families that it shares a transaction, script or multi-key command with, sorted
}

// IsDefault tells whether the family holds the keys that no other pattern
// takes. It has no view.
func (f *Family) IsDefault() bool { return f.Pattern == DefaultPattern }

// DefaultPattern is the pattern of the default family.
const DefaultPattern = "*"

// A Plan is redis2cf.yaml.
type Plan struct {
	Version  int
	Module   string
	Package  string // directory of the generated package, relative to the module: "internal/cfstore"
	Default  string // default store URL; empty: the embedded default
	API      string // what becomes of go-redis's types in exported signatures: APISwap or APIKeep; empty is APISwap
	Families []Family
	Groups   []Group
	Clients  []Client // by the server that they were written for; the first that matches counts
	Keep     []string // packages left alone
}

// KeepsAPI tells whether exported signatures keep go-redis's types.
func (p *Plan) KeepsAPI() bool { return p.API == APIKeep }

// A Client says where the data of clients is that were written for one of several
// servers.
type Client struct {
	Addr      string // with * for any bytes: "queue*:6379", "unix:/run/redis.sock", "master:jobs@*"
	Namespace string // of the store; empty is the store itself
}

// A Group is a set of families that meet in one transaction, script or
// multi-key command and therefore share an object.
type Group struct {
	Name   string
	Shards int
}

// A Problem is something about the plan that a person should look at. It never
// stops a run unless Fatal is set.
type Problem struct {
	Code    string // FAMILY_CONFLICT and kin, see spec.Codes
	Family  string // pattern
	Message string
	Pos     []token.Position // the sites concerned, the deciding one first
	Fatal   bool             // the plan asks for what cannot be kept: nothing is written
}
