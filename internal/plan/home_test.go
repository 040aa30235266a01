package plan

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
)

// sitesOf makes sites of lines in the words of at; a line that begins with "test" is
// of a test.
func sitesOf(text string) []analyzer.Site {
	var sites []analyzer.Site
	for i, words := range strings.Split(text, " / ") {
		if rest, ok := strings.CutPrefix(words, "test "); ok {
			sites = append(sites, at(i+1, rest, inTest))
			continue
		}
		sites = append(sites, at(i+1, words))
	}
	return sites
}

// What is only deleted, expired or looked for says nothing about its data: who writes
// it does.
func TestWhichPatternsAreFamilies(t *testing.T) {
	for _, c := range []struct{ name, sites, want string }{
		{"deleted within a family", "Set SET string user:* / Del DEL any user:*:mail",
			"user:* User string kv  2\n"},
		{"deleted within two, the narrower has it", "HSet HSET hash user:* / LPush LPUSH list user:*:log / Del DEL any user:*:old:log",
			"user:* User hash d1  1\nuser:*:log UserLog list d1  2\n"},
		{"deleted within two that fit equally", "HSet HSET hash a:*:x / LPush LPUSH list *:b:x / Del DEL any a:b:x",
			"*:b:x BX list d1  1\na:*:x AX hash d1  1\na:b:x ABX any do  1\n"},
		{"deleted around a family", "LPush LPUSH list user:*:log / Del DEL any user:*",
			"user:* User any do  1\nuser:*:log UserLog list d1  1\n"},
		{"of a pattern that has no word", "Set SET string *: / Del DEL any lock:*:",
			"*: StringKeys string kv  1\nlock:*: Lock any do  1\n"},
		{"deleted beside what only tests write", "test Set SET string user:* / Del DEL any user:*:mail",
			"user:*:mail UserMail any do  1\nuser:* User string kv  1\n"},
		{"a Del of several", "Set SET string a:* / LPush LPUSH list b:* / Del DEL any a:*:x b:*:y",
			"a:* A string kv  2\nb:* B list d1  2\n"},
		{"one of several patterns of one key", "Set SET string a:* / LPush LPUSH list b:* / Expire EXPIRE any a:x|b:x",
			"a:* A string kv  2\nb:* B list d1  2\n"},
		{"an example of a family", "LPush LPUSH list queue:* / BLPop BLPOP list queue:default",
			"queue:* Queue list do  2\n"},
		{"an example inside braces", "ZAdd ZADD zset jobs:{*}:late / ZAdd ZADD zset jobs:{low-1}:late / Del DEL any jobs:{low-1}:late:",
			"jobs:{*}:late JobsLate zset d1  2\njobs:{low-1}:late: JobsLow1Late any do  1\n"},
		{"no example: another type", "LPush LPUSH list queue:* / SAdd SADD set queue:names",
			"queue:* Queue list d1  1\nqueue:names QueueNames set d1  1\n"},
		{"no example: two parts in one hole", "Set SET string user:* / Set SET string user:*:mail",
			"user:* User string kv  1\nuser:*:mail UserMail string kv  1\n"},
		{"no example: no end of the hole", "Set SET string user* / Set SET string users",
			"user* User string kv  1\nusers Users string kv  1\n"},
		{"no example: keys without a word", "Set SET string *:* / Set SET string page:*",
			"*:* StringKeys string kv  1\npage:* Page string kv  1\n"},
		{"an empty end of an example", "Set SET string seen:*:* / Get GET string seen:web:",
			"seen:*:* Seen string kv  1\nseen:web: SeenWeb string kv  1\n"},
		{"through two", "Set SET string a:*:* / Get GET string a:*: / Get GET string a:b:*",
			"a:*:* A string kv  3\n"},
		{"a suffix beats a star", "SAdd SADD set *\x00 / Set SET string ?",
			"*\x00 SetKeys set d1  1\n* Default any do  1\n"},
	} {
		p, _ := Build(sitesOf(c.sites), nil)
		if got := show(p); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		again, _ := Build(sitesOf(c.sites), p)
		if got := show(again); got != c.want {
			t.Errorf("%s, a second time:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestNamesOfFamilies(t *testing.T) {
	for _, c := range []struct{ name, sites, want string }{
		{"a word that begins them all is left out", "Set SET string app:page:* / HSet HSET hash {app:user}:* / LPush LPUSH list app:log / test Set SET string app:tried",
			"Log Page User Tried"},
		{"unless little is left", "Set SET string app:t:* / HSet HSET hash app:user:* / LPush LPUSH list app:42",
			"App42 AppT User"},
		{"two say nothing about the rest", "Set SET string app:page:* / HSet HSET hash app:user:*",
			"AppPage AppUser"},
		{"a word that goes on in a hole", "Set SET string app* / HSet HSET hash app:user:* / LPush LPUSH list app:log",
			"App AppLog AppUser"},
		{"a collection and its index", "HSet HSET hash user:* / SAdd SADD set user",
			"User UserHash"},
		{"a number where the type does not tell", "Set SET string user:*:* / Set SET string user:{*}",
			"User User2"},
		{"capitals do not tell", "Set SET string userName:* / LPush LPUSH list username:*",
			"UserName UsernameList"},
		{"the facade's names", "HSet HSET hash client:* / LPush LPUSH list lists:*",
			"ClientKeys ListsKeys"},
	} {
		p, _ := Build(sitesOf(c.sites), nil)
		var names []string
		for _, f := range p.Families {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A name stays what it was whatever comes after it.
func TestNamesStayWhenFamiliesCome(t *testing.T) {
	sites := sitesOf("Set SET string app:page:* / HSet HSET hash app:user:* / LPush LPUSH list app:log")
	p, _ := Build(sites, nil)
	p, _ = Build(append(sites, sitesOf("SAdd SADD set user:* / ZAdd ZADD zset app:page")...), p)
	want := "Log Page User AppPage UserSet"
	var names []string
	for _, f := range p.Families {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Holes hold values, and values do not have the bytes that separate the parts of a key.
func TestOnlyPlainOverlapsAreConflicts(t *testing.T) {
	for sites, want := range map[string]int{
		"LPush LPUSH list q:{*}:active / HSet HSET hash q:{*}:t:*": 0,
		"LPush LPUSH list a:*:x / HSet HSET hash a:b:*":            1,
		"LPush LPUSH list *:jobs / HSet HSET hash app:*":           1,
		"LPush LPUSH list *:jobs / HSet HSET hash app:*:state":     0,
		"Set SET string *\x00* / ZAdd ZADD zset *\x00*m":           1,
		"Set SET string {*}.tokens / ZAdd ZADD zset {*}.ts":        0,
		"Set SET string user:* / LPush LPUSH list user:*:log":      0,
		"Set SET string a-*-x / LPush LPUSH list a-b-*":            1,
	} {
		_, problems := Build(sitesOf(sites), nil)
		if len(problems) != want {
			t.Errorf("%s: %d conflicts, want %d: %v", sites, len(problems), want, problems)
		}
	}
}

// Whoever writes type: any over keys of several types means it; over keys of one it was
// written before they were known.
func TestTypeAnyOfAPlanThatIsThere(t *testing.T) {
	for sites, want := range map[string]string{
		"HSet HSET hash a:* / Del DEL any a:*":      "a:* A hash do  2\n",
		"HSet HSET hash a:* / LPush LPUSH list a:*": "a:* A any do  2\n",
	} {
		p, _ := Build(sitesOf("Del DEL any a:*"), nil)
		p, problems := Build(sitesOf(sites), p)
		if got := show(p); got != want || len(problems) > 0 {
			t.Errorf("%s: %s, want %s: %v", sites, got, want, problems)
		}
	}
}
