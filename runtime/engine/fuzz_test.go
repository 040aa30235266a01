package engine_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// fuzzStart is what the keys of a fuzzed command hold.
var fuzzStart = []resp.Command{
	{"SET", "s", "12"}, {"HSET", "h", "a", "1", "b", "x"}, {"RPUSH", "l", "a", "b", "3"}, {"SADD", "t", "1", "a"},
	{"ZADD", "z", "1", "a", "2.5", "b"}, {"XADD", "x", "1-1", "f", "v"}, {"XGROUP", "CREATE", "x", "g", "0"}, {"JSON.SET", "j", "$", `{"a":[1,2]}`},
}

// FuzzCommand runs one command of any arguments, which stand on lines of their
// own: nothing panics, an error changes nothing, and an engine that keeps rows
// answers as one that keeps none.
func FuzzCommand(f *testing.F) {
	gen, err := difftest.NewGen(1, 1_700_000_000_000, engine.Served)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < 300; i++ {
		for _, cmd := range gen.Next() {
			f.Add(strings.Join(cmd, "\n"))
		}
	}
	for _, line := range []string{"SORT\nl\nBY\nw_*\nGET\n#", "BITFIELD\ns\nOVERFLOW\nSAT\nINCRBY\ni5\n#3\n-9", "JSON.SET\nj\n$..a\n1", "XAUTOCLAIM\nx\ng\nc\n0\n0\nCOUNT\n1"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		cmd := resp.Command(strings.Split(lines, "\n"))
		if tooLarge(cmd) {
			t.Skip()
		}
		var answers []string
		for _, store := range []engine.Store{memory.Volatile{}, memory.NewRows()} {
			e, err := engine.Open(store, engine.Options{ScriptSteps: 100_000, ScriptBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			s := e.NewSession(0, 3, "")
			exec := func(cmds ...resp.Command) engine.Outcome {
				out := e.Exec(1_700_000_000_000_000, 7, engine.Frame{Session: s, Commands: cmds, NoBlock: true})
				if out.Err != nil {
					t.Fatal(out.Err)
				}
				if out.Change != nil {
					if err := store.Commit(out.Change); err != nil {
						t.Fatal(err)
					}
				}
				return out
			}
			exec(fuzzStart...)
			out := exec(cmd)
			if len(out.Replies) != 1 {
				t.Fatalf("%d replies", len(out.Replies))
			}
			if out.Replies[0].Kind == resp.Error && out.Change != nil && !writesAndFails(cmd) {
				t.Errorf("%s changed rows", difftest.Show(out.Replies[0]))
			}
			if text := difftest.Show(out.Replies[0]); !varies(cmd) {
				answers = append(answers, text)
			}
		}
		if len(answers) == 2 && answers[0] != answers[1] {
			t.Errorf("in memory %s\nwith rows %s", answers[0], answers[1])
		}
	})
}

// tooLarge reports a command that may take much memory: offsets, counts.
func tooLarge(cmd resp.Command) bool {
	for _, a := range cmd[1:] {
		if n, err := strconv.ParseInt(strings.TrimLeft(a, "#iu"), 10, 64); err == nil && (n > 100_000 || n < -100_000) || len(a) > 10_000 {
			return true
		}
	}
	return len(cmd) > 1000
}

// writesAndFails are scripts, which may fail after they wrote.
func writesAndFails(cmd resp.Command) bool {
	return strings.HasPrefix(cmd.Name(), "EVAL") || cmd.Name() == "FCALL"
}

// varies are the commands whose answers tell of the store.
func varies(cmd resp.Command) bool {
	return slices.Contains([]string{"INFO", "MEMORY", "COMMAND", "CLIENT", "HELLO"}, cmd.Name())
}

// FuzzRestore restores payloads whose checksum is right: what is taken comes out
// of DUMP again, and nothing panics.
func FuzzRestore(f *testing.F) {
	e, err := engine.Open(memory.NewRows(), engine.Options{})
	if err != nil {
		f.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	run := func(cmd ...string) resp.Reply {
		return e.Exec(1_700_000_000_000_000, 7, engine.Frame{Session: s, Commands: []resp.Command{cmd}, NoBlock: true}).Replies[0]
	}
	for _, cmd := range fuzzStart {
		run(cmd...)
	}
	run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">")
	for _, key := range []string{"s", "h", "l", "t", "z", "x", "j"} {
		payload := run("DUMP", key).Str
		f.Add([]byte(payload[:len(payload)-8]))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		run("DEL", "k", "again")
		if r := run("RESTORE", "k", "0", engine.Sealed(string(body))); r.Kind == resp.Error {
			return
		}
		payload := run("DUMP", "k").Str
		if r := run("RESTORE", "again", "0", payload); r.Kind == resp.Error {
			t.Fatalf("what was dumped is not restored: %s", r.Str)
		}
		if again := run("DUMP", "again").Str; again != payload {
			t.Fatalf("%q came back as %q", payload, again)
		}
		run("TYPE", "k")
		run("XINFO", "STREAM", "k", "FULL")
		run("JSON.GET", "k")
	})
}
