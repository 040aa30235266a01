package worker_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// guardedPlan has a family in each store.
var guardedPlan = worker.Config{Version: 1, Module: "example.com/test", Families: []worker.Family{
	{Pattern: "d1:*", Name: "InD1", Type: "list", Store: "d1", Consistency: "follow"},
	{Pattern: "own:*:*:x", Name: "Own", Type: "string", Store: "kv", Consistency: "primary"},
	{Pattern: "r2:*", Name: "InR2", Type: "string", Store: "r2"},
	{Pattern: "*", Name: "Rest", Type: "string", Store: "kv"},
}}

// secret is in every key, value and token of these tests that no log may have.
const secret = "s3cr3t"

var guardedTokens = []project.Token{
	workerdtest.Token(secret+"-write", "one", true), workerdtest.Token(secret+"-read", "one", false),
	workerdtest.Token(secret+"-two", "two", true), workerdtest.Token(secret+"-main", "main", true),
}

// door asks a Worker whatever a test wants to ask.
type door struct {
	t   *testing.T
	url string
}

func (d door) ask(method, path, body string, header ...string) (status int, answer string) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it is read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

const someID = "/0123456789abcdef0123456789abcdef"

// everyDoor is all that a Worker can be asked, with what a client would send.
var everyDoor = []struct{ method, path, body string }{
	{"GET", "/v1/connect", ""}, {"POST", "/v1/frame", "x"}, {"GET", "/v1/info", ""}, {"GET", "/v1/stats", ""},
	{"POST", "/v1/kv", `{"read": ["own:a:b:x"]}`}, {"PUT", "/v1/blob", "value"}, {"POST", "/v1/blob", ""}, {"GET", "/v1/blob" + someID, ""},
	{"PUT", "/v1/blob" + someID + "?upload=u&part=1", "value"}, {"POST", "/v1/blob" + someID + "?upload=u", "{}"}, {"DELETE", "/v1/blob" + someID, ""},
	{"POST", "/v1/rebuild/d1", ""}, {"POST", "/v1/rebuild/kv", ""},
}

func TestSecurity(t *testing.T) {
	log := new(workerdtest.Log)
	l := workerdtest.Start(t, workerdtest.Options{Plan: guardedPlan, Tokens: guardedTokens, Log: log})
	if err := l.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	client := workerdtest.Client{URL: l.URL(), Token: secret + "-write"}
	d := door{t, l.URL()}
	c := client.Connect(t)
	want(t, c.Commands(resp.Command{"SET", "k", "v"}), "OK")
	for _, test := range []struct {
		name string
		run  func(*testing.T, *project.Local, workerdtest.Client, door)
	}{
		{"nothing opens without a token", noTokenNoDoor}, {"a reader changes nothing", readerChangesNothing},
		{"namespaces are apart", namespacesAreApart}, {"messages that lie", messagesThatLie}, {"bodies that lie", bodiesThatLie}, {"bodies that do not end", bodiesThatDoNotEnd},
		{"keys are bytes", keysAreBytes}, {"a session belongs to its object", sessionsBelongToObjects},
		{"what is in KV alone takes as long as it should", kvCosts}, {"nothing takes for ever", nothingTakesForEver},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, l, client, door{t, l.URL()}) })
	}
	want(t, c.Commands(resp.Command{"GET", "k"}), "v")
	var after stats
	if err := client.Get("/v1/stats", &after); err != nil || after.Traps > 0 {
		t.Errorf("%+v %v", after, err)
	}
	if status, _ := d.ask("GET", "/v1/info", "", "Authorization", "Bearer "+secret+"-write"); status != http.StatusOK {
		t.Errorf("in the end: %d", status)
	}
	if text := log.String(); strings.Contains(text, secret) {
		i := strings.Index(text, secret)
		t.Errorf("the log has a token, a key or a value: …%s", text[max(0, i-200):min(len(text), i+100)])
	}
}

