package gateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sort"

	"github.com/redis2cf/redis2cf/runtime/store"
)

var _ store.Meter = (*Backend)(nil)

// Usage asks each object that this process has talked to.
func (b *Backend) Usage(ctx context.Context) ([]store.Usage, error) {
	b.mu.Lock()
	var objects []*object
	for _, sp := range b.spaces {
		sp.mu.Lock()
		for _, o := range sp.objects {
			objects = append(objects, o)
		}
		sp.mu.Unlock()
	}
	b.mu.Unlock()
	sort.Slice(objects, func(i, j int) bool { return objects[i].name < objects[j].name })
	var out []store.Usage
	for _, o := range objects {
		u, err := o.usage(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// usage is what GET /v1/stats says of an object.
func (o *object) usage(ctx context.Context) (store.Usage, error) {
	sp := o.sp
	u := store.Usage{Object: o.name}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, sp.b.base.JoinPath("v1", "stats").String(), nil)
	if err != nil {
		return u, refuse("gateway: %s is no URL to ask", sp.b.url)
	}
	req.Header = sp.header(o)
	response, err := sp.client.Do(req)
	if err != nil {
		return u, sp.dialError(err)
	}
	defer response.Body.Close()
	if err := sp.statusError(response); err != nil {
		return u, err
	}
	var stats struct {
		Billed *struct{ Requests, Messages, Alarms, RowsRead, RowsWritten uint64 }
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxInfo)).Decode(&stats); err != nil || stats.Billed == nil {
		return u, sp.noWorker("its /v1/stats is not one")
	}
	b := stats.Billed
	u.Requests, u.Messages, u.Alarms, u.RowsRead, u.RowsWritten = b.Requests, b.Messages, b.Alarms, b.RowsRead, b.RowsWritten
	return u, nil
}
