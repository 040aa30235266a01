package memory_test

import (
	"context"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

func open(t *testing.T, url string) (store.Backend, store.Session) {
	t.Helper()
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func get(t *testing.T, s store.Session) string {
	t.Helper()
	r, err := s.Execute(context.Background(), []resp.Command{{"GET", "k"}})
	if err != nil {
		t.Fatal(err)
	}
	return r[0].Str
}

func TestNameNamesTheData(t *testing.T) {
	t.Cleanup(func() { memory.Drop("one"); memory.Drop("two"); memory.Drop("") })
	b, s := open(t, "memory://one")
	if _, err := s.Execute(context.Background(), []resp.Command{{"SET", "k", "v"}}); err != nil {
		t.Fatal(err)
	}
	_, same := open(t, "memory://one")
	_, other := open(t, "memory://two")
	_, unnamed := open(t, "memory://")
	if get(t, same) != "v" || get(t, other) != "" || get(t, unnamed) != "" {
		t.Error("data must be shared by name and by nothing else")
	}
	b.Close()
	_, later := open(t, "memory://one")
	if get(t, later) != "v" {
		t.Error("the data must outlive its clients")
	}
	memory.Drop("one")
	if _, err := later.Execute(context.Background(), []resp.Command{{"GET", "k"}}); err == nil {
		t.Error("dropped data must not answer")
	}
	if _, fresh := open(t, "memory://one"); get(t, fresh) != "" {
		t.Error("a dropped name must start empty")
	}
}

func TestURLsThatNameNothingAreRefused(t *testing.T) {
	for url, want := range map[string]string{
		"memory:name":                "write memory://name",
		"memory://a/b":               "without a slash",
		"memory://a?size=10":         "leave out size",
		"memory://a?kv=fresh":        "write kv=stale",
		"memory://a?kv=stale&seed=x": "no number",
		"memory://a?seed=1":          "without kv=stale",
	} {
		if _, err := store.Open(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
