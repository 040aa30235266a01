package transfer

import (
	"context"
	"errors"
	"net/url"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// storeEnd is a store of the runtime. Its commands go through a few sessions: a file
// commits what several of them wrote in one go, and a Worker's answers are under way at
// the same time.
type storeEnd struct {
	backend  store.Backend
	sessions chan store.Session // those that are free
	opt      store.SessionOptions
	close    sync.Once
	closed   error
}

// copyMemory is the memory that a file's engine may use for data, where the URL does not
// say: a copy reads and writes most keys once.
const copyMemory = "64mb"

func openStore(_ context.Context, rawURL string, db int) (End, error) {
	if u, err := url.Parse(rawURL); err == nil && u.Scheme == "file" && !u.Query().Has("memory") {
		q := u.Query()
		q.Set("memory", copyMemory)
		u.RawQuery = q.Encode()
		rawURL = u.String()
	}
	b, err := store.Open(rawURL)
	if err != nil {
		return nil, err
	}
	e := &storeEnd{backend: b, sessions: make(chan store.Session, writers+1), opt: store.SessionOptions{DB: db, Protocol: 2, Name: "redis2cf-copy", Client: new(int)}} // one client, which sees its own writes
	for range cap(e.sessions) {
		s, err := b.NewSession(e.opt)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.sessions <- s
	}
	return e, nil
}

func (e *storeEnd) Name() string { return e.backend.URL() }

func (e *storeEnd) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	select {
	case s := <-e.sessions:
		defer func() { e.sessions <- s }()
		return s.Execute(ctx, cmds)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *storeEnd) Conn(context.Context, string) (Conn, error) {
	s, err := e.backend.NewSession(e.opt)
	if err != nil {
		return nil, err
	}
	return storeConn{s}, nil
}

// Nodes is one: a store scans all of its objects behind one cursor.
func (e *storeEnd) Nodes(context.Context) ([]string, error) { return []string{"store"}, nil }

func (e *storeEnd) Scan(ctx context.Context, _ string, scan resp.Command) (resp.Reply, error) {
	return value.One(ctx, e, scan...)
}

func (e *storeEnd) Size(ctx context.Context) (int64, error) { return size(ctx, e) }

func (e *storeEnd) Close() error {
	e.close.Do(func() {
		for range len(e.sessions) {
			e.closed = errors.Join(e.closed, (<-e.sessions).Close())
		}
		e.closed = errors.Join(e.closed, e.backend.Close())
	})
	return e.closed
}

type storeConn struct{ store.Session }

func (c storeConn) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return c.Execute(ctx, cmds)
}

// ErrNotBilled says that nobody counts what an end uses: it is on this machine, or Redis.
var ErrNotBilled = errors.New("nothing is billed there")

// Usage is what the objects of a store have used since they were started. It is a request
// of each.
func Usage(ctx context.Context, e End) ([]store.Usage, error) {
	s, ok := e.(*storeEnd)
	if !ok {
		return nil, ErrNotBilled
	}
	m, ok := store.As[store.Meter](s.backend)
	if !ok {
		return nil, ErrNotBilled
	}
	return m.Usage(ctx)
}
