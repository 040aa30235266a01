package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A blocks is redis2cf.yaml as a person sees it: the head, and the lines of each family.
type blocks struct {
	head     []string
	families [][]string
}

func blocksOf(file string) blocks {
	var b blocks
	for _, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		if strings.HasPrefix(line, "  - pattern:") {
			b.families = append(b.families, nil)
		}
		if n := len(b.families); n > 0 {
			b.families[n-1] = append(b.families[n-1], line)
		} else {
			b.head = append(b.head, line)
		}
	}
	return b
}

func (b blocks) String() string {
	lines := slices.Clone(b.head)
	for _, f := range b.families {
		lines = append(lines, f...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// handMade edits a file as people do: it moves, removes and renames families, changes
// their patterns, stores and reasons, and writes comments anywhere.
func handMade(rnd *rand.Rand, b blocks) blocks {
	set := func(f []string, key, value string) {
		for i, line := range f {
			if strings.HasPrefix(strings.TrimLeft(line, " -"), key+":") {
				f[i] = line[:strings.Index(line, key+":")] + key + ": " + value
			}
		}
	}
	for n := range 1 + rnd.IntN(5) {
		if len(b.families) == 0 {
			break
		}
		i := rnd.IntN(len(b.families))
		f := b.families[i]
		switch rnd.IntN(8) {
		case 0:
			b.families = slices.Delete(b.families, i, i+1)
		case 1:
			j := rnd.IntN(len(b.families))
			b.families[i], b.families[j] = b.families[j], b.families[i]
		case 2:
			set(f, "name", fmt.Sprintf("Mine%d", n))
		case 3: // wider or narrower, of the same keys or of others
			set(f, "pattern", fmt.Sprintf("%q", []string{"a*", "user:*:x", fmt.Sprintf("other%d:*", n)}[rnd.IntN(3)]))
		case 4:
			set(f, "store", "do")
			set(f, "consistency", "follow")
		case 5:
			set(f, "reason", `"mine: # no comment"`)
		case 6:
			k := rnd.IntN(len(f))
			f[k] += fmt.Sprintf("  # beside %d", n)
		case 7:
			k := 1 + rnd.IntN(len(f))
			b.families[i] = slices.Insert(f, k, fmt.Sprintf("%s# between %d", strings.Repeat(" ", rnd.IntN(3)*2), n), "")
		}
	}
	return b
}

// Whatever a person makes of the file, a run adds what is new at its end and leaves
// every line as it is; the next run has nothing to add.
func TestARunKeepsWhatPeopleWrote(t *testing.T) {
	sites := sitesOf("Set SET string session:* / HSet HSET hash user:* / LPush LPUSH list user:*:log / Del DEL any user:*:log / SAdd SADD set tags / " +
		"ZAdd ZADD zset a:{*}:rank / Incr INCR string a:{*}:n / Get GET string ? / XAdd XADD stream log:* / Expire EXPIRE any left:*")
	first, _ := Build(sites, nil)
	written, err := Encode(first, nil)
	if err != nil {
		t.Fatal(err)
	}
	sites[0].Migrated = true // from here on, new families are reported
	rnd := rand.New(rand.NewPCG(3, 1))
	for round := range 500 {
		file := handMade(rnd, blocksOf(string(written))).String()
		p, err := Parse(FileName, []byte(file))
		if err != nil {
			if !strings.Contains(err.Error(), "for the second time") && !strings.Contains(err.Error(), "is taken by") {
				t.Fatalf("round %d: %v\n%s", round, err, file)
			}
			continue // two families became one: the error names both lines
		}
		now, problems := Build(sites, p)
		out, err := Encode(now, []byte(file))
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, file)
		}
		was, is := strings.Split(file, "\n"), strings.Split(string(out), "\n")
		typed := 0
		for i, f := range p.Families {
			if f.Type == spec.Any && now.Families[i].Type != spec.Any {
				f.Type = now.Families[i].Type // it was widened over keys of one type
				typed++
			}
			if !sameFamily(&f, &now.Families[i]) {
				t.Fatalf("round %d: family %+v became %+v", round, f, now.Families[i])
			}
		}
		if common(was, is) != len(was)-typed {
			t.Fatalf("round %d: lines are lost:\n%s\nbecame\n%s", round, file, out)
		}
		missing := 0
		for _, pr := range problems {
			if pr.Code == spec.NoFamily {
				missing++
			}
		}
		added := 0
		for _, f := range now.Families[len(p.Families):] {
			if !f.IsDefault() {
				added++
			}
		}
		if missing != added {
			t.Fatalf("round %d: %d families are added and %d are reported: %v", round, added, missing, problems)
		}
		read, err := Parse(FileName, out)
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, out)
		}
		again, _ := Build(sites, read)
		last, err := Encode(again, out)
		if err != nil || string(last) != string(out) {
			t.Fatalf("round %d: a second run changes the file, %v:\n%s\nbecame\n%s", round, err, out, last)
		}
	}
}

func sameFamily(a, b *Family) bool {
	for _, f := range familyFields {
		if f.get(a) != f.get(b) {
			return false
		}
	}
	return true
}

// A key that nobody knows is an error at its line, wherever it is put.
func TestUnknownKeysAreFoundAtTheirLine(t *testing.T) {
	p, _ := Build([]analyzer.Site{at(1, "Set SET string a:*"), at(2, "LPush LPUSH list b:*")}, nil)
	written, err := Encode(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(written), "\n"), "\n")
	tried := 0
	for i, line := range lines {
		key, _, ok := strings.Cut(strings.TrimLeft(line, " -"), ":")
		if !ok || strings.HasPrefix(line, "#") || key == "groups" || key == "families" {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " -"))
		with := slices.Insert(slices.Clone(lines), i+1, strings.Repeat(" ", indent)+"colour: red")
		_, err := Parse("p.yaml", []byte(strings.Join(with, "\n")))
		want := fmt.Sprintf("p.yaml:%d:%d: unknown key \"colour\"", i+2, indent+1)
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "allowed are ") {
			t.Errorf("below %q: %v, want %s", line, err, want)
		}
		tried++
	}
	if tried < 10 {
		t.Errorf("only %d lines of\n%s", tried, written)
	}
}
