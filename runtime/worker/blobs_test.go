package worker_test

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

var largePlan = worker.Config{
	Version: 1, Module: "example.com/test", Groups: []worker.Group{{Name: "main", Shards: 1}, {Name: "other", Shards: 2}},
	Families: []worker.Family{{Pattern: "video:*", Name: "Videos", Type: "string", Store: "r2", Group: "main"}},
}

// A store of large values, as a client sees it.
type values struct {
	t     *testing.T
	url   string
	token string
	scope string // the object
}

func (v values) ask(method, path string, body []byte, header ...string) (status int, answer []byte) {
	v.t.Helper()
	req, err := http.NewRequest(method, v.url+"/v1/blob"+path, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.scope != "" {
		req.Header.Set("X-Redis2cf-Object", v.scope)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it is read
	if answer, err = io.ReadAll(res.Body); err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, answer
}

func (v values) put(value []byte) engine.Ref {
	v.t.Helper()
	var r struct {
		ID   string `json:"id"`
		Size int64  `json:"size"`
	}
	status, answer := v.ask("PUT", "", value)
	if status != http.StatusOK || json.Unmarshal(answer, &r) != nil || r.Size != int64(len(value)) || !engine.ValidRefID(r.ID) {
		v.t.Fatalf("%d: %.200s", status, answer)
	}
	return engine.Ref{ID: r.ID, Size: r.Size}
}

func (v values) refused(status int, code frame.Code, method, path string, body []byte, header ...string) {
	v.t.Helper()
	got, answer := v.ask(method, path, body, header...)
	var r struct {
		Code frame.Code `json:"code"`
		Text string     `json:"text"`
	}
	if got != status || json.Unmarshal(answer, &r) != nil || r.Code != code || r.Text == "" {
		v.t.Errorf("%s %s: %d %.200s, want %d with the code %d", method, path, got, answer, status, code)
	}
}

func noise(n int, seed int64) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(b) // never fails
	return b
}

func setRef(r engine.Ref, line ...string) resp.Command {
	return engine.WithRefs(line, map[int]engine.Ref{2: r})
}

func TestLargeValuesGoToR2AndBack(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: largePlan, Tokens: tokens})
	v := values{t: t, url: l.URL(), token: "write", scope: "main/0"}
	client := workerdtest.Client{URL: l.URL(), Token: "write", Object: "main/0"}
	var info struct{ Blobs bool }
	if err := client.Get("/v1/info", &info); err != nil || !info.Blobs {
		t.Errorf("info: %+v, %v", info, err)
	}
	c := client.Connect(t)
	for i, size := range []int{engine.MinRef, 1 << 20, 40 << 20} {
		value := noise(size, int64(i))
		before := time.Now().UnixMilli()
		ref := v.put(value)
		if at := engine.RefTime(ref.ID); at < before-1000 || at > time.Now().UnixMilli()+1000 {
			t.Errorf("the id says %d, it is %d", at, before)
		}
		if r := c.Do(setRef(ref, "SET", "k", "")...); r.Str != "OK" {
			t.Fatalf("%+v", r)
		}
		r := c.Do("GET", "k")
		if r.Kind != resp.Blob || r.Str != ref.ID || r.Int != int64(size) {
			t.Fatalf("%+v", r)
		}
		if status, got := v.ask("GET", "/"+r.Str, nil); status != http.StatusOK || !bytes.Equal(got, value) {
			t.Errorf("of %d bytes came %d, status %d", size, len(got), status)
		}
		if status, got := v.ask("GET", "/"+r.Str, nil, "Range", "bytes=100-4099"); status != http.StatusPartialContent || !bytes.Equal(got, value[100:4100]) {
			t.Errorf("a range: %d bytes, status %d", len(got), status)
		}
	}
	ref := v.put(noise(engine.MinRef, 9))
	// It is there for this object of this namespace alone.
	for _, other := range []values{{t, l.URL(), "write", "other/1"}, {t, l.URL(), "elsewhere", "main/0"}} {
		other.refused(http.StatusNotFound, frame.CodeNotFound, "GET", "/"+ref.ID, nil)
	}
	if status, _ := (values{t, l.URL(), "read", "main/0"}).ask("GET", "/"+ref.ID, nil); status != http.StatusOK {
		t.Errorf("who may only read, cannot: %d", status)
	}
	reader := values{t, l.URL(), "read", "main/0"}
	reader.refused(http.StatusForbidden, frame.CodeToken, "PUT", "", []byte("x"))
	reader.refused(http.StatusForbidden, frame.CodeToken, "POST", "", nil)
	values{t, l.URL(), "", "main/0"}.refused(http.StatusUnauthorized, frame.CodeToken, "GET", "/"+ref.ID, nil)
	values{t, l.URL(), "wrong", "main/0"}.refused(http.StatusUnauthorized, frame.CodeToken, "PUT", "", []byte("x"))
	values{t, l.URL(), "write", "main/7"}.refused(http.StatusNotFound, frame.CodeNotFound, "PUT", "", []byte("x"))
	v.refused(http.StatusNotFound, frame.CodeNotFound, "GET", "/"+strings.Repeat("0", 32), nil)
	v.refused(http.StatusNotFound, frame.CodeNotFound, "GET", "/"+strings.ToUpper(ref.ID[:31])+"%2f", nil)
	v.refused(http.StatusNotFound, frame.CodeNotFound, "GET", "/..%2f"+ref.ID, nil)
	v.refused(http.StatusNotFound, frame.CodeNotFound, "GET", "/"+ref.ID+"/x", nil)
	v.refused(http.StatusMethodNotAllowed, frame.CodeNotFound, "DELETE", "/"+ref.ID, nil)
	v.refused(http.StatusMethodNotAllowed, frame.CodeNotFound, "GET", "", nil)
	v.refused(http.StatusRequestedRangeNotSatisfiable, frame.CodeProtocol, "GET", "/"+ref.ID, nil, "Range", "bytes=9-1")
	v.refused(http.StatusLengthRequired, frame.CodeProtocol, "PUT", "", nil)
	v.refused(http.StatusBadRequest, frame.CodeProtocol, "PUT", "/"+ref.ID, noise(engine.MinRef, 1))
	if status, got := v.ask("GET", "/"+ref.ID, nil); status != http.StatusOK || !bytes.Equal(got, noise(engine.MinRef, 9)) {
		t.Error("the value changed")
	}
}

