package plan

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Each row of the design's table of stores: the first that fits, the reason, and the
// other choice with its price.
func TestPlacement(t *testing.T) {
	script := func(line int, words string) analyzer.Site {
		s := at(line, words)
		s.Row.Group = "script"
		return s
	}
	unread := func(s *analyzer.Site) { s.Unread = true }
	for _, c := range []struct {
		name                     string
		sites                    []analyzer.Site
		store                    Store
		reason, other, wantPrice string
	}{
		{"script", []analyzer.Site{at(1, "Set SET string k:*"), script(2, "Eval EVAL script k:*")}, StoreDO, "a script (EVAL) works on these keys", "kv too", "5.00 $"},
		{"script over rows", []analyzer.Site{at(1, "HSet HSET hash k:*"), script(2, "Eval EVAL script k:*")}, StoreDO, "a script (EVAL)", "d1 too", "1.00 $"},
		{"blocking read", []analyzer.Site{at(1, "BLPop BLPOP list k:*")}, StoreDO, "BLPOP waits for data", "d1 too", "1.00 $"},
		{"watch", []analyzer.Site{at(1, "Watch WATCH any k:*", inTx("x")), at(2, "Set SET string k:*", inTx("x"))}, StoreDO, "WATCH compares", "kv too", "5.00 $"},
		{"stream", []analyzer.Site{at(1, "XAdd XADD stream k:*")}, StoreDO, "streams keep their groups", "", ""},
		{"lock", []analyzer.Site{at(1, "SetNX SET string k:*", ttl("10s"))}, StoreDO, "SetNX with an expiry takes a lock", "kv too", "5.00 $"},
		{"set once", []analyzer.Site{at(1, "SetNX SET string k:*", ttl("none"))}, StoreDO, "SetNX reads and writes in one step", "kv too", "5.00 $"},
		{"counter", []analyzer.Site{at(1, "Incr INCR string k:*")}, StoreDO, "INCR reads and writes in one step", "kv too", "5.00 $"},
		{"counter that a test makes", []analyzer.Site{at(1, "Get GET string k:*"), at(2, "Incr INCR string k:*", inTest)}, StoreKV, "plain values", "primary", "5.00 $"},
		{"hyperloglog", []analyzer.Site{at(1, "PFAdd PFADD hyperloglog k:*")}, StoreDO, "a HyperLogLog is changed in place", "", ""},
		{"session", []analyzer.Site{at(1, "Set SET string k:*"), at(2, "Expire EXPIRE any k:*")}, StoreKV, "plain values", "do, without reads at the edge", "0.15 $"},
		{"cache", []analyzer.Site{at(1, "Set SET string k:*", ttl("90s")), at(2, "Del DEL any k:*", unread)}, StoreKV, "plain values", "kv with consistency: primary", "5.00 $"},
		{"large cache", []analyzer.Site{at(1, "Set SET string k:*")}, StoreKV, "plain values", "r2 in place of kv", "4.50 $"},
		{"short lives", []analyzer.Site{at(1, "Set SET string k:*", ttl("30s"))}, StoreDO, "an expiry of 30s is seen", "kv if they lived for longer", "5.00 $"},
		{"document, whole", []analyzer.Site{at(1, "JSONSet JSON.SET json k:*"), at(2, "JSONGet JSON.GET json k:*")}, StoreKV, "plain values", "do, without", "1.00 $"},
		{"document, by path", []analyzer.Site{at(1, "JSONArrAppend JSON.ARRAPPEND json k:*")}, StoreDO, "changed by path", "kv too", "5.00 $"},
		{"list", []analyzer.Site{at(1, "LPush LPUSH list k:*")}, StoreD1, "lists are rows", "do, without SQL", "0.001 $"},
		{"hash", []analyzer.Site{at(1, "HSet HSET hash k:*")}, StoreD1, "hashes are rows", "do, without SQL", "0.001 $"},
		{"set", []analyzer.Site{at(1, "SAdd SADD set k:*")}, StoreD1, "sets are rows", "do, without SQL", "0.001 $"},
		{"sorted set", []analyzer.Site{at(1, "ZAdd ZADD zset k:*")}, StoreD1, "sorted sets are rows", "do, without SQL", "0.001 $"},
		{"any type", []analyzer.Site{at(1, "Del DEL any k:*")}, StoreDO, "only commands that fit every type", "", ""},
		{"no pattern", []analyzer.Site{at(1, "Set SET string ?")}, StoreDO, "known only at run time", "d1 for rows", "5.00 $"},
	} {
		p, _ := Build(c.sites, nil)
		f := p.Families[0]
		if f.Store != c.store || !strings.Contains(f.Reason, c.reason) || !strings.Contains(f.Alternative, c.other) || !strings.Contains(f.Alternative, c.wantPrice) {
			t.Errorf("%s: %s, %s; %s", c.name, f.Store, f.Reason, f.Alternative)
		}
		if c.other == "" && f.Alternative != "" {
			t.Errorf("%s: another store is offered: %s", c.name, f.Alternative)
		}
	}
}

