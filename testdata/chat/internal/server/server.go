// Package server is the HTTP face of the chat.
package server

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/cache"
	"example.com/chat/internal/events"
	"example.com/chat/internal/history"
	"example.com/chat/internal/lock"
	"example.com/chat/internal/presence"
	"example.com/chat/internal/ratelimit"
	"example.com/chat/internal/room"
	"example.com/chat/internal/session"
	"example.com/chat/internal/slots"
)

// Server answers HTTP requests. Its parts share one client.
type Server struct {
	rdb      *redis.Client
	sessions *session.Store
	history  *history.History
	rooms    *room.Rooms
	slots    *slots.Slots
	titles   *cache.Cache[string]
	logins   *ratelimit.Fixed
	messages *ratelimit.Sliding
	presence *presence.Presence
	mux      *http.ServeMux
}

// New returns a server over a client.
func New(rdb *redis.Client) *Server {
	s := &Server{
		rdb:      rdb,
		sessions: session.NewStore(rdb, 24*time.Hour),
		history:  history.New(rdb),
		rooms:    room.New(rdb),
		slots:    slots.New(rdb),
		logins:   ratelimit.NewFixed(rdb, 10, time.Minute),
		messages: ratelimit.NewSliding(rdb, 20, 10*time.Second),
		presence: presence.New(rdb, 5*time.Minute),
		mux:      http.NewServeMux(),
	}
	s.titles = cache.New(rdb, "title", time.Minute, func(ctx context.Context, name string) (string, error) {
		set, err := s.rooms.Load(ctx, name)
		return set.Title, err
	})
	s.mux.HandleFunc("/login", s.post(s.login))
	s.mux.HandleFunc("/logout", s.post(s.withUser(s.logout)))
	s.mux.HandleFunc("/online", s.withUser(s.online))
	s.mux.HandleFunc("/rooms/", s.withUser(s.room))
	s.mux.HandleFunc("/healthz", s.health)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// request is what a handler gets of a user who is logged in.
type request struct {
	*http.Request
	sess *session.Session
}

func (s *Server) post(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, "use POST", http.StatusMethodNotAllowed)
			return
		}
		next(w, r)
	}
}

// withUser lets through who has a session.
func (s *Server) withUser(next func(http.ResponseWriter, request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		sess, err := s.sessions.Get(r.Context(), token)
		if errors.Is(err, session.ErrNotFound) {
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		if err != nil {
			fail(w, err)
			return
		}
		if err := s.presence.Seen(r.Context(), sess.User); err != nil {
			fail(w, err)
			return
		}
		next(w, request{r, sess})
	}
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("user")
	if user == "" {
		http.Error(w, "user is missing", http.StatusBadRequest)
		return
	}
	ok, err := s.logins.Allow(r.Context(), "login:"+user)
	if err != nil {
		fail(w, err)
		return
	}
	if !ok {
		http.Error(w, "too many logins", http.StatusTooManyRequests)
		return
	}
	sess, err := s.sessions.Create(r.Context(), user)
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, map[string]string{"token": sess.ID})
}

func (s *Server) logout(w http.ResponseWriter, r request) {
	if err := s.sessions.Delete(r.Context(), r.sess.ID); err != nil {
		fail(w, err)
		return
	}
	if err := s.presence.Gone(r.Context(), r.sess.User); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) online(w http.ResponseWriter, r request) {
	users, err := s.presence.Online(r.Context(), 100)
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, users)
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.rdb.Ping(r.Context()).Err(); err != nil {
		http.Error(w, "redis: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	reply(w, "ok")
}

// room serves /rooms/NAME (PUT, GET), /rooms/NAME/join, /leave (POST) and
// /rooms/NAME/messages (GET, POST).
func (s *Server) room(w http.ResponseWriter, r request) {
	name, action, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/rooms/"), "/")
	var err error
	var out interface{}
	switch r.Method + " " + action {
	case "PUT ":
		out, err = s.createRoom(r, name)
	case "GET ":
		out, err = s.describe(r, name)
	case "POST join":
		out, err = s.join(r, name)
	case "POST leave":
		err = s.leave(r, name)
	case "GET messages":
		out, err = s.read(r, name)
	case "POST messages":
		out, err = s.write(r, name)
	default:
		http.NotFound(w, r.Request)
		return
	}
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, out)
}

func (s *Server) publish(ctx context.Context, e events.Event) error {
	_, err := events.Publish(ctx, s.rdb, e)
	return err
}

// fail answers with the status that fits an error.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, room.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, slots.ErrFull), errors.Is(err, lock.ErrTaken), errors.Is(err, errNotMember):
		status = http.StatusConflict
	case errors.Is(err, errTooFast):
		status = http.StatusTooManyRequests
	default:
		log.Printf("server: %v", err)
	}
	http.Error(w, err.Error(), status)
}

func reply(w http.ResponseWriter, v interface{}) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone away
}
