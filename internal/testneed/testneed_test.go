package testneed

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestRedisServerAnswersAndStopsWithItsTest(t *testing.T) {
	var addr string
	t.Run("running", func(t *testing.T) {
		addr = RedisServer(t)
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if _, err := fmt.Fprint(c, "PING\r\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "+PONG\r\n" {
			t.Fatalf("PING answered %q, %v", line, err)
		}
	})
	if addr == "" {
		t.Skip("no redis-server")
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		_ = c.Close()
		t.Fatalf("the server at %s outlived its test", addr)
	}
}

func TestServerThatEndsTellsItsLastLines(t *testing.T) {
	err := waitReady(strings.NewReader("one\nbind: Address already in use\n"))
	if err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Fatalf("got %v", err)
	}
}
