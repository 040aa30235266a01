package engine

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// scriptCommands are commands around scripts whose answers must be those of
// redis-server, in the order given.
func scriptCommands() (cmds [][]string) {
	const write, read = "return redis.call('SET', KEYS[1], 'v')", "return redis.call('GET', KEYS[1])"
	for _, numkeys := range []string{"0", "1", "2", "3", "-1", "x", "", "1.0", " 1", "+1", "01", "99999999999999999999", "9223372036854775807"} {
		for _, cmd := range []string{"EVAL", "EVAL_RO", "FCALL"} {
			cmds = append(cmds, []string{cmd, "return {#KEYS, #ARGV}", numkeys, "a", "b"})
		}
		cmds = append(cmds, []string{"EVALSHA", redislua.SHA1("return {#KEYS, #ARGV}"), numkeys, "a", "b"}, []string{"EVALSHA", "nosuch", numkeys, "a", "b"})
	}
	for _, line := range []string{
		"#!lua", "#!lua flags=", "#!lua flags=no-writes", "#!lua flags=allow-oom", "#!lua flags=allow-stale,no-cluster,allow-cross-slot-keys",
		"#!lua flags=no-writes,allow-oom", "#!lua flags=no-writes flags=allow-oom", "#!lua flags=no-writes,", "#!lua flags=,", "#!lua flags=a,b", "#!lua flags=No-Writes",
		"#!lua flags=no-writes, allow-oom", "#!lua name=x", "#!lua foo", "#! lua", "#!", "#! ", "#!python", "#!LUA", `#!lua "flags=no-writes"`, `#!lua "flags`, "#!lua\r", "#!lua\tflags=no-writes",
	} {
		for _, cmd := range []string{"EVAL", "EVAL_RO"} {
			cmds = append(cmds, []string{cmd, line, "1", "k"}, []string{cmd, line + "\n" + write, "1", "k"}, []string{cmd, line + "\n" + read, "1", "k"})
		}
		cmds = append(cmds, []string{"SCRIPT", "LOAD", line + "\nreturn 1"}, []string{"EVALSHA_RO", redislua.SHA1(line + "\n" + write), "1", "k"})
	}
	for _, script := range []string{
		`return redis.call('PUBLISH', 'c', 'm')`, `return redis.call('PFCOUNT', 'p')`, `return redis.pcall('INCR', KEYS[1])`, `return redis.call('SORT', 'l')`,
		`return redis.call('SORT_RO', 'l')`, `return redis.call('GETEX', KEYS[1])`, `return redis.call('EVAL_RO', 'return 1', 0)`, `return redis.call('TYPE', KEYS[1])`,
		`return redis.call('BITFIELD', 'b', 'GET', 'u8', 0)`, `return redis.call('BITFIELD_RO', 'b', 'GET', 'u8', 0)`, `return redis.call('XREAD', 'STREAMS', 's', '0')`,
	} {
		cmds = append(cmds, []string{"EVAL_RO", script, "1", "k"}, []string{"EVALSHA_RO", redislua.SHA1(script), "1", "k"})
	}
	for _, words := range []string{
		"AUTH x", "AUTH u x", "SELECT 5", "SELECT 99", "SELECT x", "SUBSCRIBE c", "PSUBSCRIBE c", "UNSUBSCRIBE", "SSUBSCRIBE c", "MULTI", "EXEC", "DISCARD", "WATCH k", "UNWATCH",
		"BLPOP nolist 0", "BRPOP nolist 1", "BLMOVE a b LEFT LEFT 0", "BRPOPLPUSH a b 0", "BLMPOP 0 1 a LEFT", "BZPOPMIN z 0", "BZMPOP 0 1 z MIN", "BLPOP l x",
		"XREAD BLOCK 0 STREAMS s $", "XREAD BLOCK 5 COUNT 1 STREAMS s 0", "WAIT 0 0", "HELLO", "HELLO 3", "QUIT", "RESET", "MONITOR", "CLIENT ID", "CLIENT GETNAME", "CLIENT LIST",
		"SCRIPT FLUSH", "SCRIPT LOAD x", "EVAL return 0", "EVALSHA x 0", "FCALL f 0", "FUNCTION LIST", "SAVE", "DEBUG JMAP", "CONFIG GET maxmemory", "PING", "ECHO x",
		"nosuch", "GET", "GET a b", "CLIENT nosuch", "FLUSHALL", "DBSIZE", "RANDOMKEY", "KEYS *", "SPUBLISH c m", "PUBSUB CHANNELS", "ACL WHOAMI", "ASKING", "READONLY",
	} {
		script := "return redis.call('" + strings.Join(strings.Fields(words), "', '") + "')"
		cmds = append(cmds, []string{"EVAL", script, "0"}, []string{"EVAL", strings.Replace(script, "redis.call", "redis.pcall", 1), "0"})
	}
	for _, words := range []string{
		"SCRIPT KILL", "SCRIPT KILL x", "SCRIPT FLUSH x", "SCRIPT FLUSH ASYNC", "SCRIPT FLUSH sync", "SCRIPT FLUSH SYNC x", "SCRIPT", "SCRIPT NOPE", "SCRIPT LOAD", "SCRIPT LOAD a b",
		"SCRIPT EXISTS", "SCRIPT EXISTS x", "SCRIPT EXISTS E0E1F9FABFC9D4800C877A703B823AC0578FF8DB e0e1f9fabfc9d4800c877a703b823ac0578ff8db y",
		"SCRIPT HELP", "SCRIPT LOAD )", "EVAL", "EVAL x", "EVALSHA", "EVAL_RO x",
		"SET n 1", "MULTI", "SCRIPT LOAD x=", "EVALSHA x 0", "INCR n", "EVAL nosuchname() 0", "SCRIPT FLUSH", "SCRIPT EXISTS x", "EVAL x 1", "EVAL x", "EXEC", "GET n",
		"MULTI", "EVAL x 0 a", "EVAL x", "EXEC",
	} {
		cmds = append(cmds, strings.Fields(words))
	}
	sha := redislua.SHA1("return 500")
	return append(cmds,
		[]string{"SCRIPT", "LOAD", "return 500"}, []string{"SCRIPT", "EXISTS", sha, strings.ToUpper(sha), sha[1:]}, []string{"EVALSHA", strings.ToUpper(sha), "0"},
		[]string{"MULTI"}, []string{"EVALSHA", sha, "0"}, []string{"EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"}, []string{"EVAL", "return redis.call('SELECT', 3)", "0"},
		[]string{"SET", "where", "here"}, []string{"EVAL", "redis.call('INCR', KEYS[1]) error('after')", "1", "n"}, []string{"EXEC"}, []string{"MGET", "n", "where"},
		[]string{"WATCH", "n"}, []string{"EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"}, []string{"MULTI"}, []string{"PING"}, []string{"EXEC"},
		[]string{"SCRIPT", "FLUSH"}, []string{"EVALSHA", sha, "0"}, []string{"SCRIPT", "EXISTS", sha},
		[]string{"EVAL", "redis.setresp(3) return redis.call('HELLO')", "0"}, []string{"EVAL", "return {double=3.5}", "0"}, []string{"EVAL", "return {double=0/0}", "0"},
		[]string{"EVAL", "return {double=-(0/0)}", "0"}, []string{"EVAL", "return {double=1/0}", "0"}, []string{"EVAL", "return {map={a=1}}", "0"}, []string{"EVAL", "return {set={a=true}}", "0"},
		[]string{"EVAL", "return {big_number='123\\r\\n'}", "0"}, []string{"EVAL", "return {verbatim_string={string='x', format='txt'}}", "0"},
	)
}

// TestScriptCommandsAnswerLikeRedis runs every command on redis-server, too, in
// both protocols.
func TestScriptCommandsAnswerLikeRedis(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		p := newScriptPair(t, proto)
		for _, args := range scriptCommands() {
			got := string(resp.AppendReply(nil, proto, run(p.engine, p.s, args...)))
			want, err := p.redis(args...)
			if err != nil {
				t.Fatalf("%q: %v", args, err)
			}
			if got != want {
				t.Errorf("RESP%d %q\n engine: %q\n redis:  %q", proto, args, got, want)
			}
		}
	}
}
