package cli

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory" // memory: URLs
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite" // file: URLs
)

// passwordVariable is the environment variable with serve's password. A command
// line shows in every process list, so there is no flag for it.
const passwordVariable = "REDIS2CF_PASSWORD"

// serveOptions are the flags of serve.
type serveOptions struct {
	addr         string
	passwordFile string
}

func serveFlags(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.serve.addr, "addr", "127.0.0.1:6380", "listen on `HOST:PORT`; port 0 takes a free one")
	fs.StringVar(&o.serve.passwordFile, "password-file", "", "ask clients for the password in `FILE`, its first line (default: $"+passwordVariable+")")
}

func helpServe() string {
	return `Usage: redis2cf serve [flags] STORE

Puts a Redis endpoint, RESP2 and RESP3, in front of a store, for redis-cli,
clients of other languages and outside test suites. STORE is a store's URL,
file:PATH, memory://NAME, or https://HOST of a Worker, whose token is in
$` + gateway.TokenVariable + `; without it, $` + runtime.StoreVariable + ` names it.

It listens on the loopback interface. Where others can reach it, it asks for a
password, which comes from a file or from $` + passwordVariable + `. A file is owned by one
process: clients of a store that is served connect to the address. Ctrl-C ends
it; all writes are kept.

Flags:
` + flagList(serveFlags) + `
Examples:
  redis2cf serve file:cfstore.db       and then: redis-cli -p 6380
  redis2cf serve -addr 127.0.0.1:0 memory://scratch
  redis2cf serve http://127.0.0.1:8787 what redis2cf worker -run runs
  REDIS2CF_PASSWORD=… redis2cf serve -addr 10.0.0.5:6380 file:cfstore.db
  redis2cf serve -addr :6380 -password-file /run/secrets/redis file:cfstore.db
`
}

// runServe answers clients until it is told to stop.
func runServe(e *env, o *options) (int, error) {
	rawURL, err := storeToServe(o.args)
	if err != nil {
		return exitError, err
	}
	password, err := servePassword(o.serve.passwordFile)
	if err != nil {
		return exitError, err
	}
	if err := checkReach(o.serve.addr, password); err != nil {
		return exitError, err
	}
	ln, err := net.Listen("tcp", o.serve.addr)
	if err != nil {
		return exitError, listenError(o.serve.addr, err)
	}
	backend, err := store.Open(rawURL)
	if err != nil {
		_ = ln.Close()
		return exitError, err
	}
	asked := ""
	if password != "" {
		asked = ", with a password"
	}
	fmt.Fprintf(e.stdout, "redis2cf serve: %s in front of %s%s; Ctrl-C ends it\n", ln.Addr(), backend.URL(), asked)
	err = respserver.Serve(e.ctx, ln, backend, respserver.Options{
		Password: password,
		Logger:   slog.New(slog.NewTextHandler(e.stderr, nil)),
	})
	if cerr := backend.Close(); cerr != nil && err == nil {
		err = fmt.Errorf("closing %s: %w", store.Redact(rawURL), cerr)
	}
	if err != nil {
		return exitError, err
	}
	fmt.Fprintln(e.stdout, "redis2cf serve: ended")
	return exitDone, nil
}

// storeToServe is the store's URL: the argument, or the environment's.
func storeToServe(args []string) (string, error) {
	switch {
	case len(args) > 1:
		return "", usagef("serve", "serve takes one store, not %d", len(args))
	case len(args) == 1:
		return args[0], nil
	}
	if u := os.Getenv(runtime.StoreVariable); u != "" {
		return u, nil
	}
	return "", usagef("serve", "serve needs a store: redis2cf serve file:cfstore.db, or set %s", runtime.StoreVariable)
}

// servePassword reads the password; none is "".
func servePassword(file string) (string, error) {
	if file == "" {
		return os.Getenv(passwordVariable), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("the password file %s is empty; its first line is the password", file)
	}
	return line, nil
}

// checkReach refuses an address that others can reach when there is no password.
func checkReach(addr, password string) error {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return usagef("serve", "-addr %s is not an address to listen on: %v; write HOST:PORT", addr, err)
	}
	if password == "" && !tcp.IP.IsLoopback() {
		return usagef("serve", "%s can be reached from other machines, and there is no password; set %s or -password-file, or listen on 127.0.0.1", addr, passwordVariable)
	}
	return nil
}

// listenError says what to do about an address that cannot be had.
func listenError(addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another process; stop that one, or choose another port with -addr (0 takes a free one)", addr)
	}
	return fmt.Errorf("listening on %s: %w", addr, err)
}
