package engine

import (
	"regexp"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// steered is a client whose time the test moves.
type steered struct {
	t   *testing.T
	e   *Engine
	id  uint64
	now int64 // Unix microseconds
}

func newClient(t *testing.T) *steered {
	t.Helper()
	e, id := newTestEngine(t)
	return &steered{t, e, id, 1_700_000_000_000_000}
}

func (c *steered) do(args ...string) resp.Reply {
	c.t.Helper()
	out := c.e.Exec(c.now, 1, Frame{Session: c.id, Commands: []resp.Command{args}})
	if out.Err != nil || len(out.Replies) != 1 {
		c.t.Fatalf("%q: %v, %d replies", args, out.Err, len(out.Replies))
	}
	return out.Replies[0]
}

// TestInfoHasTheFieldsThatProgramsRead names the fields by which monitors and
// libraries read INFO, with what they must look like.
func TestInfoHasTheFieldsThatProgramsRead(t *testing.T) {
	c := newClient(t)
	c.do("SET", "k", "v")
	c.do("SET", "e", "v", "EX", "100")
	c.do("GET", "k")
	c.do("GET", "none")
	c.do("INCR", "k")
	c.do("NOSUCH")
	c.now += 3 * 86400 * 1e6
	info := strings.TrimPrefix(c.do("INFO", "everything").Str, "txt:")
	for _, want := range []string{
		`redis_version:7\.0\.15`, `redis_mode:standalone`, `run_id:.*`, `uptime_in_seconds:259200`, `uptime_in_days:3`, `tcp_port:0`,
		`connected_clients:1`, `blocked_clients:0`, `maxclients:\d+`,
		`used_memory:[1-9]\d*`, `used_memory_human:\d+(B|\.\d\dK)`, `used_memory_rss:[1-9]\d*`, `used_memory_peak:[1-9]\d*`, `used_memory_peak_human:.+`,
		`used_memory_peak_perc:\d+\.\d\d%`, `maxmemory:\d+`, `maxmemory_human:.+`, `maxmemory_policy:noeviction`,
		`loading:0`, `aof_enabled:[01]`, `rdb_last_bgsave_status:ok`,
		`total_connections_received:1`, `total_commands_processed:5`, `instantaneous_ops_per_sec:\d+`, `keyspace_hits:1`, `keyspace_misses:1`,
		`expired_keys:\d+`, `evicted_keys:\d+`, `total_error_replies:2`,
		`role:master`, `connected_slaves:0`, `used_cpu_user:.+`, `cluster_enabled:0`,
		`cmdstat_get:calls=2,usec=0,usec_per_call=0\.00,rejected_calls=0,failed_calls=0`, `cmdstat_incr:calls=1,.*,failed_calls=1`,
		`errorstat_ERR:count=2`, `db0:keys=\d,expires=\d,avg_ttl=\d+`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + "\r$").MatchString(info) {
			t.Errorf("no line %s in\n%s", want, info)
		}
	}
	for section, want := range map[string][]string{
		"":             {"# Server", "# Keyspace", "# Errorstats"},
		"all":          {"# Server", "# Commandstats"},
		"commandstats": {"# Commandstats"},
		"modules":      {"# Modules"},
		"nosuch":       nil,
	} {
		args := []string{"INFO"}
		if section != "" {
			args = append(args, section)
		}
		got := c.do(args...).Str
		for _, w := range want {
			if !strings.Contains(got, w+"\r\n") {
				t.Errorf("INFO %s has no %s", section, w)
			}
		}
		if n := strings.Count(got, "# "); section == "" && n != 11 || section == "nosuch" && n != 0 || strings.HasSuffix(section, "s") && n != 1 {
			t.Errorf("INFO %q has %d sections", section, n)
		}
	}
	if got := c.do("INFO", "clients", "cpu").Str; strings.Count(got, "# ") != 2 {
		t.Errorf("INFO clients cpu: %q", got)
	}
	c.do("CONFIG", "RESETSTAT")
	if got := c.do("INFO", "stats").Str; !strings.Contains(got, "total_commands_processed:1\r\n") || !strings.Contains(got, "keyspace_hits:0\r\n") {
		t.Errorf("after CONFIG RESETSTAT: %q", got)
	}
}

