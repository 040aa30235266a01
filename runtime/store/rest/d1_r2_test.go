package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

func TestSelectReadsEveryType(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	id, created, err := c.FindOrCreateD1(ctx, "chat")
	if err != nil || !created {
		t.Fatal(created, err)
	}
	db := c.D1(id)
	_, err = db.Exec(ctx, "CREATE TABLE t (k TEXT, n INTEGER, f REAL, b BLOB)")
	must(t, err)
	_, err = db.Exec(ctx, "INSERT INTO t VALUES (?, CAST(? AS INTEGER), CAST(? AS REAL), unhex(?))", "it's; -- \"k\"", "9007199254740993", "1.5", Hex([]byte{0, 255}))
	must(t, err)
	rows, err := db.Select(ctx, "SELECT k, n / 2, f, hex(b) AS b, NULL AS none, ';', CAST(n AS TEXT), 2.0 FROM t WHERE n > CAST(? AS INTEGER)", "5")
	must(t, err)
	want := [][]interface{}{{"it's; -- \"k\"", int64(4503599627370496), 1.5, "00FF", nil, ";", "9007199254740993", int64(2)}}
	if !reflect.DeepEqual(rows.Rows, want) || !reflect.DeepEqual(rows.Columns[:4], []string{"k", "n / 2", "f", "b"}) {
		t.Errorf("%#v of %q", rows.Rows, rows.Columns)
	}
	if rows, err = db.Exec(ctx, "UPDATE t SET f = 2"); err != nil || rows.Changes != 1 || rows.Written != 1 {
		t.Errorf("an update: %+v, %v", rows, err)
	}
	if rows, err = db.Select(ctx, "SELECT f FROM t"); err != nil || rows.Changes != 0 || rows.Read != 1 {
		t.Errorf("reading behind it: %+v, %v", rows, err)
	}
	if _, err := db.Select(ctx, "SELECT b FROM t"); err == nil || !strings.Contains(err.Error(), "hex()") {
		t.Errorf("a blob: %v", err)
	}
	if _, err := db.Select(ctx, "SELECT none FROM nowhere"); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("a wrong statement: %v", err)
	}
	s.Requests()
	for _, sql := range []string{"", "DELETE FROM t", "WITH x AS (SELECT 1) DELETE FROM t", "SELECT 1; DELETE FROM t", "select 1 /* ; */ ;\n delete from t"} {
		if _, err := db.Select(ctx, sql); err == nil || !strings.Contains(err.Error(), "begins with SELECT") {
			t.Errorf("Select(%q): %v", sql, err)
		}
	}
	if _, err := db.Select(ctx, "select 1", make([]string, 101)...); err == nil || !strings.Contains(err.Error(), "json_each") {
		t.Errorf("101 parameters: %v", err)
	}
	if _, err := db.Exec(ctx, "SELECT "+strings.Repeat(" ", 100_000)); err == nil {
		t.Error("a statement above the limit has no error")
	}
	if r := s.Requests(); len(r) != 0 {
		t.Errorf("sent %q", r)
	}
	if _, err := db.Select(ctx, "\n select 1 -- ; no more\n; "); err != nil {
		t.Error(err)
	}
}

func TestSelectIsRepeatedAndExecIsNot(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	id, _, err := c.FindOrCreateD1(ctx, "chat")
	must(t, err)
	s.Requests()
	s.Fail(fakeapi.Fault{Contains: "/raw"})
	if _, err := c.D1(id).Select(ctx, "SELECT 1"); err != nil || len(s.Requests()) != 2 {
		t.Errorf("Select: %v", err)
	}
	s.Fail(fakeapi.Fault{Contains: "/raw", After: true})
	if _, err := c.D1(id).Exec(ctx, "CREATE TABLE t (k)"); err == nil || len(s.Requests()) != 1 {
		t.Errorf("Exec: %v", err)
	}
}

