package conformance

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway" // http: URLs
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

var (
	seedFlag     = flag.Int64("seed", 1, "seed of the random tests")
	commandsFlag = flag.Int("commands", 4000, "commands that each comparison with redis-server sends")
)

// families are a plan for the keys that package difftest makes: each store has some
// of each type that it takes, and some take keys of others' patterns away.
var families = []worker.Family{
	{Pattern: "string:*", Name: "Texts", Type: "string", Store: "kv", Group: "main"},
	{Pattern: "string:4", Name: "Text", Type: "string", Store: "d1", Group: "main"},
	{Pattern: "string:3", Name: "Own", Type: "string", Store: "do", Group: "main"},
	{Pattern: "hash:*", Name: "Users", Type: "hash", Store: "d1", Group: "main"},
	{Pattern: "list:*", Name: "Messages", Type: "list", Store: "d1", Group: "main"},
	{Pattern: "list:2", Name: "Orders", Type: "list", Store: "d1", Consistency: "sync", Group: "main"},
	{Pattern: "list:4", Name: "Jobs", Type: "list", Store: "do", Group: "main"},
	{Pattern: "set:*", Name: "Tags", Type: "set", Store: "d1", Group: "main"},
	{Pattern: "set:1", Name: "Other", Type: "set", Store: "do", Group: "main"},
	{Pattern: "zset:*", Name: "Scores", Type: "zset", Store: "d1", Group: "main"},
	{Pattern: "zset:3", Name: "Ranks", Type: "zset", Store: "d1", Consistency: "sync", Group: "main"},
	{Pattern: "stream:*", Name: "Events", Type: "stream", Store: "d1", Group: "main"},
	{Pattern: "json:*", Name: "Documents", Type: "json", Store: "kv", Group: "main"},
	{Pattern: "json:1", Name: "Document", Type: "json", Store: "d1", Group: "main"},
}

// plan is the Worker's: one object for each namespace.
func plan() worker.Config {
	return worker.Config{
		Version: 1, Module: "example.com/conformance", Families: families,
		Groups: []worker.Group{{Name: "main", Shards: 1}},
	}
}

// A rig is a project on workerd, as redis2cf worker writes it.
type rig struct {
	*project.Local
	t      testing.TB
	state  string
	spaces []string // namespaces that were used
}

func newRig(t testing.TB, plan worker.Config) *rig {
	t.Helper()
	tools := workerdtest.Tools(t)
	dir := filepath.Join(t.TempDir(), "worker")
	if _, err := project.Write(context.Background(), project.WriteOptions{Dir: dir, Config: plan, Engine: workerdtest.Engine(t)}); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, state: filepath.Join(t.TempDir(), "state")}
	r.Local = workerdtest.Run(t, project.Options{Dir: dir, State: r.state, Tools: tools})
	return r
}

// space names an object that nobody has used.
func (r *rig) space() string {
	name := fmt.Sprintf("space%d", len(r.spaces)+1)
	r.spaces = append(r.spaces, name)
	return name
}

// open opens the store of a namespace.
func (r *rig) open(space string, settings ...string) store.Backend {
	r.t.Helper()
	url := r.URL() + "?namespace=" + space
	for _, s := range settings {
		url += "&" + s
	}
	b, err := store.Open(url)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// crash kills workerd and starts it again.
func (r *rig) crash() error {
	if err := r.Kill(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return r.Restart(ctx)
}
