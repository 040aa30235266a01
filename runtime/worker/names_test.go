package worker_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// alike draws a name of few letters and what stands between names.
func alike(rnd *rand.Rand) string {
	const first, rest = "ab", "ab-_0"
	b := []byte{first[rnd.Intn(len(first))]}
	for n := rnd.Intn(4); n > 0; n-- {
		b = append(b, rest[rnd.Intn(len(rest))])
	}
	return string(b)
}

// Namespaces, groups and shards are read from an object's name as they were put into it,
// and two namespaces share no name in KV, whatever their keys are called.
func TestNamesOfNamespacesNeverMeet(t *testing.T) {
	const seed = 1
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewSource(seed))
	spaces := map[string]string{} // the namespace of each name in KV's words
	owners := map[string]string{} // who has a name in KV
	for i := 0; i < 50_000; i++ {
		token := alike(rnd)
		if rnd.Intn(8) == 0 {
			token = worker.DefaultNamespace
		}
		namespace, client := token, ""
		for n := rnd.Intn(3); n > 0; n-- {
			client = alike(rnd)
			namespace += "/" + client
		}
		group, shard := alike(rnd)[1:]+[]string{"", ":" + alike(rnd)}[rnd.Intn(2)], fmt.Sprint(rnd.Intn(3))
		name := worker.ParseObject(namespace + ":" + group + "/" + shard)
		if name.Namespace != namespace || name.Group != group || name.Shard != shard || name.Client() != client {
			t.Fatalf("%s:%s/%s is read as %+v, client %q", namespace, group, shard, name, name.Client())
		}
		if other, known := spaces[name.KV()]; known && other != namespace {
			t.Fatalf("%s and %s are %q in KV", other, namespace, name.KV())
		}
		spaces[name.KV()] = namespace
		// A key that looks like a name of KV, of another namespace most likely.
		key := alike(rnd)
		for n := rnd.Intn(3); n > 0; n-- {
			key = "@" + strings.ReplaceAll(alike(rnd)+[]string{"", "/" + alike(rnd)}[rnd.Intn(2)], "/", ":") + "/" + fmt.Sprint(rnd.Intn(2)) + []string{"/", "#", "/@"}[rnd.Intn(3)] + key
		}
		db := rnd.Intn(2)
		inKV, err := kvprimary.Name(name.KV(), db, key)
		if err != nil {
			t.Fatal(err)
		}
		owner := fmt.Sprintf("%s %d %q", namespace, db, key)
		if other, known := owners[inKV]; known && other != owner {
			t.Fatalf("%s and %s are %q in KV", other, owner, inKV)
		}
		owners[inKV] = owner
	}
}

// The same of the Worker: whatever tokens' namespaces, the parts that clients ask for
// and groups are called, each has an object of its own.
func TestNamesNeverLeadToTheSameObject(t *testing.T) {
	spaces := []string{"a", "a-b", "ab"}
	parts := []string{"", "b", "b-c", "c", "b/c", "a-b/c"}
	groups := []worker.Group{{Name: "", Shards: 1}, {Name: "g", Shards: 1}, {Name: "c:g", Shards: 1}}
	var list []project.Token
	for _, space := range spaces {
		list = append(list, workerdtest.Token("token-"+space, space, true))
	}
	l := workerdtest.Start(t, workerdtest.Options{Plan: worker.Config{Version: 1, Module: "example.com/test", Groups: groups}, Tokens: list})
	names := map[string]bool{}
	for _, space := range spaces {
		for _, part := range parts {
			for _, object := range []string{"/0", "g/0", "c:g/0"} {
				c := workerdtest.Client{URL: l.URL(), Token: "token-" + space, Namespace: part, Object: object}.Connect(t)
				if names[c.Welcome.Name] {
					t.Errorf("%s is found in several ways", c.Welcome.Name)
				}
				names[c.Welcome.Name] = true
				if got := c.Do("INCR", "n"); got.Kind != resp.Int || got.Int != 1 {
					t.Errorf("%s has somebody's key: %s", c.Welcome.Name, show(got))
				}
				c.Close()
			}
		}
	}
	t.Logf("%d objects", len(names))
}
