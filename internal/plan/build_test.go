package plan

import (
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// at makes one site in the words of the tests: "LPush LPUSH list messages:*".
// Keys after the first are further key arguments; "|" separates the patterns
// of one key, "?" is a key of which nothing is known.
func at(line int, words string, more ...func(*analyzer.Site)) analyzer.Site {
	f := strings.Fields(words)
	s := analyzer.Site{
		Position: token.Position{Filename: "/src/chat/store.go", Line: line, Column: 4},
		Row:      &spec.Row{Method: f[0], Redis: f[1], Type: spec.Type(f[2]), Write: write[f[1]], Block: strings.HasPrefix(f[1], "BL")},
		Command:  f[1],
		Type:     spec.Type(f[2]),
	}
	if s.Type == spec.Script {
		s.Row.Group = "script"
	}
	for _, k := range f[3:] {
		if k == "?" {
			s.Keys = append(s.Keys, analyzer.Key{Code: "KEY_UNKNOWN"})
			continue
		}
		s.Keys = append(s.Keys, analyzer.Key{Patterns: strings.Split(k, "|")})
	}
	for _, m := range more {
		m(&s)
	}
	return s
}

var write = setOf("SET", "SETNX", "INCR", "DEL", "LPUSH", "LTRIM", "HSET", "SADD", "ZADD", "EXPIRE", "BLPOP", "SETEX", "XADD", "PFADD", "EVAL")

func inTest(s *analyzer.Site)               { s.Test = true }
func ttl(d string) func(*analyzer.Site)     { return func(s *analyzer.Site) { s.TTL = d } }
func inTx(name string) func(*analyzer.Site) { return func(s *analyzer.Site) { s.Tx = name } }
func keyType(i int, t spec.Type) func(*analyzer.Site) {
	return func(s *analyzer.Site) { s.Keys[i].Type = t }
}

// show is a plan in one line for each family.
func show(p *Plan) string {
	var b strings.Builder
	for _, f := range p.Families {
		fmt.Fprintf(&b, "%s %s %s %s %s %d\n", f.Pattern, f.Name, f.Type, f.Store, f.TTL, f.Sites)
	}
	return b.String()
}

func TestFamiliesOfAChat(t *testing.T) {
	sites := []analyzer.Site{
		at(1, "Set SET string session:*", ttl("24h0m0s")),
		at(2, "Get GET string session:*"),
		at(3, "Del DEL any session:*"),
		at(4, "LPush LPUSH list messages:*", inTx("tx1")),
		at(5, "LTrim LTRIM list messages:*", inTx("tx1")),
		at(6, "HSet HSET hash slots"),
		at(7, "Incr INCR string rate:*"),
		at(8, "Expire EXPIRE any rate:*", ttl("1m0s")),
		at(9, "SetNX SETNX string lock:*", ttl("10s")),
		at(10, "Eval EVAL script lock:*"),
		at(11, "Set SET string cache:*", ttl("varies")),
		at(12, "SAdd SADD set room:*:members"),
		at(13, "ZAdd ZADD zset online"),
		at(14, "BLPop BLPOP list jobs"),
		at(15, "Publish PUBLISH pubsub events:*"),
		at(16, "Get GET string ?"),
		at(17, "Set SET string token:*", ttl("30s")),
		at(18, "XAdd XADD stream log"),
		at(19, "PFAdd PFADD hyperloglog visitors:*"),
		at(20, "Del DEL any tmp:*"),
	}
	want := `cache:* CacheKeys string kv varies 1
jobs Jobs list do  1
lock:* Lock string do 10s 2
log Log stream do  1
messages:* Messages list d1  2
online Online zset d1  1
rate:* Rate string do 1m0s 2
room:*:members RoomMembers set d1  1
session:* Session string kv 24h0m0s 3
slots Slots hash d1  1
tmp:* Tmp any do  1
token:* Token string do 30s 1
visitors:* Visitors hyperloglog do  1
* Default any do  1
`
	p, problems := Build(sites, nil)
	if got := show(p); got != want {
		t.Errorf("families:\n%s\nwant:\n%s", got, want)
	}
	for _, pr := range problems {
		t.Errorf("problem: %s", pr.Message)
	}
	for _, f := range p.Families {
		if f.Reason == "" || f.Group != "main" || f.Phase != "only" {
			t.Errorf("%s: reason %q, group %q, phase %q", f.Name, f.Reason, f.Group, f.Phase)
		}
	}
	if f := p.Route("session:*"); !reflect.DeepEqual(f.Commands, []string{"DEL", "GET", "SET"}) {
		t.Errorf("commands of sessions: %v", f.Commands)
	}
	if f := p.Route("session:*"); !strings.Contains(f.Alternative, "$") {
		t.Errorf("alternative of sessions: %q", f.Alternative)
	}
}

func TestDoIsPlacedByItsCommand(t *testing.T) {
	do := func(s *analyzer.Site) { s.Shape, s.Row = analyzer.ShapeDo, &spec.Row{Method: "Do"} }
	p, _ := Build([]analyzer.Site{
		at(1, "Do SETNX string again:*", do), at(2, "Do SETEX string cache:*", do), at(3, "Do BLPOP list jobs:*", do),
	}, nil)
	want := `again:* Again string do  1
cache:* CacheKeys string kv  1
jobs:* Jobs list do  1
`
	if got := show(p); got != want {
		t.Errorf("families:\n%s\nwant:\n%s", got, want)
	}
}

func TestASecondBuildChangesNothing(t *testing.T) {
	sites := []analyzer.Site{
		at(1, "Set SET string a:*"), at(2, "LPush LPUSH list b:*"), at(3, "Get GET string ?"),
		at(4, "Get GET string a:1", inTest), at(5, "Get GET string only:in:tests", inTest),
	}
	first, _ := Build(sites, nil)
	second, problems := Build(sites, first)
	if show(first) != show(second) || !same(first, second) || len(problems) > 0 {
		t.Errorf("first:\n%s\nsecond:\n%s\n%v", show(first), show(second), problems)
	}
}

func TestBuildDoesNotDependOnOrder(t *testing.T) {
	sites := []analyzer.Site{
		at(1, "Set SET string user:*"), at(2, "Set SET string user-*"), at(3, "SAdd SADD set user:*:roles"),
		at(4, "Get GET string user:1", inTest), at(5, "HSet HSET hash client:*"),
	}
	first, _ := Build(sites, nil)
	for i, j := 0, len(sites)-1; i < j; i, j = i+1, j-1 {
		sites[i], sites[j] = sites[j], sites[i]
	}
	second, _ := Build(sites, nil)
	if show(first) != show(second) {
		t.Errorf("one way:\n%s\nother way:\n%s", show(first), show(second))
	}
}

func TestHandMadeEditsWin(t *testing.T) {
	existing := &Plan{Version: 1, Package: "store", Groups: []Group{{"g", 4}}, Families: []Family{
		{Pattern: "user:*", Name: "People", Type: spec.String, Store: StoreDO, TTL: "1h0m0s", Reason: "mine", Phase: "redis", Group: "g"},
		{Pattern: "gone:*", Name: "Gone", Type: spec.List, Store: StoreR2, Phase: "only", Group: "g"},
		{Pattern: "later:*", Name: "Later", Type: spec.Any, Store: StoreDO, Phase: "only", Group: "g"},
	}}
	before := fmt.Sprintf("%+v", existing)
	p, problems := Build([]analyzer.Site{
		at(1, "Set SET string user:*"),
		at(2, "Get GET string user:*:name"), // its own line was merged into user:*
		at(3, "SAdd SADD set user:*:roles"),
		at(4, "HSet HSET hash later:*"),
		at(5, "Set SET string people"),
	}, existing)
	want := `user:* People string do 1h0m0s 2
gone:* Gone list r2  0
later:* Later hash do  1
people People2 string kv  1
user:*:roles UserRoles set d1  1
`
	if got := show(p); got != want {
		t.Errorf("families:\n%s\nwant:\n%s", got, want)
	}
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	if f := p.Route("user:1"); f.Reason != "mine" || f.Phase != "redis" {
		t.Errorf("edits are lost: %+v", f)
	}
	if fmt.Sprintf("%+v", existing) != before {
		t.Error("the existing plan was changed")
	}
}

func TestTestsDoNotMakeFamiliesOfKeysTheProgramHas(t *testing.T) {
	p, problems := Build([]analyzer.Site{
		at(1, "Set SET string session:*", ttl("1h0m0s")),
		at(2, "Get GET string session:1", inTest),
		at(3, "Incr INCR string session:2", inTest), // what a test does decides nothing
		at(4, "Get GET string foo", inTest),
		at(5, "LPush LPUSH list session:list", inTest),
	}, nil)
	want := `session:* Session string kv 1h0m0s 3
foo Foo string kv  1
session:list SessionList list d1  1
`
	if got := show(p); got != want || len(problems) > 0 {
		t.Errorf("families:\n%s\nwant:\n%s\n%v", got, want, problems)
	}
	if f := p.Route("foo"); !f.TestOnly || !strings.Contains(f.Reason, "tests") {
		t.Errorf("%+v", f)
	}
}

func TestTypeConflictsNameBothPlaces(t *testing.T) {
	p, problems := Build([]analyzer.Site{
		at(10, "HSet HSET hash user:*"),
		at(20, "HGet HGET hash user:*"),
		at(30, "Get GET string user:*"),
		at(40, "Get GET string user:*"),
		at(50, "Del DEL any user:*"),
		at(60, "HDel HDEL hash user:*"),
	}, nil)
	if f := p.Route("user:*"); f.Type != spec.Hash {
		t.Errorf("type: %s", f.Type)
	}
	if len(problems) != 1 || problems[0].Code != spec.FamilyConflict {
		t.Fatalf("problems: %+v", problems)
	}
	pr := problems[0]
	if len(pr.Pos) != 2 || pr.Pos[0].Line != 30 || pr.Pos[1].Line != 10 {
		t.Errorf("positions: %v", pr.Pos)
	}
	if !strings.Contains(pr.Message, "store.go:30") || !strings.Contains(pr.Message, "store.go:10") {
		t.Errorf("message: %s", pr.Message)
	}
}

func TestOverlapsAreReportedOnlyWithoutAMoreSpecificPattern(t *testing.T) {
	tests := []struct {
		sites []string
		want  int
	}{
		{[]string{"Get GET string user:*", "SAdd SADD set user:*:followers"}, 0},
		{[]string{"Get GET string a:*:x", "SAdd SADD set a:b:*"}, 1},
		{[]string{"Get GET string a:*:x", "Get GET string a:b:*"}, 0}, // it makes no difference
		{[]string{"Get GET string *\x00*", "ZAdd ZADD zset *\x00*m"}, 1},
		{[]string{"Get GET string a:*", "ZAdd ZADD zset b:*"}, 0},
		{[]string{"Get GET string ?", "ZAdd ZADD zset b:*"}, 0},
	}
	for _, tt := range tests {
		var sites []analyzer.Site
		for i, s := range tt.sites {
			sites = append(sites, at(i+1, s))
		}
		if _, problems := Build(sites, nil); len(problems) != tt.want {
			t.Errorf("%q: %d problems: %v", tt.sites, len(problems), problems)
		}
	}
}

func TestRoute(t *testing.T) {
	p, _ := Build([]analyzer.Site{
		at(1, "Get GET string user:*"), at(2, "SAdd SADD set user:*:followers"), at(3, "Get GET string a[1]*"),
	}, nil)
	for pattern, want := range map[string]string{
		"user:*": "User", "user:7": "User", "user:7:followers": "UserFollowers", "user:*:*": "User",
		"user:*:followers": "UserFollowers", "a[1]b": "A1", "other": "",
	} {
		got := ""
		if f := p.Route(pattern); f != nil {
			got = f.Name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
	for words, want := range map[string]string{
		"Get GET string user:*":                    "User",
		"MGet MGET string user:1 user:2":           "User",
		"MGet MGET string user:1 user:1:followers": "",
		"Get GET string user:1|user:1:followers":   "",
		"Get GET string user:1 ?":                  "",
		"Get GET string ?":                         "",
		"Ping PING connection":                     "",
	} {
		s := at(1, words)
		got := ""
		if f := p.FamilyOf(&s); f != nil {
			got = f.Name
		}
		if got != want {
			t.Errorf("%s: family %q, want %q", words, got, want)
		}
	}
	s := at(1, "LPush LPUSH list user:*")
	if p.Route("user:*").Serves(&s) {
		t.Error("a family of strings serves LPUSH")
	}
}

func TestFamiliesThatMeet(t *testing.T) {
	sites := []analyzer.Site{
		at(1, "LPush LPUSH list messages:*", inTx("tx")),
		at(2, "HSet HSET hash slots:*", inTx("tx")),
		at(3, "Eval EVAL script lock:* queue:*", keyType(1, spec.ZSet)),
		at(4, "Get GET string a:*|b:*"), // one or the other
	}
	p, _ := Build(sites, nil)
	for pattern, want := range map[string]string{
		"messages:*": "[Slots]", "slots:*": "[Messages]", "lock:*": "[Queue]", "queue:*": "[Lock]", "a:*": "[]",
	} {
		if got := fmt.Sprint(p.Route(pattern).Meets); got != want {
			t.Errorf("%s meets %s, want %s", pattern, got, want)
		}
	}
	if f := p.Route("queue:*"); f.Type != spec.ZSet || f.Store != StoreDO {
		t.Errorf("a sorted set typed by a script: %s in %s", f.Type, f.Store)
	}
	p.Groups = append(p.Groups, Group{"other", 1})
	p.Route("slots:*").Group = "other"
	_, problems := Build(sites, p)
	if len(problems) != 1 || problems[0].Code != spec.GroupsSplit || !problems[0].Fatal {
		t.Errorf("split groups: %+v", problems)
	}
}

// What KV alone cannot keep is refused, with the reason and the site.
func TestPrimaryIsRefusedWhereItIsNotProven(t *testing.T) {
	unread := func(s *analyzer.Site) { s.Unread = true }
	keepTTL := func(s *analyzer.Site) { s.KeepTTL = true }
	do := func(s *analyzer.Site) { s.Shape = analyzer.ShapeDo; s.Row.Method = "Do" }
	set := at(1, "Set SET string a:*", ttl("1h0m0s"))
	for _, c := range []struct {
		name string
		site analyzer.Site
		want string // empty: it is allowed
	}{
		{"Del, count unread", at(2, "Del DEL any a:*", unread), ""},
		{"Del, count read", at(2, "Del DEL any a:*"), "how many keys there were"},
		{"SetNX", at(2, "SetNX SET string a:*"), "SetNX may read before it writes"},
		{"SetArgs", at(2, "SetArgs SET string a:*"), "SetArgs may read before it writes"},
		{"KeepTTL", at(2, "Set SET string a:*", keepTTL), "keeps the expiry"},
		{"Do SET", at(2, "Do SET string a:*", do), "sent by Do"},
		{"Do DEL", at(2, "Do DEL any a:*", do), "sent by Do"},
		{"Do GET", at(2, "Do GET string a:*", do), ""},
		{"in a transaction of its own", at(2, "Set SET string a:*", inTx("x")), "in a transaction"},
		{"SetEx", at(2, "SetEx SETEX string a:*", ttl("90s")), ""},
		{"MGet", at(2, "MGet MGET string a:* a:*"), ""},
		{"Expire", at(2, "Expire EXPIRE any a:*"), "it uses EXPIRE"},
		{"Exists", at(2, "Exists EXISTS any a:*"), "it uses EXISTS"},
		{"with another family", at(2, "MGet MGET string a:* b:*"), "meets B"},
		{"an expiry that KV does not keep", at(2, "SetEx SETEX string a:*", ttl("30s")), "sets an expiry of 30s"},
		{"what a test does", at(2, "Incr INCR string a:*", inTest), ""},
	} {
		p, _ := Build([]analyzer.Site{set, c.site}, nil)
		f := p.Route("a:*")
		f.Store, f.Consistency = StoreKV, Primary
		_, problems := Build([]analyzer.Site{set, c.site}, p)
		if c.want == "" {
			if len(problems) != 0 {
				t.Errorf("%s: %+v", c.name, problems)
			}
			continue
		}
		if len(problems) != 1 || !problems[0].Fatal || !strings.Contains(problems[0].Message, c.want) || !strings.Contains(problems[0].Message, `"a:*"`) {
			t.Errorf("%s: %+v", c.name, problems)
			continue
		}
		if line := problems[0].Pos[0].Line; line != 2 && !strings.Contains(c.want, "meets") && !strings.Contains(c.want, "expiry of") {
			t.Errorf("%s: the problem is at line %d", c.name, line)
		}
	}
	list := at(1, "LRange LRANGE list l:*")
	p, _ := Build([]analyzer.Site{list}, nil)
	p.Families[0].Store, p.Families[0].Consistency = StoreKV, Primary
	if _, problems := Build([]analyzer.Site{list}, p); len(problems) != 1 || !problems[0].Fatal {
		t.Errorf("a list: %+v", problems)
	}
}

// The alternative is offered only where a person who takes it is not refused.
func TestPrimaryIsOfferedWhereItIsProven(t *testing.T) {
	for _, c := range []struct {
		del  analyzer.Site
		want bool
	}{
		{at(2, "Del DEL any a:*", func(s *analyzer.Site) { s.Unread = true }), true},
		{at(2, "Del DEL any a:*"), false},
	} {
		p, _ := Build([]analyzer.Site{at(1, "Set SET string a:*"), c.del}, nil)
		if got := strings.Contains(p.Families[0].Alternative, "consistency: primary"); got != c.want {
			t.Errorf("offered: %v, want %v: %s", got, c.want, p.Families[0].Alternative)
		}
	}
}

// The page about such families names their commands.
func TestPrimaryCommandsAreThoseOfThePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "kv-primary.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+) ").FindAllStringSubmatch(string(page), -1) {
		found[m[1]] = true
	}
	if !reflect.DeepEqual(found, primaryOnly) {
		t.Errorf("the page has %v, the plan %v", found, primaryOnly)
	}
}

func TestPromisesOfKV(t *testing.T) {
	build := func(store Store, consistency string, sites ...analyzer.Site) []Problem {
		p, _ := Build(sites, nil)
		p.Families[0].Store, p.Families[0].Consistency = store, consistency
		_, problems := Build(sites, p)
		return problems
	}
	if got := build(StoreKV, Primary, at(1, "Set SET string a:*"), at(2, "Get GET string a:*")); len(got) != 0 {
		t.Errorf("primary for SET and GET: %v", got)
	}
	if got := build(StoreKV, Primary, at(1, "Set SET string a:*"), at(2, "Incr INCR string a:*")); len(got) != 1 || !got[0].Fatal || !strings.Contains(got[0].Message, "INCR") {
		t.Errorf("primary for INCR: %v", got)
	}
	if got := build(StoreKV, Primary, at(1, "Set SET string a:*", inTx("x")), at(2, "Set SET string b:*", inTx("x"))); len(got) != 1 || !strings.Contains(got[0].Message, "meets B") {
		t.Errorf("primary for a family that meets another: %v", got)
	}
	if got := build(StoreKV, Follow, at(1, "Set SET string a:*", ttl("5s"))); len(got) != 1 || got[0].Code != spec.KVExpiryTooShort || got[0].Fatal {
		t.Errorf("a short expiry: %v", got)
	}
}

func TestEmptyEndsAreNoFamily(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Get GET string seen:*: | Set SET string seen:*:*", "seen:*:* Seen string kv  2\n"},
		{"Del DEL any seen: | Set SET string seen:*", "seen:* Seen string kv  2\n"},
		// One key and its elements, a number behind a name, two types: two families.
		{"Get GET string seen | Set SET string seen*", "seen Seen string kv  1\nseen* Seen2 string kv  1\n"},
		{"LPush LPUSH list seen:*: | Set SET string seen:*:*", "seen:*: Seen list d1  1\nseen:*:* SeenString string kv  1\n"},
		{"Get GET string seen:*:", "seen:*: Seen string kv  1\n"},
	} {
		var sites []analyzer.Site
		for i, words := range strings.Split(c.name, " | ") {
			sites = append(sites, at(i+1, words))
		}
		p, _ := Build(sites, nil)
		if got := show(p); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		again, _ := Build(sites, p)
		if got := show(again); got != c.want {
			t.Errorf("%s, a second time:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
