package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const overviewText = `redis2cf moves Go programs from go-redis to Cloudflare storage: it finds every
Redis call, decides where each family of keys should live, and rewrites the
program so that it compiles and runs without Redis.

Usage:
  redis2cf [flags] [packages]      report: key families, stores, what moves, what
                                   can't and why; changes nothing
  redis2cf -d [packages]           the changes as a unified diff for git apply
  redis2cf -w [packages]           rewrite, verify, write
  redis2cf -check -budget N        for CI: exit 3 when more than N sites need a person
`

const overviewTail = `  go vet -vettool=$(which redis2cf) ./...
                                   the same findings as diagnostics
  go fix -fixtool=$(which redis2cf) ./...
                                   after a first -w: brings new code to where the rest is

Start here:
  redis2cf demo                    see it happen on a bundled sample; needs only Go
  redis2cf ./...                   look at your own module
  redis2cf -w ./... && go test ./...
  redis2cf undo                    every byte as it was

Exit codes: 0 done, 1 -d found a difference, 2 usage or load error, 3 over budget.
redis2cf help COMMAND explains a command; redis2cf help rewrite the flags above.
`

// overview is what -h prints.
func overview() string {
	var b strings.Builder
	b.WriteString(overviewText)
	for _, c := range commands()[1:] {
		fmt.Fprintf(&b, "  redis2cf %-23s %s\n", c.name, c.short)
	}
	b.WriteString(overviewTail)
	return b.String()
}

// help prints the help of a command, or the overview.
func (e *env) help(args []string) (int, error) {
	text := overview()
	if len(args) > 0 {
		name := args[0]
		if name == "rewrite" || name == "report" {
			name = ""
		}
		found := false
		for _, c := range commands() {
			if c.name == name {
				text, found = c.help(), true
			}
		}
		if !found {
			return exitError, &usageError{
				message: fmt.Sprintf("there is no command %s", args[0]),
				hint:    "redis2cf -h lists the commands.",
			}
		}
	}
	_, err := io.WriteString(e.stdout, text)
	return exitDone, err
}

// flagList writes the flags of a command, aligned.
func flagList(define func(*flag.FlagSet, *options)) string {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	define(fs, &options{})
	var b strings.Builder
	fs.VisitAll(func(f *flag.Flag) {
		arg, text := flag.UnquoteUsage(f)
		name := "-" + f.Name
		if arg != "" {
			name += " " + arg
		}
		fmt.Fprintf(&b, "  %-20s %s\n", name, text)
	})
	return b.String()
}

func helpRewrite() string {
	return `Usage: redis2cf [flags] [packages]

Without -d or -w it reports and changes nothing. Packages are as for go build;
the default is ./... . In the directory of a go.work that is no module itself,
every module of the workspace is worked on.

Files of other systems and tags are seen without -tags, which says what this
build is.

-w writes the sources, the generated package, redis2cf.yaml and the module files
in one transaction. The result was type-checked and, unless -no-build is given,
built and vetted before the first byte is written. What can't move stays on
go-redis, compiles beside the rest and is listed with a reason.

-step and -only make a run smaller: docs/steps.md has a migration in three commits.
What hangs together moves whole, and the run says what it took along.

-check names what needs a person: calls that can't move, contradictions in the plan,
keep comments without a reason; in a module that was migrated also new calls on
go-redis and keys without a family. examples/ci/github-actions.yml is an example.

Flags:
` + flagList(rewriteFlags) + `
Examples:
  redis2cf                             report on the module in this directory
  redis2cf -json ./... > report.json   the same for programs
  redis2cf -html report.html           one page to read, filter and hand on, with the diff
  redis2cf -sarif report.sarif         for code scanning
  redis2cf -d ./... | git apply        the changes through git
  redis2cf -w ./internal/session       only some packages, and what hangs on them
  redis2cf -w -step swap               go-redis's names now, the views another day
  redis2cf -w -only 'session:*' -only ./internal/room
                                       one family, and one package
  redis2cf -check -budget 12 ./...     in CI: twelve sites may be left
  redis2cf -w -C ../shop ./...         another directory
  redis2cf -w -api keep ./...          a library whose users pass go-redis clients
  redis2cf -w -dual                    with Redis and the store behind each other, while data moves
  redis2cf -w -runtime ~/redis2cf ./... the runtime of a local checkout

Exit codes: 0 done, or within the budget; 1 -d found a difference; 2 usage or load
error, and nothing was changed; 3 -check found more than -budget allows.
`
}

func helpGenerate() string {
	return `Usage: redis2cf generate [flags]

Writes the generated package again from redis2cf.yaml: run it after an edit of
that file. It never touches a call site, so it also refuses to drop or rename a
view that a call still uses, and what the code does not allow: a family in KV alone
(consistency: primary) that needs the object, families of one transaction in two
groups. Each refusal names the lines.

-dual adds dual.go, and its module to go.mod: with it $CFSTORE_URL=dual:STORE and
$CFSTORE_REDIS=redis://… have the program use Redis and the store behind each other
while its data moves (redis2cf help phase). The file stays until redis2cf cleanup.

Flags:
` + flagList(generateFlags) + `
Example:
  $EDITOR redis2cf.yaml      # store: d1  ->  store: do
  redis2cf generate
  redis2cf generate -dual    # before the data moves; redis2cf cleanup takes it back
`
}

func helpUndo() string {
	return `Usage: redis2cf undo [flags]

Puts back every file that the last redis2cf -w, generate or cleanup in this module changed,
byte for byte, and removes those it made; once more, those of the run before it, and
so on for twenty runs. When one of them was edited since, it is named
and nothing is changed, unless -force is given. A run that was killed halfway is
put back too.

Flags:
` + flagList(undoFlags) + `
Example:
  redis2cf -w ./...
  redis2cf undo
`
}

func helpDemo() string {
	return `Usage: redis2cf demo [flags]

Copies the bundled sample, a chat backend on go-redis, into a directory, runs its
tests before, migrates it with -w and runs its tests after on the embedded store.
It needs Go and, the first time, the network for Go modules; no Redis, no root.

Flags:
` + flagList(demoFlags) + `
Examples:
  redis2cf demo
  redis2cf demo -o /tmp/chat
`
}

func helpVersion() string {
	return `Usage: redis2cf version

Prints the version of redis2cf and of the Go that built it.
`
}
