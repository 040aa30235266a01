package transfer

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

// serverWithout starts a redis-server that does not know some commands, as one of another
// version, a fork or a proxy does not.
func serverWithout(t *testing.T, commands ...string) string {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		testneed.Missing(t, "redis-server", "apt-get install redis-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	args := []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}
	for _, c := range commands {
		args = append(args, "--rename-command", c, "")
	}
	cmd := exec.Command(bin, args...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2})
	defer c.Close()
	for end := time.Now().Add(30 * time.Second); c.Do(context.Background(), "PING").Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server does not start")
		}
	}
	return "redis://" + addr
}

// A server that lacks what newer ones have is copied without it, from and to; one that
// lacks what cannot be done without says which command that is.
func TestServersOfOtherVersions(t *testing.T) {
	ctx := context.Background()
	newer := []string{"PEXPIRETIME", "EXPIRETIME", "MEMORY", "INFO", "HELLO", "CLIENT", "CONFIG", "OBJECT", "COPY", "FUNCTION", "LPOS", "ZMPOP"}
	from := serverWithout(t, newer...)
	fill(t, strings.TrimPrefix(from, "redis://"), 40)
	back := serverWithout(t, newer...)
	store := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "store.db"))
	for _, way := range [][2]string{{from, store}, {store, back}} {
		a, err := Open(ctx, way[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Open(ctx, way[1], 0)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Copy(ctx, CopyOptions{From: a, To: b, Checkpoint: filepath.Join(t.TempDir(), "checkpoint")})
		if err != nil || n.Copied == 0 || n.Left() != 0 {
			t.Fatalf("%s to %s: %+v %v", a.Name(), b.Name(), n, err)
		}
		compared, err := Compare(ctx, CompareOptions{From: a, To: b, Tolerance: time.Second})
		if err != nil || len(compared.Differences) != 0 || compared.Keys < n.Copied {
			t.Errorf("%s to %s: %+v %v", a.Name(), b.Name(), compared, err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, command := range []string{"SCAN", "TYPE", "DBSIZE"} {
		url := serverWithout(t, command)
		a, err := Open(ctx, url, 0)
		if err == nil {
			_, err = a.Size(ctx)
			if err == nil {
				var b End
				if b, err = Open(ctx, "memory://versions", 0); err != nil {
					t.Fatal(err)
				}
				_, err = Copy(ctx, CopyOptions{From: a, To: b})
				if e := b.Close(); e != nil {
					t.Error(e)
				}
			}
			if e := a.Close(); e != nil {
				t.Error(e)
			}
		}
		if want := fmt.Sprintf("unknown command '%s'", command); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), url) {
			t.Errorf("without %s: %v", command, err)
		}
	}
}
