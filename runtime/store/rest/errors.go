package rest

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/kv"
)

// An Outcome is what an error says about the data.
type Outcome uint8

const (
	// NotRun says that nothing was changed: the request was refused, or never sent.
	NotRun Outcome = iota
	// Unknown says that the request may have been run: no answer came, or one that does not
	// say. It was not repeated.
	Unknown
)

// An Error is what the API answered in place of a result, or that it did not answer. Its
// text has no token, key or value in it.
type Error struct {
	What    string // was being done: "putting a value into the KV namespace 0f2a…"
	Status  int    // of HTTP; 0: there was no answer
	Codes   []Code // Cloudflare's own
	Outcome Outcome
	// RetryAfter is what a refusal (429) asked for; 0: nothing.
	RetryAfter time.Duration
	Sent       int // how often the request was sent
	err        error
}

// A Code is one of Cloudflare's errors.
type Code struct {
	Code    int // 0: it has none
	Message string
}

// Error is the error in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("rest: " + e.What + ": ")
	switch {
	case e.Status == 0 && e.err != nil:
		b.WriteString(e.err.Error())
	case e.Status == 401 || e.Status == 403:
		fmt.Fprintf(&b, "Cloudflare refuses the API token (status %d): check $%s, its permissions and the account", e.Status, TokenVariable)
	case e.Status == 429:
		b.WriteString("Cloudflare refuses more requests for now (status 429)")
		if e.RetryAfter > 0 {
			fmt.Fprintf(&b, ": try again in %v", e.RetryAfter)
		}
	default:
		fmt.Fprintf(&b, "status %d", e.Status)
	}
	for _, c := range e.Codes {
		if c.Code == 0 {
			b.WriteString("; " + c.Message)
			continue
		}
		fmt.Fprintf(&b, "; %d %s", c.Code, c.Message)
	}
	if e.Outcome == Unknown {
		b.WriteString("; whether it was done is not known, and it was not repeated")
	}
	return b.String()
}

// Unwrap is the error of the network or of a context.
func (e *Error) Unwrap() error { return e.err }

// NotFound reports whether an error says that there is no such thing.
func NotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == 404
}

// wrap makes the error of a request.
func (t *trace) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	var limit *LimitError
	if t.limited != nil && errors.As(t.limited, &limit) {
		return fmt.Errorf("rest: %s: %w", what, limit)
	}
	e := &Error{What: what, Sent: t.sent, RetryAfter: t.retry}
	var api *kv.Error
	var failed *failedAnswer
	switch {
	case errors.As(err, &api):
		e.Status = api.StatusCode
		for _, d := range api.Errors {
			e.Codes = append(e.Codes, Code{int(d.Code), t.clip(d.Message)})
		}
	case errors.As(err, &failed):
		e.Status = t.lastCode
		for _, c := range failed.codes {
			e.Codes = append(e.Codes, Code{c.Code, t.clip(c.Message)})
		}
	case t.sent > 0 && t.lastCode >= 400: // an answer that is no JSON
		e.Status = t.lastCode
	default:
		e.err = withoutURL(err)
	}
	if !t.reads && t.sent > 0 && !t.unsent && (e.Status == 0 || t.open || e.Status < 400) {
		e.Outcome = Unknown
	}
	if e.Status != 429 {
		e.RetryAfter = 0
	}
	return e
}

// withoutURL takes the address out of a network error: keys are in it.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("%s: %w", strings.ToUpper(u.Op), u.Err)
	}
	return err
}

// clip bounds what an error repeats of an answer, without what was sent: an answer may
// echo it, or its beginning. What has less than 3 bytes is in every text, and stays.
func (t *trace) clip(s string) string {
	for _, secret := range t.hide {
		if len(secret) < 3 {
			continue
		}
		secret = secret[:min(len(secret), 1024)] // more than a message repeats
		for _, form := range []string{secret, escape(secret), strings.Trim(strconv.Quote(secret), `"`)} {
			s = without(s, form)
		}
	}
	if len(s) > 128 {
		s = s[:125] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// without is a text with [hidden] in place of a secret, whole or from its beginning on.
func without(s, secret string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, secret[:min(len(secret), 16)])
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		n := 0
		for i+n < len(s) && n < len(secret) && s[i+n] == secret[n] {
			n++
		}
		out.WriteString(s[:i] + "[hidden]")
		s = s[i+n:]
	}
}
