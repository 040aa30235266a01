package cftest

import (
	"bufio"
	"context"
	"io"
	"sync"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// ask sends text to a server over a connection of its own and returns what came
// back before the connection was closed by QUIT or by the server.
func ask(t *testing.T, s *Miniredis, text string) string {
	t.Helper()
	conn, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text+"QUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestOwnCommands(t *testing.T) {
	s := RunT(t)
	gone := make(chan struct{})
	for name, f := range map[string]Cmd{
		"RAW":    func(c *Peer, _ string, args []string) { c.WriteRaw("*3\r\n:1\r\n$2\r\nhi\r\n$-1\r\n") },
		"BADRAW": func(c *Peer, _ string, args []string) { c.WriteRaw("$5\r\nhi\r\n") },
		"COUNT": func(c *Peer, _ string, args []string) {
			n, _ := c.Ctx.(int)
			c.Ctx = n + 1
			c.WriteInt(n + 1)
		},
		"BLOCK": func(c *Peer, _ string, args []string) {
			c.Block(func(w *Writer) { w.WriteLen(2); w.WriteOK(); w.WriteBulk(args[0]) })
		},
		"BYE": func(c *Peer, _ string, args []string) {
			c.OnDisconnect(func() { close(gone) })
			c.Close()
			c.WriteOK()
		},
	} {
		if err := s.Server().Register(name, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ send, want string }{
		{"raw\r\n", "*3\r\n:1\r\n$2\r\nhi\r\n$-1\r\n+OK\r\n"},
		{"badraw\r\n", "-ERR cftest: WriteRaw: a string that is shorter than its length says\r\n+OK\r\n"},
		{"count\r\ncount\r\nping\r\ncount\r\n", ":1\r\n:2\r\n+PONG\r\n:3\r\n+OK\r\n"},
		{"count\r\n", ":1\r\n+OK\r\n"}, // Ctx is a client's own
		{"block x\r\n", "*2\r\n+OK\r\n$1\r\nx\r\n+OK\r\n"},
	} {
		if got := ask(t, s, c.send); got != c.want {
			t.Errorf("%q answered %q, want %q", c.send, got, c.want)
		}
	}
	if got := ask(t, s, "bye\r\nping\r\n"); len(got) < 5 || got[:5] != "+OK\r\n" {
		t.Errorf("a client that was ended got %q, want its answer first", got)
	}
	<-gone
}

func TestReadOnlyCommands(t *testing.T) {
	s := RunT(t)
	noop := func(c *Peer, _ string, _ []string) { c.WriteOK() }
	if err := s.Server().Register("look", noop, ReadOnlyOption()); err != nil {
		t.Fatal(err)
	}
	if err := s.Server().Register("touchy", noop); err != nil {
		t.Fatal(err)
	}
	for cmd, want := range map[string]bool{"GET": true, "get": true, "SET": false, "LOOK": true, "TOUCHY": false, "NOSUCH": false} {
		if got := s.IsReadOnlyCommand(cmd); got != want {
			t.Errorf("IsReadOnlyCommand(%q) = %v, want %v", cmd, got, want)
		}
	}
	for cmd, want := range map[string]bool{"GET": true, "look": true, "NOSUCH": false} {
		if got := s.Server().IsRegisteredCommand(cmd); got != want {
			t.Errorf("IsRegisteredCommand(%q) = %v, want %v", cmd, got, want)
		}
	}
}

func TestSubscriberPublishes(t *testing.T) {
	s := RunT(t)
	sub := s.NewSubscriber()
	defer sub.Close()
	sub.Subscribe("news")
	sub.Psubscribe("n*")
	if n := sub.Publish("news", "hi"); n != 2 {
		t.Fatalf("Publish = %d, want 2", n)
	}
	if m := <-sub.Messages(); m.Message != "hi" {
		t.Errorf("message %v", m)
	}
	if m := <-sub.Pmessages(); m.Pattern != "n*" || m.Message != "hi" {
		t.Errorf("message %v", m)
	}
}

// Goroutines that share a client in the process have their answers apart.
func TestHooksAnswerGoroutinesApart(t *testing.T) {
	s := RunT(t)
	if err := s.Server().Register("pair", func(c *Peer, _ string, args []string) {
		c.WriteLen(2)
		c.WriteBulk(args[0])
		c.WriteBulk(args[0])
	}); err != nil {
		t.Fatal(err)
	}
	client, err := backend{m: s, local: true}.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		word := string(rune('a' + i))
		all.Add(1)
		go func() {
			defer all.Done()
			for k := 0; k < 200; k++ {
				r, err := client.Execute(context.Background(), []resp.Command{{"PAIR", word}})
				if err != nil || len(r) != 1 || len(r[0].Elems) != 2 || r[0].Elems[0].Str != word || r[0].Elems[1].Str != word {
					t.Errorf("%v, %v; want %q twice", r, err, word)
					return
				}
			}
		}()
	}
	all.Wait()
}