func noTokenNoDoor(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	token := client.Token
	for name, header := range map[string][]string{
		"none":                   {},
		"an empty one":           {"Authorization", "Bearer "},
		"another scheme":         {"Authorization", "Basic " + token},
		"a wrong one":            {"Authorization", "Bearer " + token + "x"},
		"a part of it":           {"Authorization", "Bearer " + token[:len(token)-1]},
		"two":                    {"Authorization", "Bearer x " + token},
		"a list":                 {"Authorization", "Bearer x, Bearer " + token},
		"its digest":             {"Authorization", "Bearer " + guardedTokens[0].Digest},
		"a long one":             {"Authorization", "Bearer " + strings.Repeat("x", 3000)},
		"in a cookie":            {"Cookie", "token=" + token},
		"in another header":      {"Sec-WebSocket-Protocol", token},
		"an object's own header": {"X-Redis2cf-Digest", guardedTokens[0].Digest, "X-Redis2cf-Write", "1"},
		"of a proxy":             {"X-Forwarded-For", "127.0.0.1", "X-Forwarded-Host", "localhost", "Cf-Connecting-Ip", "127.0.0.1"},
	} {
		for _, at := range everyDoor {
			separator := "?"
			if strings.Contains(at.path, "?") {
				separator = "&"
			}
			status, answer := d.ask(at.method, at.path+separator+"token="+token+"&namespace=one", at.body, header...)
			if status != http.StatusUnauthorized {
				t.Errorf("%s %s with %s: %d %.100s", at.method, at.path, name, status, answer)
			}
			if strings.Contains(answer, secret) || len(answer) > 300 {
				t.Errorf("%s %s with %s: the answer has it: %.300s", at.method, at.path, name, answer)
			}
		}
	}
}

func readerChangesNothing(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	auth := []string{"Authorization", "Bearer " + secret + "-read"}
	for _, at := range []struct{ method, path, body string }{
		{"POST", "/v1/kv", `{"write": [{"name": "own:a:b:x", "text": "v"}]}`}, {"POST", "/v1/kv", `{"read": ["own:a:b:x"], "write": [{"name": "own:a:b:x", "delete": true}]}`},
		{"PUT", "/v1/blob", "value"}, {"POST", "/v1/blob", ""}, {"PUT", "/v1/blob" + someID + "?upload=u&part=1", "value"}, {"POST", "/v1/blob" + someID + "?upload=u", `{"size":1,"parts":[]}`},
		{"POST", "/v1/rebuild/d1", ""}, {"POST", "/v1/rebuild/kv", ""},
	} {
		// What a client says of itself is not passed on.
		if status, answer := d.ask(at.method, at.path, at.body, append(auth, "X-Redis2cf-Write", "1", "X-Redis2cf-Digest", guardedTokens[0].Digest)...); status != http.StatusForbidden {
			t.Errorf("%s %s %s: %d %.200s", at.method, at.path, at.body, status, answer)
		}
	}
	if keys, err := l.R2List(context.Background(), ""); err != nil || len(keys) > 0 {
		t.Errorf("R2 has %v (%v)", keys, err)
	}
	if status, answer := d.ask("POST", "/v1/kv", `{"read": ["own:a:b:x"]}`, auth...); status != http.StatusOK || answer != `{"read":[null],"write":[]}` {
		t.Errorf("a read: %d %s", status, answer)
	}
	r := client
	r.Token = secret + "-read"
	c := r.Connect(t)
	for _, cmd := range []resp.Command{
		{"FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('f', function() return redis.call('SET', 'k', 'f') end)"}, {"FCALL", "f", "0"},
		{"EVAL", "return redis.call('SET', 'k', 'e')", "0"}, {"EVAL_RO", "return redis.call('SET', 'k', 'e')", "0"}, {"SCRIPT", "LOAD", "return 1"},
		{"PUBLISH", "c", "m"}, {"SORT", "l", "STORE", "k"}, {"CLIENT", "PAUSE", "100000"}, {"CONFIG", "SET", "maxmemory", "1"},
	} {
		if reply := c.Do(cmd...); reply.Kind != resp.Error {
			t.Errorf("%v: %s", cmd, show(reply))
		}
	}
	// It names an object that nobody wrote to: nothing is stored for it, and nothing billed
	// but requests.
	nowhere := r
	nowhere.Namespace = "nobody-was-here"
	want(t, nowhere.Connect(t).Commands(resp.Command{"GET", "k"}, resp.Command{"EVAL", "return redis.call('EXISTS', 'k')", "0"}), "nil", "0")
	var left struct {
		DatabaseBytes int
		Billed        struct{ RowsWritten, Alarms int }
	}
	if err := nowhere.Get("/v1/stats", &left); err != nil || left.DatabaseBytes > 4096 || left.Billed.RowsWritten+left.Billed.Alarms > 0 {
		t.Errorf("%+v %v", left, err)
	}
	a := c.Groups(group(3, "MULTI", "SET k x", "EXEC"))
	if got := a.Results[0].Replies; got[1].Kind != resp.Error || got[2].Kind != resp.Error {
		t.Errorf("a transaction: %+v", got)
	}
}

