package engine_test

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// Random commands on large values are answered as by an engine that has them in
// memory, unless they are refused because the value is in R2; and the rows refer to
// what the keys have.
func TestRandomCommandsOnLargeValues(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 6
	}
	for round := 0; round < rounds; round++ {
		seed := *seed + int64(round)
		if !largeRound(t, seed) {
			t.Fatalf("with -seed=%d", seed)
		}
	}
}

func largeRound(t *testing.T, seed int64) bool {
	rnd := rand.New(rand.NewSource(seed))
	l := newLarge(t, subject.Tight(int(seed)))
	plain, err := engine.Open(memory.Volatile{}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ps := plain.NewSession(0, 3, "")
	keys := []string{"a", "b", "c", "d"}
	key := func() string { return keys[rnd.Intn(len(keys))] }
	value := func() string {
		switch rnd.Intn(4) {
		case 0:
			return strconv.Itoa(rnd.Intn(100))
		case 1:
			return strings.Repeat(string(rune('a'+rnd.Intn(26))), rnd.Intn(50))
		}
		return strings.Repeat(string(rune('a'+rnd.Intn(26))), engine.MinRef+rnd.Intn(3))
	}
	num := func() string { return strconv.Itoa(rnd.Intn(3*engine.MinRef) - engine.MinRef) }
	lines := []func() []string{
		func() []string { return []string{"SET", key(), value()} },
		func() []string {
			options := [][]string{{"NX"}, {"XX"}, {"GET"}, {"KEEPTTL"}, {"PX", "50"}, {"XX", "GET", "PX", "90"}, {"PXAT", "1"}}
			return append([]string{"SET", key(), value()}, options[rnd.Intn(len(options))]...)
		},
		func() []string { return []string{"GETSET", key(), value()} },
		func() []string { return []string{"SETNX", key(), value()} },
		func() []string { return []string{"PSETEX", key(), "60", value()} },
		func() []string { return []string{"MSET", key(), value(), key(), value()} },
		func() []string { return []string{"MSETNX", key(), value(), key(), value()} },
		func() []string { return []string{"GET", key()} },
		func() []string { return []string{"MGET", key(), key(), key()} },
		func() []string { return []string{"GETDEL", key()} },
		func() []string { return []string{"GETEX", key(), "PX", "40"} },
		func() []string { return []string{"GETRANGE", key(), num(), num()} },
		func() []string { return []string{"STRLEN", key()} },
		func() []string { return []string{"DEL", key(), key()} },
		func() []string { return []string{"EXISTS", key(), key()} },
		func() []string { return []string{"RENAME", key(), key()} },
		func() []string { return []string{"COPY", key(), key(), "REPLACE"} },
		func() []string { return []string{"COPY", key(), key(), "DB", strconv.Itoa(rnd.Intn(2)), "REPLACE"} },
		func() []string { return []string{"MOVE", key(), strconv.Itoa(rnd.Intn(2))} },
		func() []string { return []string{"SELECT", strconv.Itoa(rnd.Intn(2))} },
		func() []string { return []string{"SWAPDB", "0", "1"} },
		func() []string { return []string{"PEXPIRE", key(), strconv.Itoa(rnd.Intn(100))} },
		func() []string { return []string{"PERSIST", key()} },
		func() []string { return []string{"PTTL", key()} },
		func() []string { return []string{"TYPE", key()} },
		func() []string { return []string{"APPEND", key(), "xyz"} },
		func() []string { return []string{"SETRANGE", key(), "3", "x"} },
		func() []string { return []string{"SETBIT", key(), "9", "1"} },
		func() []string { return []string{"BITCOUNT", key()} },
		func() []string { return []string{"INCR", key()} },
		func() []string { return []string{"INCRBYFLOAT", key(), "1.5"} },
		func() []string { return []string{"BITOP", "OR", key(), key(), key()} },
		func() []string { return []string{"RPUSH", key(), "x"} },
		func() []string { return []string{"PFADD", key(), "x"} },
		func() []string { return []string{"FLUSHDB"} },
		func() []string { return []string{"EVAL", "return redis.call('getset', KEYS[1], 'x')", "1", key()} },
		func() []string {
			return []string{"EVAL", "return redis.call('rename', KEYS[1], KEYS[2])", "2", key(), key()}
		},
	}
	onPlain := func(line []string) resp.Reply {
		out := plain.Exec(l.now, 1, engine.Frame{Session: ps, Commands: []resp.Command{line}})
		return out.Replies[0]
	}
	same := func(line []string, got, want resp.Reply) bool {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			t.Errorf("%.60q answered %.100q, want %.100q", line, g, w)
			return false
		}
		return true
	}
	refused := 0
	for i := 0; i < 600; i++ {
		l.now += int64(rnd.Intn(10)) * 1000
		line := lines[rnd.Intn(len(lines))]()
		got := l.run(line...)
		if got.Kind == resp.Error && strings.Contains(got.Str, "kept in R2") {
			refused++
			some := false
			for _, k := range keysOf(line) {
				some = some || onPlain([]string{"TYPE", k}).Str == "string" && onPlain([]string{"STRLEN", k}).Int >= engine.MinRef
			}
			if !some {
				t.Errorf("%.60q was refused, and no value is large", line)
				return false
			}
			continue
		}
		if !same(line, got, onPlain(line)) {
			return false
		}
		if rnd.Intn(25) == 0 {
			db := strings.Fields(strings.SplitAfter(l.run("CLIENT", "INFO").Str, " db=")[1])[0]
			l.open(subject.Tight(i))
			l.run("SELECT", db)
		}
	}
	for db := 0; db < 2; db++ {
		for _, k := range append(keys, "SELECT") {
			line := []string{"GET", k}
			if k == "SELECT" {
				line = []string{"SELECT", "1"}
			}
			if !same(line, l.run(line...), onPlain(line)) {
				return false
			}
		}
	}
	for id := range l.referenced() {
		if l.bytes[id] == "" {
			t.Errorf("a row refers to %s, which was never uploaded", id)
			return false
		}
	}
	if refused == 0 {
		t.Errorf("nothing was refused")
	}
	return refused > 0
}

// keysOf are the words of a line that may be keys.
func keysOf(line []string) []string { return line[1:] }
