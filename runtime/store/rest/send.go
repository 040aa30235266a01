package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
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

// trace is what is known of a request beforehand, and what became of it, for its error.
type trace struct {
	reads  bool
	raw    bool     // the answer is a value, and no JSON of the API's
	stream bool     // and is read by the caller, who has his own time
	upload *upload  // the request's body; nil: the one that cloudflare-go made
	hide   []string // what no error may repeat

	sent     int  // attempts
	open     bool // the last one may have been run
	unsent   bool // it certainly was not: there was no connection
	limited  error
	retry    time.Duration // what a 429 asked for
	lastCode int           // the status of the last answer; 0: there was none
}

type traceKey struct{}

// send sends a request until it is answered, as often as it may be.
func (s *sender) send(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	ctx := req.Context()
	t, _ := ctx.Value(traceKey{}).(*trace)
	if t == nil {
		t = &trace{reads: req.Method == http.MethodGet || req.Method == http.MethodHead}
	}
	if t.upload != nil {
		req.ContentLength, req.GetBody = t.upload.size, t.upload.open
		req.Body, _ = t.upload.open()
	} else if req.GetBody != nil && req.ContentLength == 0 {
		req.Body = http.NoBody // otherwise its length would be unknown, and not said
		req.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval, pause.MaxElapsedTime = 200*time.Millisecond, 10*time.Second, 0
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		if err := s.limiter.Wait(ctx); err != nil {
			t.limited = err
			return nil, err
		}
		res, err := s.once(req, next, t)
		refused := err == nil && res.StatusCode == http.StatusTooManyRequests
		faulty := err != nil || res.StatusCode == http.StatusRequestTimeout || res.StatusCode >= 500
		t.unsent = err != nil && neverConnected(err)
		t.open = faulty && !t.unsent
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
		again := refused || t.unsent || faulty && t.reads
		if !again || attempt >= s.attempts || ctx.Err() != nil || req.Body != nil && req.GetBody == nil {
			return res, err
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return res, err // the answer says more than the context's error would
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

// neverConnected reports whether an error is that of opening a connection: nothing of the
// request has left.
func neverConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// once sends a request one time, within the time for an attempt: up to the answer's last
// byte, or up to its first one where the caller reads a stream. An upload has that time
// again behind each piece.
func (s *sender) once(req *http.Request, next option.MiddlewareNext, t *trace) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	var over atomic.Bool
	late := time.AfterFunc(s.timeout, func() {
		over.Store(true)
		cancel()
	})
	if t.upload != nil {
		t.upload.progress(func() { late.Reset(s.timeout) })
	}
	t.sent++
	t.lastCode = 0
	res, err := next(req.Clone(ctx))
	streamed := false
	if err == nil {
		t.lastCode = res.StatusCode
		if streamed = t.stream && res.StatusCode < 300; !streamed {
			err = readAnswer(res, t.raw)
		}
	}
	if t.upload != nil {
		t.upload.progress(nil)
	}
	late.Stop()
	if err != nil || !streamed {
		cancel()
	}
	switch {
	case err != nil && over.Load() && req.Context().Err() == nil:
		return nil, fmt.Errorf("no answer within %v", s.timeout)
	case err != nil:
		return nil, err
	case streamed:
		res.Body = &cancelling{res.Body, cancel}
	}
	return res, nil
}

// maxAnswer is in bytes: the largest is 25 MB of values, which JSON may write six times as long.
const maxAnswer = 256 << 20

// readAnswer reads an answer whole, so that one that is cut off is a fault of its attempt.
// What cloudflare-go would take for a success and is none is an error: a redirect, JSON
// that is no object, and an envelope that says that it failed.
func readAnswer(res *http.Response, raw bool) error {
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if cerr := res.Body.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return fmt.Errorf("the answer is cut off: %w", err)
	case len(data) > maxAnswer:
		return fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return fmt.Errorf("the answer (status %d) is elsewhere, and redirects are not followed", res.StatusCode)
	}
	res.Body = io.NopCloser(bytes.NewReader(data))
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if raw || res.StatusCode >= 300 || kind != "application/json" {
		return nil
	}
	if body := bytes.TrimLeft(data, " \t\r\n"); len(body) == 0 || body[0] != '{' {
		return errors.New("the answer is JSON, and no object")
	}
	if len(data) > 64<<10 {
		return nil // a failure has no result, and is short
	}
	var envelope struct {
		Success *bool
		Errors  []struct {
			Code    int
			Message string
		}
	}
	if json.Unmarshal(data, &envelope) != nil || envelope.Success == nil || *envelope.Success {
		return nil // what is wrong with it, cloudflare-go says
	}
	failed := &failedAnswer{}
	for _, e := range envelope.Errors {
		failed.codes = append(failed.codes, Code{e.Code, e.Message})
	}
	return failed
}

// failedAnswer is an answer whose status says success, and whose envelope does not.
type failedAnswer struct{ codes []Code }

func (*failedAnswer) Error() string { return "the answer says that it failed" }

// cancelling ends its context when it is closed.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// maxPause is the longest that an answer may keep a process from asking. Cloudflare's own
// block is 5 minutes.
const maxPause = time.Hour

// retryAfter reads what a refusal asks for: seconds, or a date. 0 is nothing.
func retryAfter(res *http.Response, now time.Time) time.Duration {
	text := res.Header.Get("Retry-After")
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, maxPause)
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), maxPause)
	}
	return 0
}
