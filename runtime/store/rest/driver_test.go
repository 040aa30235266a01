package rest_test

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/internal/resptest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/rest"
	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

var ctx = context.Background()

func storeURL(s *fakeapi.Server, kv, more string) string {
	return "cloudflare://" + fakeapi.Account + "?kv=" + kv + "&api=" + url.QueryEscape(s.URL) + more
}

func open(t *testing.T, url string) (store.Backend, store.Session) {
	t.Helper()
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	s, err := b.NewSession(store.SessionOptions{Password: fakeapi.Token})
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

var families = []store.Family{
	{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv", Consistency: "primary"},
	{Pattern: "cache:*", Name: "Cache", Type: "string", Store: "kv", Consistency: "primary"},
	{Pattern: "queue:*", Name: "Queue", Type: "list", Store: "d1"},
}

func TestFacadeOverREST(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	plan := runtime.RegisterPlan(runtime.Plan{Module: "example.com/rest", Package: "example.com/rest/cfstore", Families: []runtime.Family{
		{Pattern: "rest-session:*", Name: "RestSession", Type: "string", Store: "kv", Consistency: "primary"},
		{Pattern: "rest-queue:*", Name: "RestQueue", Type: "list", Store: "d1"},
	}})
	c := plan.NewClient(&runtime.Options{Addr: storeURL(s, n.ID(), "&gateway=https://chat.example.workers.dev"), Password: fakeapi.Token})
	defer func() { _ = c.Close() }()
	if err := c.Set(ctx, "rest-session:1", "a\xffb", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(ctx, "rest-session:1").Result(); err != nil || v != "a\xffb" {
		t.Errorf("%q %v", v, err)
	}
	if _, err := c.Get(ctx, "rest-session:2").Result(); err != runtime.Nil {
		t.Errorf("a missing key: %v", err)
	}
	if v, at, ok := n.Get("rest-session:1"); !ok || v != "a\xffb" || at < time.Now().Unix()+3590 {
		t.Errorf("in KV: %q, %d, %v", v, at, ok)
	}
	err := c.LPush(ctx, "rest-queue:1", "job").Err()
	if err == nil || !strings.Contains(err.Error(), "RestQueue") || !strings.Contains(err.Error(), "https://chat.example.workers.dev") {
		t.Errorf("LPUSH: %v", err)
	}
	if err := c.Del(ctx, "rest-session:1").Err(); err != nil || n.Len() != 0 {
		t.Errorf("DEL: %v, %d left", err, n.Len())
	}
}

func TestPipelineIsTwoRequests(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	n.Put("session:old", "was there")
	_, sess := open(t, storeURL(s, n.ID(), ""))
	var lines []string
	for i := 0; i < 50; i++ {
		lines = append(lines, fmt.Sprintf("SET session:%d v%d EX 100", i, i))
	}
	for i := 0; i < 50; i++ {
		lines = append(lines, fmt.Sprintf("GET session:%d", i))
	}
	lines = append(lines, "MGET session:old session:1 session:gone")
	got := resptest.Do(t, sess, lines...)
	if !strings.HasSuffix(got, "v49 [was there v1 nil]") || strings.Count(got, "OK") != 50 {
		t.Errorf("%s", got)
	}
	if r := s.Requests(); len(r) != 2 || !strings.HasSuffix(r[0], "/bulk/get") || !strings.HasSuffix(r[1], "/bulk") {
		t.Errorf("requests %q", r)
	}
	if got := resptest.Do(t, sess, "DEL session:1 session:2 session:1", "GET session:1"); got != ":2 nil" {
		t.Errorf("%s", got)
	}
	if r := s.Requests(); len(r) != 1 || !strings.HasSuffix(r[0], "/bulk/delete") {
		t.Errorf("requests %q", r)
	}
}

func TestEverythingElseIsRefusedByName(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	b, sess := open(t, storeURL(s, n.ID(), "&gateway=https://g.example.workers.dev"))
	if got := resptest.Do(t, sess, "INCR a"); got != "!ERR unsupported command 'incr': over REST there is KV alone, which has GET, MGET, SET, SETEX and DEL. The gateway serves it: set $CFSTORE_URL to https://g.example.workers.dev" {
		t.Error(got)
	}
	if err := b.(store.Planned).UsePlan(families); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"GET queue:1":            `!ERR unsupported command 'get': the family Queue ("queue:*") is not in KV alone`,
		"LPUSH queue:1 a":        `!ERR unsupported command 'lpush': the family Queue ("queue:*") is not in KV alone`,
		"INCR session:1":         `!ERR unsupported command 'incr': the family Session ("session:*") is in KV alone`,
		"MGET session:1 queue:1": `!ERR unsupported command 'mget': its keys belong to the family Session`,
		"MGET session:1 cache:1": "[nil nil]",
		"GET elsewhere":          "!ERR unsupported command 'get': over REST there is KV alone",
		"MULTI":                  "!ERR unsupported command 'multi'",
		"GET":                    "!ERR wrong number of arguments",
		"SET session:1 v NX":     "!ERR unsupported option NX",
		"PING":                   "PONG",
		"ECHO x":                 "x",
		"SELECT 99":              "!ERR DB index is out of range",
		"CLIENT GETNAME":         "nil",
	} {
		if got := resptest.Do(t, sess, line); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if n.Len() != 0 {
		t.Error("something was written")
	}
}

func TestDatabasesAndNamespacesHaveNamesOfTheirOwn(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	base := storeURL(s, n.ID(), "")
	_, sess := open(t, base)
	if got := resptest.Do(t, sess, "SET k zero", "SELECT 3", "GET k", "SET k three", "SELECT 0", "GET k"); got != "OK OK nil OK OK zero" {
		t.Error(got)
	}
	spaced, err := store.Namespace(base, "jobs")
	if err != nil {
		t.Fatal(err)
	}
	_, other := open(t, spaced)
	if got := resptest.Do(t, other, "GET k", "SET k jobs", "GET k"); got != "nil OK jobs" {
		t.Error(got)
	}
	var names []string
	for _, name := range []string{"k", "@/3/k", "@jobs/0/k"} {
		v, _, _ := n.Get(name)
		names = append(names, v)
	}
	if !reflect.DeepEqual(names, []string{"zero", "three", "jobs"}) || n.Len() != 3 {
		t.Errorf("%q", names)
	}
}

func TestFaultsAreErrorsOfTheirCommands(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	_, sess := open(t, storeURL(s, n.ID(), ""))
	s.Fail(fakeapi.Fault{Method: "PUT", Status: 500})
	got := resptest.Do(t, sess, "SET session:1 v")
	if !strings.HasPrefix(got, "!ERR KV: rest: putting a value") || !strings.Contains(got, "not known") || strings.Contains(got, "session:1") {
		t.Error(got)
	}
	s.Fail(fakeapi.Fault{Method: "PUT", Status: 400})
	if got = resptest.Do(t, sess, "SET a 1", "SET b 2", "GET a"); strings.Count(got, "!ERR KV: rest: writing in bulk") != 3 {
		t.Error(got)
	}
	if got = resptest.Do(t, sess, "GET session:1"); got != "nil" {
		t.Errorf("what was not stored is read: %s", got)
	}
}

// A frame whose first half failed ends there: the second half must not run in the wrong
// database, and the first is not sent again.
func TestFailureBeforeSelectEndsTheFrame(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	_, sess := open(t, storeURL(s, n.ID(), ""))
	s.Fail(fakeapi.Fault{Method: "GET", Status: 403})
	replies, err := sess.Execute(ctx, []resp.Command{{"GET", "k"}, {"SET", "k", "zero"}, {"SELECT", "3"}, {"SET", "k", "three"}})
	if err == nil || replies != nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("%v, %v", replies, err)
	}
	if r := s.Requests(); len(r) != 1 || n.Len() != 0 {
		t.Errorf("sent %q", r)
	}
	if got := resptest.Do(t, sess, "SET k zero", "SELECT 3", "SET k three"); got != "OK OK OK" || n.Len() != 2 {
		t.Errorf("afterwards: %s, %d values", got, n.Len())
	}
	s.Fail(fakeapi.Fault{Method: "GET", Status: 403})
	if _, err = sess.Execute(ctx, []resp.Command{{"SET", "other", "three"}, {"SELECT", "4"}, {"GET", "k"}}); err == nil || !strings.Contains(err.Error(), "before SELECT were run") || n.Len() != 3 {
		t.Errorf("the second half failed: %v, %d values", err, n.Len())
	}
}

// Writes of several sessions leave in one request. One that Cloudflare does not take any
// more, because time has passed, does not take the others with it.
func TestExpiryThatCameTooNearFailsAlone(t *testing.T) {
	s := fakeapi.Start(t)
	s.Now = func() time.Time { return time.Now().Add(time.Minute) }
	n := s.NewKV("cache")
	_, sess := open(t, storeURL(s, n.ID(), ""))
	at := fmt.Sprint(time.Now().Unix() + 90)
	got := resptest.Do(t, sess, "SET a 1", "SET b 2 EX 100", "SET c 3 EXAT "+at, "SET d 4 EXAT "+fmt.Sprint(time.Now().Unix()+5000))
	if !strings.HasPrefix(got, "OK OK !ERR KV: rest: putting a value") || !strings.HasSuffix(got, " OK") || n.Len() != 3 {
		t.Errorf("%s; %d are stored", got, n.Len())
	}
}

// A password that is the environment's token is the same client: each sees the other's writes.
func TestTokenOfTheEnvironmentIsTheSameClient(t *testing.T) {
	t.Setenv("CLOUDFLARE_API_TOKEN", fakeapi.Token)
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	b, one := open(t, storeURL(s, strings.ToUpper(n.ID()), ""))
	two, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	resptest.Do(t, one, "SET k v")
	s.Requests()
	if got := resptest.Do(t, two, "GET k"); got != "v" || len(s.Requests()) != 0 {
		t.Errorf("%s: it was not remembered", got)
	}
}

// A key that KV left out of a bulk write is an error of its command alone.
func TestKeysThatKVLeftOutAreErrors(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	n.Refuse("b")
	n.Put("b", "old")
	_, sess := open(t, storeURL(s, n.ID(), ""))
	const missed = "!ERR KV: Cloudflare says that the key was not written and that it may be tried again"
	if got := resptest.Do(t, sess, "SET a 1", "SET b 2", "SET c 3"); got != "OK "+missed+" OK" || n.Len() != 3 {
		t.Errorf("%s; %d values", got, n.Len())
	}
	if got := resptest.Do(t, sess, "GET b"); got != "old" {
		t.Errorf("what was not written is read: %s", got)
	}
	if got := resptest.Do(t, sess, "DEL a", "DEL b"); got != ":1 "+missed || n.Len() != 2 {
		t.Errorf("%s; %d values", got, n.Len())
	}
}

// Another client reads in bulk what this one wrote, byte for byte.
func TestBytesSurviveBulkReads(t *testing.T) {
	s := fakeapi.Start(t)
	n := s.NewKV("cache")
	_, one := open(t, storeURL(s, n.ID(), ""))
	resptest.Do(t, one, "SET a \ufeffmark", "SET b \xff\x00", "SET c text")
	s.URL = strings.TrimSuffix(s.URL, "/") // a store of its own, which remembers nothing
	_, two := open(t, storeURL(s, n.ID(), ""))
	s.Requests()
	if got := resptest.Do(t, two, "MGET a b c"); got != "[\ufeffmark \xff\x00 text]" {
		t.Errorf("%q", got)
	}
	if r := s.Requests(); len(r) != 3 || !strings.HasSuffix(r[0], "/bulk/get") {
		t.Errorf("read with %q", r)
	}
}

func TestURLsThatNameNothingAreRefused(t *testing.T) {
	id := strings.Repeat("a", 32)
	for u, want := range map[string]string{
		"cloudflare://" + id:                                          "name the KV namespace",
		"cloudflare://" + id + "?kv=my-title":                         "by its id",
		"cloudflare://?kv=" + id:                                      "write cloudflare://ACCOUNT",
		"cloudflare://not-hex?kv=" + id:                               "hexadecimal",
		"cloudflare://" + id + "/path?kv=" + id:                       "write cloudflare://ACCOUNT",
		"cloudflare://token@" + id + "?kv=" + id:                      TokenHint,
		"cloudflare://" + id + "?kv=" + id + "&token=x":               "unknown setting token",
		"cloudflare://" + id + "?kv=" + id + "&gateway=ftp://x":       "gateway is no http",
		"cloudflare://" + id + "?kv=" + id + "&api=https://evil.test": "this machine alone",
		"cloudflare://" + id + "?kv=" + id + "&namespace=A":           "names no namespace",
	} {
		if _, err := store.Open(u); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", u, err)
		}
	}
	t.Setenv("CLOUDFLARE_API_TOKEN", "")
	b, err := store.Open("cloudflare://" + id + "?kv=" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	if _, err := b.NewSession(store.SessionOptions{}); err == nil || !strings.Contains(err.Error(), "CLOUDFLARE_API_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}

// TokenHint is where a token belongs.
const TokenHint = "$CLOUDFLARE_API_TOKEN"
