package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
)

// A space is what one token shows of a Worker: objects, and which keys are in which.
type space struct {
	b         *Backend
	token     string
	tokenFrom string
	client    *http.Client
	plain     atomic.Bool // WebSockets are refused on the way: HTTP serves

	routes atomic.Pointer[router] // nil: not known yet
	inKV   atomic.Bool            // a plan has had families in KV alone

	kvOnce   sync.Once
	kvClient *kvprimary.Client

	mu      sync.Mutex
	objects map[string]*object
	asking  chan struct{} // closed when the routes were asked for; nil: nobody asks
	asked   time.Time
	failure error // of the last question
	soon    bool  // a timer will ask again
	closed  bool
}

// An object is a Durable Object: a shard of a group.
type object struct {
	sp    *space
	name  string // GROUP/SHARD
	lanes [2]*lane
}

func newSpace(b *Backend, token, from string) *space {
	sp := &space{b: b, token: token, tokenFrom: from, objects: map[string]*object{}}
	t := newTransport()
	t.MaxIdleConnsPerHost = 64 // over HTTP each lane has a request under way, and one that waits
	sp.client = &http.Client{Transport: t, CheckRedirect: noRedirect}
	sp.plain.Store(b.addr.http)
	return sp
}

// object finds or makes an object.
func (sp *space) object(group string, shard int) *object {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	name := group + "/" + strconv.Itoa(shard)
	o := sp.objects[name]
	if o == nil {
		o = &object{sp: sp, name: name}
		o.lanes = [2]*lane{newLane(o, false), newLane(o, true)}
		sp.objects[name] = o
		if sp.closed {
			for _, l := range o.lanes {
				l.closing = true
			}
		}
	}
	return o
}

func (sp *space) lanes() (all []*lane) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.closed = true
	for _, o := range sp.objects {
		all = append(all, o.lanes[:]...)
	}
	return all
}

func (sp *space) close() { sp.client.CloseIdleConnections() }

// header is what every request says.
func (sp *space) header(o *object) http.Header {
	h := http.Header{}
	if sp.token != "" {
		h.Set("Authorization", "Bearer "+sp.token)
	}
	if sp.b.addr.namespace != "" {
		h.Set("X-Redis2cf-Namespace", sp.b.addr.namespace)
	}
	if o != nil {
		h.Set("X-Redis2cf-Object", o.name)
	}
	return h
}

// info is what GET /v1/info answers.
type info struct {
	Protocol int          `json:"protocol"`
	Groups   []infoGroup  `json:"groups"`
	Families []infoFamily `json:"families"`
	Blobs    bool         `json:"blobs"` // large values can be brought to R2
}

type infoGroup struct {
	Name   string `json:"name"`
	Shards int    `json:"shards"`
}

type infoFamily struct {
	Pattern     string `json:"pattern"`
	Name        string `json:"name"`
	Group       string `json:"group"`
	Store       string `json:"store"`
	Consistency string `json:"consistency"`
	Client      string `json:"client"`
}

const (
	maxInfo  = 8 << 20
	askAgain = 10 * time.Second // between two questions for the routes
)

// route returns the routes, and asks for them if they are not known.
func (sp *space) route(ctx context.Context) (*router, error) {
	r := sp.routes.Load()
	if r != nil {
		return r, nil
	}
	b, start := newBackoff(), time.Now()
	for {
		sp.mu.Lock()
		if r := sp.routes.Load(); r != nil {
			sp.mu.Unlock()
			return r, nil
		}
		if sp.asking == nil {
			sp.askInBackground()
		}
		asking := sp.asking
		sp.mu.Unlock()
		select {
		case <-asking:
		case <-sp.b.ctx.Done():
			return nil, errClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		sp.mu.Lock()
		err := sp.failure
		sp.mu.Unlock()
		if err == nil {
			continue
		}
		if isRefusal(err) || time.Since(start) > firstTime {
			return nil, err
		}
		select {
		case <-time.After(b.NextBackOff()):
		case <-sp.b.ctx.Done():
			return nil, errClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("%w (%v)", ctx.Err(), err)
		}
	}
}

// refresh asks for the routes again, since a connection was lost and the Worker may
// have been deployed with another plan; not more often than every askAgain.
func (sp *space) refresh() {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.soon || sp.closed {
		return
	}
	sp.soon = true
	time.AfterFunc(max(sp.b.askAgain-time.Since(sp.asked), 0), func() {
		sp.mu.Lock()
		defer sp.mu.Unlock()
		sp.soon = false
		if sp.asking == nil && !sp.closed {
			sp.askInBackground()
		}
	})
}

// askInBackground asks for the routes. The caller holds mu.
func (sp *space) askInBackground() {
	done := make(chan struct{})
	sp.asking, sp.asked = done, time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(sp.b.ctx, handshakeTimeout)
		defer cancel()
		in, err := sp.ask(ctx)
		var r *router
		if err == nil {
			r, err = newRouter(sp, in)
		}
		sp.mu.Lock()
		defer sp.mu.Unlock()
		if err == nil {
			if old := sp.routes.Load(); old == nil || !old.same(r) {
				sp.inKV.Store(r.primary != nil || sp.inKV.Load())
				sp.routes.Store(r)
			}
		}
		sp.failure, sp.asking = err, nil
		close(done)
	}()
}