func TestAValueComesInParts(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: largePlan, Tokens: tokens})
	v := values{t: t, url: l.URL(), token: "write", scope: "main/0"}
	value := noise(12<<20, 1)
	var begun struct{ ID, Upload string }
	if status, answer := v.ask("POST", "", nil); status != http.StatusOK || json.Unmarshal(answer, &begun) != nil {
		t.Fatalf("%d: %s", status, answer)
	}
	upload := "/" + begun.ID + "?upload=" + begun.Upload
	var parts []json.RawMessage
	for i, from := 1, 0; from < len(value); i, from = i+1, from+5<<20 {
		status, answer := v.ask("PUT", fmt.Sprintf("%s&part=%d", upload, i), value[from:min(from+5<<20, len(value))])
		if status != http.StatusOK {
			t.Fatalf("%d: %s", status, answer)
		}
		parts = append(parts, answer)
	}
	v.refused(http.StatusNotFound, frame.CodeNotFound, "GET", "/"+begun.ID, nil)
	v.refused(http.StatusBadRequest, frame.CodeProtocol, "PUT", upload+"&part=0", value[:9])
	v.refused(http.StatusBadRequest, frame.CodeProtocol, "POST", upload, []byte("x"))
	end, err := json.Marshal(map[string]any{"size": len(value), "parts": parts})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := v.ask("POST", upload, end); status != http.StatusOK {
		t.Fatalf("%d: %s", status, answer)
	}
	if status, got := v.ask("GET", "/"+begun.ID, nil); status != http.StatusOK || !bytes.Equal(got, value) {
		t.Errorf("%d bytes came, status %d", len(got), status)
	}
}

func TestWithoutABucketLargeValuesAreRefused(t *testing.T) {
	l, client := start(t)
	var info struct{ Blobs bool }
	if err := client.Get("/v1/info", &info); err != nil || info.Blobs {
		t.Errorf("info: %+v, %v", info, err)
	}
	v := values{t: t, url: l.URL(), token: "write"}
	v.refused(http.StatusNotImplemented, frame.CodeUnserved, "PUT", "", noise(1<<20, 1))
	v.refused(http.StatusNotImplemented, frame.CodeUnserved, "GET", "/"+strings.Repeat("0", 32), nil)
	client.Object = "main/0"
	r := client.Connect(t).Do("SET", "k", string(noise(2<<20, 1)))
	if r.Kind != resp.Error || !strings.Contains(r.Str, "R2") || !strings.Contains(r.Str, "store: r2") {
		t.Errorf("%+v", r)
	}
}

// aheadEntry is the Worker with a clock that a test can put forward.
//
//go:embed testdata/ahead.js
var aheadEntry string

