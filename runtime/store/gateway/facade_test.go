package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
)

// A program's client over the gateway, while connections are cut and the object is
// opened anew: nobody notices but who watched keys and who listens.
func TestAProgramsClientGoesOn(t *testing.T) {
	t.Setenv("CFSTORE_TOKEN", "")
	t.Setenv("CFSTORE_URL", "")
	server := objectserver.New(objectserver.Options{})
	url, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	c := runtime.NewClient(&runtime.Options{Addr: url})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	sub := c.Subscribe(ctx, "news")
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	messages := sub.Channel()

	var wait sync.WaitGroup
	for i := 0; i < 8; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := 0; n < 25; {
				if err := c.Incr(ctx, "plain").Err(); err != nil {
					t.Error(err)
					return
				}
				err := c.Watch(ctx, func(tx *runtime.Tx) error {
					v, err := tx.Get(ctx, "watched").Int()
					if err != nil && !errors.Is(err, runtime.Nil) {
						return err
					}
					_, err = tx.TxPipelined(ctx, func(p runtime.Pipeliner) error {
						p.Set(ctx, "watched", strconv.Itoa(v+1), 0)
						p.RPush(ctx, "log", v+1)
						return nil
					})
					return err
				}, "watched")
				switch {
				case err == nil:
					n++
				case errors.Is(err, runtime.TxFailedErr):
				default:
					t.Error(err)
					return
				}
			}
		}()
	}
	done := make(chan struct{})
	go func() {
		wait.Wait()
		close(done)
	}()
	for events := 0; ; events++ {
		select {
		case <-done:
		case <-time.After(10 * time.Millisecond):
			if events%2 == 0 {
				server.Cut()
			} else {
				server.Trap()
			}
			continue
		}
		break
	}
	if v, err := c.Get(ctx, "watched").Int(); err != nil || v != 200 {
		t.Errorf("%d %v", v, err)
	}
	if n := c.LLen(ctx, "log").Val(); n != 200 {
		t.Errorf("%d transactions ran", n)
	}
	if n, err := c.Get(ctx, "plain").Int(); err != nil || n < 200 {
		t.Errorf("%d %v", n, err)
	}
	// The subscription was made again by itself; how soon is the facade's affair.
	for {
		c.Publish(ctx, "news", "hello")
		select {
		case m := <-messages:
			if m.Payload != "hello" {
				t.Errorf("%+v", m)
			}
			return
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the subscription does not come back")
		}
	}
}

// What one caller did wrong is his error, and costs nobody else a connection.
func TestAProgramsClientKeepsItsConnectionsWhenACommandFails(t *testing.T) {
	t.Setenv("CFSTORE_TOKEN", "")
	t.Setenv("CFSTORE_URL", "")
	server := objectserver.New(objectserver.Options{})
	defer server.Close()
	var upgrades atomic.Int32
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/connect" {
			upgrades.Add(1)
		}
		server.ServeHTTP(w, r)
	}))
	defer between.Close()
	c := runtime.NewClient(&runtime.Options{Addr: between.URL})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := c.Incr(ctx, "n").Err(); err != nil {
		t.Fatal(err)
	}
	before := upgrades.Load()
	if err := c.HSet(ctx, "h", "f", strings.Repeat("x", 17<<20)).Err(); err == nil || !strings.Contains(err.Error(), "nothing was run") {
		t.Errorf("%v", err)
	}
	if n, err := c.Incr(ctx, "n").Result(); err != nil || n != 2 {
		t.Error(n, err)
	}
	if after := upgrades.Load(); after != before {
		t.Errorf("%d connections were made before, and %d afterwards", before, after)
	}
}
