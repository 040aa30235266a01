package cleanup

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"
)

const module = `
-- go.mod --
module example.com/app
-- plain.go --
package app

import "example.com/app/internal/cfstore"

var a = cfstore.GoRedis(nil)
-- renamed_plan9.go --
package app

import store "example.com/app/internal/cfstore"

var b = store.FromGoRedisV8(nil)
-- dot_test.go --
package app

import . "example.com/app/internal/cfstore"

var c = GoRedisCluster(nil)
-- tag/tag.go --
//go:build never

package tag

import redis "github.com/redis/go-redis/v9"
-- name.go --
package app

import cfstore "example.com/other/cfstore"

var GoRedis = cfstore.GoRedis // of another package, and of none
-- mention.go --
package app

// cfstore.GoRedis and github.com/redis/go-redis/v9 in a comment
-- entraid.go --
package app

import _ "github.com/redis/go-redis-entraid"
-- internal/cfstore/bridge.go --
package cfstore

import "github.com/redis/go-redis/v9"
-- testdata/x.go --
package x

import "github.com/redis/go-redis/v9"
-- below/go.mod --
module example.com/below
-- below/x.go --
package x

import "github.com/redis/go-redis/v9"
`

// Uses are seen under every name, system and tag; what only looks like one is none.
func TestUses(t *testing.T) {
	root := t.TempDir()
	for _, f := range txtar.Parse([]byte(module)).Files {
		name := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := uses(&Request{Root: root, Package: "example.com/app/internal/cfstore", Name: "cfstore", Dir: filepath.Join(root, "internal", "cfstore")})
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, got, want map[string][]string) {
		if !maps.EqualFunc(got, want, func(a, b []string) bool { return slices.Equal(a, b) }) {
			t.Errorf("%s: %q, not %q", what, got, want)
		}
	}
	same("bridges", got.bridges, map[string][]string{
		"bridge.go":    {"dot_test.go:5 GoRedisCluster", "plain.go:5 GoRedis"},
		"bridge_v8.go": {"renamed_plan9.go:5 FromGoRedisV8"},
	})
	same("imports", got.imports, map[string][]string{"github.com/redis/go-redis/v9": {"tag/tag.go:5"}})
}
