package worker_test

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// alarms is the Worker with alarms that go off 3 s after they are set.
//
//go:embed testdata/alarm.js
var alarms string

// rang waits until so many alarms went off in the processes of a log, and returns how
// many keys had rows after the last one, and how many alarms its object had set by then.
func rang(t *testing.T, log *workerdtest.Log, n int) (rows, set int) {
	t.Helper()
	line := ""
	_, ok := log.Until(func(text string) bool {
		_, after, found := strings.Cut(text, fmt.Sprintf("alarm %d: ", n))
		whole := false
		line, _, whole = strings.Cut(after, "\n")
		return found && whole
	})
	if !ok {
		t.Fatalf("alarm %d did not go off", n)
	}
	if _, err := fmt.Sscanf(line, "%d rows, %d set", &rows, &set); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return rows, set
}

// Keys whose time is over leave their rows without being asked for, by an alarm that
// is set once for all of them: setting it is a row.
func TestOneAlarmSweepsWhatExpired(t *testing.T) {
	log := new(workerdtest.Log)
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Tokens: tokens, Entry: alarms, Log: log})
	c := workerdtest.Client{URL: l.URL(), Token: "write"}.Connect(t)
	for i := 0; i < 20; i++ {
		want(t, []resp.Reply{c.Do("SET", fmt.Sprint("short:", i), "v", "PX", fmt.Sprint(30-i))}, "OK")
	}
	want(t, []resp.Reply{c.Do("SET", "stays", "v")}, "OK")
	if rows, set := rang(t, log, 1); rows != 1 || set != 1 {
		t.Errorf("%d keys have rows, and %d alarms were set", rows, set)
	}
	want(t, c.Commands(resp.Command{"DBSIZE"}, resp.Command{"GET", "stays"}), "1", "v")
}

// The alarm brings back an object that has left memory, and which nobody talks to.
// What it does there needs no second alarm.
func TestAnAlarmBringsAnObjectBack(t *testing.T) {
	log := new(workerdtest.Log)
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Tokens: tokens, Entry: alarms, Log: log})
	c := workerdtest.Client{URL: l.URL(), Token: "write"}.Connect(t)
	want(t, c.Commands(resp.Command{"SET", "short", "v", "PX", "30"}, resp.Command{"SET", "stays", "v"}), "OK", "OK")
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	restart(t, l)
	if rows, set := rang(t, log, 1); rows != 1 || set != 0 {
		t.Errorf("%d keys have rows, and %d alarms were set", rows, set)
	}
}

// An instance that does not survive what the alarm asks for is replaced, and the next
// one does it.
func TestAnAlarmOutlivesTraps(t *testing.T) {
	log := new(workerdtest.Log)
	entry := strings.Replace(alarms, "const TRAPS = 0", "const TRAPS = 3", 1)
	if entry == alarms {
		t.Fatal("testdata/alarm.js has no TRAPS")
	}
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Tokens: tokens, Entry: entry, Log: log})
	client := workerdtest.Client{URL: l.URL(), Token: "write"}
	c := client.Connect(t)
	want(t, c.Commands(resp.Command{"SET", "short", "v", "PX", "30"}, resp.Command{"SET", "stays", "v"}), "OK", "OK")
	rang(t, log, 1)
	soon(t, "the rows", func() error {
		var s struct{ Rows, Traps int }
		if err := client.Get("/v1/stats", &s); err != nil || s.Rows != 1 || s.Traps != 3 {
			return fmt.Errorf("%+v %v", s, err)
		}
		return nil
	})
	want(t, c.Commands(resp.Command{"DBSIZE"}, resp.Command{"GET", "stays"}), "1", "v")
}

// What D1 and KV have not got when everything ends comes to them by the alarm alone.
func TestAnAlarmBringsFollowersUpToDate(t *testing.T) {
	log := new(workerdtest.Log)
	l := workerdtest.Start(t, workerdtest.Options{Plan: followedPlan, Entry: alarms, Log: log})
	ctx := context.Background()
	if err := l.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for _, s := range []project.Store{project.D1, project.KV} {
		if _, err := l.Fault(ctx, s, project.Fault{Mode: "fail"}); err != nil {
			t.Fatal(err)
		}
	}
	c := workerdtest.Client{URL: l.URL()}.Connect(t)
	c.Commands(resp.Command{"RPUSH", "messages:1", "hello"}, resp.Command{"SET", "session:1", "one"})
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	restart(t, l)
	for _, s := range []project.Store{project.D1, project.KV} {
		if _, err := l.Fault(ctx, s, project.Fault{}); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "D1", hasRows(t, l, "SELECT * FROM messages", "messages:1 0 hello"))
	soon(t, "KV", func() error {
		if v, err := l.KVGet(ctx, "session:1"); err != nil || v == nil || string(v.Value) != "one" {
			return fmt.Errorf("KV has %+v, %v", v, err)
		}
		return nil
	})
}