func namespacesAreApart(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	ctx := context.Background()
	one, two, main := []string{"Authorization", "Bearer " + client.Token}, []string{"Authorization", "Bearer " + secret + "-two"}, []string{"Authorization", "Bearer " + secret + "-main"}
	if status, answer := d.ask("POST", "/v1/kv", `{"write": [{"name": "own:a:b:x", "text": "of one"}]}`, one...); status != http.StatusOK || answer != `{"read":[],"write":[null]}` {
		t.Fatalf("%d %s", status, answer)
	}
	// Names that would be another namespace's in KV.
	for _, auth := range [][]string{two, main, append(append([]string(nil), two...), "X-Redis2cf-Namespace", "one")} {
		for _, name := range []string{"own:a:b:x", "@one/0/own:a:b:x", "@/0/own:a:b:x", "@one:x/0/own:a:b:x", "@/0/../../one/0/own:a:b:x", "@/0#6f776e3a613a623a78"} {
			if status, answer := d.ask("POST", "/v1/kv", fmt.Sprintf(`{"read": [%q]}`, name), auth...); strings.Contains(answer, "of one") {
				t.Errorf("%q with %v: %d %s", name, auth, status, answer)
			}
		}
	}
	for _, part := range []string{"../two", "two/../x", "two/x/y", "/two", "two/", "One", "a:b", "a b", "ä", strings.Repeat("x", 41)} {
		if status, answer := d.ask("GET", "/v1/info", "", append([]string{"X-Redis2cf-Namespace", part}, one...)...); status != http.StatusForbidden || len(answer) > 300 {
			t.Errorf("the part %q: %d %.300s", part, status, answer)
		}
	}
	for _, object := range []string{"two:/0", "../two:/0", "/0/", "/1", "/00000000", "/-1", "/1e3", "%2e%2e/0", "/0\u2028"} {
		if status, _ := d.ask("GET", "/v1/stats", "", append([]string{"X-Redis2cf-Object", object}, one...)...); status != http.StatusNotFound {
			t.Errorf("the object %q: %d", object, status)
		}
	}
	// A value that somebody else brought, whoever knows its id.
	status, answer := d.ask("PUT", "/v1/blob", "large", one...)
	var ref struct{ ID string }
	if status != http.StatusOK || json.Unmarshal([]byte(answer), &ref) != nil {
		t.Fatalf("%d %s", status, answer)
	}
	for _, path := range []string{"/" + ref.ID, "/../" + ref.ID, "/%2e%2e%2f" + ref.ID, "//" + ref.ID, "/" + strings.ToUpper(ref.ID) + "x"} {
		for _, auth := range [][]string{two, main, append(append([]string(nil), one...), "X-Redis2cf-Namespace", "part")} {
			if status, answer := d.ask("GET", "/v1/blob"+path, "", auth...); status != http.StatusNotFound {
				t.Errorf("%s with %v: %d %s", path, auth, status, answer)
			}
		}
		if status, answer := d.ask("POST", "/v1/blob"+path+"?upload=x", `{"size":5,"parts":[]}`, two...); status < 400 {
			t.Errorf("%s is ended by somebody else: %d %s", path, status, answer)
		}
	}
	if status, answer := d.ask("GET", "/v1/blob/"+ref.ID, "", one...); status != http.StatusOK || answer != "large" {
		t.Errorf("its owner gets %d %s", status, answer)
	}
	// Keys of the main namespace that look like another's names in KV.
	m := client
	m.Token = secret + "-main"
	m.Connect(t).Commands(resp.Command{"SET", "@one/0/own:a:b:x", "forged"}, resp.Command{"SET", "@one/0/k", "forged"}, resp.Command{"SET", "@/0/k", "forged"}, resp.Command{"SET", "plain", "x"})
	soon(t, "KV", func() error {
		if s, err := l.KVGet(ctx, "plain"); err != nil || s == nil {
			return fmt.Errorf("%v %v", s, err)
		}
		return nil
	})
	for name, value := range map[string]string{"@one/0/own:a:b:x": "of one", "@one/0/k": "v"} {
		s, err := l.KVGet(ctx, name)
		if err != nil || s == nil || string(s.Value) != value {
			t.Errorf("%s in KV: %+v %v", name, s, err)
		}
	}
}