// clock puts the Worker's clock forward, and has the object look at it: the alarm is on the
// platform's clock, but a command does as well.
func clock(t *testing.T, l *project.Local) func(c *workerdtest.Conn, minutes int) {
	ahead := 0
	return func(c *workerdtest.Conn, minutes int) {
		t.Helper()
		ahead += minutes
		putForward(t, l, ahead)
		c.Do("PING")
	}
}

// putForward has the Worker's clock so many minutes before the platform's.
func putForward(t *testing.T, l *project.Local, minutes int) {
	t.Helper()
	res, err := http.Get(fmt.Sprintf("%s/ahead?ms=%d", l.URL(), minutes*60_000))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // empty
}

func TestTheSweepRemovesOrphansFromR2(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: largePlan, Tokens: tokens, Entry: aheadEntry})
	v := values{t: t, url: l.URL(), token: "write", scope: "main/0"}
	other := values{t: t, url: l.URL(), token: "write", scope: "other/0"}
	c := workerdtest.Client{URL: l.URL(), Token: "write", Object: "main/0"}.Connect(t)
	forward := clock(t, l)
	kept, deleted, theirs := v.put(noise(engine.MinRef, 1)), v.put(noise(engine.MinRef, 2)), other.put(noise(engine.MinRef, 3))
	v.put(noise(engine.MinRef, 4)) // its SET never comes
	c.Do(setRef(kept, "SET", "kept", "")...)
	c.Do(setRef(deleted, "SET", "deleted", "")...)
	c.Do("COPY", "kept", "copy")
	c.Do("DEL", "deleted", "kept")
	names := func() string {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		keys, err := l.R2List(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, k := range keys {
			_, id, _ := strings.Cut(k.Name, "/")
			ids = append(ids, id)
		}
		return strings.Join(ids, " ")
	}
	before := names()
	forward(c, 59)
	if got := names(); got != before {
		t.Errorf("after an hour less a minute there is %s, want %s", got, before)
	}
	wait := func(want int) {
		t.Helper()
		for until := time.Now().Add(20 * time.Second); len(strings.Fields(names())) != want; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("there is %s, want %d names", names(), want)
			}
		}
	}
	if _, err := l.Fault(context.Background(), project.R2, project.Fault{Mode: "fail", Count: 1}); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 8 && len(strings.Fields(names())) > 2; i++ {
		forward(c, 16)
		time.Sleep(300 * time.Millisecond) // what is asked of R2 comes back while nothing else happens
	}
	wait(2)
	if got := names(); !strings.Contains(got, kept.ID) || !strings.Contains(got, theirs.ID) {
		t.Errorf("left is %s, want %s and %s", got, kept.ID, theirs.ID)
	}
	if r := c.Do("GET", "copy"); r.Kind != resp.Blob || r.Str != kept.ID {
		t.Errorf("%+v", r)
	}
	// A reference that was not used in time is not taken.
	late := v.put(noise(engine.MinRef, 5))
	forward(c, 31)
	if r := c.Do(setRef(late, "SET", "late", "")...); r.Kind != resp.Error {
		t.Errorf("%+v", r)
	}
}

// An object that opens when its bucket is due to be looked through does so behind the
// message that opened it, and the instance, which other objects share, lives on.
func TestAnObjectOpensWhileR2HasWork(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: largePlan, Tokens: tokens, Entry: aheadEntry})
	v := values{t: t, url: l.URL(), token: "write"}
	client := workerdtest.Client{URL: l.URL(), Token: "write"}
	c := client.Connect(t)
	ref := v.put(noise(engine.MinRef, 1))
	want(t, c.Commands(setRef(ref, "SET", "video:1", "")), "OK")
	want(t, c.Commands(resp.Command{"DEL", "video:1"}), "1")
	if err := l.Kill(); err != nil {
		t.Fatal(err)
	}
	restart(t, l)
	putForward(t, l, 90)
	c = client.Resume(t, c.Session, c.Seq)
	want(t, c.Commands(resp.Command{"DBSIZE"}), "0")
	ctx := context.Background()
	names, err := l.R2List(ctx, "")
	if err != nil || len(names) != 1 {
		t.Fatalf("R2 has %v (%v)", names, err)
	}
	putForward(t, l, 110)
	soon(t, "R2", func() error {
		c.Do("PING")
		if names, err := l.R2List(ctx, ""); err != nil || len(names) > 0 {
			return fmt.Errorf("has %v (%v)", names, err)
		}
		return nil
	})
	var s stats
	if err := client.Get("/v1/stats", &s); err != nil || s.Traps != 0 {
		t.Errorf("%+v %v", s, err)
	}
}

