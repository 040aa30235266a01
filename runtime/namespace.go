package runtime

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// ErrTwoServers is the error of every command of a client that was written for
// another server than the clients whose data the store already has. A store that
// is named from outside, by CFSTORE_URL or the plan, stands for one server,
// whatever its address: only so does a program find its data again when a host is
// renamed. Two servers in one store would overwrite each other's keys, and FLUSHDB
// would empty both, so somebody has to say what they are: under clients in
// redis2cf.yaml, by address, or in the code with the generated package's
// Namespace("name").NewClient. Namespace("") says that it is the store's own data.
var ErrTwoServers = errors.New("redis2cf: two servers, one store")

// A PlannedClient says what the data of clients is that were written for a server.
type PlannedClient struct {
	Addr      string // with * for any bytes: "queue*:6379", "unix:/run/redis.sock", "master:jobs@*" of Sentinel
	Namespace string // "" is the store itself
}

// matches tells whether an address is of the client's pattern.
func (c *PlannedClient) matches(name string) bool {
	parts := strings.Split(c.Addr, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	for i := 1; i < len(parts) && ok; i++ {
		if i == len(parts)-1 {
			return strings.HasSuffix(rest, parts[i])
		}
		_, rest, ok = strings.Cut(rest, parts[i])
	}
	return ok && rest == ""
}

// Namespace returns constructors whose clients have their data in a namespace of
// the store: databases, scripts and channels of their own. The namespace "" is the
// store itself. What the plan and the client's address say does not count then.
func (p *RegisteredPlan) Namespace(name string) *RegisteredPlan {
	r := &RegisteredPlan{explicit: true, namespace: name}
	if p != nil {
		r.plan = p.plan
	}
	return r
}

// names are the addresses of the original server, each in one spelling: two
// targets that share one were made for the same server. A Sentinel's master has
// its name at each Sentinel: mymaster is what most of them are called.
func (t target) names() []string {
	names := make([]string, 0, max(len(t.addrs), 1))
	for _, addr := range t.addrs {
		name := spelled(addr, t.network)
		if t.master != "" {
			name = "master:" + t.master + "@" + name
		}
		names = append(names, name)
	}
	switch {
	case len(names) > 0:
	case t.master != "":
		names = append(names, "master:"+t.master)
	default:
		names = append(names, spelled("", t.network))
	}
	sort.Strings(names)
	return names
}

// spelled gives an address the spelling that all its spellings have in common.
func spelled(addr, network string) string {
	if isStoreURL(addr) {
		return addr
	}
	return store.ServerName(network, addr)
}

// place says which namespace of a store named from outside the target's data is
// in, and whether somebody said so.
func (t target) place() (namespace string, said bool) {
	if t.plan != nil && t.plan.explicit {
		return t.plan.namespace, true
	}
	clients := t.plan.Plan().Clients
	for i := range clients {
		c := &clients[i]
		for _, name := range t.names() {
			if c.matches(name) {
				return c.Namespace, true
			}
		}
	}
	return "", false
}

// servers knows, of each store that is named from outside, which server its data
// was once on.
var servers = struct {
	sync.Mutex
	of map[string]*occupant // by the store's URL
}{of: map[string]*occupant{}}

// occupant is the server whose clients use a store.
type occupant struct {
	names map[string]bool
	users int
}

// occupy says that a client of a server uses a store. leave takes it back: when
// the last one is gone, a client of another server may come, which is how a
// program moves from one host to another while it runs.
func occupy(url string, names []string) (leave func(), err error) {
	servers.Lock()
	defer servers.Unlock()
	o := servers.of[url]
	if o == nil {
		o = &occupant{names: map[string]bool{}}
		servers.of[url] = o
	}
	known := o.users == 0
	for _, name := range names {
		known = known || o.names[name]
	}
	if !known {
		return nil, fmt.Errorf("%w: clients of %s keep their data in %s, and so would a client of %s; "+
			"if they are one server, or it is to have a namespace, say so under clients in redis2cf.yaml and run redis2cf generate, "+
			"or make the client with the generated package's Namespace(name).NewClient",
			ErrTwoServers, sorted(o.names), url, strings.Join(names, ", "))
	}
	for _, name := range names {
		o.names[name] = true
	}
	o.users++
	return func() {
		servers.Lock()
		defer servers.Unlock()
		if o.users--; o.users == 0 {
			delete(servers.of, url)
		}
	}, nil
}

func sorted(set map[string]bool) string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