// frameOf is a frame with hand-made counts.
func frameOf(counts ...uint64) []byte {
	b := []byte{'F', 1, 0}
	for _, n := range counts {
		for ; n >= 0x80; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		b = append(b, byte(n))
	}
	return append(b, make([]byte, frame.MaxMessage-len(b))...)
}

func messagesThatLie(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	var before, after stats
	if err := client.Get("/v1/stats", &before); err != nil {
		t.Fatal(err)
	}
	const many = frame.MaxMessage - 64
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	for name, message := range map[string][]byte{
		"acknowledgements": frameOf(many), "cancellations": frameOf(0, many), "clients": frameOf(0, 0, many), "groups": frameOf(0, 0, 0, many/4),
		"commands": frameOf(0, 0, 0, 1, 0, 1, 0, many), "words": frameOf(0, 0, 0, 1, 0, 1, 0, 1, many), "a word": frameOf(0, 0, 0, 1, 0, 1, 0, 1, 1, many*2),
		"more than there is": frameOf(1 << 60), "a hello": append(hello[:2:2], frameOf(many)...)[:frame.MaxMessage], "a poll": append([]byte{'P'}, frameOf(many)...)[:frame.MaxMessage],
	} {
		c := client.Connect(t)
		c.Write(message)
		if _, e := c.Answer(); e == nil || e.Code != frame.CodeProtocol && e.Code != frame.CodeTooLarge || len(e.Text) > 200 {
			t.Errorf("%s: %+v", name, e)
		}
		c.Close()
	}
	// A body of nothing but empty messages.
	if status, answer := d.ask("POST", "/v1/frame", string(make([]byte, frame.MaxMessage)), "Authorization", "Bearer "+client.Token); status != http.StatusOK || !strings.Contains(answer, "a body is a hello") {
		t.Errorf("a body of empty messages: %d %.100q", status, answer)
	}
	if err := client.Get("/v1/stats", &after); err != nil || after.Traps != before.Traps {
		t.Errorf("%d instances were lost (%v)", after.Traps-before.Traps, err)
	}
	// An unreadable message of every kind, byte by byte.
	good := (&frame.Frame{Seq: 1, Acks: []uint64{1}, Groups: []frame.Group{group(1, "SET k cut")}}).Append(nil)
	for n := 0; n < len(good); n++ {
		if parts, err := client.Post(hello, good[:n]); err != nil || len(parts) == 0 || frame.Kind(parts[len(parts)-1]) != frame.KindError {
			t.Errorf("%d bytes of a frame: %q %v", n, parts, err)
		}
	}
}

