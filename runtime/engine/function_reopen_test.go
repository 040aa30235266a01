package engine_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestLibrariesSurviveAReopen closes and opens stores that keep rows.
func TestLibrariesSurviveAReopen(t *testing.T) {
	file := fileStore(t)
	defer file.Close()
	for name, rows := range map[string]engine.Store{"memory": memory.NewRows(), "sqlite": file} {
		name, rows := name, rows
		t.Run(name, func(t *testing.T) { librariesSurvive(t, rows) })
	}
}

func librariesSurvive(t *testing.T, rows engine.Store) {
	var e *engine.Engine
	var session uint64
	open := func() {
		t.Helper()
		var err error
		if e, err = engine.Open(rows, engine.Options{}); err != nil {
			t.Fatal(err)
		}
		session = e.NewSession(0, 3, "")
	}
	run := func(args ...string) resp.Reply {
		t.Helper()
		out := e.Exec(1_700_000_000_000_000, 1, engine.Frame{Session: session, Commands: []resp.Command{args}})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		if out.Change != nil {
			if err := rows.Commit(out.Change); err != nil {
				t.Fatal(err)
			}
		}
		return out.Replies[0]
	}
	want := func(text string, args ...string) {
		t.Helper()
		if r := run(args...); r.Str != text {
			t.Fatalf("%q: %+v, want %s", args, r, text)
		}
	}
	lib := func(name, result string) string {
		return "#!lua name=" + name + "\nredis.register_function('" + name + "', function() return '" + result + "' end)"
	}
	open()
	want("a", "FUNCTION", "LOAD", lib("a", "one"))
	want("b", "FUNCTION", "LOAD", lib("b", "two"))
	want("c", "FUNCTION", "LOAD", lib("c", "three"))
	run("SET", "k", "v")
	want("a", "FUNCTION", "LOAD", "REPLACE", lib("a", "changed"))
	want("OK", "FUNCTION", "DELETE", "b")
	want("OK", "FLUSHALL")
	open()
	if n := run("DBSIZE").Int; n != 0 {
		t.Fatalf("%d keys", n)
	}
	if info := run("INFO", "keyspace").Str; strings.Contains(info, "keys=") {
		t.Fatal(info)
	}
	want("changed", "FCALL", "a", "0")
	want("three", "FCALL", "c", "0")
	want("ERR Function not found", "FCALL", "b", "0")
	for _, name := range []string{"15", "4294967295", "-1"} {
		run("SELECT", name) // 15, or an error: no number leads to the rows
		if n := len(run("KEYS", "*").Elems); n != 0 {
			t.Fatalf("SELECT %s: %d keys", name, n)
		}
	}
	dump := run("FUNCTION", "DUMP").Str

	// A library that was never used since the store was opened can be flushed.
	open()
	want("OK", "FUNCTION", "FLUSH")
	want("a", "FUNCTION", "LOAD", lib("a", "again"))
	open()
	want("again", "FCALL", "a", "0")
	if n := len(run("FUNCTION", "LIST").Elems); n != 1 {
		t.Fatalf("%d libraries", n)
	}
	want("OK", "FUNCTION", "RESTORE", dump, "FLUSH")
	open()
	want("changed", "FCALL", "a", "0")
	want("three", "FCALL", "c", "0")

	// In a transaction, and one that replaces and flushes.
	want("OK", "MULTI")
	run("FUNCTION", "LOAD", "REPLACE", lib("a", "x"))
	run("FUNCTION", "FLUSH")
	run("FUNCTION", "LOAD", lib("d", "last"))
	run("EXEC")
	for more := true; more; {
		var err error
		if more, err = rows.Sweep(100); err != nil {
			t.Fatal(err)
		}
	}
	open()
	want("last", "FCALL", "d", "0")
	want("ERR Function not found", "FCALL", "a", "0")
	if n := len(run("FUNCTION", "LIST").Elems); n != 1 {
		t.Fatalf("%d libraries", n)
	}
}
