// Package objectserver is the Worker's HTTP surface in Go, over worker/object and
// SQLite in memory: for tests of those who talk to a deployed Worker, without one.
// It moves bytes, as the Worker's JavaScript does, and never looks into a frame.
package objectserver

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// A Token is what a request may have in its Authorization header.
type Token struct {
	Text      string // "" is no token
	Namespace string
	Write     bool
}

// Options are a Server's settings. The zero value is one group of one object, for
// whoever comes.
type Options struct {
	Config    worker.Config
	Tokens    []Token // none: the empty token may do all
	R2        bool    // there is a bucket for large values
	MaxBody   int     // bytes of a value that one request may bring, 0: as many as it likes
	NoSockets bool    // upgrades are refused, as on a way that does not pass them
	Object    object.Options
	Seed      int64        // of the objects' random bits; 0: the time
	Now       func() int64 // Unix microseconds; nil: the wall clock
	// Before is called before each message is taken; it may call the server's methods.
	Before func(s *Server)
}

// A Server is an isolate with its objects. It is an http.Handler.
type Server struct {
	opt Options

	mu         sync.Mutex // the isolate has one thread
	in         *object.Instance
	objects    map[string]*host
	lastHandle uint32
	rnd        *rand.Rand
	overload   int // so many requests are refused as too many
	closed     bool
	blobs      blobs
}

// New returns a server without objects. They appear when they are asked for.
func New(opt Options) *Server {
	if opt.Seed == 0 {
		opt.Seed = time.Now().UnixNano()
	}
	if opt.Now == nil {
		opt.Now = func() int64 { return time.Now().UnixMicro() }
	}
	if len(opt.Tokens) == 0 {
		opt.Tokens = []Token{{Namespace: "main", Write: true}}
	}
	if len(opt.Config.Groups) == 0 {
		opt.Config.Groups = []worker.Group{{Shards: 1}}
	}
	s := &Server{opt: opt, objects: map[string]*host{}, rnd: rand.New(rand.NewSource(opt.Seed))}
	s.start()
	return s
}

// start makes an instance. The caller holds mu, or is the only one.
func (s *Server) start() {
	s.in = object.New(s.opt.Object)
	s.in.Configure(s.opt.Config)
}

// Start serves on a free port of 127.0.0.1. stop ends that, and the server.
func (s *Server) Start() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	h := &http.Server{Handler: s}
	go h.Serve(l)
	return "http://" + l.Addr().String(), func() {
		_ = h.Close()
		s.Close()
	}, nil
}

// Close ends all connections and the databases.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	objects := s.objects
	s.objects = map[string]*host{}
	var cut []*conn
	for _, h := range objects {
		h.stop()
		for _, c := range h.conns {
			cut = append(cut, c)
		}
		_ = h.exec.Close()
	}
	s.mu.Unlock()
	for _, c := range cut {
		c.cut()
	}
}

// Trap discards the instance, as a trap of the engine does: every object is opened
// anew from its rows, and its connections are attached to it.
func (s *Server) Trap() {
	s.mu.Lock()
	s.start()
	var spoken []*conn
	for _, h := range s.objects {
		h.open()
		spoken = append(spoken, h.spoken...)
		h.spoken = nil
	}
	s.mu.Unlock()
	for _, c := range spoken {
		c.flush()
	}
}

// Deploy is Trap with all connections cut, as by a new version of the Worker.
func (s *Server) Deploy() {
	s.Cut()
	s.Trap()
}

// Cut ends all connections without a word.
func (s *Server) Cut() {
	s.mu.Lock()
	var all []*conn
	for _, h := range s.objects {
		for _, c := range h.conns {
			all = append(all, c)
		}
	}
	s.mu.Unlock()
	for _, c := range all {
		c.cut()
	}
}

// Overload has the next requests for a connection answered with "too many".
func (s *Server) Overload(requests int) {
	s.mu.Lock()
	s.overload = requests
	s.mu.Unlock()
}

