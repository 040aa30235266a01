package respserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/respserver"
)

// onBoth runs a conversation of several connections against redis-server and
// against the engine: the same answers are expected of both.
func onBoth(t *testing.T, talk func(t *testing.T, addr string)) {
	t.Helper()
	t.Run("redis-server", func(t *testing.T) { talk(t, testneed.RedisServer(t)) })
	t.Run("engine", func(t *testing.T) {
		addr, _ := serve(t, respserver.Options{})
		talk(t, addr)
	})
}

// expect compares an answer.
func (c *client) expect(want string, cmd ...string) {
	c.t.Helper()
	if got := c.do(cmd...).String(); got != want {
		c.t.Errorf("%q: got %s, want %s", cmd, got, want)
	}
}

// id is the client's number.
func (c *client) id() string { return strings.TrimPrefix(c.do("CLIENT", "ID").line, ":") }

// blocked waits until n clients are blocked.
func (c *client) blocked(n string) {
	c.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(c.do("INFO", "clients").body, "blocked_clients:"+n+"\r\n"); {
		if time.Now().After(end) {
			c.t.Fatalf("never %s blocked clients", n)
		}
	}
}

func TestBlockedClientIsUnblocked(t *testing.T) {
	onBoth(t, func(t *testing.T, addr string) {
		waiting, other := dial(t, addr), dial(t, addr)
		id := waiting.id()
		waiting.send("BLPOP q 0\r\n")
		other.blocked("1")
		other.expect(":1", "CLIENT", "UNBLOCK", id)
		waiting.want("*-1\r\n")
		other.expect(":0", "CLIENT", "UNBLOCK", id)
		waiting.send("BLMOVE q p LEFT LEFT 0\r\n")
		other.blocked("1")
		other.expect(":1", "CLIENT", "UNBLOCK", id, "ERROR")
		waiting.want("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
		waiting.send("WAIT 1 0\r\n")
		other.blocked("1")
		other.expect(":1", "CLIENT", "UNBLOCK", id, "TIMEOUT")
		waiting.want(":0\r\n")
	})
}

func TestClientsAreKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, addr string) {
		me := dial(t, addr)
		byID, byAddr, subscriber, blocked := dial(t, addr), dial(t, addr), dial(t, addr), dial(t, addr)
		id := byID.id()
		me.expect(":1", "CLIENT", "KILL", "ID", id)
		byID.wantEnd("")
		byAddr.expect("+PONG", "PING")
		me.expect("+OK", "CLIENT", "KILL", byAddr.LocalAddr().String())
		byAddr.wantEnd("")
		me.expect("-ERR No such client", "CLIENT", "KILL", byAddr.LocalAddr().String())
		subscriber.do("SUBSCRIBE", "a")
		if list := me.do("CLIENT", "LIST", "TYPE", "pubsub").body; strings.Count(list, "\n") != 1 || !strings.Contains(list, "flags=P ") {
			t.Errorf("pubsub clients: %q", list)
		}
		me.expect(":1", "CLIENT", "KILL", "TYPE", "pubsub", "USER", "default")
		subscriber.wantEnd("")
		id = blocked.id()
		blocked.send("BLPOP q 0\r\n")
		me.blocked("1")
		me.expect(":1", "CLIENT", "KILL", "ID", id, "LADDR", addr)
		blocked.wantEnd("")
		me.blocked("0")
		me.expect(":0", "CLIENT", "KILL", "ID", me.id())
		// One's own answer still comes.
		me.send("CLIENT KILL ID " + me.id() + " SKIPME no\r\nPING\r\n")
		me.wantEnd(":1\r\n")
	})
}

func TestPausedClientsWait(t *testing.T) {
	onBoth(t, func(t *testing.T, addr string) {
		me, other := dial(t, addr), dial(t, addr)
		me.expect("+OK", "CLIENT", "PAUSE", "60000", "WRITE")
		other.expect("$-1\"\"", "GET", "k")
		other.send("SET k v\r\nGET k\r\n")
		me.blocked("1")
		me.expect("$-1\"\"", "GET", "k")
		me.expect("+OK", "CLIENT", "UNPAUSE")
		other.want("+OK\r\n$1\r\nv\r\n")
		// A transaction that writes waits with EXEC.
		me.expect("+OK", "CLIENT", "PAUSE", "60000", "WRITE")
		other.expect("+OK", "MULTI")
		other.expect("+QUEUED", "GET", "k")
		other.send("EXEC\r\n")
		other.want("*1\r\n$1\r\nv\r\n")
		me.expect("+OK", "CLIENT", "UNPAUSE")
		// All wait, for the time that was given.
		me.expect("+OK", "CLIENT", "PAUSE", "50", "ALL")
		other.expect("$1\"v\"", "GET", "k")
	})
}

