package analyzer_test

import (
	"strings"
	"testing"
)

func TestServers(t *testing.T) {
	want, got := map[string]string{}, map[string]string{}
	for name, src := range program.Files {
		for i, line := range strings.Split(string(src.Data), "\n") {
			if _, text, ok := strings.Cut(line, "// server: "); ok {
				want[where(name, i+1)] = text
			}
		}
	}
	for _, s := range program.Analyze().Servers {
		if s.Package != "example.com/m/servers" {
			continue
		}
		text := strings.Join(s.Names, " ")
		if s.Test {
			text += " in a test"
		}
		got[where(s.Position.Filename, s.Position.Line)] = text
	}
	if len(want) != 7 {
		t.Errorf("%d servers are expected", len(want))
	}
	for at, text := range want {
		if got[at] != text {
			t.Errorf("%s: %q, want %q", at, got[at], text)
		}
		delete(got, at)
	}
	for at, text := range got {
		t.Errorf("%s: %q is not known from the text", at, text)
	}
}
