package phase

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// cacheFirst has one family at the store while all others are in Redis.
var cacheFirst = []Family{{"Cache", "cache:*", Cloudflare}, {"Fixed", "cache:fixed:*", Redis}}

// Each family has its own truth, and the other side follows it.
func TestFamiliesHaveTheirOwnPhases(t *testing.T) {
	for _, apart := range []bool{false, true} {
		w := newTwo(t)
		w.apart = apart
		p, q := w.process(), w.process()
		s, other := newSession(t, p), newSession(t, q)
		must(t, s, "MSET cache:1 a cache:2 b cache:fixed:1 c order:1 d")
		if err := w.switchFamilies(Redis, cacheFirst); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it knows the phases", func() bool {
			return reflect.DeepEqual([]Phase{p.PhaseOf("cache:1"), p.PhaseOf("cache:fixed:1"), p.PhaseOf("order:1")}, []Phase{Cloudflare, Redis, Redis})
		})
		state, err := p.record.State(context.Background())
		if err != nil || state.Text() != "redis, Cache cloudflare" || !reflect.DeepEqual(state.Families, cacheFirst) {
			t.Fatal(state.Text(), state.Families, err)
		}
		// Commands go to the truth of their keys: nothing was waited for, and the other side is not asked.
		for _, c := range []struct{ line, at, key string }{
			{"SET cache:1 A", w.store, "cache:1"}, {"SET order:1 D", w.redis, "order:1"}, {"SET cache:fixed:1 C", w.redis, "cache:fixed:1"},
			{"HSET cache:h f v", w.store, "cache:h"}, {"EVAL redis.call('SET',KEYS[1],'x') 1 cache:s", w.store, "cache:s"},
		} {
			must(t, s, c.line)
			key := strings.TrimSpace(c.key)
			if got := must(t, w.raw(c.at), "EXISTS "+key); got != "1" {
				t.Errorf("%s is not at %s", key, c.at)
			}
		}
		// One pipeline over both sides keeps its order.
		replies, err := other.Execute(context.Background(), []resp.Command{
			{"GET", "cache:1"}, {"GET", "order:1"}, {"INCR", "cache:n"}, {"INCR", "order:n"}, {"MGET", "order:1", "none", "cache:1", "cache:n"},
			{"EXISTS", "cache:1", "order:1", "none"}, {"DEL", "cache:n", "order:n"}, {"PING"}, {"MSET", "cache:x", "1", "order:x", "1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range replies {
			got = append(got, value.Text(r)+strings.Join(value.Texts(r), ","))
		}
		want := []string{"A", "D", "1", "1", "D,,A,1", "2", "2", "PONG", ""}
		got[8] = map[bool]string{true: ""}[strings.HasPrefix(got[8], "CROSSPHASE MSET has keys at both sides while their families are in different phases (redis, Cache cloudflare)")]
		if !reflect.DeepEqual(got, want) || replies[8].Kind != resp.Error {
			t.Errorf("%q, want %q", got, want)
		}
		w.quiet(w.redis)
		w.quiet(w.store)
		w.same()
		// Everything at once.
		if got := must(t, s, "DBSIZE"); got == "0" {
			t.Error("DBSIZE", got)
		}
		must(t, s, "FLUSHALL")
		w.quiet(w.redis)
		w.quiet(w.store)
		w.same()
		if n := must(t, w.raw(w.store), "EXISTS cache:1 order:1 cache:fixed:1"); n != "0" {
			t.Error("FLUSHALL left", n)
		}
		// A family goes on to only, and Redis has its keys no more.
		must(t, s, "SET cache:last 1")
		w.quiet(w.store) // what is not brought now has its mark for ever
		if err := w.switchFamilies(Redis, []Family{{"Cache", "cache:*", Only}}); !errors.Is(err, ErrNotAllowed) || !strings.HasPrefix(err.Error(), "family Fixed: ") {
			t.Error("a family that is left out goes with the pattern that takes its keys:", err)
		}
		if err := w.switchFamilies(Redis, []Family{{"Cache", "cache:*", Only}, {"Fixed", "cache:fixed:*", Redis}}); err != nil {
			t.Fatal(err)
		}
		must(t, s, "MSET cache:only 1 cache:more 2")
		if n := must(t, w.raw(w.redis), "EXISTS cache:only cache:more"); n != "0" {
			t.Error("Redis has what is in phase only")
		}
		w.quiet(w.store)
		if got := must(t, s, "KEYS cache:only"); got != "cache:only" {
			t.Errorf("KEYS: %q", got)
		}
		if err := w.switchFamilies(Redis, nil); !errors.Is(err, ErrNotAllowed) || !strings.Contains(err.Error(), "family Cache: ") {
			t.Error("from only to redis:", err)
		}
		if err := w.switchTo(Only); !errors.Is(err, ErrNotAllowed) {
			t.Error("the rest from redis to only:", err)
		}
		w.mustSwitchFamilies(Cloudflare, []Family{{"Cache", "cache:*", Only}, {"Fixed", "cache:fixed:*", Cloudflare}})
		w.mustSwitchFamilies(Only, nil)
		must(t, s, "MSET cache:1 1 order:1 1")
		if n := must(t, w.raw(w.redis), "EXISTS cache:1 order:1"); n != "0" {
			t.Error("phase only writes to Redis")
		}
	}
}

