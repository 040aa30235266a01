package value

import (
	"context"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
)

// sessionEnd is a session of a store as an end. before is called before each pipeline.
type sessionEnd struct {
	store.Session
	before func(cmds []resp.Command)
}

func (sessionEnd) Name() string { return "memory" }

func (e sessionEnd) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if e.before != nil {
		e.before(cmds)
	}
	return e.Execute(ctx, cmds)
}

func newEnd(t *testing.T) sessionEnd {
	t.Helper()
	b, err := store.Open("memory://value-" + t.Name())
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); b.Close() })
	return sessionEnd{Session: s}
}

// A key whose expiry changes all the time, as a session's or a limit's, is read all the
// same: who follows waits for no key, and a mark brings the next state.
func TestAKeyThatIsWrittenAllTheTime(t *testing.T) {
	e := newEnd(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, cmd := range [][]string{{"SET", "calm", "1"}, {"SET", "hot", "0", "EX", "1000"}, {"RPUSH", "list", "a"}, {"PEXPIRE", "list", "1000000"}} {
		if _, err := One(ctx, e, cmd...); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	busy := e
	busy.before = func([]resp.Command) {
		if n++; n > 100 {
			t.Fatal("it reads again and again")
		}
		for _, key := range []string{"hot", "list"} {
			if _, err := One(ctx, e, "EXPIRE", key, "10"+string(rune('0'+n%10))+"0"); err != nil {
				t.Error(err)
			}
		}
	}
	r, err := NewReader(ctx, busy)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Read(ctx, []string{"calm", "hot", "list", "none"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	for i, want := range []string{"1", "0", "a"} {
		k := &list[i]
		if k.Gone || len(k.Piece) != 1 || k.Piece[0][0] != want {
			t.Errorf("%s: %+v", k.Head.Key, k)
		}
		if i > 0 && (k.Expire < now+900_000 || k.Expire > now+1_200_000) {
			t.Errorf("%s expires at %d, now is %d", k.Head.Key, k.Expire, now)
		}
	}
	if !list[3].Gone {
		t.Errorf("%+v", list[3])
	}
}

// A key that goes, or becomes another, while it is read is what it is at last.
func TestAKeyThatChangesWhileItIsRead(t *testing.T) {
	e := newEnd(t)
	ctx := context.Background()
	must := func(cmd ...string) {
		t.Helper()
		if _, err := One(ctx, e, cmd...); err != nil {
			t.Fatal(err)
		}
	}
	must("MSET", "gone", "1", "other", "1")
	changed := false
	busy := e
	busy.before = func(cmds []resp.Command) {
		if len(cmds) > 0 && cmds[0][0] == "GET" && !changed {
			changed = true
			must("DEL", "gone", "other")
			must("HSET", "other", "f", "v")
		}
	}
	r, err := NewReader(ctx, busy)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Read(ctx, []string{"gone", "other"})
	if err != nil {
		t.Fatal(err)
	}
	if !list[0].Gone || list[1].Type != TypeHash || len(list[1].Piece) != 1 || list[1].Piece[0][1] != "v" {
		t.Errorf("%+v", list)
	}
}
