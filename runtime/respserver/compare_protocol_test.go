package respserver_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/respserver"
)

// answer sends bytes on a new connection, ends its own side and returns all that
// comes back.
func answer(t *testing.T, addr, input string) string {
	t.Helper()
	c := dial(t, addr)
	// The server may close before it has read all: that is an answer too.
	_, _ = io.WriteString(c, input)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	out, _ := io.ReadAll(c.rd)
	return string(out)
}

// TestProtocolIsRediss sends well-formed and broken input and compares all that
// comes back. Each input ends the connection.
func TestProtocolIsRediss(t *testing.T) {
	theirs := testneed.RedisServer(t)
	ours, _ := serve(t, respserver.Options{})
	quit := "*1\r\n$4\r\nQUIT\r\n"
	for _, input := range []string{
		"PING\r\nQUIT\r\n", "PING\nQUIT\n", "ping  a \r\nquit\r\n", "\r\n\r\nPING\r\nQUIT\r\n", "   \r\nPING\r\nQUIT\r\n",
		"ECHO \"a\\x41\\n\\q\"\r\nQUIT\r\n", "ECHO 'a\\'b\\n'\r\nQUIT\r\n", "ECHO \"\"\r\nQUIT\r\n", "ECHO a\"b c\"\r\nQUIT\r\n", "\"PING\"\r\nQUIT\r\n",
		"ECHO \"a\r\n", "ECHO 'a\r\n", "ECHO \"a\"b\r\n", "ECHO 'a'b\r\n", "ECHO \"\\x4\"\r\nQUIT\r\n",
		"*0\r\n" + quit, "*-1\r\n" + quit, "*-5\r\nPING\r\n" + quit,
		"*x\r\n", "*\r\n", "*1x\r\n", "* 1\r\n", "*1048577\r\nx\r\n", "*2147483648\r\n", "*9999999999999999999\r\n", "*-9999999999999999999\r\n",
		"*1\r\nPING\r\n", "*1\r\n:4\r\n", "*1\r\n\r\n", "*1\r\n*1\r\n$4\r\nPING\r\n",
		"*1\r\n$x\r\n", "*1\r\n$-1\r\n", "*1\r\n$\r\n", "*1\r\n$4x\r\nPING\r\n", "*1\r\n$536870913\r\n", "*1\r\n$9999999999999999999\r\n",
		"*1\r\n$4\r\nPINGxx" + quit, "*1\r\n$0\r\n\r\n" + quit, "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n" + quit,
		"*1\r\n$04\r\nPING\r\n" + quit, "*01\r\n$4\r\nPING\r\n" + quit, "*+1\r\n$4\r\nPING\r\n" + quit, "*1\r\n$+4\r\nPING\r\n" + quit,
		"*1\n$4\r\nPING\r\n" + quit,
		strings.Repeat("x", 70_000), "*" + strings.Repeat("1", 70_000), "*1\r\n$" + strings.Repeat("1", 70_000),
		"SET k " + strings.Repeat("v", 60_000) + "\r\nSTRLEN k\r\nQUIT\r\n",
		"MULTI\r\nGET\r\nEXEC\r\nQUIT\r\n", "MULTI\r\nQUIT\r\n", "QUIT\r\nPING\r\n",
		"HELLO 3\r\nBADCOMMAND\r\n*x\r\n"[9:], "SELECT 1\r\nRESET\r\nCLIENT INFO x\r\nQUIT\r\n",
		"GET \"\\x00\\xff\"\r\nQUIT\r\n",
	} {
		want, got := answer(t, theirs, input), answer(t, ours, input)
		if want != got {
			if len(input) > 80 {
				input = input[:80] + "…"
			}
			t.Errorf("%q\n  redis-server %.300q\n  engine       %.300q", input, want, got)
		}
	}
}

// TestProtocolBeforeAUTHIsRediss does so where a password is asked for.
func TestProtocolBeforeAUTHIsRediss(t *testing.T) {
	theirs := testneed.RedisServer(t)
	dial(t, theirs).do("CONFIG", "SET", "requirepass", "secret")
	ours, _ := serve(t, respserver.Options{Password: "secret"})
	for _, input := range []string{
		"GET k\r\nPING\r\nQUIT\r\n", "AUTH wrong\r\nAUTH secret\r\nPING\r\nQUIT\r\n", "AUTH default secret\r\nPING\r\nQUIT\r\n",
		"AUTH nobody secret\r\nAUTH a b c\r\nAUTH\r\nQUIT\r\n", "HELLO\r\nQUIT\r\n", "HELLO 2\r\nQUIT\r\n", "HELLO 3\r\nQUIT\r\n", "HELLO 9\r\nHELLO x\r\nQUIT\r\n",
		"HELLO 2 AUTH default wrong\r\nHELLO 2 AUTH nobody secret\r\nHELLO 9 AUTH default secret\r\nPING\r\nQUIT\r\n",
		"HELLO 3 AUTH default\r\nQUIT\r\n", "HELLO 2 SETNAME x\r\nQUIT\r\n",
		"MULTI\r\nEXEC\r\nQUIT\r\n", "SUBSCRIBE a\r\nQUIT\r\n", "CLIENT ID\r\nQUIT\r\n", "RESET\r\nPING\r\nQUIT\r\n",
		"AUTH secret\r\nRESET\r\nPING\r\nQUIT\r\n", "QUIT\r\n", "CLIENT REPLY OFF\r\nPING\r\nQUIT\r\n",
		"*2\r\n$4\r\nAUTH\r\n$16385\r\n", "*11\r\n", "*10\r\n$4\r\nPING\r\n$-1\r\n",
		"AUTH secret\r\nMULTI\r\nAUTH wrong\r\nAUTH secret\r\nPING\r\nEXEC\r\nQUIT\r\n",
	} {
		want, got := answer(t, theirs, input), answer(t, ours, input)
		if want != got {
			t.Errorf("%q\n  redis-server %.300q\n  engine       %.300q", input, want, got)
		}
	}
}