func (w *two) mustSwitchFamilies(p Phase, families []Family) {
	w.t.Helper()
	if err := w.switchFamilies(p, families); err != nil {
		w.t.Fatal(err)
	}
}

// Transactions, WATCH and SELECT of a session that has keys at both sides.
func TestTransactionsOfFamilies(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	s := newSession(t, p)
	w.mustSwitchFamilies(Redis, cacheFirst)
	exec := func(cmds ...resp.Command) []string {
		t.Helper()
		replies, err := s.Execute(context.Background(), cmds)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range replies {
			out = append(out, strings.TrimSpace(value.Text(r)+strings.Join(value.Texts(r), ",")))
		}
		return out
	}
	check := func(what string, got []string, want ...string) {
		t.Helper()
		for i := range want {
			if i >= len(got) || got[i] != want[i] && !(strings.HasSuffix(want[i], "…") && strings.HasPrefix(got[i], strings.TrimSuffix(want[i], "…"))) {
				t.Errorf("%s: %q, want %q", what, got, want)
				return
			}
		}
	}
	cross := "EXECABORT Transaction discarded because a transaction has keys at both sides…"
	check("of one family", exec(resp.Command{"MULTI"}, resp.Command{"INCR", "cache:n"}, resp.Command{"PING"}, resp.Command{"EXEC"}), "OK", "QUEUED", "QUEUED", "1,PONG")
	check("of two", exec(resp.Command{"MULTI"}, resp.Command{"INCR", "cache:n"}, resp.Command{"INCR", "order:n"}, resp.Command{"EXEC"}, resp.Command{"GET", "cache:n"}), "OK", "QUEUED", "QUEUED", cross, "1")
	if got := must(t, w.raw(w.store), "GET cache:n"); got != "1" {
		t.Errorf("an aborted transaction was run: %s", got)
	}
	// In frames of their own.
	check("MULTI", exec(resp.Command{"MULTI"}), "OK")
	check("INCR", exec(resp.Command{"INCR", "order:n"}), "QUEUED")
	check("INCR", exec(resp.Command{"INCR", "cache:n"}), "QUEUED")
	check("EXEC", exec(resp.Command{"EXEC"}), cross)
	check("afterwards", exec(resp.Command{"INCR", "order:n"}, resp.Command{"INCR", "cache:n"}), "1", "2")
	// What is watched and what is changed are at one side.
	check("WATCH", exec(resp.Command{"WATCH", "cache:n"}), "OK")
	check("of what is watched", exec(resp.Command{"MULTI"}, resp.Command{"INCR", "cache:n"}, resp.Command{"EXEC"}), "OK", "QUEUED", "3")
	check("WATCH", exec(resp.Command{"WATCH", "cache:n"}), "OK")
	check("a second WATCH", exec(resp.Command{"WATCH", "order:n"}), "CROSSPHASE…")
	check("of something else", exec(resp.Command{"MULTI"}, resp.Command{"INCR", "order:n"}, resp.Command{"EXEC"}), "OK", "QUEUED", cross)
	check("WATCH is over", exec(resp.Command{"WATCH", "order:n"}, resp.Command{"UNWATCH"}), "OK", "OK")
	must(t, s, "WATCH cache:n")
	must(t, newSession(t, p), "INCR cache:n")
	check("changed meanwhile", exec(resp.Command{"MULTI"}, resp.Command{"INCR", "cache:n"}, resp.Command{"EXEC"}), "OK", "QUEUED", "")
	// A switch in between is a change.
	must(t, s, "WATCH order:n")
	w.mustSwitchFamilies(Redis, []Family{{"Cache", "cache:*", Redis}, {"Order", "order:*", Cloudflare}})
	check("a switch meanwhile", exec(resp.Command{"MULTI"}, resp.Command{"INCR", "order:n"}, resp.Command{"EXEC"}), "OK", "QUEUED", "")
	must(t, s, "MULTI")
	check("queued", exec(resp.Command{"INCR", "order:n"}), "QUEUED")
	w.mustSwitch(Redis)
	check("queued", exec(resp.Command{"INCR", "order:n"}), "QUEUED")
	check("a switch after MULTI", exec(resp.Command{"EXEC"}), "EXECABORT Transaction discarded because the phase has changed since MULTI")
	check("nothing was run", exec(resp.Command{"GET", "order:n"}), "1")
	// SELECT is for both.
	w.mustSwitchFamilies(Redis, cacheFirst)
	check("databases", exec(resp.Command{"SET", "cache:db", "0"}, resp.Command{"SET", "order:db", "0"}, resp.Command{"SELECT", "3"}, resp.Command{"SET", "cache:db", "3"},
		resp.Command{"SET", "order:db", "3"}, resp.Command{"SELECT", "0"}, resp.Command{"GET", "cache:db"}, resp.Command{"GET", "order:db"}), "OK", "OK", "OK", "OK", "OK", "OK", "0", "0")
	w.quiet(w.redis)
	w.quiet(w.store)
	w.same(0, 3)
}

