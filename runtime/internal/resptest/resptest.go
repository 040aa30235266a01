// Package resptest is for tests that run commands as lines of words and compare the replies
// as text: what a person reads in one look. It never compares by itself, and what it writes
// does not tell a status from a string.
package resptest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Lines are commands of words that are apart by one space; two spaces have an empty word
// between them.
func Lines(lines ...string) []resp.Command {
	cmds := make([]resp.Command, len(lines))
	for i, l := range lines {
		cmds[i] = strings.Split(l, " ")
	}
	return cmds
}

// Text is a reply in one line: nil, :1, a string or status as it is, ! and an error, and
// everything with elements in brackets.
func Text(r resp.Reply) string {
	switch r.Kind {
	case resp.Nil, resp.NilArray:
		return "nil"
	case resp.Int:
		return fmt.Sprint(":", r.Int)
	case resp.Array, resp.Set, resp.Map, resp.Pairs, resp.Push:
		return "[" + strings.Join(Texts(r.Elems), " ") + "]"
	case resp.Error:
		return "!" + r.Str
	}
	return r.Str
}

// Texts are several of them.
func Texts(replies []resp.Reply) []string {
	out := make([]string, len(replies))
	for i, r := range replies {
		out[i] = Text(r)
	}
	return out
}

// An Executor is a session, or what stands in its place.
type Executor interface {
	Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error)
}

// Do runs lines as one frame and returns its replies, apart by spaces. It ends the test when
// the frame fails or has another number of replies.
func Do(t testing.TB, s Executor, lines ...string) string {
	t.Helper()
	replies, err := s.Execute(context.Background(), Lines(lines...))
	if err != nil || len(replies) != len(lines) {
		t.Fatalf("%q: %d replies, %v", lines, len(replies), err)
	}
	return strings.Join(Texts(replies), " ")
}
