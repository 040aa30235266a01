package load

import (
	"context"
	"testing"
)

const keyLayers = goMod + `
-- store/store.go --
package store

import (
	"context"

	"example.com/m/config"
	"example.com/m/keys"
	"github.com/redis/go-redis/v9"
)

func Get(ctx context.Context, rdb *redis.Client) string {
	_ = config.Port()
	return rdb.Get(ctx, keys.Session("a")).Val()
}
-- keys/keys.go --
package keys

import "example.com/m/prefix"

func Session(id string) string { return prefix.Of("session") + id }
-- prefix/prefix.go --
package prefix

func Of(name string) string { return name + ":" }
-- config/config.go --
package config

func Port() int { return 6379 }
`

func TestPackagesThatBuildKeysAreLoaded(t *testing.T) {
	dir, env := write(t, keyLayers)
	p, err := Load(context.Background(), Config{Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"store": true, "keys": true, "prefix": true, "config": false} {
		if got := p.Lookup("example.com/m/"+path) != nil; got != want {
			t.Errorf("%s loaded: %v, want %v", path, got, want)
		}
	}
	sites := p.Analyze().Sites
	if len(sites) != 1 || len(sites[0].Keys) != 1 || len(sites[0].Keys[0].Patterns) != 1 || sites[0].Keys[0].Patterns[0] != "session:a" {
		t.Errorf("sites = %+v", sites)
	}
}