// A mark that comes after the switch, of a frame whose outcome was not known, brings
// nothing to the new truth.
func TestAMarkThatComesAfterTheSwitch(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	s := newSession(t, p)
	must(t, s, "MSET cache:1 old order:1 old")
	w.quiet(w.redis)
	w.mustSwitchFamilies(Redis, cacheFirst)
	must(t, s, "SET cache:1 new")
	w.quiet(w.store)
	must(t, w.raw(w.redis), "SET cache:1 older")
	if _, err := run(w.raw(w.redis), "ZADD", marksKey, settled, member("gone.1", "cache:1")); err != nil {
		t.Fatal(err)
	}
	p.hasWork()
	w.quiet(w.redis)
	if got := must(t, s, "GET cache:1"); got != "new" {
		t.Errorf("cache:1 is %q", got)
	}
}

// The comparison in the background mends each family from its own truth.
func TestTheComparisonKnowsFamilies(t *testing.T) {
	w := newTwo(t)
	w.compare = 5 * time.Millisecond
	p := w.process()
	s := newSession(t, p)
	alone := Family{"Alone", "alone:*", Cloudflare}
	w.mustSwitchFamilies(Redis, append(cacheFirst[:2:2], alone))
	must(t, s, "MSET cache:1 a cache:2 b alone:1 c")
	must(t, s, "MSET order:1 a order:2 b")
	w.quiet(w.redis)
	w.quiet(w.store)
	alone.Phase = Only
	w.mustSwitchFamilies(Redis, append(cacheFirst[:2:2], alone))
	for _, line := range []string{"SET cache:1 other", "DEL cache:2", "SET alone:1 other"} {
		must(t, w.raw(w.redis), line)
	}
	for _, line := range []string{"SET order:1 other", "DEL order:2"} {
		must(t, w.raw(w.store), line)
	}
	eventually(t, "four keys differed", func() bool { return p.Stats().Different >= 4 })
	// A difference is counted before it is marked, so it is waited for what comes of it.
	eventually(t, "each family is as its truth has it", func() bool {
		return must(t, w.raw(w.redis), "MGET cache:1 cache:2 order:1 order:2") == "a b a b" && must(t, w.raw(w.store), "MGET cache:1 cache:2 order:1 order:2") == "a b a b"
	})
	before := p.Stats()
	eventually(t, "the comparison goes on", func() bool { return p.Stats().Same > before.Same+40 })
	if now := p.Stats(); now.Different != before.Different {
		t.Errorf("%d keys differ, those of a family in phase only among them", now.Different-before.Different)
	}
}

// Patterns and names of any bytes are kept in the record.
func TestFamiliesAreWrittenAndRead(t *testing.T) {
	list := []Family{{"A", "a:*", Redis}, {"B b", "b \"\n\x00\xff\\*", Only}, {"", "", Cloudflare}}
	got, err := readFamilies(writeFamilies(list))
	if err != nil || !reflect.DeepEqual(got, list) {
		t.Errorf("%q %v", got, err)
	}
	for _, bad := range []string{"redis", "redis a b", "nothing \"a\" \"b\"", "redis \"a\""} {
		if _, err := readFamilies(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// A family in KV alone is refused before anything runs, and the message says what to do.
func TestFamiliesInKVAloneAreRefused(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	follow := store.Family{Pattern: "page:*", Name: "Page", Type: "string", Store: "kv", Consistency: "follow"}
	if err := p.UsePlan([]store.Family{follow}); err != nil {
		t.Error(err)
	}
	primary := follow
	primary.Consistency = "primary"
	err := p.UsePlan([]store.Family{follow, primary})
	if !errors.Is(err, ErrKVAlone) || !strings.Contains(err.Error(), `family Page ("page:*") cannot move with the others`) || !strings.Contains(err.Error(), "Write consistency: follow") {
		t.Error(err)
	}
}
