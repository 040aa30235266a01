package runtime

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// StoreVariable is the environment variable that names the store of a process.
const StoreVariable = "CFSTORE_URL"

// ErrNoStore is the error of every command of a client whose data could be
// anywhere: the program was written for a server on another machine, and no
// store was named that would take its place. A local file would not do, because
// two replicas of the program would then have two.
var ErrNoStore = errors.New("redis2cf: no store is named; set " + StoreVariable +
	" to the store's URL (https://…workers.dev for a deployed Worker, file:path/to.db for one process on this machine, memory:// for nothing that lasts)")

// underTest is replaced by tests of what happens outside of go test.
var underTest = testing.Testing

// target is where a client's commands would have gone, and what its plan says.
type target struct {
	given   store.Backend // open already, see ClientOver; what follows says nothing then
	plan    *RegisteredPlan
	addrs   []string // as given; the first names the server, or a Sentinel
	network string
	master  string // the name that Sentinels know the server by
	ring    bool   // the addresses are shards
	remote  string // why no local file may stand in: "Sentinel", "Cluster", "TLS"; empty: by address
}

// open opens the client's store. The order is that of DESIGN.md, section 5: what
// is nearest to the running process decides.
func (t target) open() (store.Backend, error) {
	if t.given != nil {
		return lent{t.given}, nil
	}
	if t.ring && t.split() {
		return nil, t.severalStores()
	}
	for _, addr := range t.addrs {
		if b, ok := store.Local(addr); ok {
			space, _ := t.place()
			return b, t.usePlan(b, space)
		}
	}
	if err := t.unreachable(); err != nil {
		return nil, err
	}
	rawURL, named, err := t.url()
	if err != nil {
		return nil, err
	}
	space, said := "", false
	if named || t.plan != nil && t.plan.explicit {
		// Without a store's name the address has told servers apart already.
		space, said = t.place()
	}
	if rawURL, err = store.Namespace(rawURL, space); err != nil {
		return nil, fmt.Errorf("redis2cf: %w", err)
	}
	b, err := store.Open(rawURL)
	if err != nil {
		return nil, fmt.Errorf("redis2cf: %w", err)
	}
	if named && !said {
		leave, err := occupy(b.URL(), t.names())
		if err != nil {
			_ = b.Close()
			return nil, err
		}
		b = occupied{b, leave}
	}
	if err := t.defineViews(b, space); err != nil {
		_ = b.Close()
		return nil, err
	}
	if err := t.usePlan(b, space); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// unreachable is the error of a client all of whose addresses are ones that no
// server can have: whoever writes "localhost:1" wants to see it fail, and a store
// would answer at any address.
func (t target) unreachable() (err error) {
	if t.network == "unix" {
		return nil
	}
	for _, addr := range t.addrs {
		if isStoreURL(addr) {
			return nil
		}
		if err = store.Unreachable(addr); err == nil {
			return nil
		}
	}
	return err
}

// url is the URL of the store when no server of this process has the address.
// named says that it is the same whatever the address is.
func (t target) url() (rawURL string, named bool, err error) {
	if u := os.Getenv(StoreVariable); u != "" {
		return u, true, nil
	}
	for _, addr := range t.addrs {
		if isStoreURL(addr) {
			return addr, false, nil
		}
	}
	if d := t.plan.Plan().Default; d != "" {
		return d, true, nil
	}
	if underTest() {
		// Every process of go test has its own data: packages run side by side.
		return "memory://" + url.PathEscape(t.ownName()), false, nil
	}
	if t.remote != "" {
		return "", false, fmt.Errorf("%w: the client uses %s", ErrNoStore, t.remote)
	}
	if !t.loopback() {
		return "", false, fmt.Errorf("%w: the client was made for %s", ErrNoStore, t.first())
	}
	path := t.file()
	logOnce(path, "no store is named, so the data of %s is kept in %s in the working directory; set %s to keep it elsewhere",
		t.first(), path, StoreVariable)
	return "file:" + path, false, nil
}

// occupied is a store with a note of whose data it has.
type occupied struct {
	store.Backend
	leave func()
}

// Close ends this use of the store.
func (b occupied) Close() error {
	b.leave()
	return b.Backend.Close()
}

// Unwrap is the store itself.
func (b occupied) Unwrap() store.Backend { return b.Backend }

// DefineViews passes views on to the store.
func (b occupied) DefineViews(views []store.View) error {
	if v, ok := b.Backend.(store.Viewer); ok {
		return v.DefineViews(views)
	}
	return nil
}

// UsePlan passes families on to the store.
func (b occupied) UsePlan(families []store.Family) error {
	if p, ok := b.Backend.(store.Planned); ok {
		return p.UsePlan(families)
	}
	return nil
}

func (t target) first() string {
	if len(t.addrs) == 0 || t.addrs[0] == "" {
		return "localhost:6379"
	}
	return t.addrs[0]
}

// isStoreURL tells a store's URL from a host with a port.
func isStoreURL(addr string) bool {
	if strings.HasPrefix(addr, "file:") {
		// A host may be called file, with a port of digits.
		_, port, err := net.SplitHostPort(addr)
		return err != nil || strings.Trim(port, "0123456789") != ""
	}
	return strings.Contains(addr, "://")
}

// loopback reports whether the original server ran on this machine.
func (t target) loopback() bool {
	if t.network == "unix" || strings.HasPrefix(t.first(), "/") {
		return true
	}
	host, _, err := net.SplitHostPort(t.first())
	if err != nil {
		host = t.first()
	}
	return store.Loopback(strings.Trim(host, "[]"))
}

// ownName names the data of the original server where no store is named: two
// servers are two sets of data. The names of this machine are one.
func (t target) ownName() string {
	if t.master != "" {
		return "sentinel-" + t.master
	}
	addr := t.first()
	host, port, err := net.SplitHostPort(addr)
	switch {
	case t.network == "unix" || strings.HasPrefix(addr, "/"):
		return "unix-" + strings.Trim(strings.ReplaceAll(filepath.Clean(addr), "/", "-"), "-")
	case err != nil:
		host, port = addr, "6379"
	}
	if t.loopback() {
		host = "localhost"
	}
	return strings.ToLower(host) + "-" + port
}

// file is the database file of a server of this machine. Redis's own port has
// the plain name, others carry theirs.
func (t target) file() string {
	ns := t.ownName()
	if ns == "localhost-6379" {
		return "cfstore.db"
	}
	return "cfstore-" + strings.TrimPrefix(ns, "localhost-") + ".db"
}

// defineViews shows the plan's families in a namespace to people who open the
// store's tables. A family that says no namespace may be in any.
func (t target) defineViews(b store.Backend, space string) error {
	v, ok := b.(store.Viewer)
	families := t.plan.Plan().Families
	if !ok || len(families) == 0 {
		return nil
	}
	views := make([]store.View, 0, len(families))
	for _, f := range families {
		if f.Type != "any" && f.Type != "" && f.Name != "" && (f.Client == "" || f.Client == space) {
			views = append(views, store.View{Name: f.Name, Pattern: f.Pattern, Type: f.Type})
		}
	}
	if err := v.DefineViews(views); err != nil {
		return fmt.Errorf("redis2cf: showing the plan's families in %s: %w", b.URL(), err)
	}
	return nil
}

// usePlan tells the store which of the plan's families are in a namespace, if it serves
// some in another way than the rest.
func (t target) usePlan(b store.Backend, space string) error {
	p, ok := b.(store.Planned)
	planned := t.plan.Plan().Families
	if !ok || len(planned) == 0 {
		return nil
	}
	families := make([]store.Family, 0, len(planned))
	for _, f := range planned {
		if f.Client == "" || f.Client == space {
			families = append(families, store.Family{Pattern: f.Pattern, Name: f.Name, Type: f.Type, Store: f.Store, Consistency: f.Consistency})
		}
	}
	if err := p.UsePlan(families); err != nil {
		return fmt.Errorf("redis2cf: telling %s the plan's families: %w", b.URL(), err)
	}
	return nil
}

// logged holds what was said already: one line, not one for each client.
var logged sync.Map

func logOnce(key, format string, args ...interface{}) {
	if _, said := logged.LoadOrStore(key, true); !said {
		logger().Printf(background, format, args...)
	}
}