// raw sends bytes over a connection of its own and returns the answer's status, 0 for none.
func raw(t *testing.T, url, text string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // the other end may have been faster
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		return 0
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	return res.StatusCode
}

func bodiesThatLie(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	before, err := l.R2List(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	auth := "Host: 127.0.0.1\r\nAuthorization: Bearer " + client.Token + "\r\n"
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	body := string(frame.AppendPart(frame.AppendPart(nil, hello), (&frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "SET lie x")}}).Append(nil)))
	for name, head := range map[string]string{
		"longer than it says":  fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)-3, body),
		"shorter than it says": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+10, body),
		"far too long":         "Content-Length: 99999999999999999999\r\n\r\n" + body,
		"below nothing":        "Content-Length: -1\r\n\r\n" + body,
		"two lengths":          fmt.Sprintf("Content-Length: 1\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
		"a length and chunks":  fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n%s", len(body), body),
		"chunks cut off":       fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s", len(body)+5, body),
	} {
		status := raw(t, l.URL(), "POST /v1/frame HTTP/1.1\r\n"+auth+head)
		_ = status // whatever it is: nothing of it may be done
		if got := client.Connect(t).Do("EXISTS", "lie"); got.Int != 0 {
			t.Fatalf("%s: the command was run (%d)", name, status)
		}
		raw(t, l.URL(), "PUT /v1/blob HTTP/1.1\r\n"+auth+strings.Replace(head, body, "value", 1))
	}
	soon(t, "R2", func() error { // what was cut off is not there, or is no whole value
		after, err := l.R2List(context.Background(), "")
		if err != nil {
			return err
		}
		for _, o := range after[min(len(before), len(after)):] {
			if o.Size > 5 {
				return fmt.Errorf("R2 has %+v", o)
			}
		}
		return nil
	})
	if status, answer := d.ask("POST", "/v1/blob"+someID+"?upload=u", strings.Repeat("[", 3<<20), "Authorization", "Bearer "+client.Token); status != http.StatusRequestEntityTooLarge {
		t.Errorf("the end of an upload with 3 MB: %d %.100s", status, answer)
	}
	for _, body := range []string{"", "[", `{"read": 5}`, `{"read": [5]}`, `{"write": [null]}`, `{"write": ["x"]}`, `{"read": [""]}`, `{"write": [{"name": "own:a:b:x"}]}`,
		`{"write": [{"name": "own:a:b:x", "text": "x", "ttl": -1}]}`, `{"write": [{"name": "own:a:b:x", "text": "x", "ttl": "1"}]}`, `{"__proto__": {"read": ["x"]}, "write": {}}`,
		strings.Repeat("[", 1<<20), `{"read": [` + strings.Repeat(`"own:a:b:x",`, 900) + `"own:a:b:x"]}`} {
		if status, answer := d.ask("POST", "/v1/kv", body, "Authorization", "Bearer "+client.Token); status != http.StatusBadRequest || len(answer) > 300 {
			t.Errorf("%.60s: %d %.300s", body, status, answer)
		}
	}
}

