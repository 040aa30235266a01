package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// An End is one database of where keys are: of a Redis server, of a cluster, of a
// store. Its methods may be called from several goroutines.
type End interface {
	// Name is the end's URL without secrets, for messages.
	Name() string
	// Do runs commands as one pipeline and returns a reply for each. Errors of commands
	// are replies. An error says that the outcome of all of them is not known.
	Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error)
	// Conn is a connection of its own, for WATCH and what follows it; the caller closes it.
	Conn(ctx context.Context, key string) (Conn, error)
	// Nodes are the servers that have to be scanned, by names that stay the same for as
	// long as their keys are where they are.
	Nodes(ctx context.Context) ([]string, error)
	// Scan runs SCAN on a node.
	Scan(ctx context.Context, node string, scan resp.Command) (resp.Reply, error)
	// Size is how many keys there are.
	Size(ctx context.Context) (int64, error)
	Close() error
}

// A Conn is one connection.
type Conn interface {
	Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error)
	Close() error
}

// Open opens database db of an end: redis://, rediss://, unix://, or a store's URL.
// With ?master_name= the host of a Redis URL is a Sentinel; a member of a cluster
// stands for the cluster.
func Open(ctx context.Context, rawURL string, db int) (End, error) {
	if IsRedis(rawURL) {
		return openRedis(ctx, rawURL, db)
	}
	return openStore(ctx, rawURL, db)
}

// IsRedis tells whether a URL is of a Redis server.
func IsRedis(rawURL string) bool {
	scheme, _, ok := strings.Cut(rawURL, "://")
	return ok && (scheme == "redis" || scheme == "rediss" || scheme == "unix")
}

// one runs one command; its error reply is an error.
func one(ctx context.Context, e interface {
	Do(context.Context, []resp.Command) ([]resp.Reply, error)
}, cmd ...string) (resp.Reply, error) {
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

// unknown tells whether a reply says that the end does not have the command.
func unknown(r resp.Reply) bool {
	return r.Kind == resp.Error && (strings.HasPrefix(r.Str, "ERR unknown command") || strings.HasPrefix(r.Str, "ERR unknown subcommand"))
}

// texts are the elements of a reply as RESP2 writes them, one after the other.
func texts(r resp.Reply) []string {
	out := make([]string, 0, len(r.Elems))
	for _, e := range r.Elems {
		switch e.Kind {
		case resp.Array, resp.Map, resp.Set, resp.Pairs:
			out = append(out, texts(e)...)
		default:
			out = append(out, text(e))
		}
	}
	return out
}

// Databases are the databases of an end that have keys, ascending; 0 is always there.
func Databases(ctx context.Context, rawURL string) (out []int, err error) {
	e, err := Open(ctx, rawURL, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	r, err := one(ctx, e, "INFO", "keyspace")
	if err != nil {
		return nil, fmt.Errorf("%s does not say which databases there are: %w", e.Name(), err)
	}
	out = []int{0}
	for _, line := range strings.Split(text(r), "\n") {
		if name, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && strings.HasPrefix(name, "db") {
			if n, err := strconv.Atoi(name[2:]); err == nil && n > 0 {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// size asks an end how many keys it has.
func size(ctx context.Context, e End) (int64, error) {
	r, err := one(ctx, e, "DBSIZE")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", e.Name(), err)
	}
	return r.Int, nil
}
