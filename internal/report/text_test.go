package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// example has one site of each status.
func example() *Report {
	r := &Report{
		Module:  "example.com/shop",
		GoRedis: []Dep{{Path: "github.com/redis/go-redis/v9", Version: "v9.17.3"}},
		Plan:    "redis2cf.yaml", Package: "internal/cfstore",
		Families: []Family{
			{Pattern: "session:*", Name: "Session", Type: "string", Store: "kv", TTL: "24h0m0s", Sites: 2, Commands: []string{"GET", "SET"}, Reason: "plain strings that expire"},
			{Pattern: "messages:*", Name: "Messages", Type: "list", Store: "d1", Sites: 1, Reason: "rows in order", Alternative: "do, when nobody queries it", TestOnly: true},
		},
		Sites: []Site{
			{File: "a.go", Line: 3, Column: 7, Method: "Get", Keys: []Key{{Patterns: []string{"session:*"}}}, Family: "session:*", Status: StatusView},
			{File: "a_test.go", Line: 9, Column: 2, Test: true, Method: "LPush", Keys: []Key{{Patterns: []string{"messages:*"}}}, Status: StatusDone},
			{File: "b.go", Line: 4, Column: 1, Method: "Get", Keys: []Key{{Code: "KEY_FROM_DATA", Why: "reply of LPop"}}, Status: StatusPlain, Code: "KEY_FROM_DATA", Title: "the key comes out of stored data"},
			{File: "b.go", Line: 8, Column: 1, Method: "ConfigGet", Status: StatusStays, Code: "SERVER_ADMIN", Title: "administration of a Redis server", Advice: "Remove the call."},
		},
		Problems: []Problem{{Code: "FAMILY_CONFLICT", Family: "session:*", Message: "is a string here and a list there", At: []string{"a.go:3:7", "b.go:4:1"}}},
	}
	for i := 0; i < 4; i++ {
		r.Sites = append(r.Sites, Site{File: "c.go", Line: i + 1, Column: 1, Method: "Del", Status: StatusPlain, Code: "SEVERAL_FAMILIES", Title: "keys of several families at one call"})
	}
	r.Count()
	return r
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -update writes it\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

func TestTextHasEverythingAPersonNeeds(t *testing.T) {
	var out bytes.Buffer
	if err := WriteText(&out, example(), Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", out.Bytes())
}

// One call can hold hundreds: the text stays readable, and says what holds them.
func TestManyThatStayAreAFewLines(t *testing.T) {
	r := &Report{Module: "example.com/big"}
	for i := 0; i < 300; i++ {
		s := Site{File: "a.go", Line: i + 1, Column: 1, Method: "Get", Status: StatusStays, Code: "CLUSTER_ADMIN", Title: "administration of Redis Cluster",
			Detail: "Client.ClusterInfo: not needed (b.go:7)", Advice: "Remove the call."}
		if i == 0 {
			s.Detail = "Client.ClusterInfo: not needed" // the call itself
		}
		r.Sites = append(r.Sites, s)
		r.Problems = append(r.Problems, Problem{Code: "FAMILY_CONFLICT", Message: "too near", At: []string{"a.go:1:1"}})
	}
	r.Count()
	var out bytes.Buffer
	if err := WriteText(&out, r, Style{}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if n := strings.Count(text, "\n"); n > 25 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for _, want := range []string{"300 command calls stay", "(b.go:7)", "and 297 more", "and 295 more FAMILY_CONFLICT"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "ClusterInfo"); n != 1 {
		t.Errorf("the cause is told %d times:\n%s", n, text)
	}
}

func TestJSONIsTheDocumentedFormat(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, example()); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", out.Bytes())
}

func TestJSONOfNothingHasNoNulls(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, &Report{Sites: []Site{{Keys: []Key{{}}}}, Families: []Family{{}}, Problems: []Problem{{}}}); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Bytes()) || strings.Contains(out.String(), "null") {
		t.Errorf("got %s", out.String())
	}
}

func TestColourOnlyAddsEscapes(t *testing.T) {
	var plain, coloured bytes.Buffer
	if err := WriteText(&plain, example(), Style{}); err != nil {
		t.Fatal(err)
	}
	if err := WriteText(&coloured, example(), Colour()); err != nil {
		t.Fatal(err)
	}
	text := coloured.String()
	for {
		i := strings.IndexByte(text, '\x1b')
		if i < 0 {
			break
		}
		text = text[:i] + text[i+strings.IndexByte(text[i:], 'm')+1:]
	}
	if text != plain.String() {
		t.Errorf("without escapes:\n%s\nplain:\n%s", text, plain.String())
	}
	if coloured.Len() == plain.Len() {
		t.Error("no escapes at all")
	}
}