// Large bodies that never end do not fill the isolate's memory, and small ones pass.
func bodiesThatDoNotEnd(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close() // nobody waits for it
		}
	}()
	part := make([]byte, 15<<20)
	for i := 0; i < 4; i++ {
		c, err := net.Dial("tcp", strings.TrimPrefix(l.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := fmt.Fprintf(c, "POST /v1/frame HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", client.Token, 16<<20); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(part); err != nil && i < 3 {
			t.Fatal(err)
		}
	}
	refused := 0
	for _, c := range open {
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && res.StatusCode == http.StatusServiceUnavailable {
			refused++
		}
	}
	if refused == 0 {
		t.Error("60 MB of bodies are in memory")
	}
	hello := (&frame.Hello{Version: frame.Version, Session: workerdtest.NewSession()}).Append(nil)
	if parts, err := client.Post(hello, (&frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "PING")}}).Append(nil)); err != nil || len(parts) == 0 || frame.Kind(parts[len(parts)-1]) != frame.KindAnswer {
		t.Errorf("a small one meanwhile: %q %v", parts, err)
	}
}

// Keys and values are bytes, whatever they mean to SQL, JSON, paths and headers.
func keysAreBytes(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	client.Namespace = "bytes"
	c := client.Connect(t)
	odd := []string{"", ".", "..", "/", "../..", "a/../b", "a\x00b", "\x00", "\xff\xfe", "\xed\xa0\x80", "'", `"`, `'; DROP TABLE keys; --`, "x\r\nX-Injected: 1", "%2e%2e", "{}", "[*?]\\",
		"кл/юч", "@", "@/0/x", "@one/0/k", strings.Repeat("n", 511), strings.Repeat("n", 513), strings.Repeat("\x01", 300<<10), secret}
	for _, key := range odd {
		for i, prefix := range []string{"", "d1:", "r2:"} {
			key, value := prefix+key, secret+key
			if len(value) > 1000 {
				value = value[:1000]
			}
			if i == 1 {
				want(t, c.Commands(resp.Command{"RPUSH", key, value}, resp.Command{"LRANGE", key, "0", "-1"}), "1", "["+value+"]")
			} else {
				want(t, c.Commands(resp.Command{"SET", key, value}, resp.Command{"GET", key}), "OK", value)
			}
		}
	}
	soon(t, "D1", hasRows(t, l, "SELECT count(*) AS n FROM keys WHERE object = 'one/bytes:/0'", fmt.Sprint(len(odd))))
	for _, key := range odd {
		rows, err := l.Query(context.Background(), "SELECT i.value AS v FROM keys k JOIN list_items i ON i.object = k.object AND i.id = k.id WHERE k.object = 'one/bytes:/0' AND k.key = ?", []byte("d1:"+key))
		if err != nil || len(rows) != 1 {
			t.Errorf("D1 has %d rows of %.40q (%v)", len(rows), key, err)
		}
	}
	soon(t, "KV", func() error {
		names, err := l.KVList(context.Background(), "@one:bytes/")
		if err != nil {
			return err
		}
		has := map[string]bool{}
		for _, k := range names {
			has[k.Name] = true
		}
		n := 0
		for _, key := range odd {
			name, err := kvprimary.Name("one:bytes", 0, key)
			if err != nil {
				continue
			}
			if n++; !has[name] {
				return fmt.Errorf("KV has no %.60q for the key %.60q", name, key)
			}
		}
		if n < 15 || len(names) != n {
			return fmt.Errorf("KV has %d names for %d keys", len(names), n)
		}
		return nil
	})
}

