package rest

import (
	"context"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

var ctx = context.Background()

// noWait makes a client that does not rest between attempts, and notes how long it would have.
func noWait(t *testing.T, s *fakeapi.Server) (c *Client, slept *[]time.Duration) {
	t.Helper()
	clock := &fakeClock{at: time.Unix(1_800_000_000, 0)}
	l := NewLimiter(APILimit-Margin, APIWindow)
	l.now, l.sleep = clock.now, clock.sleep
	c, err := New(Options{Account: fakeapi.Account, Token: fakeapi.Token, BaseURL: s.URL, Limiter: l})
	if err != nil {
		t.Fatal(err)
	}
	c.sender.sleep = clock.sleep
	return c, &clock.slept
}

// fakeClock is time that passes only when somebody sleeps.
type fakeClock struct {
	at    time.Time
	slept []time.Duration
}

func (c *fakeClock) now() time.Time { return c.at }

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.slept = append(c.slept, d)
	c.at = c.at.Add(d)
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
