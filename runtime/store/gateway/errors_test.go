package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

func ping(s store.Session) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := s.Execute(ctx, []resp.Command{cmd("PING")})
	return err
}

func newSession(t *testing.T, rawURL string, opt store.SessionOptions) store.Session {
	t.Helper()
	s, err := open(t, rawURL).NewSession(opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseURL(t *testing.T, rawURL string) *url.URL {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const secret = "s3cret-token"

func TestTokensAreFoundAndNeverRepeated(t *testing.T) {
	r := newRig(t, objectserver.Options{Tokens: []objectserver.Token{{Text: secret, Namespace: "main", Write: true}}}, "")
	host := strings.TrimPrefix(r.url, "http://")
	for name, c := range map[string]struct {
		url, variable, password string
		names                   string // "" is no error
	}{
		"password of the URL": {url: "http://:" + secret + "@" + host},
		"parameter":           {url: r.url + "?token=" + secret},
		"variable":            {url: r.url, variable: secret},
		"Options.Password":    {url: r.url, password: secret},
		"the URL before all":  {url: "http://:" + secret + "@" + host, variable: "other", password: "redis"},
		"wrong password":      {url: "http://:wrong-token@" + host, names: "the URL's password"},
		"wrong parameter":     {url: r.url + "?token=wrong-token", names: "the URL's token parameter"},
		"wrong variable":      {url: r.url, variable: "wrong-token", names: "$" + TokenVariable},
		"wrong Options":       {url: r.url, password: "wrong-token", names: "Options.Password"},
		"none":                {url: r.url, names: "$" + TokenVariable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(TokenVariable, c.variable)
			b := open(t, c.url)
			s, err := b.NewSession(store.SessionOptions{Password: c.password})
			if err != nil {
				t.Fatal(err)
			}
			err = ping(s)
			if (c.names == "") != (err == nil) {
				t.Fatal(err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "wrong-token")) {
				t.Error(err)
			}
			if strings.Contains(b.URL(), "token") {
				t.Error(b.URL())
			}
		})
	}
}

func TestURLsThatMeanNothingAreRefusedWithoutTheirSecrets(t *testing.T) {
	t.Setenv(TokenVariable, "")
	for _, u := range []string{
		"https://", "https://user:" + secret + "@host", "https://host?nope=1&token=" + secret, "https://host?namespace=No", "https://host?namespace=a/b/c", "https://host?namespace=a/", "https://host?transport=pigeon",
		"https://host?token=" + secret + "&token=" + secret, "https://host?token=" + secret + "%0a", "https:host",
	} {
		b, err := store.Open(u)
		if err == nil {
			_ = b.Close()
			t.Errorf("%s was opened", u)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%v repeats the token", err)
		}
	}
}

func TestNamespacesAreBelowTheTokens(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	jobs, err := store.Namespace(r.url+"?transport=websocket", "jobs")
	if err != nil || jobs != r.url+"?namespace=jobs&transport=websocket" {
		t.Fatal(jobs, err)
	}
	deeper, err := store.Namespace(jobs, "old")
	if err != nil || !strings.Contains(deeper, "namespace=jobs%2Fold") {
		t.Error(deeper, err)
	}
	if deepest, err := store.Namespace(deeper, "older"); err == nil {
		t.Error(deepest)
	}
	s, other := r.session(store.SessionOptions{}), newSession(t, jobs, store.SessionOptions{})
	want(t, s, "OK", "SET", "k", "v")
	want(t, other, "nil", "GET", "k")
	if r.server.Executor("main/jobs", "/0") == nil {
		t.Error("the namespace is not below the token's")
	}
	keys := map[string]bool{}
	for _, u := range []string{r.url, r.url + "/", r.url + "?transport=http", jobs, deeper, r.url + "?token=a", r.url + "?token=b"} {
		key, err := (driver{}).Key(parseURL(t, u))
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 5 {
		t.Errorf("%d keys", len(keys))
	}
}

// Two URLs and clients of a plan share a namespace only when both are called the same.
func TestNamesOfNamespacesNeverMeet(t *testing.T) {
	t.Setenv(TokenVariable, "")
	const letters = "ab-_"
	var names []string
	for _, first := range "ab" {
		for _, second := range letters {
			names = append(names, string([]rune{first, second}))
			for _, third := range letters {
				names = append(names, string([]rune{first, second, third}))
			}
		}
		names = append(names, string(first))
	}
	whose := map[string]string{}
	for _, above := range append([]string{""}, names...) {
		for _, client := range append([]string{""}, names...) {
			u := "https://host"
			if above != "" {
				u += "?namespace=" + above
			}
			u, err := store.Namespace(u, client)
			if err != nil {
				t.Fatal(err)
			}
			a, err := parse(parseURL(t, u))
			if err != nil {
				t.Fatal(err)
			}
			me := above + " " + client
			if above == "" || client == "" {
				me = above + client // the same store, whoever names it
			}
			if other, known := whose[a.namespace]; known && other != me {
				t.Fatalf("%q and %q are the namespace %q", other, me, a.namespace)
			}
			whose[a.namespace] = me
			if client != "" && a.client() != client {
				t.Fatalf("%q below %q: the plan looks for %q", client, above, a.client())
			}
		}
	}
}

func TestWhatAnswersIsNoWorker(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"HTML":         {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>hello</html>") }, "no Worker of redis2cf"},
		"not found":    {http.NotFound, "no Worker of redis2cf"},
		"a redirect":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://elsewhere.example/", 302) }, "redirect"},
		"a new Worker": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"protocol":99,"groups":[]}`) }, "another version"},
		"an old one": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/info" {
				io.WriteString(w, `{"protocol":1}`)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUpgradeRequired)
			io.WriteString(w, `{"code":2,"text":"ERR this Worker speaks redis2cf.v0"}`)
		}, "another version"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			start := time.Now()
			err := ping(newSession(t, srv.URL, store.SessionOptions{}))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("a refusal that trying again does not change took %v", took)
			}
		})
	}
}

func TestConnectionsThatCannotBeMade(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	if err := ping(newSession(t, "http://"+addr, store.SessionOptions{})); err == nil || !strings.Contains(err.Error(), "redis2cf worker -run") {
		t.Error(err)
	}
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	tls.StartTLS()
	defer tls.Close()
	if err := ping(newSession(t, tls.URL, store.SessionOptions{})); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if err := ping(newSession(t, strings.Replace(plain.URL, "http:", "https:", 1), store.SessionOptions{})); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Error(err)
	}
}

func TestOverloadIsWaitedOut(t *testing.T) {
	transports(t, func(t *testing.T, r *rig) {
		s := r.session(store.SessionOptions{})
		r.server.Overload(3)
		want(t, s, "1", "INCR", "n")
		r.server.Overload(2)
		r.server.Cut()
		want(t, s, "2", "INCR", "n")
	})
}

func TestHTTPServesWhereUpgradesAreRefused(t *testing.T) {
	r := newRig(t, objectserver.Options{NoSockets: true}, "")
	s := r.session(store.SessionOptions{})
	want(t, s, "1", "INCR", "n")
	if !s.sp.plain.Load() {
		t.Error("the next connection tries a WebSocket again")
	}
	only := newSession(t, r.url+"?transport=websocket", store.SessionOptions{})
	if err := ping(only); err == nil {
		t.Error("transport=websocket was served over HTTP")
	}
}

func TestAReadOnlyTokenIsRefusedWrites(t *testing.T) {
	r := newRig(t, objectserver.Options{Tokens: []objectserver.Token{{Namespace: "main", Write: true}, {Text: secret, Namespace: "main"}}}, "")
	want(t, r.session(store.SessionOptions{}), "OK", "SET", "k", "v")
	s := newSession(t, r.url+"?token="+secret, store.SessionOptions{})
	want(t, s, `"v"`, "GET", "k")
	if got := show(do(t, s, cmd("SET", "k", "w"))[0]); !strings.HasPrefix(got, "!NOPERM") {
		t.Error(got)
	}
}

func TestClosingTheBackendEndsEverything(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	s := r.session(store.SessionOptions{})
	came := make(chan error, 1)
	go func() {
		_, err := s.Execute(context.Background(), []resp.Command{cmd("BLPOP", "l", "0")})
		came <- err
	}()
	until(t, "a blocked command", func() bool { return r.parked() == 1 })
	_ = r.b.Close()
	if err := <-came; !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	if _, err := r.b.NewSession(store.SessionOptions{}); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
}

// A response that does not answer the frame is a lost answer: the frame is sent again.
func TestAResponseWithoutTheAnswerIsALostAnswer(t *testing.T) {
	r := newRig(t, objectserver.Options{}, "")
	lost := 0
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		on, err := http.NewRequest(req.Method, r.url+req.URL.Path, bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		on.Header = req.Header
		response, err := http.DefaultClient.Do(on)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		if parts, _ := frame.Parts(body); req.URL.Path == "/v1/frame" && len(parts) == 2 && frame.Kind(parts[1]) == frame.KindFrame && lost == 0 {
			lost++
			answer = nil
		}
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write(answer) // the client may have gone
	}))
	t.Cleanup(between.Close)
	b := open(t, between.URL+"?transport=http")
	s, err := b.session(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "1", "INCR", "n")
	want(t, s, "2", "INCR", "n")
	if lost != 1 {
		t.Errorf("%d answers were lost", lost)
	}
}