// Patterns, documents and scripts that are made to take long or much.
func nothingTakesForEver(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	client.Namespace = "slow"
	c := client.Connect(t)
	a := strings.Repeat("a", 100_000)
	for _, cmd := range []resp.Command{
		{"SET", a, "v"}, {"KEYS", strings.Repeat("a*", 5000) + "b"}, {"SCAN", "0", "MATCH", strings.Repeat("*a", 5000) + "b"}, {"PUBSUB", "CHANNELS", strings.Repeat("*a*", 5000)},
		{"JSON.SET", "j", "$", strings.Repeat("[", 1_000_000)}, {"JSON.SET", "j", "$", strings.Repeat(`{"a":`, 300_000)}, {"JSON.SET", "j", "$", `{"s":"` + a + `"}`},
		{"JSON.GET", "j", "$..[?(@ =~ '(a+)+$')]"}, {"JSON.GET", "j", "$" + strings.Repeat("..*", 1000)}, {"JSON.GET", "j", "$" + strings.Repeat("[?(@.a", 10_000)},
		{"JSON.GET", "j", "$[?(@.s =~ \"" + strings.Repeat("(a?){1000}", 20) + "\")]"}, {"JSON.GET", "j", "$.." + strings.Repeat("(", 100_000)},
		{"EVAL", strings.Repeat("(", 100_000), "0"}, {"EVAL", "return " + strings.Repeat("{", 100_000), "0"}, {"EVAL", "local t = {} t[1] = t return t", "0"},
		{"EVAL", "local t = {} for i = 1, 100000 do t = {t} end return t", "0"}, {"EVAL", "local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)", "0"},
		{"EVAL", "return cjson.decode(string.rep('[', 1000000))", "0"}, {"EVAL", "return cmsgpack.unpack(string.rep('\\145', 1000000))", "0"},
		{"EVAL", "return string.find(string.rep('a', 100000), string.rep('.-', 60) .. 'b')", "0"}, {"EVAL", "local s = 'x' while true do s = s .. s end", "0"},
		{"EVAL", "return string.rep('x', 2^31)", "0"}, {"EVAL", "local function f() return f() + 1 end return f()", "0"},
		{"EVAL", "return string.format('%99999999d', 1)", "0"}, {"EVAL", "return table.concat({}, 'x', 1, 2^40)", "0"}, {"EVAL", "return unpack({}, 1, 1e8)", "0"},
		{"BITFIELD", "b", "SET", "u8", "4294967295", "1"}, {"LPOS", "l", "x", "RANK", "-9223372036854775808"}, {"SETRANGE", "s", "9223372036854775807", "x"},
		{"SRANDMEMBER", "k", "-9223372036854775808"}, {"ZADD", "z", "nan", "m"}, {"XADD", "x", "18446744073709551615-18446744073709551615", "f", "v"},
	} {
		began := time.Now()
		reply := c.Do(cmd...)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%.60s took %v", cmd, took)
		}
		if reply.Kind == resp.Error && len(reply.Str) > 500 {
			t.Errorf("%.60s: an error of %d bytes: %.100s…", cmd, len(reply.Str), reply.Str)
		}
	}
}

// Somebody who learned a session's id reaches no more by it than his token lets him.
func sessionsBelongToObjects(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	c := client.Connect(t)
	want(t, c.Commands(resp.Command{"SET", "mine", secret}, resp.Command{"GET", "mine"}), "OK", secret)
	thief := client
	thief.Token = secret + "-two"
	other := thief.Resume(t, c.Session, 0)
	want(t, other.Commands(resp.Command{"GET", "mine"}, resp.Command{"DBSIZE"}), "nil", "0")
	want(t, c.Commands(resp.Command{"GET", "mine"}), secret) // it has its connection still
	thief = client
	thief.Token = secret + "-read"
	reader := thief.Resume(t, c.Session, c.Seq)
	if r := reader.Do("SET", "mine", "x"); r.Kind != resp.Error {
		t.Errorf("a token that may only read: %s", show(r))
	}
	want(t, client.Connect(t).Commands(resp.Command{"GET", "mine"}), secret)
}

