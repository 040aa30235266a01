package cftest

import (
	"strings"
	"testing"
)

func TestClientsSeeSortedMembers(t *testing.T) {
	s := RunT(t)
	for _, m := range []string{"zus", "jet", "teun", "aap"} {
		if _, err := s.SAdd("set", m); err != nil {
			t.Fatal(err)
		}
		s.HSet("hash", m, "v"+m)
	}
	words := func(reply string) string {
		var out []string
		for _, line := range strings.Split(reply, "\r\n") {
			if line != "" && !strings.ContainsAny(line[:1], "*$%~") && line != "+OK" && line != "+QUEUED" {
				out = append(out, line)
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct{ send, want string }{
		{"smembers set\r\n", "aap jet teun zus"},
		{"hkeys hash\r\n", "aap jet teun zus"},
		{"hvals hash\r\n", "vaap vjet vteun vzus"},
		{"hgetall hash\r\n", "aap vaap jet vjet teun vteun zus vzus"},
		{"keys *\r\n", "hash set"},
		{"multi\r\nhgetall hash\r\nsmembers set\r\nexec\r\n", "aap vaap jet vjet teun vteun zus vzus aap jet teun zus"},
		{"multi\r\nnosuch\r\nsmembers set\r\ndiscard\r\nhkeys hash\r\n", "-ERR unknown command 'nosuch', with args beginning with:  aap jet teun zus"},
		{"rpush l b a c\r\nlrange l 0 -1\r\n", ":3 b a c"},
	} {
		if got := words(ask(t, s, c.send)); got != c.want {
			t.Errorf("%q answered %q, want %q", c.send, got, c.want)
		}
	}
}
