package plan

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/spec"
)

func samplePlan() *Plan {
	return &Plan{
		Version: 1, Module: "example.com/chat", Package: "internal/cfstore", Default: "file:chat.db",
		Groups:  []Group{{"main", 1}, {"rooms", 8}},
		Clients: []Client{{Addr: "localhost:6379"}, {"queue*:6379", "queue"}, {"master:jobs@*", "jobs"}},
		Keep:    []string{"example.com/chat/legacy/..."},
		Families: []Family{
			{Pattern: "session:*", Name: "Session", Type: spec.String, Store: StoreKV, Consistency: Follow, TTL: "24h0m0s", Reason: "plain: values # not a comment", Phase: "only", Group: "main"},
			{Pattern: "room:{*}:\x00\"é*", Name: "Room", Type: spec.List, Store: StoreD1, Consistency: Sync, Reason: "yes", Phase: "redis", Group: "rooms", Client: "cache"},
			{Pattern: "caf\xe9:*", Name: "Cafe", Type: spec.Any, Store: StoreDO, Phase: "only", Group: "main"},
			{Pattern: "*", Name: "Default", Type: spec.Any, Store: StoreDO, Phase: "only", Group: "main"},
		},
	}
}

func TestANewFileReadsBack(t *testing.T) {
	p := samplePlan()
	data, err := Encode(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(FileName, data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if !reflect.DeepEqual(got, p) {
		t.Errorf("read back:\n%+v\nwritten:\n%+v\n%s", got, p, data)
	}
	again, err := Encode(got, data)
	if err != nil || string(again) != string(data) {
		t.Errorf("written again: %v\n%s", err, again)
	}
	for _, f := range familyFields {
		if !strings.Contains(header, "#   "+f.key+" ") {
			t.Errorf("the header does not explain %s", f.key)
		}
	}
	for _, f := range clientFields {
		if !strings.Contains(header, "#   "+f.key+" ") {
			t.Errorf("the header does not explain %s", f.key)
		}
	}
	for _, f := range planFields {
		if !strings.Contains(header, "# "+f.key+" ") {
			t.Errorf("the header does not explain %s", f.key)
		}
	}
}

func TestAnEmptyPlanReadsBack(t *testing.T) {
	p, _ := Build(nil, nil)
	p.Module = "m"
	data, err := Encode(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(FileName, data); err != nil || !same(p, got) {
		t.Errorf("%v\n%s", err, data)
	}
}

const edited = `# ours
version: 1   # of the format
package: 'store'

families:   # by hand
  # people
  - name: People      # not User
    pattern: "user:*" # every user

    store: do
    type: any
    # end of people


  - pattern: 'a:*'
    name: A
    reason: >-
      folded over
      two lines
# the end
`

func TestEditsKeepEveryOtherByte(t *testing.T) {
	p, err := Parse(FileName, []byte(edited))
	if err != nil {
		t.Fatal(err)
	}
	p.Families[0].Type = spec.Hash
	p.Families[0].TTL = "none"
	p.Families = append(p.Families, Family{Pattern: "b:*", Name: "B", Type: spec.List, Store: StoreD1, Consistency: Follow, Reason: "rows", Phase: "only", Group: "main"})
	p.Module = "m"
	want := strings.NewReplacer(
		"    type: any\n    # end of people\n", "    type: hash\n    # end of people\n    ttl: none\n",
		"version: 1 ", "module: m\nversion: 1 ",
		"      two lines\n", "      two lines\n\n  - pattern: \"b:*\"\n    name: B\n    type: list\n    store: d1\n    consistency: follow\n    reason: rows\n    phase: only\n",
	).Replace(edited)
	got, err := Encode(p, []byte(edited))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}

	crlf := strings.ReplaceAll(edited, "\n", "\r\n")
	got, err = Encode(p, []byte(crlf))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("with CRLF:\n%q", got)
	}
}

func TestFamiliesAreAddedToEveryForm(t *testing.T) {
	for _, src := range []string{
		"version: 1\n",
		"version: 1",
		"version: 1\nfamilies: []\n",
		"version: 1\nfamilies: [ ] # none yet\ngroups:\n- name: g\n",
		"version: 1\nfamilies:\n# none yet\n",
		"families:\n- pattern: \"a:*\"\n  name: A",
		"families:\n- pattern: \"a:*\"\n  name: A\n# tail\nversion: 1\n",
		"families:\n    -   pattern: \"a:*\"\n        name: A\n\n\nversion: 1\n",
	} {
		p, err := Parse(FileName, []byte(src))
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		p.Families = append(p.Families, Family{Pattern: "b:*", Name: "B", Type: spec.List, Store: StoreD1, Consistency: Follow, Phase: "only", Group: p.Groups[0].Name})
		got, err := Encode(p, []byte(src))
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		for _, line := range strings.Split(src, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "#") && !strings.Contains(string(got), line) {
				t.Errorf("%q: %q is lost:\n%s", src, line, got)
			}
		}
	}
}