// A statement may fail in an answer that says success.
func TestStatementThatFailedIsAnError(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	id, _, err := c.FindOrCreateD1(ctx, "chat")
	must(t, err)
	s.Fail(fakeapi.Fault{Contains: "/raw", Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"success":true,"errors":[],"messages":[],"result":[{"success":false,"meta":{},"results":{"columns":[],"rows":[]}}]}`})
	var failed *Error
	if _, err := c.D1(id).Exec(ctx, "DELETE FROM t"); !errors.As(err, &failed) || failed.Outcome != Unknown || !strings.Contains(err.Error(), "the statement failed") {
		t.Errorf("%v", err)
	}
}

// owned is a reader that its owner closes.
type owned struct {
	*strings.Reader
	closed  bool
	largest int // of the pieces it was read in
}

func (o *owned) Close() error { o.closed = true; return nil }

func (o *owned) Read(p []byte) (int, error) {
	o.largest = max(o.largest, len(p))
	return o.Reader.Read(p)
}

func (o *owned) WriteTo(io.Writer) (int64, error) { panic("it is read in pieces") }

// An upload is streamed from its beginning at each attempt, and what it reads from stays open.
func TestUploadIsReadInPieces(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	if _, err := c.FindOrCreateR2(ctx, "chat-large"); err != nil {
		t.Fatal(err)
	}
	s.Requests()
	data := strings.Repeat("0123456789abcdef", 1<<16)
	body := &owned{Reader: strings.NewReader(data)}
	_, err := body.Seek(100, io.SeekStart)
	must(t, err)
	s.Fail(fakeapi.Fault{Method: "PUT", Status: 429, Times: 2, Header: http.Header{"Retry-After": {"7"}}})
	b := c.R2("chat-large")
	if _, err := b.Put(ctx, "key", body); err != nil {
		t.Fatal(err)
	}
	if r := s.Requests(); len(r) != 3 {
		t.Errorf("after two refusals: %q", r)
	}
	if body.closed || body.largest >= len(data)/4 {
		t.Errorf("closed: %v, read in pieces of up to %d bytes", body.closed, body.largest)
	}
	object, size, ok, err := b.Get(ctx, "key")
	if err != nil || !ok || size != int64(len(data)) {
		t.Fatal(size, ok, err)
	}
	defer func() { _ = object.Close() }()
	if got, err := io.ReadAll(object); err != nil || string(got) != data {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// slow takes its time for each piece.
type slow struct{ *strings.Reader }

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(400 * time.Millisecond)
	return s.Reader.Read(p[:min(len(p), 100)])
}

func (slow) WriteTo(io.Writer) (int64, error) { panic("it is read in pieces") }

// An upload may take longer than an attempt may wait, as long as it moves.
func TestSlowUploadHasItsTime(t *testing.T) {
	if testing.Short() {
		t.Skip("3 s")
	}
	s := fakeapi.Start(t)
	c, err := New(Options{Account: fakeapi.Account, Token: fakeapi.Token, BaseURL: s.URL, Timeout: 2 * time.Second})
	must(t, err)
	_, err = c.FindOrCreateR2(ctx, "chat-large")
	must(t, err)
	if _, err := c.R2("chat-large").Put(ctx, "key", slow{strings.NewReader(strings.Repeat("x", 600))}); err != nil {
		t.Error(err)
	}
}

func TestObjects(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	if created, err := c.FindOrCreateR2(ctx, "chat-large"); err != nil || !created {
		t.Fatal(created, err)
	}
	b := c.R2("chat-large")
	for i, key := range []string{"a", "dir/sub/a b", "100%?#", "a+b=c:d@e&f", "ключ/é"} {
		data := bytes.Repeat([]byte{byte(i), 0xff}, 1000)
		etag, err := b.Put(ctx, key, bytes.NewReader(data))
		if err != nil || etag == "" {
			t.Fatalf("%q: %v", key, err)
		}
		body, size, ok, err := b.Get(ctx, key)
		if err != nil || !ok || size != 2000 {
			t.Fatalf("%q: %d %v %v", key, size, ok, err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q: other bytes, %v", key, err)
		}
		_ = body.Close()
	}
	if _, _, ok, err := b.Get(ctx, "absent"); ok || err != nil {
		t.Errorf("an absent object: %v %v", ok, err)
	}
	if _, _, ok, err := c.R2("no-such-bucket").Get(ctx, "a"); ok || !NotFound(err) {
		t.Errorf("an absent bucket: %v %v", ok, err)
	}
	for i := 0; i < 25; i++ {
		_, err := b.Put(ctx, fmt.Sprintf("page/%02d", i), strings.NewReader("x"))
		must(t, err)
	}
	var keys []string
	for cursor := ""; ; {
		page, next, err := b.List(ctx, "page/", cursor, 10)
		must(t, err)
		for _, o := range page {
			keys = append(keys, o.Key)
			if o.Size != 1 || o.ETag == "" {
				t.Errorf("%+v", o)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(keys) != 25 || keys[24] != "page/24" {
		t.Errorf("listed %q", keys)
	}
	must(t, b.Delete(ctx, "a"))
	must(t, b.Delete(ctx, "a"))
	s.Requests()
	for _, key := range []string{"", "a/../b", "./a", "a//b", "/a", "a/", strings.Repeat("k", 1025)} {
		if _, err := b.Put(ctx, key, strings.NewReader("")); err == nil {
			t.Errorf("%.20q has no error", key)
		}
	}
	for _, size := range []int64{MaxUpload + 1, -1} {
		if _, err := b.Put(ctx, "a", sized(size)); err == nil {
			t.Errorf("%d bytes have no error", size)
		}
	}
	if r := s.Requests(); len(r) != 0 {
		t.Errorf("sent %q", r)
	}
}

// sized is a reader that says how many bytes it has; below 0 it cannot.
type sized int64

func (s sized) Seek(int64, int) (int64, error) {
	if s < 0 {
		return 0, errors.New("it has no end")
	}
	return int64(s), nil
}

func (sized) Read([]byte) (int, error) { panic("it is not read") }

func TestFindOrCreate(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	for i := 0; i < 130; i++ {
		s.NewKV(fmt.Sprint("other", i))
	}
	id, created, err := c.FindOrCreateKV(ctx, "chat cache")
	if err != nil || !created || id == "" {
		t.Fatal(id, created, err)
	}
	again, created, err := c.FindOrCreateKV(ctx, "chat cache")
	if err != nil || created || again != id {
		t.Errorf("the second time: %q %v %v", again, created, err)
	}
	_, _, err = c.FindOrCreateD1(ctx, "chat-archive")
	must(t, err)
	db, created, err := c.FindOrCreateD1(ctx, "chat")
	if err != nil || !created {
		t.Errorf("a name that is part of another: %v %v", created, err)
	}
	if again, created, err := c.FindOrCreateD1(ctx, "chat"); err != nil || created || again != db {
		t.Errorf("the second time: %q %v %v", again, created, err)
	}
	for _, want := range []bool{true, false} {
		if created, err := c.FindOrCreateR2(ctx, "chat-large"); err != nil || created != want {
			t.Errorf("a bucket: %v %v", created, err)
		}
	}
	s.Requests()
	for _, name := range []string{"", "No Bucket", "a/../b"} {
		if _, err := c.FindOrCreateR2(ctx, name); err == nil || len(s.Requests()) != 0 {
			t.Errorf("the name %q: %v", name, err)
		}
	}
}

// A listing that does not advance ends: it would use up the limit.
func TestListingThatRepeatsItselfEnds(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	var kv, d1 []string
	for i := 0; i < 100; i++ {
		kv = append(kv, fmt.Sprintf(`{"id":"%032x","title":"other%d"}`, i, i))
		d1 = append(d1, fmt.Sprintf(`{"uuid":"%032x","name":"other%d"}`, i, i))
	}
	for path, find := range map[string]func() error{
		"/namespaces": func() error { _, err := c.FindKV(ctx, "mine"); return err },
		"/database":   func() error { _, err := c.FindD1(ctx, "mine"); return err },
	} {
		list := kv
		if path == "/database" {
			list = d1
		}
		s.Fail(fakeapi.Fault{Contains: path, Times: 5, Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"success":true,"errors":[],"messages":[],"result":[` + strings.Join(list, ",") + `],"result_info":{"page":1}}`})
		if err := find(); err == nil || !strings.Contains(err.Error(), "page 2") || len(s.Requests()) != 2 {
			t.Errorf("%s: %v", path, err)
		}
		s.Heal()
	}
}

