package kvhttp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
)

// posts answers requests in turn and keeps them.
type posts struct {
	t      *testing.T
	got    []request
	bytes  []int
	answer func(n int, r request) (status int, text string, err error)
}

func (p *posts) post(_ context.Context, body []byte) (int, []byte, error) {
	var r request
	if err := json.Unmarshal(body, &r); err != nil {
		p.t.Errorf("a body is no JSON: %v", err)
	}
	p.got, p.bytes = append(p.got, r), append(p.bytes, len(body))
	status, text, err := p.answer(len(p.got), r)
	return status, []byte(text), err
}

// list is an answer of n equal elements.
func list(what, one string, n int) string {
	return `{"` + what + `":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
}

func written(_ int, r request) (int, string, error) {
	return 200, list("write", "null", len(r.Write)), nil
}

func manyWrites(n, size int) []kvprimary.Write {
	out := make([]kvprimary.Write, n)
	for i := range out {
		out[i] = kvprimary.Write{Name: fmt.Sprint("k", i), Data: strings.Repeat("v", size)}
	}
	return out
}

func TestRequestsStayWithinTheWorkersLimits(t *testing.T) {
	p := &posts{t: t, answer: written}
	if errs, err := New(p.post).Write(context.Background(), manyWrites(1700, 1)); err != nil || len(errs) != 1700 {
		t.Error(errs, err)
	}
	for i, want := range []int{800, 800, 100} {
		if len(p.got) != 3 || len(p.got[i].Write) != want {
			t.Fatalf("%d requests", len(p.got))
		}
	}
	p = &posts{t: t, answer: written}
	_, err := New(p.post).Write(context.Background(), manyWrites(7, 5<<20))
	if err != nil || len(p.got) != 4 {
		t.Errorf("%d requests, %v", len(p.got), err)
	}
	p = &posts{t: t, answer: func(_ int, r request) (int, string, error) { return 200, list("read", "null", len(r.Read)), nil }}
	values, err := New(p.post).Read(context.Background(), strings.Split(strings.Repeat("k,", 1000)+"k", ","))
	if err != nil || len(values) != 1001 || len(p.got) != 2 || len(p.got[0].Read) != 800 {
		t.Errorf("%d requests, %v", len(p.got), err)
	}
}

// A value that is sent as 16 MB and more is refused here, and what stands beside it is sent.
func TestWhatTheWorkerWouldNotTakeIsNotSent(t *testing.T) {
	p := &posts{t: t, answer: written}
	writes := []kvprimary.Write{
		{Name: "a", Data: "1"}, {Name: "text", Data: strings.Repeat("x", 16<<20)}, {Name: "b", Data: "2"},
		{Name: "escaped", Data: strings.Repeat("\x01", 3<<20)}, {Name: "bytes", Data: strings.Repeat("\xff", 13<<20)}, {Name: "c", Delete: true},
	}
	errs, err := New(p.post).Write(context.Background(), writes)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range writes {
		if (errs[i] != nil) != (len(w.Data) > 100) || errs[i] != nil && !strings.Contains(errs[i].Error(), "the Worker takes none above 16777216") {
			t.Errorf("%s: %v", w.Name, errs[i])
		}
	}
	if len(p.got) != 1 || len(p.got[0].Write) != 3 {
		t.Errorf("%d requests of %d bytes", len(p.got), p.bytes)
	}
	p = &posts{t: t, answer: written}
	if errs, err := New(p.post).Write(context.Background(), writes[1:2]); err != nil || errs[0] == nil || len(p.got) != 0 {
		t.Errorf("%v, %v, %d requests", errs, err, len(p.got))
	}
	// The largest that is sent is one that the Worker takes.
	largest := maxBody - len(`{"write":[{"name":"k","text":""}]}`)
	p = &posts{t: t, answer: written}
	errs, err = New(p.post).Write(context.Background(), []kvprimary.Write{{Name: "k", Data: strings.Repeat("x", largest)}, {Name: "k", Data: strings.Repeat("x", largest+1)}})
	if err != nil || errs[0] != nil || errs[1] == nil || len(p.bytes) != 1 || p.bytes[0] != maxBody {
		t.Errorf("%v, %v, %d", errs, err, p.bytes)
	}
}

func TestFailureOfOneRequestIsItsWritesAlone(t *testing.T) {
	p := &posts{t: t, answer: func(n int, r request) (int, string, error) {
		if n == 1 {
			return 0, "", errors.New("the connection ended")
		}
		return 200, `{"write":["429 slow down"` + strings.Repeat(",null", len(r.Write)-1) + `]}`, nil
	}}
	errs, err := New(p.post).Write(context.Background(), manyWrites(810, 1))
	if err != nil || len(p.got) != 2 {
		t.Fatalf("%d requests, %v: nothing may be written twice", len(p.got), err)
	}
	for i, e := range errs {
		want := ""
		switch {
		case i < 800:
			want = "the connection ended"
		case i == 800:
			want = "429 slow down"
		}
		if want == "" && e != nil || want != "" && (e == nil || e.Error() != want) {
			t.Errorf("write %d: %v", i, e)
		}
	}
}

func TestReadWithoutAnAnswerIsAskedForOnceMore(t *testing.T) {
	for fails, ok := range map[int]bool{1: true, 2: false} {
		p := &posts{t: t, answer: func(n int, r request) (int, string, error) {
			if n <= fails {
				return 0, "", errors.New("the connection ended")
			}
			return 200, `{"read":[{"text":"v"}]}`, nil
		}}
		values, err := New(p.post).Read(context.Background(), []string{"a"})
		if (err == nil) != ok || ok && values[0].Data != "v" || len(p.got) != 2 {
			t.Errorf("%d faults: %v, %v, %d requests", fails, values, err, len(p.got))
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	p := &posts{t: t, answer: func(int, request) (int, string, error) { return 0, "", ended.Err() }}
	if _, err := New(p.post).Read(ended, []string{"a"}); !errors.Is(err, context.Canceled) || len(p.got) != 1 {
		t.Errorf("%v, %d requests", err, len(p.got))
	}
}

func TestAnswersThatAreNotAsDescribedAreErrors(t *testing.T) {
	for text, status := range map[string]int{
		"": 200, "{": 200, "null": 200, `{"read":[]}`: 200, `{"read":[null,null]}`: 200, `{"read":[{"base64":"*"}]}`: 200, "Bad Gateway": 502, `{"read":[null]} x`: 200,
	} {
		p := &posts{t: t, answer: func(int, request) (int, string, error) { return status, text, nil }}
		if values, err := New(p.post).Read(context.Background(), []string{"a"}); err == nil {
			t.Errorf("%d %q is read as %+v", status, text, values)
		}
	}
	p := &posts{t: t, answer: func(int, request) (int, string, error) { return 200, `{"write":[]}`, nil }}
	if errs, err := New(p.post).Write(context.Background(), manyWrites(1, 1)); err != nil || errs[0] == nil {
		t.Errorf("an answer without the write: %v, %v", errs, err)
	}
	p = &posts{t: t, answer: func(int, request) (int, string, error) { return 403, `{"text":"NOPERM this token may only read"}`, nil }}
	errs, err := New(p.post).Write(context.Background(), manyWrites(1, 1))
	if err != nil || errs[0] != error(kvprimary.ReplyError("NOPERM this token may only read")) {
		t.Errorf("a refusal: %v, %v", errs, err)
	}
	values, err := New(p.post).Read(context.Background(), []string{"a", "b"})
	if err != nil || values[1].Err != error(kvprimary.ReplyError("NOPERM this token may only read")) {
		t.Errorf("a refusal: %+v, %v", values, err)
	}
}

// What has no room in an answer is asked for again while something comes; then it is an error.
func TestWhatNeverFitsIsAnError(t *testing.T) {
	p := &posts{t: t, answer: func(n int, r request) (int, string, error) {
		if n > 3 {
			t.Fatal("it is asked for without end")
		}
		out := make([]string, len(r.Read))
		for i, name := range r.Read {
			out[i] = `{"error":"no room","again":true}`
			if name != "large" && i == 0 {
				out[i] = `{"base64":"` + base64.StdEncoding.EncodeToString([]byte(name)) + `"}`
			}
		}
		return 200, `{"read":[` + strings.Join(out, ",") + `]}`, nil
	}}
	values, err := New(p.post).Read(context.Background(), []string{"a", "b", "large"})
	if err != nil || values[0].Data != "a" || values[1].Data != "b" || values[2].Err == nil || values[2].Found {
		t.Errorf("%+v, %v", values, err)
	}
}

func TestWritesSayWhatTheyAre(t *testing.T) {
	for _, c := range []struct {
		w    kvprimary.Write
		want string
	}{
		{kvprimary.Write{Name: "k", Data: ""}, `{"name":"k","text":""}`},
		{kvprimary.Write{Name: "k", Data: "<&>", TTL: 60}, `{"name":"k","text":"<&>","ttl":60}`},
		{kvprimary.Write{Name: "k", Data: "\xff", At: 7}, `{"name":"k","base64":"/w==","at":7,"binary":true}`},
		{kvprimary.Write{Name: "k", Data: "\ufeffx"}, "{\"name\":\"k\",\"text\":\"\ufeffx\",\"binary\":true}"},
		{kvprimary.Write{Name: "k", Data: "\xff", Delete: true}, `{"name":"k","delete":true}`},
	} {
		got, err := encode(&c.w)
		if err != nil || !reflect.DeepEqual(string(got), c.want) {
			t.Errorf("%+v is sent as %s, %v, want %s", c.w, got, err, c.want)
		}
	}
}