func TestClientsAreAddedAndChangedInPlace(t *testing.T) {
	for src, want := range map[string]string{
		"version: 1\nclients: # ours\n  - addr: queue:6379 # jobs\n    namespace: q\nfamilies: []\n": "version: 1\nclients: # ours\n  - addr: queue:6379 # jobs\n    namespace: queue\n  - addr: '*:6380'\n    namespace: other\nfamilies: []\n",
		"version: 1\n": "version: 1\n\nclients:\n  - addr: queue:6379\n    namespace: queue\n  - addr: '*:6380'\n    namespace: other\n",
	} {
		p, err := Parse(FileName, []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		p.Clients = []Client{{"queue:6379", "queue"}, {"*:6380", "other"}}
		got, err := Encode(p, []byte(src))
		if err != nil || string(got) != want {
			t.Errorf("%q became\n%s, %v, want\n%s", src, got, err, want)
		}
	}
}

func TestAFormThatCannotBeEditedIsAnError(t *testing.T) {
	src := "families: [{pattern: 'a:*', name: A}]\n"
	p, err := Parse(FileName, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Encode(p, []byte(src)); err != nil || string(got) != src {
		t.Errorf("unchanged: %q, %v", got, err)
	}
	p.Families = append(p.Families, Family{Pattern: "b:*", Name: "B", Type: spec.List, Store: StoreD1, Consistency: Follow, Phase: "only", Group: "main"})
	if _, err := Encode(p, []byte(src)); err == nil || !strings.Contains(err.Error(), `pattern: "b:*"`) {
		t.Errorf("error: %v", err)
	}
}

func TestErrorsNamePlaceAndAllowedValues(t *testing.T) {
	family := func(lines string) string { return "version: 1\nfamilies:\n  - pattern: \"a:*\"\n    name: A\n" + lines }
	for src, want := range map[string]string{
		"":                                  "p.yaml:1:1: the file is empty",
		"# nothing\n":                       "p.yaml:1:1: the file is empty",
		"- a\n":                             "p.yaml:1:1: the plan must be a list of keys with values",
		"version: 1\n  x: 2":                "p.yaml:2:3: not YAML",
		"version: 2\n":                      `p.yaml:1:10: version of the plan is "2": this redis2cf knows version 1`,
		"version: one\n":                    "p.yaml:1:10:",
		"versoin: 1\n":                      `p.yaml:1:1: unknown key "versoin" in the plan: allowed are version, module, package, default, api, groups, clients, keep, families`,
		"version: 1\nversion: 1\n":          `p.yaml:2:1: the plan has the key "version" twice: the first is on line 1`,
		"package: ../up\n":                  "p.yaml:1:10: package of the plan",
		"package: /abs\n":                   "p.yaml:1:10: package of the plan",
		"default: redis://x\n":              "p.yaml:1:10: default of the plan is \"redis://x\": allowed are store URLs",
		"groups: main\n":                    "p.yaml:1:9: groups must be a list",
		"groups:\n- shards: 1\n":            "p.yaml:2:3: a group needs a name",
		"groups:\n- {name: g, shards: 0}\n": "shards of a group is \"0\": allowed are numbers from 1 to 1024",
		"groups:\n- name: g\n- name: g\n":   `p.yaml:3:9: group "g" stands here for the second time: the first is on line 2`,
		"clients:\n- namespace: q\n":        "p.yaml:2:3: a client needs an addr",
		"clients:\n- {addr: a:1, namespace: Q}\n":           `p.yaml:2:26: namespace of a client is "Q": allowed are up to 40 of a-z, 0-9, - and _, a letter first`,
		"clients:\n- addr: a b\n":                           `p.yaml:2:9: addr of a client is "a b": allowed are a server's host:port`,
		"clients:\n- addr: a:1\n- addr: a:1\n":              `p.yaml:3:9: addr "a:1" stands here for the second time: the first is on line 2`,
		"clients:\n- addr: a:1\n  namspace: b\n":            `p.yaml:3:3: unknown key "namspace" in a client: allowed are addr, namespace`,
		"keep: [a, ]\nkeep2: 1":                             `unknown key "keep2"`,
		"families:\n  - name: A\n":                          "p.yaml:2:5: a family needs a pattern",
		"families:\n  - pattern: \"a:*\"\n":                 `p.yaml:2:5: family "a:*" needs a name, for example A`,
		"families:\n  - pattern: \"a[b]*\"\n":               "p.yaml:2:14: pattern of a family is \"a[b]*\": pattern \"a[b]*\" has a character class",
		family("    store: s3\n"):                           `p.yaml:5:12: store of family "a:*" is "s3": allowed are do, kv, d1, r2`,
		family("    type: map\n"):                           `p.yaml:5:11: type of family "a:*" is "map": allowed are string, hash, list`,
		family("    ttl: soon\n"):                           `p.yaml:5:10: ttl of family "a:*"`,
		family("    phase: both\n"):                         "allowed are redis, cloudflare, only",
		family("    store: d1\n    consistency: primary\n"): `p.yaml:6:18: consistency of family "a:*" is "primary": with store: d1 allowed are follow, sync`,
		family("    group: g\n"):                            `p.yaml:5:12: group of family "a:*" is "g": no such group; allowed are main`,
		family("    client: A B\n"):                         `client of family "a:*" is "A B"`,
		family("    stor: kv\n"):                            `p.yaml:5:5: unknown key "stor" in family "a:*": allowed are pattern, name, type, store`,
		family("    reason: [a]\n"):                         `p.yaml:5:13: reason of family "a:*" must be a single value`,
		family("  - pattern: a:*\n    name: B\n"):           `p.yaml:5:14: pattern "a:*" stands here for the second time: the first is on line 3`,
		family("  - pattern: a:**\n    name: B\n"):          `stands here for the second time`,
		family("  - pattern: b:*\n    name: A\n"):           `p.yaml:6:11: name "A" of family "b:*" is taken by the family on line 4`,
		family("  - pattern: b:*\n    name: b\n"):           `allowed is a Go name that begins with a capital letter`,
		family("  - pattern: b:*\n    name: Client\n"):      `the generated package has this name already: try ClientKeys`,
		"version: 1\n---\nversion: 1\n":                     "a second document begins here",
	} {
		p, err := Parse("p.yaml", []byte(src))
		if err == nil {
			t.Errorf("%q: no error: %+v", src, p)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "p.yaml:") {
			t.Errorf("%q:\n got %v\nwant %s", src, err, want)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: an error of several lines: %v", src, err)
		}
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if _, err := Read(path); err == nil || !os.IsNotExist(unwrap(err)) {
		t.Errorf("a plan that is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte("a: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), "redis2cf.yaml:1:1:") {
		t.Errorf("error: %v", err)
	}
}

func unwrap(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		if _, ok := err.(*os.PathError); ok {
			return err
		}
		err = u.Unwrap()
	}
}

// Random files with comments and blank lines in random places get random
// changes: every line that was not changed must still be there, in its order,
// and the result must read as the plan that was asked for.
func TestCommentsSurviveRandomEdits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for round := range 400 {
		src := randomFile(rnd)
		p, err := Parse(FileName, []byte(src))
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, src)
		}
		changed := 0
		for i := range p.Families {
			if rnd.IntN(3) > 0 {
				continue
			}
			f := &p.Families[i]
			switch rnd.IntN(3) {
			case 0:
				f.Type = []spec.Type{spec.Hash, spec.List}[rnd.IntN(2)]
			case 1:
				f.TTL = fmt.Sprintf("%dh0m0s", 2+rnd.IntN(5))
			case 2:
				f.Reason = []string{"it's: \"quoted\"", "plain", "- dash # hash", "100"}[rnd.IntN(4)]
			}
			changed++
		}
		for n := range rnd.IntN(3) {
			p.Families = append(p.Families, Family{Pattern: fmt.Sprintf("new%d:*", n), Name: fmt.Sprintf("New%d", n), Type: spec.Any, Store: StoreDO, Phase: "only", Group: "main"})
		}
		out, err := Encode(p, []byte(src))
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, src)
		}
		again, err := Encode(p, out)
		if err != nil || string(again) != string(out) {
			t.Fatalf("round %d: a second write changes the file: %v\n%s", round, err, again)
		}
		was, now := strings.Split(src, "\n"), strings.Split(string(out), "\n")
		lost := len(was) - common(was, now)
		for _, line := range was {
			i := strings.Index(line, "# ")
			if i >= 0 && !strings.Contains(string(out), line[i:]) {
				t.Fatalf("round %d: a comment is lost: %q\n%s\nbecame\n%s", round, line, src, out)
			}
		}
		if lost > changed {
			t.Fatalf("round %d: %d lines changed for %d edits\n%s\nbecame\n%s", round, lost, changed, src, out)
		}
	}
}

