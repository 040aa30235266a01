package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// An End is one database of where keys are: of a Redis server, of a cluster, of a
// store. Its methods may be called from several goroutines.
type End interface {
	value.End
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
	value.Doer
	Close() error
}

// Open opens database db of an end: redis://, rediss://, unix://, or a store's URL.
// With ?master_name= the host of a Redis URL is a Sentinel; a member of a cluster
// stands for the cluster.
func Open(ctx context.Context, rawURL string, db int) (End, error) {
	if IsRedis(rawURL) {
		return openRedis(ctx, rawURL, db)
	}
	if file, ok := rdbFile(rawURL); ok {
		return nil, fmt.Errorf("%s is an RDB file, which only Redis itself reads: start a server with a copy of it, redis-server --port 6390 --dir DIRECTORY --dbfilename %s --appendonly no, and give redis://localhost:6390", file, filepath.Base(file))
	}
	return openStore(ctx, rawURL, db)
}

// rdbFile tells whether somebody has given the file that a Redis server saves.
func rdbFile(rawURL string) (name string, ok bool) {
	name = strings.TrimPrefix(strings.TrimPrefix(rawURL, "file:"), "//")
	f, err := os.Open(name)
	if err != nil {
		return name, strings.HasSuffix(name, ".rdb")
	}
	defer f.Close() //nolint:errcheck // it was only read
	var magic [5]byte
	_, err = io.ReadFull(f, magic[:])
	return name, err == nil && string(magic[:]) == "REDIS"
}

// IsRedis tells whether a URL is of a Redis server.
func IsRedis(rawURL string) bool {
	scheme, _, ok := strings.Cut(rawURL, "://")
	return ok && (scheme == "redis" || scheme == "rediss" || scheme == "unix")
}

// Databases are the databases of an end that have keys, ascending; 0 is always there.
func Databases(ctx context.Context, rawURL string) (out []int, err error) {
	e, err := Open(ctx, rawURL, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	r, err := value.One(ctx, e, "INFO", "keyspace")
	if err != nil {
		return nil, fmt.Errorf("%s does not say which databases there are: %w", e.Name(), err)
	}
	out = []int{0}
	for _, line := range strings.Split(value.Text(r), "\n") {
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
	r, err := value.One(ctx, e, "DBSIZE")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", e.Name(), err)
	}
	return r.Int, nil
}