// Patterns of the plan meet names that are made for them.
func kvCosts(t *testing.T, l *project.Local, client workerdtest.Client, d door) {
	names := []string{"own:" + strings.Repeat(":", 500), "own:" + strings.Repeat("a:", 1<<20), strings.Repeat("own:", 1<<20)}
	for i := 0; i < 700; i++ {
		names = append(names, "own:"+strings.Repeat(":a", 240)+fmt.Sprint(i))
	}
	body, err := json.Marshal(map[string]any{"read": names})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	status, answer := d.ask("POST", "/v1/kv", string(body), "Authorization", "Bearer "+client.Token)
	if took := time.Since(began); took > 3*time.Second || status != http.StatusForbidden {
		t.Errorf("%d after %v: %.200s", status, took, answer)
	}
	// Larger answers than an isolate has memory for.
	value := strings.Repeat("v", 4<<20)
	var read []string
	for i := 0; i < 12; i++ {
		name := fmt.Sprintf("own:%d:b:x", i)
		read = append(read, name)
		body, _ := json.Marshal(map[string]any{"write": []any{map[string]any{"name": name, "text": value}}})
		if status, answer := d.ask("POST", "/v1/kv", string(body), "Authorization", "Bearer "+client.Token); status != http.StatusOK {
			t.Fatalf("%d %.200s", status, answer)
		}
	}
	body, _ = json.Marshal(map[string]any{"read": read})
	status, answer = d.ask("POST", "/v1/kv", string(body), "Authorization", "Bearer "+client.Token)
	if status != http.StatusOK || len(answer) > 33<<20 || !strings.Contains(answer, "read less at once") || !strings.Contains(answer, value) {
		t.Errorf("%d with %d bytes", status, len(answer))
	}
}

// A Worker on this machine needs no token from its programs. A page in a browser of
// this machine is none of them, whatever name it calls the machine by.
func TestPagesOfABrowserAreNoProgramsOfThisMachine(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Plan: guardedPlan})
	d := door{t, l.URL()}
	if status, answer := d.ask("GET", "/v1/info", ""); status != http.StatusOK {
		t.Fatalf("a program: %d %s", status, answer)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(l.URL(), "http://"))
	for name, header := range map[string][]string{
		"a form":                  {"Origin", "https://evil.example"},
		"a page of a file":        {"Origin", "null"},
		"a page of this machine":  {"Origin", "http://localhost:" + port},
		"a picture":               {"Sec-Fetch-Site", "cross-site"},
		"an address typed":        {"Sec-Fetch-Site", "none"},
		"a tunnel":                {"X-Forwarded-For", "203.0.113.7"},
		"a proxy":                 {"Via", "1.1 proxy"},
		"a name that points here": {"Host", "evil.example:" + port},
		"a name with ours in it":  {"Host", "127.0.0.1.evil.example:" + port},
		"ours behind another":     {"Host", "evil.example.localhost:" + port},
		"a user before the name":  {"Host", "localhost@evil.example"},
		"an address of the net":   {"Host", "192.168.1.2:" + port},
		"all addresses":           {"Host", "0.0.0.0:" + port},
		"a mapped address":        {"Host", "[::ffff:192.168.1.2]:" + port},
	} {
		for _, at := range everyDoor {
			if status, answer := d.ask(at.method, at.path, at.body, header...); status < 400 {
				t.Errorf("%s: %s %s: %d %.100s", name, at.method, at.path, status, answer)
			}
		}
		if header[0] == "Host" {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(l.URL(), "http")+"/v1/connect", &websocket.DialOptions{
			HTTPHeader: http.Header{header[0]: {header[1]}}, Subprotocols: []string{frame.Subprotocol}})
		cancel()
		if err == nil {
			_ = ws.CloseNow() // it must not have been opened
			t.Errorf("%s: a WebSocket was opened", name)
		}
	}
	status, answer := d.ask("OPTIONS", "/v1/frame", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	if status < 400 || strings.Contains(answer, "Access-Control") {
		t.Errorf("a preflight: %d %s", status, answer)
	}
	var b bytes.Buffer
	for _, text := range []string{"GET /v1/info HTTP/1.0\r\n\r\n", "GET /v1/info HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n\r\n", "GET http://localhost/v1/info HTTP/1.1\r\nHost: evil.example\r\n\r\n"} {
		fmt.Fprintf(&b, "%q: %d\n", text, raw(t, l.URL(), text))
	}
	t.Logf("what no browser sends:\n%s", b.String())
}
