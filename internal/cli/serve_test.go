package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

// served is a redis2cf serve of this process.
type served struct {
	addr   string
	first  string // its first line
	out    *bufio.Reader
	stderr *bytes.Buffer
	code   chan int
}

// serve runs the command through the entry that main calls, up to its first line.
func serve(t *testing.T, args ...string) *served {
	t.Helper()
	r, w := io.Pipe()
	s := &served{out: bufio.NewReader(r), stderr: new(bytes.Buffer), code: make(chan int, 1)}
	go func() {
		s.code <- Run(append([]string{"serve", "-addr", "127.0.0.1:0"}, args...), strings.NewReader(""), w, s.stderr)
		w.Close()
	}()
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("exit %d: %s", <-s.code, s.stderr)
	}
	m := regexp.MustCompile(`^redis2cf serve: (127\.0\.0\.1:\d+) in front of `).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("first line %q", line)
	}
	s.addr, s.first = m[1], line
	return s
}

// end sends the signal of Ctrl-C's kin and waits for a clean end.
func (s *served) end(t *testing.T) {
	t.Helper()
	if err := terminate(); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(s.out)
	if code := <-s.code; code != 0 || string(rest) != "redis2cf serve: ended\n" || s.stderr.Len() > 0 {
		t.Errorf("exit %d, %q, %q", code, rest, s.stderr)
	}
}

func TestServeKeepsWhatClientsWroteWhenItIsEnded(t *testing.T) {
	ctx := context.Background()
	url := "file:" + filepath.Join(t.TempDir(), "s.db")
	s := serve(t, url)
	for _, protocol := range []int{2, 3} {
		c := redis.NewClient(&redis.Options{Addr: s.addr, Protocol: protocol})
		if n, err := c.Incr(ctx, "n").Result(); err != nil || n != int64(protocol-1) {
			t.Errorf("protocol %d: %d, %v", protocol, n, err)
		}
		c.Close()
	}
	s.end(t)
	s = serve(t, url)
	c := redis.NewClient(&redis.Options{Addr: s.addr})
	if n, err := c.Get(ctx, "n").Int(); n != 2 || err != nil {
		t.Errorf("after a restart: %d, %v", n, err)
	}
	c.Close()
	s.end(t)
}

func TestServeAnswersRedisCLI(t *testing.T) {
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		testneed.Missing(t, "redis-cli", "apt-get install redis-tools")
	}
	t.Setenv(passwordVariable, "correct horse")
	s := serve(t, "memory://serve-cli")
	host, port, _ := net.SplitHostPort(s.addr)
	run := func(auth string, args ...string) string {
		cmd := exec.Command(cli, append([]string{"-h", host, "-p", port}, args...)...)
		cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+auth)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Logf("redis-cli %v: %v", args, err)
		}
		return string(out)
	}
	if out := run("correct horse", "HSET", "h", "f", "v"); out != "1\n" {
		t.Errorf("HSET: %q", out)
	}
	if out := run("correct horse", "-3", "HGETALL", "h"); !strings.Contains(out, "f") || !strings.Contains(out, "v") {
		t.Errorf("HGETALL: %q", out)
	}
	if out := run("wrong", "GET", "k"); !strings.Contains(out, "WRONGPASS") {
		t.Errorf("a wrong password: %q", out)
	}
	if strings.Contains(s.first+s.stderr.String(), "horse") || !strings.Contains(s.first, "with a password") {
		t.Errorf("first line %q", s.first)
	}
	s.end(t)
}

func TestServeRefusesWithAReason(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	held := "file:" + filepath.Join(dir, "held.db")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "serve needs a store: redis2cf serve file:cfstore.db, or set CFSTORE_URL"},
		{[]string{"memory://a", "memory://b"}, "serve takes one store, not 2"},
		{[]string{"-addr", taken.Addr().String(), held}, taken.Addr().String() + " is in use by another process"},
		{[]string{"-addr", "0.0.0.0:0", held}, "can be reached from other machines, and there is no password; set REDIS2CF_PASSWORD"},
		{[]string{"-addr", ":0", held}, "can be reached from other machines"},
		{[]string{"-addr", "6380", held}, "-addr 6380 is not an address to listen on"},
		{[]string{"-addr", "127.0.0.1:0", "cfstore.db"}, `"cfstore.db" has no scheme; write memory://NAME, file:PATH`},
		{[]string{"-addr", "127.0.0.1:0", "redis://u:secret@host"}, "redis URLs name no store"},
		{[]string{"-addr", "127.0.0.1:0", "-password-file", filepath.Join(dir, "none"), held}, "reading the password: open "},
		{[]string{"-addr", "127.0.0.1:0", "-password-file", empty, held}, "is empty; its first line is the password"},
		{[]string{"-password", "x", held}, "there is no flag -password"},
	} {
		var stdout, stderr bytes.Buffer
		t.Setenv("CFSTORE_URL", "")
		code := Run(append([]string{"serve"}, c.args...), strings.NewReader(""), &stdout, &stderr)
		if code != exitError || !strings.Contains(stderr.String(), c.want) || stdout.Len() > 0 {
			t.Errorf("serve %q: exit %d, %q, %q; want %q", c.args, code, stdout.String(), stderr.String(), c.want)
		}
		if strings.Contains(stderr.String(), "secret") {
			t.Errorf("a secret is told: %s", stderr.String())
		}
	}
	if _, err := os.Stat(strings.TrimPrefix(held, "file:")); err == nil {
		t.Error("a refused start made the database")
	}
}

func TestServeNamesTheOwnerOfAFile(t *testing.T) {
	url := "file:" + filepath.Join(t.TempDir(), "s.db")
	s := serve(t, url)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServeHelperProcess$")
	cmd.Env = append(os.Environ(), "SERVE_HELPER="+url)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is in use by") || !strings.Contains(string(out), "process") {
		t.Errorf("%v\n%s", err, out)
	}
	s.end(t)
}

// TestServeHelperProcess is the second process of TestServeNamesTheOwnerOfAFile.
func TestServeHelperProcess(t *testing.T) {
	url := os.Getenv("SERVE_HELPER")
	if url == "" {
		return
	}
	os.Exit(Run([]string{"serve", "-addr", "127.0.0.1:0", url}, strings.NewReader(""), os.Stdout, os.Stderr))
}
