package transfer

import (
	"context"
	"strconv"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// storeEnd is a store of the runtime.
type storeEnd struct {
	backend store.Backend
	session store.Session
	opt     store.SessionOptions
	close   sync.Once
	closed  error
}

func openStore(_ context.Context, rawURL string, db int) (End, error) {
	b, err := store.Open(rawURL)
	if err != nil {
		return nil, err
	}
	e := &storeEnd{backend: b, opt: store.SessionOptions{DB: db, Protocol: 2, Name: "redis2cf-copy"}}
	if e.session, err = b.NewSession(e.opt); err != nil {
		_ = b.Close() // the session's error says more
		return nil, err
	}
	return e, nil
}

func (e *storeEnd) Name() string { return e.backend.URL() }

func (e *storeEnd) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return e.session.Execute(ctx, cmds)
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
	return one(ctx, e, scan...)
}

func (e *storeEnd) Size(ctx context.Context) (int64, error) { return size(ctx, e) }

func (e *storeEnd) Close() error {
	e.close.Do(func() {
		e.closed = e.session.Close()
		if err := e.backend.Close(); e.closed == nil {
			e.closed = err
		}
	})
	return e.closed
}

type storeConn struct{ store.Session }

func (c storeConn) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return c.Execute(ctx, cmds)
}

// text is a scalar reply as RESP2 writes it.
func text(r resp.Reply) string {
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
