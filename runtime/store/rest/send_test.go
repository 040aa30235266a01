package rest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/option"

	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

// What only reads is sent again after a fault; what writes is not, and its error says that
// nobody knows what became of it. A refusal is sent again in any case.
func TestOnlyWhatIsSafeIsRepeated(t *testing.T) {
	retry := http.Header{"Retry-After": {"7"}}
	for _, c := range []struct {
		name    string
		fault   fakeapi.Fault
		read    int // attempts
		write   int
		failed  bool    // the write
		outcome Outcome // of the write
	}{
		{"cut before", fakeapi.Fault{}, 2, 1, true, Unknown},
		{"cut after it was run", fakeapi.Fault{After: true}, 2, 1, true, Unknown},
		{"500", fakeapi.Fault{Status: 500}, 2, 1, true, Unknown},
		{"503 after it was run", fakeapi.Fault{Status: 503, After: true}, 2, 1, true, Unknown},
		{"429", fakeapi.Fault{Status: 429, Header: retry}, 2, 2, false, NotRun},
		{"429 twice", fakeapi.Fault{Status: 429, Times: 2, Header: retry}, 3, 3, false, NotRun},
		{"429 without end", fakeapi.Fault{Status: 429, Times: 99, Header: retry}, 4, 4, true, NotRun},
		{"400", fakeapi.Fault{Status: 400}, 1, 1, true, NotRun},
		{"cut off in the answer", fakeapi.Fault{Cut: 1}, 2, 1, true, Unknown},
		{"a page in place of JSON", fakeapi.Fault{Status: 502, Body: "<html>bad gateway</html>"}, 2, 1, true, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakeapi.Start(t)
			api, slept := noWait(t, s)
			n := s.NewKV("cache")
			n.Put("k", "v")
			kv := api.KV(n.ID())
			s.Fail(c.fault)
			e, _, err := kv.Get(ctx, "k")
			readFails := c.fault.Times == 99 || c.fault.Status == 400
			if (err != nil) != readFails || err == nil && e.Value != "v" {
				t.Errorf("reading: %q, %v", e.Value, err)
			}
			if r := s.Requests(); len(r) != c.read {
				t.Errorf("read with %d requests, want %d", len(r), c.read)
			}
			if c.fault.Status == 429 && (len(*slept) == 0 || (*slept)[0] != 7*time.Second) {
				t.Errorf("rested %v after a refusal, want 7 s", *slept)
			}
			if readFails {
				s2 := fakeapi.Start(t) // the faults that are left are the old one's
				api, _ = noWait(t, s2)
				s, n = s2, s2.NewKV("cache")
				kv = api.KV(n.ID())
			}
			s.Fail(c.fault)
			err = kv.Put(ctx, Pair{Name: "k", Value: "w"})
			if r := s.Requests(); len(r) != c.write {
				t.Errorf("wrote with %d requests, want %d", len(r), c.write)
			}
			var failed *Error
			if (err != nil) != c.failed || c.failed && (!errors.As(err, &failed) || failed.Outcome != c.outcome || failed.Sent != c.write) {
				t.Fatalf("writing: %v (%+v)", err, failed)
			}
			if c.failed && strings.Contains(err.Error(), "not known") != (c.outcome == Unknown) {
				t.Errorf("the error does not say what it knows: %v", err)
			}
			v, _, _ := n.Get("k")
			if wrote := v == "w"; wrote != (!c.failed || c.fault.After || c.fault.Cut > 0) {
				t.Errorf("stored: %q", v)
			}
		})
	}
}

