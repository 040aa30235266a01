package cftest

import (
	"strings"
	"testing"
)

func TestTrimsAreExact(t *testing.T) {
	for _, c := range [][2]string{
		{"XADD s MAXLEN ~ 10 * a b", "XADD s MAXLEN 10 * a b"},
		{"xadd s nomkstream minid ~ 10 limit 5 * a b", "xadd s nomkstream minid 10 * a b"},
		{"XTRIM s MINID ~ 5 LIMIT 100", "XTRIM s MINID 5"},
		{"XADD s MAXLEN = 10 * a b", "XADD s MAXLEN = 10 * a b"},
		{"XADD s * maxlen ~ a b", "XADD s * maxlen ~ a b"},
		{"XADD s MAXLEN ~", "XADD s MAXLEN ~"},
		{"SET s MAXLEN ~ 5", "SET s MAXLEN ~ 5"},
	} {
		if got := strings.Join(exactTrim(strings.Fields(c[0])), " "); got != c[1] {
			t.Errorf("%q became %q, want %q", c[0], got, c[1])
		}
	}
	s := RunT(t)
	var send strings.Builder
	for i := 0; i < 150; i++ {
		send.WriteString("xadd s maxlen ~ 10 * a b\r\n")
	}
	ask(t, s, send.String())
	if entries, err := s.Stream("s"); len(entries) != 10 || err != nil {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	s.CheckSet(t, "none")
	s.CheckList(t, "none")
}
