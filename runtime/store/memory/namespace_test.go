package memory_test

import (
	"context"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

func TestNamespaceIsDataOfItsOwn(t *testing.T) {
	t.Cleanup(func() { memory.Drop("app"); memory.Drop("app-queue") })
	url, err := store.Namespace("memory://app", "queue")
	if err != nil || url != "memory://app-queue" {
		t.Fatal(url, err)
	}
	if _, err := store.Namespace("memory:app", "queue"); err == nil {
		t.Error("a URL that names no store has a namespace")
	}
	_, app := open(t, "memory://app")
	_, queue := open(t, url)
	run := func(s store.Session, words ...string) resp.Reply {
		r, err := s.Execute(context.Background(), []resp.Command{words})
		if err != nil {
			t.Fatal(err)
		}
		return r[0]
	}
	run(app, "SET", "k", "app")
	run(queue, "SET", "k", "queue")
	run(app, "SELECT", "1")
	run(app, "FLUSHALL") // of all databases of this server
	if get(t, queue) != "queue" {
		t.Error("FLUSHALL reached another namespace")
	}
	run(queue, "SCRIPT", "LOAD", "return 1")
	if r := run(app, "EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"); r.Kind != resp.Error {
		t.Error("scripts are shared between namespaces")
	}
}
