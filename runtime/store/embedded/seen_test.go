package embedded_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

// A reply says nothing that a fault could take back, and waits for nothing else.
func TestReadersWaitForWhatTheySaw(t *testing.T) {
	for _, test := range []struct {
		write string
		waits []string
		not   []string
	}{
		{"SET a 2", []string{"GET a", "SETNX a 3", "MGET b a", "EXISTS a", "DBSIZE", "SCAN 0", "KEYS *", "RANDOMKEY",
			"EVAL return(redis.call('GET','a')) 0", "INFO", "TYPE a", "TTL a"},
			[]string{"GET b", "GET none", "HGET h f", "LRANGE list 0 -1", "SETNX b 3", "DEL none", "EXISTS b c"}},
		{"SET x 1", []string{"SORT list BY nosort GET *"}, nil},
		{"SET fresh 1", []string{"GET fresh", "DBSIZE"}, []string{"GET b", "GET none"}},
		{"DEL a", []string{"GET a", "GET none", "EXISTS a", "DBSIZE"}, []string{"GET b", "LLEN list"}},
		{"HSET h g 2", []string{"HGET h g", "HGET h f", "HLEN h", "TYPE h"}, []string{"GET a", "LLEN list"}},
		{"RPUSH list z", []string{"LINDEX list 0", "LLEN list"}, []string{"HGETALL h"}},
		{"RENAME a moved", []string{"GET moved", "GET a"}, []string{"GET b"}},
		{"EXPIRE a 1000", []string{"GET a", "TTL a"}, []string{"GET b"}},
		{"LMOVE list h2 LEFT LEFT", []string{"LLEN list", "LLEN h2"}, []string{"GET b"}},
		{"FLUSHDB", []string{"GET a", "GET none", "PING"}, nil},
		{"SWAPDB 0 1", []string{"GET a", "GET none", "PING"}, nil},
		{"EVAL redis.call('SET','a','9') 0", []string{"GET a"}, []string{"GET b"}},
		{"SET fresh 1", []string{"MULTI; DBSIZE; EXEC", "MULTI; KEYS *; EXEC", "MULTI; SCAN 0; EXEC", "MULTI; EVAL return(redis.call('DBSIZE')) 0; EXEC",
			"WATCH b; UNWATCH", "MULTI; GET fresh; EXEC"}, []string{"MULTI; GET b; EXEC"}},
	} {
		g := newGated()
		seen(t, g, newHost(t, g, embedded.Options{}), test.write, test.waits, test.not)
	}
}

// beside is a store that can be read while it commits.
type beside struct{ *gated }

func (beside) ReadsDuringCommit() {}

// What is read from the store is as good as written by all that waits.
func TestReadersOfKeysThatAreNotInMemoryWait(t *testing.T) {
	for write, waits := range map[string][]string{
		"SET a 2": {"GET a", "GET b"}, "DEL a": {"GET a", "GET none"}, "RENAME a moved": {"GET a", "GET moved"},
	} {
		g := newGated()
		h := newHost(t, beside{g}, embedded.Options{Engine: engine.Options{MaxBytes: 1}})
		seen(t, g, h, write, waits, nil)
	}
}

// lastWaits runs commands one after the other and reports whether the reply of the
// last one waits.
func lastWaits(s store.Session, commands string) (waits bool, err error) {
	for _, cmd := range strings.Split(commands, ";") {
		if waits, err = embedded.Waits(s, strings.Fields(cmd)...); err != nil {
			return false, err
		}
	}
	return waits, nil
}

// seen looks which replies wait while a write is being stored, and that none does
// afterwards.
func seen(t *testing.T, g *gated, h *embedded.Host, write string, waits, not []string) {
	t.Helper()
	go func() { // the data is stored
		for i := 0; i < 5; i++ {
			<-g.started
			g.finish <- nil
		}
	}()
	s := newSession(t, h)
	for _, cmd := range []string{"SET a 1", "SET b 1", "HSET h f 1", "RPUSH list x y", "SADD c x"} {
		if _, err := exec(s, strings.Fields(cmd)...); err != nil {
			t.Fatal(err)
		}
	}
	written := start(newSession(t, h), strings.Fields(write)...)
	<-g.started
	for want, commands := range map[bool][]string{true: waits, false: not} {
		for _, cmd := range commands {
			if got, err := lastWaits(s, cmd); got != want || err != nil {
				t.Errorf("while %s is stored, the reply of %s waits: %v, want %v (%v)", write, cmd, got, want, err)
			}
		}
	}
	g.finish <- nil
	if a := <-written; a.err != nil {
		t.Fatalf("%s: %v", write, a.err)
	}
	for _, cmd := range append(waits, not...) {
		if got, err := lastWaits(s, cmd); got || err != nil {
			t.Errorf("after %s was stored, the reply of %s waits: %v (%v)", write, cmd, got, err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

// That a transaction failed tells of a change of a watched key.
func TestFailedTransactionsWaitForWhatTheySaw(t *testing.T) {
	g := newGated()
	h := newHost(t, g, embedded.Options{})
	s := newSession(t, h)
	if waits, err := lastWaits(s, "WATCH a; MULTI; GET b"); waits || err != nil {
		t.Fatal(waits, err)
	}
	written := start(newSession(t, h), "SET", "a", "1")
	<-g.started
	if waits, err := lastWaits(s, "EXEC"); !waits || err != nil {
		t.Errorf("EXEC waits: %v (%v)", waits, err)
	}
	g.finish <- nil
	if a := <-written; a.err != nil {
		t.Fatal(a.err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}
