package plan

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A new site whose keys no family takes comes with the lines that the file needs.
func TestNewKeysOfAPlanThatIsThere(t *testing.T) {
	sites := sitesOf("Set SET string page:* / Get GET string ?")
	p, problems := Build(sites, nil)
	if len(problems) > 0 {
		t.Fatalf("a first run: %v", problems)
	}
	sites[0].Migrated = true
	more := append(sites, at(7, "HSet HSET hash cart:*"), at(8, "Get GET string page:*:x"), at(9, "Set SET string tried", inTest))
	_, problems = Build(more, p)
	want := `keys "cart:*" have no family in redis2cf.yaml: redis2cf -w adds it; by hand, write this under families and run redis2cf generate:
  - pattern: "cart:*"
    name: Cart
    type: hash
    store: d1
    consistency: follow
    reason: 'hashes are rows that SQL can query: D1 follows within 100 ms'
    phase: only`
	if len(problems) != 1 || problems[0].Code != spec.NoFamily || problems[0].Fatal || problems[0].Message != want || problems[0].Pos[0].Line != 7 {
		t.Errorf("got %v\nwant %s", problems, want)
	}
	file := "version: 1\nfamilies:\n" + want[strings.Index(want, "\n")+1:] + "\n"
	if _, err := Parse("p.yaml", []byte(file)); err != nil {
		t.Errorf("what it says to write: %v", err)
	}
}

func TestCheckOfMigratedCalls(t *testing.T) {
	p := &Plan{Groups: []Group{{Name: "main"}}, Families: []Family{
		{Pattern: "page:*", Name: "Page", Type: spec.String, Store: StoreKV, Consistency: Primary, Group: "main"},
		{Pattern: "user:{*}:log", Name: "UserLog", Type: spec.List, Store: StoreD1, Group: "main"},
		{Pattern: "*", Name: "Default", Type: spec.Any, Store: StoreDO, Group: "main"},
	}}
	for words, want := range map[string]string{
		"Get GET string page:*":              "",
		"Incr INCR string page:*":            spec.KVPrimaryRefused,
		"SetNX SETNX string page:*":          spec.KVPrimaryRefused,
		"HGet HGET hash page:*":              spec.FamilyConflict,
		"HGet HGET hash page:*|cart:*":       "", // one or the other
		"HGet HGET hash cart:*":              spec.NoFamily,
		"Del DEL any cart:*":                 spec.NoFamily,
		"LPush LPUSH list user:{*}:log":      "",
		"LPush LPUSH list user:*":            "", // it may be the family's
		"LPush LPUSH list *:cart":            "", // how it begins is not known
		"LPush LPUSH list ?":                 "",
		"Publish PUBLISH pubsub cart:*":      "",
		"MGet MGET string page:* cart:*":     spec.NoFamily,
		"RPopLPush RPOPLPUSH list cart:* ?":  spec.NoFamily,
		"Eval EVAL script user:{*}:log":      "",
		"LPush LPUSH list user:{*}:log page": spec.NoFamily,
	} {
		site := at(3, words)
		if got := p.Check([]analyzer.Site{site}); len(got) > 0 {
			t.Errorf("%s on go-redis: %v", words, got)
		}
		site.Migrated = true
		got := p.Check([]analyzer.Site{site})
		code := ""
		if len(got) > 0 {
			code = got[0].Code
		}
		if code != want {
			t.Errorf("%s: %v, want %q", words, got, want)
		}
		if code == spec.NoFamily && !strings.Contains(got[0].Message, "\n  - pattern: ") {
			t.Errorf("%s: no lines to write: %s", words, got[0].Message)
		}
		site.Test = true
		if got := p.Check([]analyzer.Site{site}); len(got) > 0 {
			t.Errorf("%s in a test: %v", words, got)
		}
	}
}

func TestCheckOfViews(t *testing.T) {
	p := &Plan{Families: []Family{
		{Pattern: "page:*", Name: "Page", Type: spec.String, Store: StoreDO},
		{Pattern: "note:*", Name: "Note", Type: spec.String, Store: StoreDO},
	}}
	for words, want := range map[string]string{
		"Get GET string page:*": "",
		"Get GET string note:*": `"note:*" is no key of "page:*", whose view Page is: it belongs to Note ("note:*")`,
		"Get GET string cart":   `"cart" is no key of "page:*", whose view Page is: call the client itself, or name the keys in redis2cf.yaml`,
		"Get GET string *:x":    "",
		"Get GET string p*":     "",
	} {
		got := p.Check([]analyzer.Site{at(1, words, func(s *analyzer.Site) { s.Migrated, s.Viewed, s.View = true, true, "Page" })})
		text := ""
		if len(got) > 0 {
			text = got[0].Message
		}
		if text != want {
			t.Errorf("%s: %q, want %q", words, text, want)
		}
	}
}
