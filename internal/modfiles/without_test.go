package modfiles

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A module is unwanted with those below its path, and never one whose name only begins so.
func TestWithoutIsByPath(t *testing.T) {
	s := &settler{req: Request{Without: []string{"github.com/redis/go-redis"}}}
	for path, want := range map[string]bool{
		"github.com/redis/go-redis/v9":                 true,
		"github.com/redis/go-redis/extra/redisotel/v9": true,
		"github.com/redis/go-redis":                    true,
		"github.com/redis/go-redis-entraid":            false,
		"github.com/redis/rueidis":                     false,
	} {
		if got := s.unwanted(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// Of the sums only those go that a tidy go.sum lacks, and of them only what was asked for.
func TestSumsGoWithTheirModules(t *testing.T) {
	dir := t.TempDir()
	s := &settler{tmp: dir, req: Request{Without: []string{"example.com/redis"}}}
	tidied := filepath.Join(dir, "tidy.sum")
	for name, text := range map[string]string{
		filepath.Join(dir, "go.sum"): "example.com/came v1.0.0 h1:a=\n" +
			"example.com/other v1.0.0 h1:b=\n" +
			"example.com/redis/v9 v9.0.0 h1:c=\n" +
			"example.com/redis/v9 v9.0.0/go.mod h1:d=\n" +
			RuntimePath + " v1.0.0 h1:e=\n" +
			RuntimePath + "/dual v1.0.0 h1:f=\n",
		tidied: "example.com/redis/v9 v9.0.0/go.mod h1:d=\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sumsWithout(tidied, map[string]bool{"example.com/came": true}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	want := "example.com/other v1.0.0 h1:b=\nexample.com/redis/v9 v9.0.0/go.mod h1:d=\n" + RuntimePath + " v1.0.0 h1:e=\n"
	if err != nil || string(got) != want {
		t.Errorf("%v, go.sum is now\n%s", err, got)
	}
}

// The chain is go mod why's packages, and no chain where nothing needs the module.
func TestChain(t *testing.T) {
	if got := chain("# example.com/redis\nexample.com/app\nexample.com/lock\nexample.com/redis\n"); !slices.Equal(got, []string{"example.com/app", "example.com/lock", "example.com/redis"}) {
		t.Errorf("%q", got)
	}
	if got := chain("# example.com/redis\n(main module does not need module example.com/redis)\n"); got != nil {
		t.Errorf("%q", got)
	}
}

// What one module of the runtime stands on is required with it.
func TestUsersOfAModuleOfTheRuntime(t *testing.T) {
	if got := usersOf("goredis"); !slices.Equal(got, []string{RuntimePath + "/goredis", RuntimePath + "/dual"}) {
		t.Errorf("goredis: %q", got)
	}
	if got := usersOf("dual"); !slices.Equal(got, []string{RuntimePath + "/dual"}) {
		t.Errorf("dual: %q", got)
	}
}
