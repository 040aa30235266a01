// Package fakeapi is a Cloudflare REST API in memory, for tests: the calls that redis2cf
// makes, and no others. It checks every request and every answer of its own against a
// description of Cloudflare's OpenAPI schema, and can be told to fail. It never reaches the
// network.
package fakeapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Token is the API token that the fake takes.
const Token = "fake-token-of-the-tests"

// Account is the account's id.
const Account = "0123456789abcdef0123456789abcdef"

// tester is the part of testing.TB that the fake needs.
type tester interface {
	Helper()
	Errorf(format string, args ...interface{})
	Cleanup(func())
}

// A Fault makes the next requests that it matches go wrong.
type Fault struct {
	Method, Contains string // of the request; empty: any
	Times            int
	skip             int  // so many requests are served first
	Status           int  // answered; 0: the connection is cut
	After            bool // the request is run first
	Header           http.Header
	Body             string // empty: an error in an envelope
	Cut              int    // the request is run, and its answer ends after so many bytes
}

// A Server is a running fake.
type Server struct {
	URL string
	// Now is the fake's clock.
	Now func() time.Time

	t    tester
	http *httptest.Server

	mu       sync.Mutex
	faults   []*Fault
	requests []string // "METHOD /path?query" without the account, in order
	lax      bool     // wrong requests are part of the test
	state
}

// Start starts a fake and stops it when the test ends. A request that the description does
// not know, or an answer that does not fit it, fails the test.
func Start(t tester) *Server {
	s := &Server{t: t, Now: time.Now, state: newState()}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL + "/client/v4/"
	t.Cleanup(func() {
		s.http.Close()
		s.state.close()
	})
	return s
}

// Fail adds a fault.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
}

// FailAfter adds a fault that lets so many requests pass first.
func (s *Server) FailAfter(served int, f Fault) {
	f.skip = served
	s.Fail(f)
}

// Heal takes the faults back that are left.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Lax lets requests be wrong: they are answered with an error and do not fail the test.
func (s *Server) Lax() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lax = true
}

// Requests are what has arrived so far, and forgets it.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests
	s.requests = nil
	return r
}

// answer is what a call comes to.
type answer struct {
	status int
	result interface{}
	info   interface{}
	bytes  []byte // in place of an envelope
	header http.Header
	code   int // of an error
	text   string
}

func failure(status, code int, text string) answer {
	return answer{status: status, code: code, text: text}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/client/v4/accounts/"+Account))
	if err != nil {
		s.t.Errorf("fakeapi: reading a request: %v", err)
		return
	}
	fault := s.fault(r)
	if fault != nil && !fault.After && fault.Cut == 0 {
		s.fail(w, fault)
		return
	}
	e, a := s.call(r, body)
	switch {
	case fault == nil:
		s.write(w, r, e, a)
	case fault.Cut > 0:
		whole := httptest.NewRecorder()
		s.write(whole, r, e, a)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		_, _ = w.Write(whole.Body.Bytes()[:fault.Cut])
		w.(http.Flusher).Flush()
		s.cut(w)
	default:
		s.fail(w, fault)
	}
}

