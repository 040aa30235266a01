// Package cli is redis2cf's command line: it reads arguments, runs the parts in
// order and says what happened. It never analyzes, plans or rewrites itself.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/redis2cf/redis2cf/internal/transfer"
)

// Exit codes.
const (
	exitDone   = 0 // done, or nothing to do
	exitDiff   = 1 // -d printed a difference
	exitError  = 2 // usage or load error; nothing was changed
	exitBudget = 3 // -check: more sites need a person than -budget allows
)

// An env is what a command works with.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	ui     *ui
}

// A command is one entry of the command table.
type command struct {
	name  string
	short string // one line of the overview
	help  func() string
	flags func(*flag.FlagSet, *options)
	run   func(*env, *options) (int, error)
}

// commands is the command table, in the order of the overview. The first one
// runs when no command is named.
func commands() []*command {
	return []*command{
		{"", "report, diff or rewrite (see redis2cf help rewrite)", helpRewrite, rewriteFlags, runRewrite},
		{"generate", "write the generated package again from redis2cf.yaml", helpGenerate, generateFlags, runGenerate},
		{"undo", "put back every file that the last -w changed", helpUndo, undoFlags, runUndo},
		{"explain", "what a reason code means, what to do, an example", helpExplain, func(*flag.FlagSet, *options) {}, runExplain},
		{"worker", "write the Worker for Cloudflare, run it here, make its tokens", helpWorker, workerFlags, runWorker},
		{"copy", "bring the keys of a Redis server to a store, or back", helpCopy, copyFlags, runCopy},
		{"compare", "hold a Redis server and a store against each other, key by key", helpCompare, compareFlags, runCompare},
		{"phase", "which side is the truth while data moves, and switching it", helpPhase, phaseFlags, runPhase},
		{"status", "how far a move is: the phase, who takes part, what is left to bring", helpStatus, statusFlags, runStatus},
		{"cleanup", "take out what the module needed of go-redis while its data moved", helpCleanup, cleanupFlags, runCleanup},
		{"serve", "a Redis endpoint in front of a store, for redis-cli and other clients", helpServe, serveFlags, runServe},
		{"demo", "migrate the bundled sample application and run its tests", helpDemo, demoFlags, runDemo},
		{"version", "print the version", helpVersion, func(*flag.FlagSet, *options) {}, runVersion},
	}
}

// Run runs redis2cf with the arguments after the program's name and returns its
// exit code: 0 done, 1 -d found a difference, 2 usage or load error, 3 over budget.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := &env{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr, ui: newUI(stdout, stderr)}
	code, err := e.dispatch(args)
	e.ui.done()
	var usage *usageError
	switch {
	case err == nil:
		return code
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "redis2cf: %v\n", err)
		fmt.Fprintf(stderr, "%s\n", usage.hint)
		return exitError
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(stderr, "redis2cf: interrupted; nothing was changed")
		return exitError
	}
	if advice := transfer.Advice(err); advice != "" {
		err = fmt.Errorf("%w; %s", err, advice)
	}
	fmt.Fprintf(stderr, "redis2cf: %v\n", err)
	return exitError
}

// dispatch finds the command and parses its flags.
func (e *env) dispatch(args []string) (int, error) {
	table := commands()
	cmd := table[0]
	// redis2cf -C DIR undo, as the go command has it.
	if len(args) > 2 && args[0] == "-C" && slices.ContainsFunc(table[1:], func(c *command) bool { return c.name == args[2] }) {
		args = slices.Concat(args[2:3], args[:2], args[3:])
	}
	if len(args) > 0 {
		if args[0] == "help" {
			return e.help(args[1:])
		}
		for _, c := range table[1:] {
			if args[0] == c.name {
				cmd, args = c, args[1:]
				break
			}
		}
	}
	opt := &options{}
	fs := flag.NewFlagSet("redis2cf", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	cmd.flags(fs, opt)
	rest, err := parseMixed(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		if cmd.name == "" {
			_, err := io.WriteString(e.stdout, overview())
			return exitDone, err
		}
		_, err := io.WriteString(e.stdout, cmd.help())
		return exitDone, err
	}
	if err != nil {
		return exitError, flagError(cmd.name, err)
	}
	opt.args = rest
	return cmd.run(e, opt)
}

// parseMixed parses flags that may stand between other arguments; after "--"
// nothing is a flag.
func parseMixed(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		if !strings.HasPrefix(args[0], "-") || args[0] == "-" {
			rest = append(rest, args[0])
			args = args[1:]
			continue
		}
		// One flag at a time, so that "--" behind it is seen above.
		n := 1
		if err := fs.Parse(args[:1]); err != nil {
			if len(args) < 2 || !strings.HasPrefix(err.Error(), "flag needs an argument") {
				return nil, err
			}
			n = 2
			if err := fs.Parse(args[:2]); err != nil {
				return nil, err
			}
		}
		args = args[n:]
	}
	return rest, nil
}

// A usageError is a mistake in the arguments.
type usageError struct {
	message string
	hint    string
}

func (e *usageError) Error() string { return e.message }

// usagef makes a usage error of a command.
func usagef(cmd, format string, args ...any) error {
	if cmd == "" {
		cmd = "rewrite"
	}
	return &usageError{
		message: fmt.Sprintf(format, args...),
		hint:    fmt.Sprintf("redis2cf help %s lists the flags.", cmd),
	}
}

// flagError puts the flag package's error into our words.
func flagError(cmd string, err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: "); ok {
		return usagef(cmd, "there is no flag %s", name)
	}
	return usagef(cmd, "%v", err)
}