func TestAnswersAreHeldBack(t *testing.T) {
	onBoth(t, func(t *testing.T, addr string) {
		c := dial(t, addr)
		c.send("CLIENT REPLY SKIP\r\nPING a\r\nPING b\r\n")
		c.want("$1\r\nb\r\n")
		c.send("CLIENT REPLY OFF\r\nPING a\r\nSET k v\r\nCLIENT REPLY SKIP\r\nGET k\r\nCLIENT REPLY ON\r\nGET k\r\n")
		c.want("+OK\r\n$1\r\nv\r\n")
		c.send("SUBSCRIBE a\r\n")
		c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	})
}

func TestSubscriptionsInTransactions(t *testing.T) {
	onBoth(t, func(t *testing.T, addr string) {
		c := dial(t, addr)
		c.send("MULTI\r\nPING\r\nSUBSCRIBE a\r\nPING x\r\nEXEC\r\nPING\r\nGET k\r\n")
		c.want("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+PONG\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*2\r\n$4\r\npong\r\n$1\r\nx\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n")
		c.want("-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n")
		c = dial(t, addr)
		c.do("HELLO", "3")
		c.send("MULTI\r\nSUBSCRIBE b\r\nGET k\r\nEXEC\r\nPUBLISH b m\r\nGET k\r\n")
		c.want("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n_\r\n>3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$1\r\nm\r\n:1\r\n_\r\n")
		// The protocol may change in a transaction.
		c = dial(t, addr)
		c.send("MULTI\r\nGET k\r\nEXEC\r\nRESET\r\nGET k\r\n")
		c.want("+OK\r\n+QUEUED\r\n*1\r\n$-1\r\n+RESET\r\n$-1\r\n")
	})
}

func TestMonitorShowsCommands(t *testing.T) {
	onBoth(t, func(t *testing.T, addr string) {
		watching, other := dial(t, addr), dial(t, addr)
		watching.expect("+OK", "MONITOR")
		from := other.LocalAddr().String()
		other.do("SET", "k", "a\n\"\x01é")
		other.do("SELECT", "2")
		other.do("MULTI")
		other.do("GET", "k")
		other.do("EXEC")
		other.do("EVAL", "return redis.call('GET', 'x')", "0")
		other.do("CONFIG", "GET", "nosuch") // not shown
		other.do("ECHO", "end")
		for _, want := range []string{
			`[0 ` + from + `] "SET" "k" "a\n\"\x01\xc3\xa9"`, `[2 ` + from + `] "SELECT" "2"`, `[2 ` + from + `] "MULTI"`,
			`[2 ` + from + `] "GET" "k"`, `[2 ` + from + `] "EXEC"`,
			`[2 ` + from + `] "EVAL" "return redis.call('GET', 'x')" "0"`, `[2 lua] "GET" "x"`, `[2 ` + from + `] "ECHO" "end"`,
		} {
			line, err := watching.rd.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if _, got, _ := strings.Cut(strings.TrimSpace(line), " "); line[0] != '+' || got != want {
				t.Errorf("got %q, want %q", line, want)
			}
		}
	})
}

func TestPasswordsInTransactionsComeTrueWithExec(t *testing.T) {
	addr, _ := serve(t, respserver.Options{Password: "secret", Users: map[string]string{"ann": "hers"}})
	c := dial(t, addr)
	c.expect("+OK", "AUTH", "secret")
	c.expect("$7\"default\"", "ACL", "WHOAMI")
	c.send("MULTI\r\nAUTH ann hers\r\nACL WHOAMI\r\nAUTH wrong\r\nHELLO 3 AUTH ann wrong\r\nEXEC\r\nACL WHOAMI\r\n")
	c.want("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n+OK\r\n")
	for i := 0; i < 3; i++ {
		if _, err := readWire(c.rd); err != nil {
			t.Fatal(err)
		}
	}
	if w, err := readWire(c.rd); err != nil || w.body != "ann" {
		t.Errorf("who: %v %v", w, err)
	}
	if line := c.do("CLIENT", "INFO").body; !strings.Contains(line, " user=ann ") || !strings.Contains(line, " addr="+c.LocalAddr().String()+" laddr="+addr+" ") {
		t.Errorf("CLIENT INFO: %q", line)
	}
}