// cut ends the connection.
func (s *Server) cut(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func (s *Server) fault(r *http.Request) *Fault {
	for i, f := range s.faults {
		if (f.Method == "" || f.Method == r.Method) && strings.Contains(r.URL.Path, f.Contains) {
			if f.skip > 0 {
				f.skip--
				continue
			}
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
			return f
		}
	}
	return nil
}

func (s *Server) fail(w http.ResponseWriter, f *Fault) {
	if f.Status == 0 {
		s.cut(w)
		return
	}
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	if f.Body != "" {
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
		return
	}
	s.write(w, nil, nil, failure(f.Status, 10000, "a fault of the test"))
}

// call finds the endpoint, checks the request and runs it.
func (s *Server) call(r *http.Request, body []byte) (*endpoint, answer) {
	wrong := func(format string, args ...interface{}) answer {
		text := fmt.Sprintf(format, args...)
		if !s.lax {
			s.t.Errorf("fakeapi: %s %s: %s", r.Method, r.URL.EscapedPath(), text)
		}
		return failure(400, 10001, text)
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return nil, failure(403, 9109, "Invalid access token")
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/client/v4/")
	if !ok {
		return nil, wrong("the path has no /client/v4/")
	}
	e, vars, err := find(r.Method, path)
	if err != nil {
		return nil, wrong("%v", err)
	}
	if !escaped(path) {
		return e, wrong("something in the path is not escaped")
	}
	if vars["account_id"] != Account {
		return e, failure(404, 7003, "Could not route to the account")
	}
	for name, value := range vars {
		if rule := pathShapes[name]; rule == nil || !rule(value) {
			return e, wrong("%s cannot be %q", name, value)
		}
	}
	query, err := queryValue(r.URL.RawQuery, e.q)
	if err != nil {
		return e, wrong("the query: %v", err)
	}
	c := &call{s: s, vars: vars, query: query, header: r.Header, raw: body, now: s.Now()}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch e.body {
	case "":
		if len(body) > 0 {
			return e, wrong("there is a body")
		}
	case "bytes", "form":
		if r.ContentLength < 0 {
			return e, wrong("the length of the body is not said")
		}
		c.kind = kind
		if kind == "multipart/form-data" {
			if c.form, err = readForm(body, params["boundary"]); err != nil {
				return e, wrong("the form: %v", err)
			}
		} else if e.body == "form" {
			return e, wrong("the body is %q, and not a form", kind)
		}
	default:
		if r.ContentLength < 0 {
			return e, wrong("the length of the body is not said")
		}
		if kind != "application/json" {
			return e, wrong("the body is %q, and not application/json", kind)
		}
		if c.json, err = decode(body); err == nil {
			err = e.b.check(c.json, "body")
		}
		if err != nil {
			return e, wrong("%v", err)
		}
	}
	run := runners[e.method+" "+e.path]
	if run == nil {
		panic("fakeapi: nothing runs " + e.method + " " + e.path)
	}
	return e, run(c)
}

// escaped reports whether a path has nothing that Cloudflare asks to be escaped.
var escaped = regexp.MustCompile(`^([A-Za-z0-9/_.~-]|%[0-9A-F]{2})*$`).MatchString

// find matches a path that is still escaped.
func find(method, path string) (*endpoint, map[string]string, error) {
	parts := strings.Split(path, "/")
	var other bool
	for i := range endpoints {
		e := &endpoints[i]
		vars, ok := e.match(parts)
		if !ok {
			continue
		}
		if e.method != method {
			other = true
			continue
		}
		return e, vars, nil
	}
	if other {
		return nil, nil, errors.New("the path has no such method")
	}
	return nil, nil, errors.New("there is no such path")
}

// match fits a path to the endpoint's. An object's key may have slashes, which are not
// escaped; anywhere else they are.
func (e *endpoint) match(parts []string) (map[string]string, bool) {
	last := len(e.parts) - 1
	if e.parts[last] == "{object_key}" && len(parts) > len(e.parts) {
		for _, p := range parts[last:] {
			if strings.Contains(strings.ToUpper(p), "%2F") {
				return nil, false
			}
		}
		parts = append(append([]string(nil), parts[:last]...), strings.Join(parts[last:], "/"))
	}
	if len(parts) != len(e.parts) {
		return nil, false
	}
	vars := map[string]string{}
	for i, p := range e.parts {
		if p[0] != '{' {
			if p != parts[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(parts[i])
		if err != nil {
			return nil, false
		}
		vars[strings.Trim(p, "{}")] = value
	}
	return vars, true
}

// queryValue reads a query into an object, numbers where the shape has them.
func queryValue(raw string, s *shape) (map[string]string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	object, flat := map[string]interface{}{}, map[string]string{}
	for name, v := range values {
		if len(v) > 1 {
			return nil, fmt.Errorf("%s is there %d times", name, len(v))
		}
		flat[name] = v[0]
		object[name] = v[0]
		if f := s.fields[name]; f != nil && f.shape.kind == "number" {
			if _, err := strconv.ParseInt(v[0], 10, 64); err != nil {
				return nil, fmt.Errorf("%s is no number: %q", name, v[0])
			}
			object[name] = json.Number(v[0])
		}
	}
	return flat, s.check(object, "query")
}

// part is a file or a field of a form.
type part struct {
	name, filename, kind string
	data                 []byte
}

func readForm(body []byte, boundary string) ([]part, error) {
	var parts []part
	for r := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return nil, err
		}
		_, params, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		parts = append(parts, part{name: p.FormName(), filename: params["filename"], kind: p.Header.Get("Content-Type"), data: data})
	}
}

func decode(data []byte) (v interface{}, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("something stands behind the JSON")
	}
	return v, nil
}

// write sends an answer, after it was checked as well.
func (s *Server) write(w http.ResponseWriter, r *http.Request, e *endpoint, a answer) {
	if a.status == 0 {
		a.status = 200
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status == 200 && e.r == nil {
		w.Header().Set("Content-Type", "application/octet-stream")
		if bytes.HasPrefix(a.bytes, []byte("{")) { // a value may have the type of an answer
			w.Header().Set("Content-Type", "application/json")
		}
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") { // as what stands before the API does
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(a.bytes)
			_ = z.Close()
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(a.bytes)))
		_, _ = w.Write(a.bytes)
		return
	}
	type message struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	envelope := map[string]interface{}{"success": a.status == 200, "errors": []message{}, "messages": []interface{}{}, "result": a.result}
	if a.status != 200 {
		envelope["errors"] = []message{{a.code, a.text}}
	} else if a.info != nil {
		envelope["result_info"] = a.info
	}
	data, err := json.Marshal(envelope)
	if err == nil {
		err = checkEnvelope(e, a.status == 200, data)
	}
	if err != nil {
		s.t.Errorf("fakeapi: its own answer does not fit the description: %v", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(data)
}

// checkEnvelope checks an answer of the API.
func checkEnvelope(e *endpoint, success bool, data []byte) error {
	v, err := decode(data)
	if err != nil {
		return err
	}
	s := &shape{kind: "object", fields: map[string]*field{
		"errors":   {shape: parse(`[$message]`)},
		"messages": {shape: parse(`[$message|string]`)},
	}}
	if !success {
		s.fields["success"] = &field{shape: &shape{kind: "false"}}
		s.fields["result"] = &field{shape: parse(`null|{}`)}
		return s.check(v, "answer")
	}
	s.fields["success"] = &field{shape: &shape{kind: "true"}}
	s.fields["result"] = &field{shape: e.r}
	if e.i != nil {
		s.fields["result_info"] = &field{shape: e.i}
	}
	return s.check(v, "answer")
}