// Two who provision at the same time find one thing, not two.
func TestTwoWhoProvisionAtOnceFindTheSame(t *testing.T) {
	s := fakeapi.Start(t)
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := New(Options{Account: fakeapi.Account, Token: fakeapi.Token, BaseURL: s.URL})
			if err != nil {
				t.Error(err)
				return
			}
			kv, _, err := c.FindOrCreateKV(ctx, "chat")
			if err != nil {
				t.Error(err)
			}
			db, _, err := c.FindOrCreateD1(ctx, "chat")
			if err != nil {
				t.Error(err)
			}
			if _, err := c.FindOrCreateR2(ctx, "chat"); err != nil {
				t.Error(err)
			}
			ids[i] = kv + db
		}()
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("%q", ids)
		}
	}
}

func TestCreationWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	s.Fail(fakeapi.Fault{Method: "POST", After: true})
	_, _, err := c.FindOrCreateKV(ctx, "chat")
	if err == nil || !strings.Contains(err.Error(), "whether it was done is not known") {
		t.Fatal(err)
	}
	if r := s.Requests(); len(r) != 2 || !strings.HasPrefix(r[1], "POST") {
		t.Errorf("%q", r)
	}
	if id, created, err := c.FindOrCreateKV(ctx, "chat"); err != nil || created || id == "" {
		t.Errorf("run once more by hand: %q %v %v", id, created, err)
	}
}
