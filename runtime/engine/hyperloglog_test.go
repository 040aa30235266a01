package engine

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
)

// TestHyperLogLogsAreRedisByteForByte fills HyperLogLogs here and in
// redis-server and compares the strings and the estimates on the way from sparse to
// dense.
func TestHyperLogLogsAreRedisByteForByte(t *testing.T) {
	conn, err := net.Dial("tcp", testneed.RedisServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	e, s := newTestEngine(t)
	both := func(args ...string) {
		t.Helper()
		fmt.Fprintf(conn, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(a), a)
		}
		want, err := readReply(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(run(e, s, args...)); got != want {
			t.Fatalf("%.200q\n engine: %.300s (%d)\n redis:  %.300s (%d)", args, got, len(got), want, len(want))
		}
	}
	both("DEL", "h", "g", "m", "n")
	both("PFADD", "h")
	both("GET", "h")
	both("PFCOUNT", "h")
	for n := 0; n < 6000; {
		args := []string{"PFADD", "h"}
		for i := 0; i < 1+n/10; i++ {
			args = append(args, "element "+strconv.Itoa(n))
			n++
		}
		both(args...)
		both("GET", "h")
		both("PFADD", "h", "element 0")
		both("PFCOUNT", "h")
		both("GET", "h")
	}
	for n := 0; n < 400; n++ {
		both("PFADD", "g", "other "+strconv.Itoa(n*n))
	}
	both("GET", "g")
	both("PFCOUNT", "h", "g", "none")
	both("PFMERGE", "m", "g", "none")
	both("GET", "m")
	both("PFMERGE", "m", "g", "h")
	both("GET", "m")
	both("PFCOUNT", "m")
	both("PFMERGE", "n")
	both("GET", "n")
	for n := 0; n < 200_000; n += 2000 {
		args := []string{"PFADD", "m"}
		for i := n; i < n+2000; i++ {
			args = append(args, strconv.Itoa(i))
		}
		both(args...)
		both("PFCOUNT", "m")
	}
	both("SET", "bad", "HYLL\x01 broken, but long enough")
	both("PFCOUNT", "bad")
	both("PFADD", "bad", "x")
	both("PFMERGE", "n", "bad")
	both("SET", "bad", "HYLL\x00 dense, but too short")
	both("PFCOUNT", "bad")
	both("SETRANGE", "g", "16", "\x7f\xff\x7f\xff")
	both("PFADD", "g", "x")
	both("PFCOUNT", "g", "h")
	both("DEL", "h", "g", "m", "n", "bad")
}