// common is the length of the longest sequence of lines that both have.
func common(a, b []string) int {
	best := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			above := best[j+1]
			if a[i] == b[j] {
				best[j+1] = diagonal + 1
			} else {
				best[j+1] = max(above, best[j])
			}
			diagonal = above
		}
	}
	return best[len(b)]
}

func randomFile(rnd *rand.Rand) string {
	var b strings.Builder
	comments := 0
	line := func(s string, comment bool) {
		if comment && rnd.IntN(3) == 0 {
			comments++
			s += fmt.Sprintf("  # c%d", comments)
		}
		b.WriteString(s + "\n")
		switch rnd.IntN(6) {
		case 0:
			b.WriteString("\n")
		case 1:
			comments++
			fmt.Fprintf(&b, "%s# own line %d\n", strings.Repeat(" ", rnd.IntN(3)*2), comments)
		}
	}
	line("version: 1", true)
	indent := strings.Repeat(" ", rnd.IntN(3)*2)
	line("families:", true)
	for i := range 1 + rnd.IntN(4) {
		quote := []string{`"`, `'`}[rnd.IntN(2)]
		line(fmt.Sprintf("%s- pattern: %sfam%d:*%s", indent, quote, i, quote), true)
		line(fmt.Sprintf("%s  name: Fam%d", indent, i), true)
		if rnd.IntN(2) == 0 {
			line(indent+"  type: string", true)
		}
		if rnd.IntN(2) == 0 {
			line(indent+"  ttl: 1h0m0s", true)
		}
		if rnd.IntN(2) == 0 {
			line(indent+"  reason: 'because it''s so'", true)
		}
	}
	if rnd.IntN(2) == 0 {
		line("module: m", true)
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(edited))
	f.Add(encodeNew(samplePlan()))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(FileName, data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), FileName+":") {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		if out, err := Encode(p, data); err != nil || string(out) != string(data) {
			t.Errorf("unchanged, but written as %q, %v", out, err)
		}
	})
}