// Every call is one or the other: it reads, and is sent again, or it changes data, and is not.
func TestEveryCallIsRepeatedOrNot(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	kv := c.KV(s.NewKV("cache").ID())
	database, _, err := c.FindOrCreateD1(ctx, "chat")
	must(t, err)
	_, err = c.FindOrCreateR2(ctx, "chat")
	must(t, err)
	db, bucket := c.D1(database), c.R2("chat")
	_, err = bucket.Put(ctx, "k", strings.NewReader("v"))
	must(t, err)
	two := []Pair{{Name: "k", Value: "v"}, {Name: "l", Value: "v"}}
	for what, call := range map[string]struct {
		reads  bool
		method string // of the request that goes wrong
		run    func() error
	}{
		"KV Get":        {true, "", func() error { _, _, err := kv.Get(ctx, "k"); return err }},
		"KV BulkGet":    {true, "", func() error { _, err := kv.BulkGet(ctx, []string{"k"}); return err }},
		"KV List":       {true, "", func() error { _, _, err := kv.List(ctx, "", "", 10); return err }},
		"KV Put":        {false, "", func() error { return kv.Put(ctx, two[0]) }},
		"KV Delete":     {false, "", func() error { return kv.Delete(ctx, "k") }},
		"KV BulkPut":    {false, "", func() error { _, _, err := kv.BulkPut(ctx, two); return err }},
		"KV BulkDelete": {false, "", func() error { _, _, err := kv.BulkDelete(ctx, []string{"k"}); return err }},
		"D1 Select":     {true, "", func() error { _, err := db.Select(ctx, "SELECT 1"); return err }},
		"D1 Exec":       {false, "", func() error { _, err := db.Exec(ctx, "CREATE TABLE IF NOT EXISTS t (k)"); return err }},
		"R2 Put":        {false, "", func() error { _, err := bucket.Put(ctx, "l", strings.NewReader("v")); return err }},
		"R2 Delete":     {false, "", func() error { return bucket.Delete(ctx, "l") }},
		"R2 List":       {true, "", func() error { _, _, err := bucket.List(ctx, "", "", 10); return err }},
		"R2 Get": {true, "", func() error {
			body, _, _, err := bucket.Get(ctx, "k")
			if err == nil {
				err = body.Close()
			}
			return err
		}},
		"FindKV":         {true, "", func() error { _, err := c.FindKV(ctx, "other"); return err }},
		"FindD1":         {true, "", func() error { _, err := c.FindD1(ctx, "other"); return err }},
		"FindOrCreateKV": {false, "POST", func() error { _, _, err := c.FindOrCreateKV(ctx, "new"); return err }},
		"FindOrCreateD1": {false, "POST", func() error { _, _, err := c.FindOrCreateD1(ctx, "new"); return err }},
		"FindOrCreateR2": {false, "POST", func() error { _, err := c.FindOrCreateR2(ctx, "new"); return err }},
	} {
		t.Run(what, func(t *testing.T) {
			s.Requests()
			s.Fail(fakeapi.Fault{Method: call.method, After: true})
			err := call.run()
			sent := 0
			for _, r := range s.Requests() {
				if strings.HasPrefix(r, call.method) {
					sent++
				}
			}
			var failed *Error
			if call.reads && (err != nil || sent != 2) {
				t.Errorf("a read was sent %d times: %v", sent, err)
			}
			if !call.reads && (!errors.As(err, &failed) || failed.Outcome != Unknown || sent != 1) {
				t.Errorf("a change was sent %d times: %v", sent, err)
			}
		})
	}
}

