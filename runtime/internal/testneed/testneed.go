// Package testneed starts the outside programs that some tests compare with,
// and decides what happens when they are missing. It never looks for a server
// that somebody else runs.
package testneed

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Env is the variable that turns a missing program from a skip into a failure
// when it is set to "all".
const Env = "REDIS2CF_REQUIRE"

// ServerEnv is the variable that names another Redis server to compare with than
// the one in $PATH, by the path of its program.
const ServerEnv = "REDIS_SERVER"

// Required says whether a missing program is a failure.
func Required() bool { return os.Getenv(Env) == "all" }

// Missing ends a test that needs a program which is not there: it fails when
// REDIS2CF_REQUIRE=all is set and is skipped, with one line, otherwise.
func Missing(t testing.TB, program, install string) {
	t.Helper()
	if Required() {
		t.Fatalf("%s=all is set, but %s is not in $PATH: install it (%s)", Env, program, install)
	}
	t.Skipf("%s is not in $PATH, left out (%s)", program, install)
}

// RedisServer starts a redis-server of its own on a free loopback port, without
// persistence, and stops it when the test ends. It returns host:port.
func RedisServer(t testing.TB, settings ...string) string {
	t.Helper()
	addr, stop, err := StartRedis(t.TempDir(), settings...)
	if errors.Is(err, exec.ErrNotFound) {
		Missing(t, "redis-server", "apt-get install redis-server")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return addr
}

// StartRedis is RedisServer for programs: it starts a redis-server, 7.0 or newer,
// that works in dir. $REDIS_SERVER names its program when it is not the one in
// $PATH. Settings are further ones, such as --replicaof. The error wraps exec.ErrNotFound
// when there is none in $PATH.
func StartRedis(dir string, settings ...string) (addr string, stop func(), err error) {
	name := "redis-server"
	if other := os.Getenv(ServerEnv); other != "" {
		name = other
	}
	bin, err := exec.LookPath(name)
	if err != nil {
		return "", nil, err
	}
	for i := 0; i < 5; i++ { // another process may take the port between our look and the server's bind
		if addr, stop, err = start(bin, dir, settings); err == nil {
			return addr, stop, nil
		}
	}
	return "", nil, fmt.Errorf("starting %s: %w", bin, err)
}

// start starts the server once and waits for the line that says it listens.
func start(bin, dir string, settings []string) (string, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	addr := l.Addr().String()
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return "", nil, err
	}

	cmd := exec.Command(bin, append([]string{
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no",
		"--enable-debug-command", "local", // for DEBUG SET-ACTIVE-EXPIRE
		"--dir", dir, "--daemonize", "no", "--logfile", ""}, settings...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}

	ready := make(chan error, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ready <- waitReady(out)
		_, _ = io.Copy(io.Discard, out) // a full pipe would stop the server
	}()
	stop := func() {
		_ = cmd.Process.Kill() // nothing to save
		<-drained
		_ = cmd.Wait() // says "killed"
	}
	select {
	case err = <-ready:
	case <-time.After(30 * time.Second):
		err = errors.New("not ready after 30 s")
	}
	if err != nil {
		stop()
		return "", nil, err
	}
	return addr, stop, nil
}

// waitReady reads the server's log until it accepts connections. The error of a
// server that ends before holds its last lines.
func waitReady(log io.Reader) error {
	var tail []string
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		line := lines.Text()
		if strings.Contains(line, "Ready to accept connections") {
			return nil
		}
		tail = append(tail, line)
		if len(tail) > 5 {
			tail = tail[1:]
		}
	}
	return fmt.Errorf("the server ended: %s", strings.Join(tail, " | "))
}
