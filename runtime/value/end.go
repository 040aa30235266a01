// Package value reads what a key has, on whatever end speaks Redis's commands, and
// makes the commands that build the same elsewhere: type, value and expiry, to the
// millisecond, in pieces of bounded size.
//
// # What is not read
//
// Entries of consumer groups whose message was deleted (Redis cannot rebuild them
// either), when a consumer was seen last, what XPENDING counts as idle below a
// millisecond, and types of modules that the engine does not have.
package value

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// An End is one database of where keys are: of a Redis server, of a cluster, of a
// store. Do may be called from several goroutines. It answers as RESP2 has it.
type End interface {
	// Name is the end's URL without secrets, for messages.
	Name() string
	// Do runs commands as one pipeline and returns a reply for each. Errors of commands
	// are replies. An error says that the outcome of all of them is not known.
	Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error)
}

// A Doer is what runs commands: an End, or a connection to one.
type Doer interface {
	Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error)
}

// One runs one command; its error reply is a *ReplyError.
func One(ctx context.Context, e Doer, cmd ...string) (resp.Reply, error) {
	r, err := e.Do(ctx, []resp.Command{cmd})
	if err != nil {
		return resp.Reply{}, err
	}
	if r[0].Kind == resp.Error {
		return resp.Reply{}, &ReplyError{Command: cmd[0], Text: r[0].Str}
	}
	return r[0], nil
}

// A ReplyError is an error that an end answered to a command.
type ReplyError struct {
	Command string // its name alone: arguments may be secrets
	Text    string
}

func (e *ReplyError) Error() string { return fmt.Sprintf("%s: %s", e.Command, e.Text) }

// Texts are the elements of a reply as RESP2 writes them, one after the other.
func Texts(r resp.Reply) []string {
	out := make([]string, 0, len(r.Elems))
	for _, e := range r.Elems {
		switch e.Kind {
		case resp.Array, resp.Map, resp.Set, resp.Pairs:
			out = append(out, Texts(e)...)
		default:
			out = append(out, Text(e))
		}
	}
	return out
}

// Text is a scalar reply as RESP2 writes it.
func Text(r resp.Reply) string {
	switch r.Kind {
	case resp.Int:
		return strconv.FormatInt(r.Int, 10)
	case resp.Double:
		if r.Str != "" {
			return r.Str
		}
		return formatScore(r.Float())
	case resp.Bool:
		return strconv.FormatInt(r.Int, 10)
	}
	return r.Str
}

// Show writes a key for people: quoted, and not longer than a line.
func Show(key string) string {
	if len(key) > 64 {
		return strconv.Quote(key[:64]) + "…"
	}
	return strconv.Quote(key)
}
