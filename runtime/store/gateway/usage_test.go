package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// Each object is asked that the process has talked to; a Worker that tells nothing is an
// error.
func TestUsage(t *testing.T) {
	answer := `{"linearMemory": 1, "billed": {"messages": 40, "requests": 2, "alarms": 3, "rowsRead": 500, "rowsWritten": 60}}`
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+" "+r.Header.Get("X-Redis2cf-Object")+" "+r.Header.Get("Authorization"))
		io.WriteString(w, answer)
	}))
	defer s.Close()
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := newBackend(&address{base: base, token: "secret"})
	defer b.Close()
	var m store.Meter = b
	if got, err := m.Usage(context.Background()); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
	sp := newSpace(b, "secret", "the test")
	b.spaces["secret"] = sp
	sp.object("main", 1)
	sp.object("main", 0)
	got, err := m.Usage(context.Background())
	want := store.Usage{Object: "main/0", Messages: 40, Requests: 2, Alarms: 3, RowsRead: 500, RowsWritten: 60}
	if err != nil || len(got) != 2 || got[0] != want || got[1].Object != "main/1" {
		t.Error(got, err)
	}
	if len(asked) != 2 || asked[0] != "/v1/stats main/0 Bearer secret" {
		t.Error(asked)
	}
	answer = `{}`
	if _, err := m.Usage(context.Background()); err == nil || !strings.Contains(err.Error(), "/v1/stats") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