func TestKeysWhoseTimeIsOverAreAnnounced(t *testing.T) {
	c := newClient(t)
	listener := c.e.NewSession(0, 3, "")
	c.e.Exec(c.now, 1, Frame{Session: listener, Commands: []resp.Command{{"PSUBSCRIBE", "__key*"}}})
	c.do("CONFIG", "SET", "notify-keyspace-events", "Ex")
	c.do("SET", "a", "1", "PX", "10")
	c.do("SET", "b", "1", "PX", "10")
	heard := func(out Outcome) string {
		var b strings.Builder
		for _, p := range out.Pushes {
			if p.Session != listener {
				t.Errorf("a message to %d", p.Session)
			}
			b.WriteString(p.Reply.Elems[2].Str + " " + p.Reply.Elems[3].Str + "\n")
		}
		return b.String()
	}
	c.now += 1e6
	out := c.e.Exec(c.now, 1, Frame{Session: c.id, Commands: []resp.Command{{"GET", "a"}}})
	if got := heard(out); got != "__keyevent@0__:expired a\n" {
		t.Errorf("looked for: %q", got)
	}
	if got := heard(c.e.Tick(c.now, 1)); got != "__keyevent@0__:expired b\n" {
		t.Errorf("swept: %q", got)
	}
	c.do("CONFIG", "SET", "notify-keyspace-events", "")
	out = c.e.Exec(c.now, 1, Frame{Session: c.id, Commands: []resp.Command{{"SET", "c", "1"}}})
	if len(out.Pushes) != 0 {
		t.Errorf("off, and yet: %v", out.Pushes)
	}
}

func TestSlowlogTakesEveryCommandWhenAskedTo(t *testing.T) {
	c := newClient(t)
	c.do("SET", "k", "v")
	if n := c.do("SLOWLOG", "LEN").Int; n != 0 {
		t.Errorf("%d entries by default", n)
	}
	c.do("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "2")
	c.do("SET", "k", strings.Repeat("x", 200))
	c.do("GET", "k")
	entries := c.do("SLOWLOG", "GET").Elems
	if len(entries) != 2 || entries[0].Elems[3].Elems[0].Str != "GET" || entries[1].Elems[3].Elems[2].Str != strings.Repeat("x", 128)+"... (72 more bytes)" {
		t.Errorf("%v", entries)
	}
	c.do("CONFIG", "SET", "slowlog-log-slower-than", "-1")
	c.do("SLOWLOG", "RESET")
	c.do("GET", "k")
	if n := c.do("SLOWLOG", "LEN").Int; n != 0 {
		t.Errorf("%d entries after it was turned off", n)
	}
}

// TestEveryUnservedCommandSaysWhatToDo holds the errors of commands that the
// engine does not have.
func TestEveryUnservedCommandSaysWhatToDo(t *testing.T) {
	c := newClient(t)
	n := 0
	for name, info := range commandTable {
		if Served(name) {
			continue
		}
		n++
		args := strings.Split(name, "|")
		for len(args) < info.arity || len(args) < -info.arity {
			args = append(args, "x")
		}
		r := c.do(args...)
		cluster := strings.HasPrefix(name, "cluster") || r.Str == errNoCluster.Str
		if r.Kind != resp.Error || !cluster && (!strings.HasPrefix(r.Str, "ERR unsupported command '"+name) || !strings.HasSuffix(r.Str, ".")) || cluster && r.Str != errNoCluster.Str && r.Str != errArity(name).Str && !strings.HasPrefix(r.Str, "ERR unknown subcommand") {
			t.Errorf("%s: %v", name, r)
		}
	}
	t.Logf("%d commands are not served", n)
}

// TestDescriptionsCanBeRead reads every line of commands_docs.txt.
func TestDescriptionsCanBeRead(t *testing.T) {
	n := 0
	for _, cmd := range served() {
		d := described(cmd.name)
		if about := docValue(d.about); len(about.Elems) != 4 {
			t.Errorf("%s: %v", cmd.name, about)
		}
		if docs := docValue(d.docs); field(docs, "summary").Str == "" || field(docs, "group").Str == "" {
			t.Errorf("%s: %v", cmd.name, docs)
		}
		n++
	}
	for _, name := range helps {
		if text := docValue(described(name + "|help text").about); len(text.Elems) < 4 {
			t.Errorf("%s HELP: %v", name, text)
		}
	}
	t.Logf("%d commands are described", n)
}
