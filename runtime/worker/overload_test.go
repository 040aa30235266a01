package worker_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// refused is the Worker, whose objects are not reached now and then.
//
//go:embed testdata/refused.js
var refused string

// What the platform says of an object that it does not reach is what a client is told:
// it may come again, or not, and how soon.
func TestAnObjectThatIsNotReached(t *testing.T) {
	log := new(workerdtest.Log)
	l := workerdtest.Start(t, workerdtest.Options{Plan: plan, Entry: refused, Log: log})
	refuse := func(n int, how string) {
		t.Helper()
		res, err := http.Get(fmt.Sprintf("%s/refuse?n=%d&as=%s", l.URL(), n, how))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // empty
	}
	client := workerdtest.Client{URL: l.URL()}
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	incr := (&frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "INCR n")}}).Append(nil)
	for _, test := range []struct {
		as, says string
		status   int
		code     frame.Code
		after    string
	}{
		{"overloaded", "shards", http.StatusServiceUnavailable, frame.CodeOverload, "1"},
		{"retryable", "not to be reached", http.StatusServiceUnavailable, frame.CodeOverload, "1"},
		{"broken", "the Worker failed", http.StatusInternalServerError, frame.CodeFault, ""},
	} {
		refuse(3, test.as)
		_, dialed := client.Dial(t)
		_, posted := client.Post(hello, incr)
		for _, err := range []error{dialed, posted} {
			var r *workerdtest.Refusal
			if !errors.As(err, &r) || r.Status != test.status || r.Code != test.code || !strings.Contains(r.Text, test.says) || strings.Contains(r.Text, "secret") {
				t.Errorf("%s: %v", test.as, err)
			}
		}
		res, err := http.Get(l.URL() + "/v1/stats")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // its header is all
		if got := res.Header.Get("Retry-After"); got != test.after {
			t.Errorf("%s: Retry-After is %q, not %q", test.as, got, test.after)
		}
	}
	failed := func(text string) int { return strings.Count(text, "a request failed") }
	if text, _ := log.Until(func(text string) bool { return failed(text) >= 6 }); failed(text) != 6 {
		t.Errorf("what has no reason that clients are told is in the log, and an overload is not:\n%s", text)
	}
	want(t, []resp.Reply{client.Connect(t).Do("INCR", "n")}, "1")
}

// The client that programs use waits for an overloaded object, and sends again what
// nobody knows the fate of: each command is run once, over sockets and over HTTP.
func TestTheGatewayWaitsForAnObjectThatIsNotReached(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: worker.Config{Version: 1, Module: "example.com/test"}, Entry: refused})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	n := int64(0)
	for _, transport := range []string{"http", "websocket"} {
		for _, how := range []string{"as=overloaded", "as=retryable", "as=retryable&after=1", "as=broken&after=1"} {
			b, err := store.Open(l.URL() + "?transport=" + transport)
			if err != nil {
				t.Fatal(err)
			}
			s, err := b.NewSession(store.SessionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < 3; i++ {
				if transport == "http" || i == 0 { // a socket is there from then on
					res, err := http.Get(fmt.Sprintf("%s/refuse?n=3&%s", l.URL(), how))
					if err != nil {
						t.Fatal(err)
					}
					_ = res.Body.Close() // empty
				}
				n++
				replies, err := s.Execute(ctx, []resp.Command{{"INCR", "n"}})
				if err != nil || replies[0].Int != n {
					t.Fatalf("%s, %s: %v, %v, want %d", transport, how, replies, err, n)
				}
			}
			if err := errors.Join(s.Close(), b.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}
