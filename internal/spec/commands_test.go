package spec

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

// serverCommand is an entry of a redis-server's COMMAND.
type serverCommand struct {
	arity, first, last, step int
	flags                    []string
}

// commandsOf reads COMMAND, sub-commands included.
func commandsOf(t *testing.T, rdb *redis.Client) map[string]serverCommand {
	t.Helper()
	reply, err := rdb.Do(context.Background(), "COMMAND").Slice()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]serverCommand{}
	var read func(entries []any)
	read = func(entries []any) {
		for _, e := range entries {
			f := e.([]any)
			c := serverCommand{arity: int(f[1].(int64)), first: int(f[3].(int64)), last: int(f[4].(int64)), step: int(f[5].(int64))}
			for _, flag := range f[2].([]any) {
				c.flags = append(c.flags, flag.(string))
			}
			sort.Strings(c.flags)
			out[strings.ToUpper(strings.ReplaceAll(f[0].(string), "|", " "))] = c
			if len(f) > 9 {
				read(f[9].([]any))
			}
		}
	}
	read(reply)
	return out
}

func server(t *testing.T) *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: testneed.RedisServer(t), Protocol: 2})
	t.Cleanup(func() { rdb.Close() })
	info, err := rdb.InfoMap(context.Background(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	if v := info["Server"]["redis_version"]; !strings.HasPrefix(v, "7.0.") {
		if testneed.Required() {
			t.Fatalf("the table is of Redis 7.0, this server is %s: install 7.0", v)
		}
		t.Skipf("the table is of Redis 7.0, this server is %s", v)
	}
	return rdb
}

func TestCommandsAreWhatRedisServerSays(t *testing.T) {
	rdb := server(t)
	theirs := commandsOf(t, rdb)
	for _, c := range Commands() {
		s, ok := theirs[c.Name]
		if !ok {
			if c.Since == "" {
				t.Errorf("%s: the server does not know it, and the table does not say since when it exists", c.Name)
			}
			continue
		}
		if c.Since != "" {
			t.Errorf("%s: the table says since %s, Redis 7.0 has it", c.Name, c.Since)
		}
		ours := slices.Sorted(slices.Values(c.Flags))
		if c.Arity != s.arity || c.FirstKey != s.first || c.LastKey != s.last || c.Step != s.step || !slices.Equal(ours, s.flags) {
			t.Errorf("%s: table %d %d %d %d %v, server %+v", c.Name, c.Arity, c.FirstKey, c.LastKey, c.Step, ours, s)
		}
		delete(theirs, c.Name)
	}
	for name := range theirs {
		t.Errorf("%s of the server is not in the table", name)
	}
}

// TestKeysAreWhatRedisServerFinds compares Keys with COMMAND GETKEYS.
func TestKeysAreWhatRedisServerFinds(t *testing.T) {
	rdb := server(t)
	for _, line := range keyLines {
		cmd := strings.Fields(line)
		for i, w := range cmd {
			if w == "-" {
				cmd[i] = "" // MIGRATE's empty key
			}
		}
		args := []any{"COMMAND", "GETKEYS"}
		for _, w := range cmd {
			args = append(args, w)
		}
		var want []string
		keys, err := rdb.Do(context.Background(), args...).StringSlice()
		if err == nil {
			want = keys
		} else if !strings.Contains(err.Error(), "no key arguments") && !strings.Contains(err.Error(), "Invalid") {
			t.Errorf("%s: %v", line, err)
			continue
		}
		var got []string
		for _, i := range Keys(cmd) {
			got = append(got, cmd[i])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: Keys finds %v, the server %v", line, got, want)
		}
	}
}

var keyLines = []string{
	"GET k", "get k", "SET k v EX 10 NX", "MGET a b c", "MSET a 1 b 2 c 3", "MSETNX a 1", "DEL a b", "GETSET a b", "LCS a b IDX",
	"RENAME a b", "COPY a b DB 1 REPLACE", "OBJECT ENCODING k", "OBJECT FREQ k", "OBJECT HELP", "MEMORY USAGE k SAMPLES 3",
	"EVAL s 2 a b c d", "EVAL s 0 a", "EVALSHA h 1 a", "EVAL_RO s 1 a b", "EVALSHA_RO h 2 a b", "EVAL s 9 a", "EVAL s x a", "FCALL f 1 a b", "FCALL_RO f 2 a b",
	"ZUNIONSTORE d 2 a b WEIGHTS 1 2", "ZINTERSTORE d 1 a", "ZDIFFSTORE d 2 a b", "ZUNION 2 a b", "ZINTER 1 a", "ZDIFF 2 a b", "ZINTERCARD 2 a b LIMIT 1",
	"ZMPOP 2 a b MIN", "BZMPOP 0 2 a b MAX COUNT 3", "LMPOP 1 a LEFT", "BLMPOP 1.5 2 a b RIGHT", "SINTERCARD 2 a b", "ZRANGESTORE d s 0 -1",
	"XREAD STREAMS a b 0 0", "XREAD COUNT 2 BLOCK 10 STREAMS a $", "XREAD COUNT 2 STREAMS streams 0",
	"XREADGROUP GROUP g c STREAMS a >", "XREADGROUP GROUP streams c COUNT 1 NOACK STREAMS a b > >", "XREAD STREAMS a b 0",
	"XADD s * f v", "XGROUP CREATE s g $ MKSTREAM", "XINFO STREAM s FULL", "XCLAIM s g c 0 1-1", "XAUTOCLAIM s g c 0 0",
	"SORT k", "SORT k BY x GET y ALPHA", "SORT k LIMIT 0 5 STORE d", "SORT k BY STORE GET STORE", "SORT_RO k GET x", "SORT k STORE a STORE b",
	"GEORADIUS k 1 2 3 km STORE d", "GEORADIUS k 1 2 3 km STOREDIST d", "GEORADIUS k 1 2 3 km", "GEORADIUSBYMEMBER k m 3 km STORE d", "GEORADIUS_RO k 1 2 3 m", "GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m",
	"MIGRATE h 1 k 0 5", "MIGRATE h 1 - 0 5 KEYS a b c", "MIGRATE h 1 - 0 5 COPY AUTH KEYS KEYS a", "MIGRATE h 1 - 0 5 AUTH2 KEYS KEYS KEYS a b",
	"BITOP AND d a b", "BITOP NOT d a", "BITFIELD k GET u8 0", "BITFIELD_RO k GET u8 0", "BITCOUNT k 0 -1 BIT",
	"BLPOP a b 0", "BRPOP a 0", "BZPOPMIN a b 0", "BLMOVE a b LEFT RIGHT 0", "RPOPLPUSH a b", "SMOVE a b m", "SUNIONSTORE d a b", "PFCOUNT a b", "PFMERGE d a b",
	"WATCH a b", "PING x", "CONFIG GET x", "SCAN 0", "HSCAN k 0", "EXPIRE k 1 NX", "TOUCH a b", "DUMP k", "RESTORE k 0 x",
}

func TestKeysOfChannelsAndUnknownCommandsAreNone(t *testing.T) {
	for _, line := range []string{"PUBLISH c m", "SPUBLISH c m", "SSUBSCRIBE c", "NOSUCH k", "GET", "GET a b", ""} {
		if got := Keys(strings.Fields(line)); got != nil {
			t.Errorf("Keys(%q) = %v", line, got)
		}
	}
}

func TestRawCommandsOfModulesGetTheirReason(t *testing.T) {
	for line, want := range map[string]struct {
		code string
		keys int
	}{
		"BF.ADD filter x":                 {Probabilistic, 1},
		"ts.add series * 1":               {TimeSeries, 1},
		"FT.SEARCH idx *":                 {Search, 0},
		"VSIM vectors ELE x":              {VectorSet, 1},
		"TS.CREATERULE a b AGGREGATION x": {TimeSeries, 2},
		"SENTINEL MASTERS":                {Sentinel, 0},
		"DELEX k IFEQ v":                  {CommandNotServed, 1},
		"CMS.MERGE d 2 a b":               {Probabilistic, 3},
	} {
		cmd := strings.Fields(line)
		c, ok := CommandOf(cmd)
		if !ok || c.Verdict != Manual || c.Code != want.code {
			t.Errorf("%s: %+v, want %s", line, c, want.code)
		}
		if n := len(Keys(cmd)); n != want.keys {
			t.Errorf("%s: %d keys, want %d", line, n, want.keys)
		}
	}
}

// TestCommandAndMethodAgree holds the two halves of the table together: what a
// method is and what its Redis command is.
func TestCommandAndMethodAgree(t *testing.T) {
	for _, r := range Rows() {
		if r.Redis == "" || r.Newer {
			continue
		}
		c, ok := CommandOf(strings.Fields(r.Redis))
		if !ok {
			if r.Verdict == Served {
				t.Errorf("%s is served, but no command %s is in the table", r.Method, r.Redis)
			}
			continue
		}
		if r.Group != "client" && r.Group != c.Group && c.Name == r.Redis {
			t.Errorf("%s is in group %s, its command %s in %s", r.Method, r.Group, c.Name, c.Group)
		}
		if (r.Verdict == Served) != (c.Verdict == Served) && c.Name == r.Redis && r.Code != NotInGoRedis && r.Code != Sentinel && r.Code != TokenAccess {
			t.Errorf("%s is %s, its command %s is %s", r.Method, r.Verdict, c.Name, c.Verdict)
		}
	}
}

func TestEveryReasonIsDocumented(t *testing.T) {
	check := func(what string, v Verdict, code, advice string) {
		if v == Served {
			return
		}
		if _, ok := CodeOf(code); !ok {
			t.Errorf("%s: code %q is not documented", what, code)
		}
		if !strings.HasSuffix(advice, ".") {
			t.Errorf("%s: advice %q is no sentence", what, advice)
		}
	}
	for _, r := range Rows() {
		check(r.Method, r.Verdict, r.Code, r.Advice)
	}
	for _, c := range Commands() {
		check(c.Name, c.Verdict, c.Code, c.Advice)
	}
	for _, s := range Symbols() {
		check(fmt.Sprintf("%s.%s", s.Package, s.Name), s.Verdict, s.Code, s.Advice)
	}
	seen := map[string]bool{}
	for _, c := range Codes() {
		if seen[c.Code] || c.Title == "" || c.Why == "" || c.Do == "" {
			t.Errorf("code %s stands twice or is incomplete", c.Code)
		}
		seen[c.Code] = true
	}
}