func (sp *space) ask(ctx context.Context) (*info, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, sp.b.base.JoinPath("v1", "info").String(), nil)
	if err != nil {
		return nil, refuse("gateway: %s is no URL to ask", sp.b.url)
	}
	req.Header = sp.header(nil)
	response, err := sp.client.Do(req)
	if err != nil {
		return nil, sp.dialError(err)
	}
	defer response.Body.Close()
	if err := sp.statusError(response); err != nil {
		return nil, err
	}
	var in info
	body := io.LimitReader(response.Body, maxInfo)
	if err := json.NewDecoder(body).Decode(&in); err != nil || in.Protocol == 0 {
		return nil, sp.noWorker("its /v1/info is not one")
	}
	if in.Protocol != frame.Version {
		return nil, sp.codeError(&frame.Error{Code: frame.CodeVersion, Text: fmt.Sprintf("the Worker speaks version %d", in.Protocol)})
	}
	return &in, nil
}

func (sp *space) noWorker(why string) error {
	return refuse("gateway: there is no Worker of redis2cf at %s: %s; deploy it with redis2cf worker -o DIR and wrangler deploy, or correct the URL", sp.b.url, why)
}

// statusError says what an HTTP answer other than 200 means.
func (sp *space) statusError(response *http.Response) error {
	if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	var said struct {
		Code frame.Code `json:"code"`
		Text string     `json:"text"`
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind == "application/json" && response.Body != nil {
		_ = json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&said)
	}
	switch {
	case said.Code != 0:
		return sp.codeError(&frame.Error{Code: said.Code, Text: said.Text})
	case response.StatusCode == http.StatusUnauthorized:
		return sp.tokenError("")
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable:
		return sp.codeError(&frame.Error{Code: frame.CodeOverload, Text: response.Status})
	case response.StatusCode >= 500:
		return fmt.Errorf("gateway: %s answers %s", sp.b.url, clip(response.Status))
	case response.StatusCode >= 300 && response.StatusCode < 400:
		return sp.noWorker("it answers with a redirect to " + clip(response.Header.Get("Location")))
	}
	return sp.noWorker("it answers " + clip(response.Status))
}

// dial makes a connection for a lane: a WebSocket, or HTTP where the way refuses those.
func (sp *space) dial(l *lane) (wire, error) {
	if sp.plain.Load() {
		return newPosts(sp, l), nil
	}
	ctx, cancel := context.WithTimeout(sp.b.ctx, handshakeTimeout)
	defer cancel()
	s, response, err := dialSocket(ctx, sp.b.base, sp.header(l.o))
	if err == nil {
		return s, nil
	}
	if response == nil {
		return nil, sp.dialError(err)
	}
	err = nil
	if response.StatusCode != http.StatusSwitchingProtocols {
		err = sp.statusError(response)
	}
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusNotFound, code == http.StatusTooManyRequests:
		return nil, err
	case code >= 500 && code != http.StatusNotImplemented:
		return nil, err // a fault, which passes: that HTTP works by then says nothing about WebSockets
	}
	if sp.b.addr.sockets || isVersion(err) {
		if err == nil {
			err = sp.noWorker("its WebSocket is of another kind")
		}
		return nil, err
	}
	// Something on the way does not pass WebSockets on. If HTTP works, that is how.
	p := newPosts(sp, l)
	p.fallback = true
	return p, nil
}

func isVersion(err error) bool {
	return err != nil && strings.Contains(err.Error(), "another version of the protocol")
}