// SetTokens replaces the tokens. Connections stay.
func (s *Server) SetTokens(tokens ...Token) {
	s.mu.Lock()
	s.opt.Tokens = tokens
	s.mu.Unlock()
}

// SetConfig replaces the plan, as a deployment does.
func (s *Server) SetConfig(cfg worker.Config) {
	s.mu.Lock()
	s.opt.Config = cfg
	s.mu.Unlock()
	s.Deploy()
}

// Executor is the database of an object, nil when nobody has asked for it.
func (s *Server) Executor(namespace, name string) *objecttest.Executor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.objects[namespace+":"+name]; h != nil {
		return h.exec
	}
	return nil
}

var namespaceName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}(/[a-z][a-z0-9_-]{0,39})?$`)

// ServeHTTP answers as the Worker does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, known := map[string]string{"/v1/info": "GET", "/v1/connect": "GET", "/v1/frame": "POST"}[r.URL.Path]
	large := r.URL.Path == "/v1/blob" || strings.HasPrefix(r.URL.Path, "/v1/blob/")
	switch {
	case large:
	case !known:
		refuse(w, http.StatusNotFound, frame.CodeNotFound, "ERR there is no such path")
		return
	case r.Method != method:
		refuse(w, http.StatusMethodNotAllowed, frame.CodeNotFound, "ERR "+r.URL.Path+" is asked with "+method)
		return
	}
	token, ok := s.access(r)
	if !ok {
		refuse(w, http.StatusUnauthorized, frame.CodeToken, "ERR the token is not valid")
		return
	}
	namespace := token.Namespace
	if part := r.Header.Get("X-Redis2cf-Namespace"); part != "" {
		if !namespaceName.MatchString(part) {
			refuse(w, http.StatusForbidden, frame.CodeToken, "ERR that names no namespace")
			return
		}
		namespace += "/" + part
	}
	s.mu.Lock()
	cfg := s.opt.Config
	refused := s.overload > 0 && r.URL.Path != "/v1/info"
	if refused {
		s.overload--
	}
	s.mu.Unlock()
	if r.URL.Path == "/v1/info" {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]interface{}{
			"protocol": frame.Version, "module": cfg.Module, "groups": cfg.Groups, "families": append([]worker.Family{}, cfg.Families...),
			"blobs": s.opt.R2,
		})
		return
	}
	if refused {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, frame.CodeOverload, "ERR the object is overloaded")
		return
	}
	name := r.Header.Get("X-Redis2cf-Object")
	if name == "" {
		name = cfg.Groups[0].Name + "/0"
	}
	if !exists(cfg.Groups, name) {
		refuse(w, http.StatusNotFound, frame.CodeNotFound, fmt.Sprintf("ERR the plan has no object %q", name))
		return
	}
	if large {
		s.blob(w, r, namespace+":"+name, token.Write)
		return
	}
	scope := 0
	if token.Write {
		scope |= 1
	}
	if r.URL.Path == "/v1/frame" {
		s.post(w, r, namespace+":"+name, scope|2)
		return
	}
	if s.opt.NoSockets || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		refuse(w, http.StatusUpgradeRequired, frame.CodeProtocol, "ERR /v1/connect is a WebSocket; POST /v1/frame serves clients without one")
		return
	}
	s.socket(w, r, namespace+":"+name, scope)
}

func exists(groups []worker.Group, name string) bool {
	group, digits, _ := strings.Cut(name, "/")
	shard, err := strconv.Atoi(digits)
	for _, g := range groups {
		if g.Name == group && err == nil && shard >= 0 && shard < max(g.Shards, 1) {
			return true
		}
	}
	return false
}

// access finds the token of a request.
func (s *Server) access(r *http.Request) (Token, bool) {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.opt.Tokens {
		if subtle.ConstantTimeCompare([]byte(t.Text), []byte(text)) == 1 {
			return t, true
		}
	}
	return Token{}, false
}

func refuse(w http.ResponseWriter, status int, code frame.Code, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]interface{}{"code": code, "text": text})
}
