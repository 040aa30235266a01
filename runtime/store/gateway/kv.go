package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/kvfront"
	"github.com/redis2cf/redis2cf/runtime/internal/kvhttp"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Families in KV alone (consistency: primary) are served past every object: their
// commands become reads and writes that the Worker's /v1/kv carries out. What they mean is
// in kvprimary; here is the way.

const (
	maxKVAnswer = 256 << 20        // bytes: 800 values may come at once
	kvPace      = time.Second      // between two writes to one key: KV takes one a second
	kvTime      = 60 * time.Second // longest that an answer takes
)

// kv is what serves them. All sessions of the process with the token see each other's
// writes at once.
func (sp *space) kv() *kvprimary.Client {
	sp.kvOnce.Do(func() {
		sp.kvClient = kvprimary.NewClient(kvhttp.New(sp.postKV), kvprimary.Options{Pace: kvPace, Timeout: kvTime})
	})
	return sp.kvClient
}

// postKV posts to /v1/kv. It is not repeated: nobody would know which write came last.
func (sp *space) postKV(ctx context.Context, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sp.b.base.JoinPath(kvhttp.Path).String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header = sp.header(nil)
	req.Header.Set("Content-Type", "application/json")
	req.GetBody = nil
	response, err := sp.client.Do(req)
	if err != nil {
		return 0, nil, sp.dialError(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxKVAnswer+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("gateway: reading an answer of %s: %w", sp.b.url, err)
	case len(answer) > maxKVAnswer:
		return 0, nil, fmt.Errorf("gateway: an answer of %s is larger than %d MB", sp.b.url, maxKVAnswer>>20)
	}
	return response.StatusCode, answer, nil
}

// overKV runs a frame of which some may be KV's.
func (s *Session) overKV(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	s.mu.Lock()
	if s.front == nil {
		s.front = kvfront.New(kvfront.Options{Inner: pastKV{s}, Client: s.sp.kv(), Families: s.sp.primary, Keys: keysOf, DB: int(s.db.Load())})
	}
	front := s.front
	s.mu.Unlock()
	replies, err := front.ExecuteIn(ctx, scratch, cmds)
	if err != nil {
		return nil, partly(err, replies)
	}
	return replies, nil
}

// primary are the families as the plan has them now.
func (sp *space) primary() *kvprimary.Families {
	if r := sp.routes.Load(); r != nil && r.primary != nil {
		return r.primary
	}
	return &kvprimary.Families{}
}

// pastKV is a session's way to the objects.
type pastKV struct{ s *Session }

var _ store.Borrower = pastKV{}

func (p pastKV) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	return p.ExecuteIn(ctx, nil, cmds)
}

func (p pastKV) ExecuteIn(ctx context.Context, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	var all traits
	for _, cmd := range cmds {
		all |= traitsOfCommand(cmd)
	}
	r, err := p.s.sp.route(ctx)
	if err != nil {
		return nil, err
	}
	return p.s.inObjects(ctx, r, scratch, cmds, all)
}

func (p pastKV) Close() error { return nil } // the session itself is closed
