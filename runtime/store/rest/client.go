package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/option"
)

// TokenVariable is the environment variable with the API token.
const TokenVariable = "CLOUDFLARE_API_TOKEN"

// Options say which account, and how to reach it.
type Options struct {
	Account string // its id: 32 hexadecimal digits
	// Token is an API token; empty: the one in $CLOUDFLARE_API_TOKEN.
	Token string
	// BaseURL is another API than Cloudflare's own, for tests.
	BaseURL string
	// HTTPClient is copied; nil: one without a timeout of its own. Redirects are followed
	// only where it says how.
	HTTPClient *http.Client
	// Limiter is shared with other clients of the same user; nil: the one of the process for
	// the API, since nobody knows whether two tokens are two users'.
	Limiter *Limiter
	// Timeout bounds each attempt of a request, and of an object that is put each piece of
	// it; 0: 2 minutes, for bulk writes of 100 MB.
	Timeout time.Duration
	// Attempts is how often a request is sent at most; 0: 4. What changes data is only sent
	// again when Cloudflare has refused to look at it (429), or could not be reached at all.
	Attempts int
}

// A Client is an account. Its methods may be called from several goroutines.
type Client struct {
	account string
	token   string
	limiter *Limiter
	opts    []option.RequestOption
	sender  *sender
}

// New makes a client. It sends nothing.
func New(opt Options) (*Client, error) {
	if opt.Account == "" || strings.Trim(opt.Account, "0123456789abcdefABCDEF") != "" || len(opt.Account) > 32 {
		return nil, errors.New("rest: an account's id is up to 32 hexadecimal digits (the dashboard shows it, and wrangler whoami)")
	}
	if opt.Token == "" {
		opt.Token = os.Getenv(TokenVariable)
	}
	if opt.Token == "" {
		return nil, fmt.Errorf("rest: there is no API token: set $%s, or Options.Token", TokenVariable)
	}
	base := opt.BaseURL
	if base == "" {
		base = "https://api.cloudflare.com/client/v4/"
	}
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("rest: Options.BaseURL is no http or https URL")
	}
	if opt.Limiter == nil {
		opt.Limiter = sharedLimiter(base)
	}
	own := http.Client{}
	if opt.HTTPClient != nil {
		own = *opt.HTTPClient
	}
	if own.CheckRedirect == nil { // the API has none, and what is sent elsewhere is not what was asked
		own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	if opt.Timeout == 0 {
		opt.Timeout = 2 * time.Minute
	}
	if opt.Attempts == 0 {
		opt.Attempts = 4
	}
	c := &Client{account: opt.Account, token: opt.Token, limiter: opt.Limiter, sender: &sender{limiter: opt.Limiter, attempts: opt.Attempts, timeout: opt.Timeout, sleep: sleep}}
	c.opts = []option.RequestOption{
		option.WithBaseURL(base),
		option.WithHTTPClient(&own),
		option.WithAPIToken(opt.Token),
		option.WithMaxRetries(0), // sender knows what may be repeated, and counts
		option.WithMiddleware(c.sender.send),
	}
	return c, nil
}

// Account is the account's id.
func (c *Client) Account() string { return c.account }

// Limiter is what counts the client's requests.
func (c *Client) Limiter() *Limiter { return c.limiter }

// RequestOptions are what every request of the account needs, for other services of
// cloudflare-go: token, limiter and the rules of what is repeated. Answers are read whole,
// up to 256 MB, before cloudflare-go sees them.
func (c *Client) RequestOptions() []option.RequestOption {
	return append([]option.RequestOption(nil), c.opts...)
}

// Do runs one request of cloudflare-go: send calls it with the context that it is given.
// What only reads may be sent again after a fault. Errors are of the type *Error where the
// API answered, and *LimitError where it was not asked.
func (c *Client) Do(ctx context.Context, what string, reads bool, send func(ctx context.Context) error) error {
	return c.do(ctx, what, &trace{reads: reads}, send)
}

// Hide makes a context for Do whose errors do not repeat texts that are sent, though an
// answer does. The token needs none.
func Hide(ctx context.Context, texts ...string) context.Context {
	return context.WithValue(ctx, hideKey{}, texts)
}

type hideKey struct{}

func (c *Client) do(ctx context.Context, what string, t *trace, send func(ctx context.Context) error) error {
	texts, _ := ctx.Value(hideKey{}).([]string)
	t.hide = append(append(t.hide[:len(t.hide):len(t.hide)], texts...), c.token)
	return t.wrap(what, send(context.WithValue(ctx, traceKey{}, t)))
}

// escape writes a name as a part of a path. Cloudflare wants everything escaped that may
// be, ":" and "+" included.
func escape(name string) string { return strings.ReplaceAll(url.QueryEscape(name), "+", "%20") }

// checkID checks an id or a name that stands in a path as it is.
func checkID(kind, id string) error {
	if id == "" || strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" {
		return fmt.Errorf("rest: %q names no %s: letters, digits and - do", id, kind)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
