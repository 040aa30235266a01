package difftest

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

func TestEveryShapeParsesAndFills(t *testing.T) {
	g, err := NewGen(1, 1_700_000_000_000, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes {
		p, err := parse(s)
		if err != nil {
			t.Error(err)
			continue
		}
		for i := 0; i < 20; i++ {
			cmd := g.fill(&p)
			if len(cmd) == 0 || !strings.HasPrefix(p.name, strings.ToLower(cmd[0])) {
				t.Fatalf("shape %q made %q", s.text, cmd)
			}
		}
	}
	for _, text := range []string{"GET (", "GET nosuchvalue", "GET )", "GET ( A | B"} {
		if _, err := parse(shape{"", 1, everywhere, text}); err == nil {
			t.Errorf("shape %q was accepted", text)
		}
	}
}

func TestRepliesAreComparedAsTheirCommandsSay(t *testing.T) {
	ab, ba := resp.Bulks([]string{"a", "b"}), resp.Bulks([]string{"b", "a"})
	for _, c := range []struct {
		line      string
		want, got resp.Reply
		same      bool
	}{
		{"LRANGE k 0 -1", ab, ba, false},
		{"LRANGE k 0 -1", ab, ab, true},
		{"SMEMBERS k", ab, ba, true},
		{"SMEMBERS k", ab, resp.Bulks([]string{"a", "c"}), false},
		{"HGETALL k", ab, ba, false},
		{"SRANDMEMBER k 2", ab, resp.Bulks([]string{"x", "y"}), true},
		{"SRANDMEMBER k 2", ab, resp.Bulks([]string{"x"}), false},
		{"PTTL k", resp.NewInt(100_000), resp.NewInt(100_900), true},
		{"PTTL k", resp.NewInt(100_000), resp.NewInt(900_000), false},
		{"PTTL k", resp.NewInt(100), resp.NewInt(-1), false},
		{"ZSCORE k m", resp.NewBulk("0.10000000000000001"), resp.NewDouble(0.1), true},
		{"ZSCORE k m", resp.NewBulk("0"), resp.NewDouble(0.1), false},
		{"SSCAN k 0", resp.NewArray(resp.NewBulk("0"), ab), resp.NewArray(resp.NewBulk("0"), ba), true},
		{"SSCAN k 0", resp.NewArray(resp.NewBulk("0"), ab), resp.NewArray(resp.NewBulk("0"), resp.Bulks([]string{"a"})), false},
		{"SMEMBERS k", resp.NewError("ERR a"), resp.NewError("ERR b"), false},
		{"SORT k BY w_* ALPHA", ab, ba, true},
		{"SORT k ALPHA", ab, ba, false},
	} {
		cmd := resp.Command(strings.Fields(c.line))
		if got := same(ruleOf(cmd), c.want, c.got); got != c.same {
			t.Errorf("%s: %s and %s compared as the same: %v", c.line, Show(c.want), Show(c.got), got)
		}
	}
}

func TestShrinkFindsTheFewCommandsThatMatter(t *testing.T) {
	var cmds []resp.Command
	for i := 0; i < 500; i++ {
		cmds = append(cmds, resp.Command{"NOISE", "a", "b"})
	}
	cmds[123] = resp.Command{"FIRST", "x", "y"}
	cmds[456] = resp.Command{"SECOND", "z"}
	d := Shrink(&Difference{Cmds: cmds}, func(cmds []resp.Command) (*Difference, error) {
		first := false
		for i, c := range cmds {
			first = first || c[0] == "FIRST" && len(c) > 1 && c[1] == "x"
			if first && c[0] == "SECOND" {
				return &Difference{Cmds: cmds[:i+1]}, nil
			}
		}
		return nil, nil
	})
	if got := d.String(); !strings.HasPrefix(got, "FIRST x\nSECOND\n#") {
		t.Errorf("shrunk to\n%s", got)
	}
}

func TestLinesAreReadableByRedisCli(t *testing.T) {
	got := Line(resp.Command{"SET", "", "a b", "\x00\xff", `q"\`, "plain"})
	if want := `SET "" "a b" "\x00\xff" "q\"\\" plain`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