// What a person chose is held against what the code does now.
func TestTheOtherChoiceOfAFamilyThatIsThere(t *testing.T) {
	sites := []analyzer.Site{at(1, "Set SET string k:*")}
	p, _ := Build(sites, nil)
	if p, _ = Build(append(sites, at(2, "Incr INCR string k:*")), p); p.Families[0].Store != StoreKV || !strings.Contains(p.Families[0].Alternative, "do by what is seen now: INCR") {
		t.Errorf("a counter now: %+v", p.Families[0])
	}
	p.Families[0].Consistency = Primary
	if p, _ = Build(sites, p); !strings.Contains(p.Families[0].Alternative, "consistency: follow") {
		t.Errorf("in KV alone: %+v", p.Families[0])
	}
}

// All that stands in the way of KV alone is named, each with its site.
func TestPrimaryRefusalsNameTheirSites(t *testing.T) {
	sites := []analyzer.Site{
		at(1, "Set SET string a:*"), at(2, "Incr INCR string a:*"), at(3, "Expire EXPIRE any a:*"),
		at(4, "MGet MGET string b:* a:*"), at(5, "Del DEL any a:*"), at(6, "Set SET string a:*", func(s *analyzer.Site) { s.KeepTTL = true }),
	}
	p, _ := Build(sites, nil)
	p.Families[0].Store, p.Families[0].Consistency = StoreKV, Primary
	_, problems := Build(sites, p)
	want := `family A ("a:*") cannot have consistency: primary, because it uses EXPIRE (store.go:3), it uses INCR (store.go:2), it meets B in one transaction, script or command (store.go:4), ` +
		`Del is asked how many keys there were, which KV does not know (store.go:5), and Set keeps the expiry that was there (store.go:6): use consistency: follow in redis2cf.yaml`
	if len(problems) != 1 || problems[0].Message != want {
		t.Fatalf("%v\nwant %s", problems, want)
	}
	var lines []int
	for _, pos := range problems[0].Pos {
		lines = append(lines, pos.Line)
	}
	if len(lines) != 5 {
		t.Errorf("sites: %v", lines)
	}
}

func TestStoresThatDoNotTakeTheFamily(t *testing.T) {
	for _, c := range []struct {
		store Store
		words string
		want  string // empty: it fits
	}{
		{StoreKV, "LPush LPUSH list a:*", "KV takes strings and JSON documents, not lists"},
		{StoreKV, "XAdd XADD stream a:*", "not streams"},
		{StoreKV, "Set SET string a:*", ""},
		{StoreKV, "JSONSet JSON.SET json a:*", ""},
		{StoreKV, "Del DEL any a:*", ""},
		{StoreR2, "HSet HSET hash a:*", "R2 takes the values of strings, not hashes: they stay in the object: use store: do in redis2cf.yaml, or d1"},
		{StoreR2, "Set SET string a:*", ""},
		{StoreR2, "Set SET string a:* / Append APPEND string a:*", "Append (store.go:2) works on the bytes"},
		{StoreR2, "Set SET string a:* / Eval EVAL script a:*", "Eval (store.go:2) works on the bytes"},
		{StoreD1, "HSet HSET hash a:*", ""},
		{StoreDO, "HSet HSET hash a:*", ""},
	} {
		sites := sitesOf(c.words)
		p, _ := Build(sites, nil)
		p.Families[0].Store, p.Families[0].Consistency = c.store, ""
		_, problems := Build(sites, p)
		if c.want == "" {
			if len(problems) > 0 {
				t.Errorf("%s for %s: %v", c.store, c.words, problems)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Code != spec.StoreUnfit || problems[0].Fatal || !strings.Contains(problems[0].Message, c.want) || len(problems[0].Pos) != 1 {
			t.Errorf("%s for %s: %v", c.store, c.words, problems)
		}
	}
}

func TestKeysInSeveralShards(t *testing.T) {
	for words, want := range map[string]int{
		"SInter SINTER set a:* b:*":             1,
		"SInter SINTER set a:{*} b:{*}":         0, // the same hole, as far as is known
		"SInter SINTER set {shop}:a:* {shop}:b": 0,
		"SInter SINTER set {shop}:a {mail}:b":   1,
		"SInter SINTER set a:{*} b:*":           0, // b: in the braces of one, in the name of the other
		"SInter SINTER set a:* a:*":             0,
		"Get GET string a:* / Get GET string b": 0,
		"SInter SINTER set a:*|c:* b:*":         0,
		"SInter SINTER set a:{}x b:{}x":         1,
	} {
		sites := sitesOf(words)
		p, _ := Build(sites, nil)
		if _, problems := Build(sites, p); len(problems) > 0 {
			t.Errorf("%s, one shard: %v", words, problems)
		}
		p.Groups[0].Shards = 4
		_, problems := Build(sites, p)
		if len(problems) != want || want > 0 && (problems[0].Code != spec.ShardsSplit || problems[0].Fatal || !strings.Contains(problems[0].Message, "store.go:1")) {
			t.Errorf("%s: %v", words, problems)
		}
	}
	sites := []analyzer.Site{at(1, "LPush LPUSH list a:*", inTx("x")), at(2, "HSet HSET hash b:*", inTx("x"))}
	p, _ := Build(sites, nil)
	p.Groups[0].Shards = 4
	if _, problems := Build(sites, p); len(problems) != 1 || problems[0].Pos[0].Line != 2 {
		t.Errorf("a transaction: %v", problems)
	}
}