// The client that programs use, on the real thing.
func TestTheGatewayMovesLargeValues(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: largePlan, Tokens: tokens})
	b, err := store.Open(strings.Replace(l.URL(), "http://", "http://:write@", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }() // the test is over
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	do := func(cmds ...resp.Command) []resp.Reply {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		replies, err := s.Execute(ctx, cmds)
		if err != nil {
			t.Fatal(err)
		}
		return replies
	}
	value, other := string(noise(100_000, 1)), string(noise(3<<20, 2))
	got := do(resp.Command{"SET", "video:1", value}, resp.Command{"MULTI"}, resp.Command{"SET", "video:2", other}, resp.Command{"MGET", "video:1", "video:2"}, resp.Command{"EXEC"})
	if e := got[4].Elems; len(e) != 2 || e[1].Elems[0].Str != value || e[1].Elems[1].Str != other {
		t.Errorf("%.200s", show(got[4]))
	}
	if got := do(resp.Command{"GETRANGE", "video:2", "1000000", "1000099"})[0]; got.Str != other[1_000_000:1_000_100] {
		t.Errorf("%.200s", show(got))
	}
	if got := do(resp.Command{"APPEND", "video:2", "x"})[0]; got.Kind != resp.Error || !strings.Contains(got.Str, "R2") {
		t.Errorf("%.200s", show(got))
	}
	// Above what one request brings.
	huge := string(noise(70<<20, 3))
	do(resp.Command{"SET", "video:3", huge})
	if got := do(resp.Command{"GET", "video:3"})[0]; got.Str != huge {
		t.Errorf("of %d bytes came %d", len(huge), len(got.Str))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	keys, err := l.R2List(ctx, "")
	if err != nil || len(keys) != 3 {
		t.Errorf("%d values are in R2, %v", len(keys), err)
	}
}

// workerd is killed between any two steps: what a key refers to is there, and in the
// end nothing else is.
func TestKillsLoseNoLargeValueAndLeaveNone(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: largePlan, Tokens: tokens, Entry: aheadEntry})
	v := values{t: t, url: l.URL(), token: "write", scope: "main/0"}
	client := workerdtest.Client{URL: l.URL(), Token: "write", Object: "main/0"}
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewSource(seed))
	c := client.Connect(t)
	forward := clock(t, l)
	kill := func() {
		t.Helper()
		if err := l.Kill(); err != nil {
			t.Fatal(err)
		}
		restart(t, l)
		v.url, client.URL = l.URL(), l.URL()
		c = client.Connect(t)
		forward(c, 0)
	}
	model := map[string][]byte{}
	for i := 0; i < 12; i++ {
		key := fmt.Sprint("k", rnd.Intn(3))
		value := noise(engine.MinRef+rnd.Intn(1000), int64(i))
		ref := v.put(value)
		if rnd.Intn(4) == 0 {
			kill() // an orphan
			continue
		}
		if r := c.Do(setRef(ref, "SET", key, "")...); r.Str != "OK" {
			t.Fatalf("%+v", r)
		}
		model[key] = value
		switch rnd.Intn(4) {
		case 0:
			kill()
		case 1:
			c.Do("DEL", key)
			delete(model, key)
			kill()
		}
		forward(c, rnd.Intn(40))
		if rnd.Intn(3) == 0 {
			time.Sleep(time.Duration(rnd.Intn(30)) * time.Millisecond) // somewhere in a sweep
			kill()
		}
		for key, value := range model {
			r := c.Do("GET", key)
			if status, got := v.ask("GET", "/"+r.Str, nil); r.Kind != resp.Blob || status != http.StatusOK || !bytes.Equal(got, value) {
				t.Fatalf("step %d: %s: %+v, status %d", i, key, r, status)
			}
		}
	}
	last := v.put(noise(engine.MinRef, 99))
	c.Do(setRef(last, "SET", "last", "")...)
	c.Do("DEL", "last")
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		keys, err := l.R2List(ctx, "")
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) == len(model) {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%d values are in R2, and %d keys need one", len(keys), len(model))
		}
		forward(c, 16)
	}
	for key, value := range model {
		r := c.Do("GET", key)
		if status, got := v.ask("GET", "/"+r.Str, nil); status != http.StatusOK || !bytes.Equal(got, value) {
			t.Errorf("%s: %+v, status %d", key, r, status)
		}
	}
}
