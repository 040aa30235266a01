package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// posts is a wire over HTTP requests: each message is the body of one, with a
// greeting before it. While somebody listens, a request waits at the object for
// what nobody asked for.
type posts struct {
	sp       *space
	l        *lane
	fallback bool // WebSockets were refused: once this has worked, it is the way

	ctx    context.Context
	cancel context.CancelFunc
	hello  []byte
	came   chan []byte
	fault  chan error

	mu        sync.Mutex
	listening bool
	polling   bool // a goroutine polls
}

const (
	pollTime = 25 * time.Second
	postTime = 60 * time.Second // longest that the answer of a frame takes
)

func newPosts(sp *space, l *lane) *posts {
	p := &posts{sp: sp, l: l, came: make(chan []byte, 64), fault: make(chan error, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *posts) write(b []byte) error {
	if frame.Kind(b) == frame.KindHello {
		p.hello = append([]byte(nil), b...)
		b = (&frame.Poll{}).Append(nil)
	}
	body := frame.AppendPart(frame.AppendPart(make([]byte, 0, len(p.hello)+len(b)+16), p.hello), b)
	if frame.Kind(b) == frame.KindBye {
		ctx, cancel := context.WithTimeout(p.ctx, time.Second)
		defer cancel()
		_, err := p.post(ctx, body)
		return err
	}
	go func() {
		ctx, cancel := context.WithTimeout(p.ctx, postTime)
		defer cancel()
		p.exchange(ctx, body, frame.Kind(b) == frame.KindFrame)
	}()
	return nil
}

// errNoAnswer is the fault of a response that leaves a frame without its answer.
var errNoAnswer = errors.New("gateway: the response has no answer of the frame that was sent")

// errEntity is the fault of a request that is larger than something on the way takes:
// it will never arrive.
var errEntity = errors.New("a request of this size does not get through")

// exchange posts a body and takes in what comes back. A frame is answered, or refused,
// in the response to its own request: without that the answer is lost.
func (p *posts) exchange(ctx context.Context, body []byte, framed bool) bool {
	answer, err := p.post(ctx, body)
	if framed && errors.Is(err, errEntity) {
		refusal := frame.Error{Code: frame.CodeTooLarge, Text: err.Error()}
		answer, err = frame.AppendPart(nil, refusal.Append(nil)), nil
	}
	if err == nil {
		var parts [][]byte
		parts, err = frame.Parts(answer)
		if err == nil && framed && !slices.ContainsFunc(parts, answers) {
			err = errNoAnswer
		}
		if err == nil {
			// What commands were served with comes before the answer that says that they
			// do not wait any more.
			slices.SortStableFunc(parts, func(a, b []byte) int { return order(a) - order(b) })
			for _, part := range parts {
				select {
				case p.came <- part:
				case <-p.ctx.Done():
					return false
				}
			}
			return true
		}
	}
	select {
	case p.fault <- err:
	default:
	}
	return false
}

// answers reports whether a message ends the waiting for a frame's answer.
func answers(message []byte) bool {
	kind := frame.Kind(message)
	return kind == frame.KindAnswer || kind == frame.KindError
}

// order is the place of a message among those of one response.
func order(message []byte) int {
	switch frame.Kind(message) {
	case frame.KindWelcome:
		return 0
	case frame.KindMessages:
		return 1
	}
	return 2
}

func (p *posts) post(ctx context.Context, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.sp.b.base.JoinPath("v1", "frame").String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = p.sp.header(p.l.o)
	req.Header.Set("Content-Type", "application/octet-stream")
	req.GetBody = nil // the transport repeats nothing: the lane does, with the frame's number
	response, err := p.sp.client.Do(req)
	if err != nil {
		return nil, p.sp.dialError(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusRequestEntityTooLarge {
		return nil, fmt.Errorf("%w (%s)", errEntity, clip(response.Status))
	}
	if err := p.sp.statusError(response); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxRead+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("gateway: reading an answer of %s: %w", p.sp.b.url, err)
	case len(answer) > maxRead:
		return nil, fmt.Errorf("gateway: an answer of %s is larger than %d MB", p.sp.b.url, maxRead>>20)
	}
	return answer, nil
}

func (p *posts) read([]byte) ([]byte, error) {
	select {
	case b := <-p.came:
		if p.fallback && frame.Kind(b) == frame.KindWelcome {
			p.sp.plain.Store(true)
		}
		return b, nil
	case err := <-p.fault:
		return nil, err
	case <-p.ctx.Done():
		return nil, errors.New("the connection was closed")
	}
}

// listen starts and ends the requests that wait at the object. One that has begun is
// not cut short: what the object has handed out must arrive.
func (p *posts) listen(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listening = on
	if on && !p.polling {
		p.polling = true
		go p.poll()
	}
}

// poll asks again and again for what there is.
func (p *posts) poll() {
	ask := (&frame.Poll{Wait: uint64(pollTime / time.Millisecond)}).Append(nil)
	body := frame.AppendPart(frame.AppendPart(nil, p.hello), ask)
	for {
		p.mu.Lock()
		p.polling = p.listening && p.ctx.Err() == nil
		on := p.polling
		p.mu.Unlock()
		if !on {
			return
		}
		ctx, cancel := context.WithTimeout(p.ctx, pollTime+handshakeTimeout)
		ok := p.exchange(ctx, body, false)
		cancel()
		if !ok {
			return // and the connection ends
		}
	}
}

func (p *posts) probe(context.Context) error { return nil }

func (p *posts) close() { p.cancel() }
