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
	addrs   []string // as given; the first names the server
	network string
	remote  string // why no local file may stand in: "Sentinel", "Cluster", "TLS"; empty: by address
}

// open opens the client's store. The order is that of DESIGN.md, section 5: what
// is nearest to the running process decides.
func (t target) open() (store.Backend, error) {
	if t.given != nil {
		return lent{t.given}, nil
	}
	for _, addr := range t.addrs {
		if b, ok := store.Local(addr); ok {
			return b, nil
		}
	}
	rawURL, err := t.url()
	if err != nil {
		return nil, err
	}
	b, err := store.Open(rawURL)
	if err != nil {
		return nil, fmt.Errorf("redis2cf: %w", err)
	}
	if err := t.defineViews(b); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// url is the URL of the store when no server of this process has the address.
func (t target) url() (string, error) {
	if u := os.Getenv(StoreVariable); u != "" {
		return u, nil
	}
	for _, addr := range t.addrs {
		if isStoreURL(addr) {
			return addr, nil
		}
	}
	if d := t.plan.Plan().Default; d != "" {
		return d, nil
	}
	if underTest() {
		// Every process of go test has its own data: packages run side by side.
		return "memory://" + url.PathEscape(t.namespace()), nil
	}
	if t.remote != "" {
		return "", fmt.Errorf("%w: the client uses %s", ErrNoStore, t.remote)
	}
	if !t.loopback() {
		return "", fmt.Errorf("%w: the client was made for %s", ErrNoStore, t.first())
	}
	path := t.file()
	logOnce(path, "no store is named, so the data of %s is kept in %s in the working directory; set %s to keep it elsewhere",
		t.first(), path, StoreVariable)
	return "file:" + path, nil
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
	if host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// namespace names the original server: two servers are two sets of data. The
// names of this machine are one.
func (t target) namespace() string {
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
	ns := t.namespace()
	if ns == "localhost-6379" {
		return "cfstore.db"
	}
	return "cfstore-" + strings.TrimPrefix(ns, "localhost-") + ".db"
}

// defineViews shows the plan's families to people who open the store's tables.
func (t target) defineViews(b store.Backend) error {
	v, ok := b.(store.Viewer)
	families := t.plan.Plan().Families
	if !ok || len(families) == 0 {
		return nil
	}
	views := make([]store.View, 0, len(families))
	for _, f := range families {
		if f.Type != "any" && f.Type != "" && f.Name != "" {
			views = append(views, store.View{Name: f.Name, Pattern: f.Pattern, Type: f.Type})
		}
	}
	if err := v.DefineViews(views); err != nil {
		return fmt.Errorf("redis2cf: showing the plan's families in %s: %w", b.URL(), err)
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
