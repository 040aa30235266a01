package engine

import (
	"fmt"
	"strings"
	"testing"
)

func TestDumpIsRestored(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "SET", "string", "a\x00b")
	run(e, s, "HSET", "hash", "f", "v", "g", "")
	run(e, s, "HPEXPIRE", "hash", "5000", "FIELDS", "1", "f")
	run(e, s, "RPUSH", "list", "c", "a", "b", "a")
	run(e, s, "SADD", "set", "3", "1", "2")
	run(e, s, "ZADD", "zset", "1.5", "a", "-inf", "b")
	show := func(key string) string {
		reads := map[string][]string{
			"string": {"GET", key}, "hash": {"HGETALL", key}, "list": {"LRANGE", key, "0", "-1"}, "set": {"SMEMBERS", key}, "zset": {"ZRANGE", key, "0", "-1", "WITHSCORES"},
		}
		typ := run(e, s, "TYPE", key).Str
		return fmt.Sprint(typ, run(e, s, reads[typ]...), run(e, s, "HPTTL", key, "FIELDS", "2", "f", "g"))
	}
	for _, key := range []string{"string", "hash", "list", "set", "zset"} {
		payload := run(e, s, "DUMP", key).Str
		if r := run(e, s, "RESTORE", "copy", "1000", payload); r.Str != "OK" {
			t.Fatalf("%s: %v", key, r)
		}
		if r := run(e, s, "RESTORE", "copy", "0", payload); r.Str != errBusyKey.Str {
			t.Errorf("%s: %v", key, r)
		}
		if got, want := show("copy"), show(key); got != want {
			t.Errorf("%s came back as %s, want %s", key, got, want)
		}
		if n := run(e, s, "PTTL", "copy").Int; n != 1000 {
			t.Errorf("the copy lives %d ms", n)
		}
		run(e, s, "DEL", "copy")
		// No payload that was touched is taken, nor does one crash.
		for i := range payload {
			bent := payload[:i] + string([]byte{payload[i] ^ 4}) + payload[i+1:]
			for _, p := range []string{bent, payload[:i]} {
				if r := run(e, s, "RESTORE", "copy", "0", p); r.Str != errBadDump.Str {
					t.Fatalf("%s bent at %d: %v", key, i, r)
				}
			}
		}
	}
	if r := run(e, s, "RESTORE", "copy", "0", "\x00\x01v\x0a\x00\xc3\xa9\xf5\xf0\x9f\x8b\x2c\x11"); !strings.Contains(r.Str, "no payload of Redis") {
		t.Errorf("a payload of Redis: %v", r)
	}
	if r := run(e, s, "MEMORY", "USAGE", "list"); r.Int < 160+4*64 {
		t.Errorf("four elements take %d bytes", r.Int)
	}
}
