package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/cloudflare/cloudflare-go/v7/option"
)

// sender stands between cloudflare-go and the network.
type sender struct {
	limiter  *Limiter
	attempts int
	timeout  time.Duration
	sleep    func(context.Context, time.Duration) error
}

// trace is what became of a request, for its error.
type trace struct {
	reads    bool
	stream   bool // the answer's body is read by the caller, who has his own time
	sent     int  // attempts that reached the network
	open     bool // the last one may have been run
	limited  error
	retry    time.Duration // what a 429 asked for
	started  time.Time
	lastCode int
}

type traceKey struct{}

// send sends a request until it is answered, as often as it may be.
func (s *sender) send(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	ctx := req.Context()
	t, _ := ctx.Value(traceKey{}).(*trace)
	if t == nil {
		t = &trace{reads: req.Method == http.MethodGet || req.Method == http.MethodHead}
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval, pause.MaxElapsedTime = 200*time.Millisecond, 10*time.Second, 0
	for attempt := 1; ; attempt++ {
		if err := s.limiter.Wait(ctx); err != nil {
			t.limited = err
			return nil, err
		}
		res, err := s.once(req, next, t)
		refused := err == nil && res.StatusCode == http.StatusTooManyRequests
		faulty := err != nil || res.StatusCode == http.StatusRequestTimeout || res.StatusCode >= 500
		t.lastCode = 0
		if err == nil {
			t.lastCode = res.StatusCode
		}
		t.open = faulty
		wait := time.Duration(0)
		if refused {
			t.retry = retryAfter(res, time.Now())
			if wait = t.retry; wait == 0 {
				wait = pause.NextBackOff()
			}
			s.limiter.Pause(wait)
		} else if faulty {
			wait = pause.NextBackOff()
		}
		again := refused || faulty && t.reads
		if !again || attempt >= s.attempts || ctx.Err() != nil || req.Body != nil && req.GetBody == nil {
			return res, err
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return res, err // the answer says more than the context's error would
		}
		if err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
			_ = res.Body.Close()
		}
		if !refused { // after a refusal the limiter waits, for everybody
			if err := s.sleep(ctx, wait); err != nil {
				return nil, err
			}
		}
		if req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			req.Body = body
		}
	}
}

// once sends a request one time, within the time for an attempt: up to the answer's last
// byte, or up to its first one where the caller reads a stream.
func (s *sender) once(req *http.Request, next option.MiddlewareNext, t *trace) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	late := time.AfterFunc(s.timeout, cancel)
	t.sent++
	res, err := next(req.Clone(ctx))
	if err != nil {
		timely := late.Stop()
		cancel()
		if !timely && req.Context().Err() == nil {
			err = fmt.Errorf("no answer within %v", s.timeout)
		}
		return nil, err
	}
	if t.stream && res.StatusCode < 400 {
		late.Stop()
	}
	res.Body = &cancelling{res.Body, cancel}
	return res, nil
}

// cancelling ends its context when it is closed.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// retryAfter reads what a refusal asks for: seconds, or a date. 0 is nothing.
func retryAfter(res *http.Response, now time.Time) time.Duration {
	text := res.Header.Get("Retry-After")
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// isContext reports whether an error is that of a context.
func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