func TestErrorsHaveNoSecrets(t *testing.T) {
	s := fakeapi.Start(t)
	s.Lax()
	c, _ := noWait(t, s)
	const key, value = "the:key-that-nobody-may-see", "the-value-that-nobody-may-see"
	n := s.NewKV("cache")
	for _, f := range []fakeapi.Fault{{Times: 1}, {Status: 500}, {Status: 403}, {Status: 400}, {Status: 502, Body: "no JSON"}} {
		s.Fail(f)
		err := c.KV(n.ID()).Put(ctx, Pair{Name: key, Value: value})
		if err == nil {
			t.Fatalf("%+v: no error", f)
		}
		for _, secret := range []string{fakeapi.Token, key, value} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%+v: %q is in %q", f, secret, err)
			}
		}
	}
	for _, echo := range []string{key, value[:len(value)-4], escape(key), fakeapi.Token} {
		s.Fail(fakeapi.Fault{Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"success":false,"errors":[{"code":10001,"message":"not valid: '` + echo + `' as it is"}],"messages":[],"result":null}`})
		err := c.KV(n.ID()).Put(ctx, Pair{Name: key, Value: value})
		if err == nil || strings.Contains(err.Error(), echo) || !strings.Contains(err.Error(), "not valid: '[hidden]' as it is") {
			t.Errorf("an answer that repeats %q: %v", echo, err)
		}
	}
	wrong, err := New(Options{Account: fakeapi.Account, Token: "another-token", BaseURL: s.URL})
	must(t, err)
	_, _, err = wrong.KV(n.ID()).Get(ctx, key)
	if err == nil || !strings.Contains(err.Error(), "refuses the API token") || !strings.Contains(err.Error(), TokenVariable) || strings.Contains(err.Error(), "another-token") {
		t.Errorf("a wrong token: %v", err)
	}
	if err := c.KV(strings.Repeat("f", 32)).Put(ctx, Pair{Name: "a"}); !NotFound(err) || !strings.Contains(err.Error(), "namespace not found") {
		t.Errorf("an absent namespace: %v", err)
	}
	if _, ok, err := c.KV(strings.Repeat("f", 32)).Get(ctx, "a"); ok || !NotFound(err) {
		t.Errorf("a value of an absent namespace: %v %v", ok, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Setenv(TokenVariable, "")
	for want, opt := range map[string]Options{
		"hexadecimal":    {Account: "mine", Token: "t"},
		TokenVariable:    {Account: fakeapi.Account},
		"no http or htt": {Account: fakeapi.Account, Token: "t", BaseURL: "ftp://x"},
	} {
		if _, err := New(opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	t.Setenv(TokenVariable, "from-the-environment")
	c, err := New(Options{Account: fakeapi.Account})
	must(t, err)
	other, err := New(Options{Account: strings.Repeat("1", 32), Token: "another"})
	must(t, err)
	if c.Limiter() != other.Limiter() {
		t.Error("two tokens have two limiters: Cloudflare counts by user, whatever the token")
	}
}

func TestContextEndsARequest(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err := c.KV(s.NewKV("cache").ID()).Put(ended, Pair{Name: "a"})
	var failed *Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &failed) || failed.Outcome != NotRun || failed.Sent != 0 || c.Limiter().Left() != APILimit-Margin {
		t.Errorf("%v (%+v)", err, failed)
	}
}

// What could not be sent was not run, and may be sent again.
func TestWithoutAConnectionNothingWasRun(t *testing.T) {
	s := fakeapi.Start(t)
	c, slept := noWait(t, s)
	id := s.NewKV("cache").ID()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, gone.Close())
	refusals := 2
	c.opts = append(c.opts, option.WithHTTPClient(&http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if refusals--; refusals >= 0 {
				addr = gone.Addr().String()
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}}))
	must(t, c.KV(id).Put(ctx, Pair{Name: "a", Value: "v"}))
	if len(*slept) != 2 || len(s.Requests()) != 1 {
		t.Errorf("rested %v", *slept)
	}
	refusals = 99
	var failed *Error
	err = c.KV(id).Put(ctx, Pair{Name: "a", Value: "w"})
	if !errors.As(err, &failed) || failed.Outcome != NotRun || failed.Sent != 4 || strings.Contains(err.Error(), "not known") || len(s.Requests()) != 0 {
		t.Errorf("%v (%+v)", err, failed)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	got := map[string]time.Duration{}
	for _, text := range []string{"", "5", "-1", "x", "2147483647", "Wed, 01 Jul 2076 00:01:00 GMT", "Wed, 01 Jul 2026 00:01:00 GMT", "Wed, 01 Jul 2020 00:01:00 GMT"} {
		got[text] = retryAfter(&http.Response{Header: http.Header{"Retry-After": {text}}}, now)
	}
	want := map[string]time.Duration{"": 0, "5": 5 * time.Second, "-1": 0, "x": 0, "2147483647": time.Hour, "Wed, 01 Jul 2076 00:01:00 GMT": time.Hour, "Wed, 01 Jul 2026 00:01:00 GMT": time.Minute, "Wed, 01 Jul 2020 00:01:00 GMT": 0}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

// What cloudflare-go would take for a success is none.
func TestAnswersThatAreNoSuccess(t *testing.T) {
	s := fakeapi.Start(t)
	api, _ := noWait(t, s)
	n := s.NewKV("cache")
	n.Put("k", `{"success":false}`)
	kv := api.KV(n.ID())
	asJSON := http.Header{"Content-Type": {"application/json"}}
	s.Fail(fakeapi.Fault{Status: 200, Header: asJSON, Body: `{"success":false,"errors":[{"code":10042,"message":"try later"}],"messages":[],"result":null}`})
	var failed *Error
	if err := kv.Put(ctx, Pair{Name: "k", Value: "v"}); !errors.As(err, &failed) || failed.Status != 200 || failed.Outcome != Unknown || !strings.Contains(err.Error(), "10042 try later") {
		t.Errorf("an envelope that says no: %v", err)
	}
	for _, f := range []fakeapi.Fault{
		{Status: 200, Header: asJSON, Body: "null"},
		{Status: 200, Header: asJSON, Body: " "},
		{Status: 200, Header: asJSON, Body: "[1]"},
		{Status: 200, Body: "<html>sign in first</html>", Header: http.Header{"Content-Type": {"text/html"}}},
		{Status: 302, Header: http.Header{"Location": {s.URL}, "Content-Type": {"application/json"}}, Body: `{"success":true,"errors":[],"messages":[],"result":[],"result_info":{"cursor":""}}`},
	} {
		f.Times = 99
		s.Fail(f)
		s.Requests()
		if _, _, err := kv.List(ctx, "", "", 1000); err == nil {
			t.Errorf("%+v is a page of a listing", f)
		}
		if f.Status == 302 {
			if e, ok, err := kv.Get(ctx, "k"); err == nil {
				t.Errorf("a redirect is a value: %q, %v", e.Value, ok)
			}
			for _, r := range s.Requests() {
				if !strings.Contains(r, "/keys") && !strings.Contains(r, "/values/") {
					t.Errorf("redirected to %s", r)
				}
			}
		}
		s.Heal()
	}
	if e, ok, err := kv.Get(ctx, "k"); err != nil || !ok || e.Value != `{"success":false}` {
		t.Errorf("a value that looks like an answer: %q %v %v", e.Value, ok, err)
	}
}

// An answer that stops coming is not waited for longer than an attempt may take.
func TestAttemptHasItsTime(t *testing.T) {
	stop := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("part"))
		w.(http.Flusher).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer slow.Close()
	defer close(stop)
	c, err := New(Options{Account: fakeapi.Account, Token: "t", BaseURL: slow.URL, Timeout: 20 * time.Millisecond, Attempts: 1})
	must(t, err)
	_, _, err = c.KV(fakeapi.Account).Get(ctx, "k")
	if err == nil || !strings.Contains(err.Error(), "no answer within 20ms") || errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Ids stand in paths as they are: none may name another path.
func TestIDsAreChecked(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	for _, id := range []string{"", "..", "a/b", "%2e", "a?b", "a b"} {
		_, _, kv := c.KV(id).Get(ctx, "k")
		_, d1 := c.D1(id).Select(ctx, "SELECT 1")
		_, r2 := c.R2(id).Put(ctx, "k", strings.NewReader("v"))
		for _, err := range []error{kv, d1, r2} {
			if err == nil || !strings.Contains(err.Error(), "names no") {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
	if r := s.Requests(); len(r) != 0 {
		t.Errorf("sent %q", r)
	}
}

func TestOneAPIHasOneLimiter(t *testing.T) {
	var limiters []*Limiter
	for _, base := range []string{"", "https://api.cloudflare.com/client/v4", "https://API.cloudflare.com/client/v4/"} {
		c, err := New(Options{Account: fakeapi.Account, Token: "t", BaseURL: base})
		must(t, err)
		limiters = append(limiters, c.Limiter())
	}
	if limiters[1] != limiters[0] || limiters[2] != limiters[0] {
		t.Error("the same API has several limiters")
	}
}
