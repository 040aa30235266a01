package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/events"
	"example.com/chat/internal/history"
	"example.com/chat/internal/redistest"
)

// browser talks to a server as one user.
type browser struct {
	t     *testing.T
	h     http.Handler
	token string
}

func (b *browser) do(method, path string, form url.Values, want int, out interface{}) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+b.token)
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	if w.Code != want {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, want)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			b.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}

func login(t *testing.T, h http.Handler, user string) *browser {
	t.Helper()
	b := &browser{t: t, h: h}
	var got struct{ Token string }
	b.do("POST", "/login", url.Values{"user": {user}}, 200, &got)
	b.token = got.Token
	return b
}

func TestConversation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rdb := redistest.New(t, redistest.DBServer)
	h := New(rdb)
	ada, bob, eve := login(t, h, "ada"), login(t, h, "bob"), login(t, h, "eve")

	ada.do("PUT", "/rooms/server-lobby", url.Values{"title": {"Lobby"}, "seats": {"2"}}, 200, nil)
	live, err := events.Listen(ctx, rdb, "server-lobby")
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()

	var seat struct{ Seat int }
	ada.do("POST", "/rooms/server-lobby/join", nil, 200, &seat)
	bob.do("POST", "/rooms/server-lobby/join", nil, 200, &seat)
	if seat.Seat != 2 {
		t.Errorf("bob's seat = %d", seat.Seat)
	}
	eve.do("POST", "/rooms/server-lobby/join", nil, http.StatusConflict, nil)
	eve.do("POST", "/rooms/server-lobby/messages", url.Values{"text": {"hi"}}, http.StatusConflict, nil)
	ada.do("POST", "/rooms/server-lobby/messages", url.Values{"text": {"hello"}}, 200, nil)

	for _, want := range []string{"join ada", "join bob", "message ada"} {
		select {
		case e := <-live.C:
			if got := e.Kind + " " + e.User; got != want {
				t.Errorf("event %q, want %q", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("no event %q", want)
		}
	}

	var list []history.Message
	bob.do("GET", "/rooms/server-lobby/messages", nil, 200, &list)
	if len(list) != 1 || list[0].Text != "hello" || list[0].User != "ada" {
		t.Errorf("messages = %+v", list)
	}
	var desc struct {
		Title   string
		Members []string
	}
	eve.do("GET", "/rooms/server-lobby", nil, 200, &desc)
	if desc.Title != "Lobby" || len(desc.Members) != 2 {
		t.Errorf("room = %+v", desc)
	}

	bob.do("POST", "/rooms/server-lobby/leave", url.Values{"seat": {"2"}}, 200, nil)
	eve.do("POST", "/rooms/server-lobby/join", nil, 200, &seat)
	if seat.Seat != 2 {
		t.Errorf("eve's seat = %d", seat.Seat)
	}
}

func TestWithoutSession(t *testing.T) {
	h := New(redistest.New(t, redistest.DBServer))
	(&browser{t: t, h: h, token: "nobody"}).do("GET", "/online", nil, http.StatusUnauthorized, nil)
	ada := login(t, h, "ada")
	var users []string
	ada.do("GET", "/online", nil, 200, &users)
	if len(users) != 1 || users[0] != "ada" {
		t.Errorf("online = %v", users)
	}
	ada.do("POST", "/logout", nil, http.StatusNoContent, nil)
	ada.do("GET", "/online", nil, http.StatusUnauthorized, nil)
}

func TestTooManyMessages(t *testing.T) {
	h := New(redistest.New(t, redistest.DBServer))
	ada := login(t, h, "ada")
	ada.do("PUT", "/rooms/server-busy", nil, 200, nil)
	ada.do("POST", "/rooms/server-busy/join", nil, 200, nil)
	for i := 0; i < 20; i++ {
		ada.do("POST", "/rooms/server-busy/messages", url.Values{"text": {"hi"}}, 200, nil)
	}
	ada.do("POST", "/rooms/server-busy/messages", url.Values{"text": {"hi"}}, http.StatusTooManyRequests, nil)
}

func TestHealth(t *testing.T) {
	(&browser{t: t, h: New(redistest.New(t, redistest.DBServer))}).do("GET", "/healthz", nil, 200, nil)
}
