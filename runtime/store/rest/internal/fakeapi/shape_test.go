package fakeapi

import (
	"net/http"
	"strings"
	"testing"
)

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		shape, value string
		fits         bool
	}{
		{`string<=3`, `"abc"`, true}, {`string<=3`, `"abcd"`, false}, {`string>=1`, `""`, false}, {`string`, `1`, false},
		{`number>=60`, `60`, true}, {`number>=60`, `59.5`, false}, {`integer`, `1.5`, false}, {`integer`, `7`, true},
		{`[string]<=2`, `["a","b"]`, true}, {`[string]<=2`, `["a","b","c"]`, false}, {`[string]`, `["a",1]`, false},
		{`"a"|"b"`, `"b"`, true}, {`"a"|"b"`, `"c"`, false}, {`string|null`, `null`, true}, {`string`, `null`, false},
		{`{a: string, b?: number}`, `{"a":"x"}`, true}, {`{a: string, b?: number}`, `{"b":1}`, false},
		{`{a: string}`, `{"a":"x","c":1}`, false}, {`{a: string, *: any}`, `{"a":"x","c":[1]}`, true}, {`{*: number}`, `{"x":"y"}`, false},
		{`[{a: [boolean]}]`, `[{"a":[true]},{"a":[]}]`, true}, {`[{a: [boolean]}]`, `[{"a":[0]}]`, false},
		{`$message`, `{"code":1000,"message":"m"}`, true}, {`$message`, `{"code":999,"message":"m"}`, false},
	} {
		v, err := decode([]byte(c.value))
		if err != nil {
			t.Fatal(err)
		}
		if err := parse(c.shape).check(v, "value"); (err == nil) != c.fits {
			t.Errorf("%s is %s: %v", c.value, c.shape, err)
		}
	}
}

// recorder counts what would have failed a test.
type recorder struct {
	*testing.T
	errors int
}

func (r *recorder) Errorf(string, ...interface{}) { r.errors++ }

func TestWrongRequestsFailTheTest(t *testing.T) {
	r := &recorder{T: t}
	s := Start(r)
	id := s.NewKV("cache").ID()
	for i, c := range []struct{ method, path, kind, body string }{
		{"GET", "storage/kv/namespaces/" + id + "/nothing", "", ""},
		{"PATCH", "storage/kv/namespaces/" + id, "", ""},
		{"GET", "storage/kv/namespaces/short/keys", "", ""},
		{"GET", "storage/kv/namespaces/" + id + "/keys?limit=5", "", ""},
		{"GET", "storage/kv/namespaces/" + id + "/keys?limit=1e3", "", ""},
		{"GET", "storage/kv/namespaces/" + id + "/keys?foo=5", "", ""},
		{"GET", "storage/kv/namespaces/" + id + "/keys?limit=50&limit=60", "", ""},
		{"GET", "storage/kv/namespaces/" + id + "/values/a/b", "", ""},
		{"GET", "storage/kv/namespaces/" + id + "/values/a:b", "", ""},
		{"GET", "r2/buckets/chat/objects/a+b", "", ""},
		{"PUT", "storage/kv/namespaces/" + id + "/values/a", "application/octet-stream", "length unknown"},
		{"GET", "r2/buckets/chat/objects/a%2Fb/c", "", ""},
		{"PUT", "storage/kv/namespaces/" + id + "/values/a?expiration_ttl=59", "application/octet-stream", "v"},
		{"PUT", "storage/kv/namespaces/" + id + "/bulk", "application/json", `[{"key":"a"}]`},
		{"PUT", "storage/kv/namespaces/" + id + "/bulk", "text/plain", `[]`},
		{"PUT", "storage/kv/namespaces/" + id + "/bulk", "application/json", `[] []`},
		{"POST", "storage/kv/namespaces", "application/json", `{"title":1}`},
		{"POST", "d1/database/00000000-0000-4000-8000-000000000001/raw", "application/json", `{"sql":"x","params":[1]}`},
		{"PUT", "workers/scripts/chat", "application/javascript", "x"},
	} {
		if status := send(t, s, c.method, c.path, c.kind, c.body); status != 400 || r.errors != i+1 {
			t.Errorf("%s %s: status %d, %d failures after %d requests", c.method, c.path, status, r.errors, i+1)
			r.errors = i + 1
		}
	}
}

func send(t *testing.T, s *Server, method, path, kind, body string) int {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+"accounts/"+Account+"/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body == "length unknown" {
		req.ContentLength = -1
	}
	req.Header.Set("Authorization", "Bearer "+Token)
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
