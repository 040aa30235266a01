package dual_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/dual"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A command whose answer was lost may have been run, and is not sent again: INCR would count
// twice.
func TestACommandIsSentOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var sent atomic.Int64
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go losesIncr(conn, &sent)
		}
	}()
	side, err := dual.OpenRedis(context.Background(), "redis://"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer side.Close()
	s, err := side.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Execute(context.Background(), []resp.Command{{"INCR", "n"}}); err == nil {
		t.Errorf("an answer that was lost: %v", r)
	}
	if n := sent.Load(); n != 1 {
		t.Errorf("INCR was sent %d times", n)
	}
}

// losesIncr is a server that ends the connection when it gets INCR, which it counts.
func losesIncr(conn net.Conn, sent *atomic.Int64) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	line := func() string {
		s, err := in.ReadString('\n')
		if err != nil {
			return ""
		}
		return strings.TrimSpace(s)
	}
	for {
		n, err := strconv.Atoi(strings.TrimPrefix(line(), "*"))
		if err != nil {
			return
		}
		var words []string
		for i := 0; i < n; i++ {
			size, err := strconv.Atoi(strings.TrimPrefix(line(), "$"))
			if err != nil {
				return
			}
			word := make([]byte, size+2)
			if _, err := io.ReadFull(in, word); err != nil {
				return
			}
			words = append(words, strings.ToUpper(string(word[:size])))
		}
		answer := "+OK\r\n"
		switch words[0] {
		case "INCR":
			sent.Add(1)
			return
		case "HELLO":
			answer = "-ERR unknown command\r\n"
		case "PING":
			answer = "+PONG\r\n"
		case "INFO":
			answer = "$0\r\n\r\n"
		}
		if _, err := fmt.Fprint(conn, answer); err != nil {
			return
		}
	}
}
