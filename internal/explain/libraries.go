package explain

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// LibrariesPage is docs/libraries.md.
func LibrariesPage() []byte {
	var b strings.Builder
	b.WriteString(`<!-- Written from internal/spec by the tests of internal/explain (go generate); DO NOT EDIT. -->
# Known libraries

Libraries that take a go-redis client, or make what a client takes, and what becomes of a
client that meets one. Each was decided by reading its source at the version, or commit,
that its line names. A library that is not here gets a bridge where it takes a client, and
the report asks you to look at it (` + "`CUT_LIBRARY`" + `).

A bridge is a go-redis client of the same store, within the process: commands, pipelines,
transactions, scripts, subscriptions and blocking commands pass it. Closing it leaves the
program's own client open.

| what the library does | what becomes of it | reason |
|---|---|---|
`)
	uses := spec.LibraryUses()
	for _, use := range uses {
		code := use.Code()
		if code != "" {
			code = fmt.Sprintf("[%s](reason-codes.md#%s)", code, strings.ToLower(code))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", use, use.Effect(), code)
	}
	for _, use := range uses {
		fmt.Fprintf(&b, "\n## Which %s\n\n| library | go-redis | read at | what it does |\n|---|---|---|---|\n", plural(use))
		for _, l := range spec.Libraries() {
			if l.Use != use {
				continue
			}
			fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s |\n", l.Path, names(l), l.Redis, l.Read, says(l))
		}
	}
	return []byte(b.String())
}

// plural turns "sends commands" into what several libraries do.
func plural(use spec.LibraryUse) string {
	verb, rest, _ := strings.Cut(use.String(), " ")
	if verb == "has" {
		verb = "haves"
	}
	return strings.TrimSpace(strings.TrimSuffix(verb, "s") + " " + rest)
}

// names are the names that a row is about, where it is not about all others. Those of a
// counterpart are its documentation's.
func names(l *spec.Library) string {
	if l.Names == "" || l.Counterpart != "" {
		return ""
	}
	return ": " + strings.Join(strings.Fields(l.Names), ", ")
}

func says(l *spec.Library) string {
	out := l.Why
	if l.Counterpart != "" {
		out += "; becomes `" + l.Counterpart[strings.Index(l.Counterpart, "runtime/"):] + "`"
	}
	if l.Do != "" {
		out += ". What to do: " + l.Do
	}
	return out
}
