package kvprimary

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		ns   string
		db   int
		key  string
		name string
	}{
		{"", 0, "session:42", "session:42"},
		{"", 0, "ключ/é", "ключ/é"},
		{"", 0, "", "@/0/"},
		{"", 0, ".", "@/0/."},
		{"", 0, "..", "@/0/.."},
		{"", 0, "@x", "@/0/@x"},
		{"", 3, "a/b#c", "@/3/a/b#c"},
		{"queue", 0, "a", "@queue/0/a"},
		{"", 0, "a b", "@/0#612062"},
		{"queue", 1, "a\x00\xff", "@queue/1#6100ff"},
		{"", 0, "a\u0085", "@/0#61c285"},
		{"", 0, "\ufeffa", "@/0#efbbbf61"},
		{"", 0, "a\u200d", "@/0#61e2808d"},
		{"", 0, "\u0378", "\u0378"}, // that Unicode has not assigned: some Go will know it
		{"", 0, "\U0010fffd", "\U0010fffd"},
		{"", 0, "\ufffd", "\ufffd"},
	} {
		name, err := Name(c.ns, c.db, c.key)
		if err != nil || name != c.name {
			t.Errorf("Name(%q, %d, %q) = %q, %v; want %q", c.ns, c.db, c.key, name, err, c.name)
		}
		ns, db, key, err := Key(name)
		if err != nil || ns != c.ns || db != c.db || key != c.key {
			t.Errorf("Key(%q) = %q, %d, %q, %v", name, ns, db, key, err)
		}
	}
	for _, bad := range []string{"@", "@x", "@x/", "@x/1", "@x/y/z", "@x/-1/z", "@x/1#0", "@x/1#zz"} {
		if _, _, _, err := Key(bad); err == nil {
			t.Errorf("Key(%q) has no error", bad)
		}
	}
	if _, err := Name("", 0, strings.Repeat("k", MaxName)); err != nil {
		t.Error(err)
	}
	if _, err := Name("", 1, strings.Repeat("k", MaxName-3)); err == nil || !strings.Contains(err.Error(), "513 bytes") {
		t.Errorf("a name above the limit: %v", err)
	}
}

// Whatever a version of Unicode calls space, control or format is written out in all of them.
func TestWhatDoesNotShowIsWrittenOut(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if utf8.ValidRune(r) && (unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Z)) && printable(string(r)) {
			t.Errorf("%U is in a name as it is", r)
		}
	}
}

// Every key has a name of its own, and gets it back.
func FuzzNames(f *testing.F) {
	f.Add("", 0, "a", "@/0/a")
	f.Add("n", 15, "\x00", "@n/15#00")
	f.Fuzz(func(t *testing.T, ns string, db int, a, b string) {
		if db < 0 || strings.ContainsAny(ns, "/#@") {
			t.Skip()
		}
		na, err := Name(ns, db, a)
		if err != nil {
			t.Skip()
		}
		if ns2, db2, key, err := Key(na); err != nil || ns2 != ns || db2 != db || key != a {
			t.Fatalf("%q is named %q, which is the key %q of %q %d, %v", a, na, key, ns2, db2, err)
		}
		if nb, err := Name("", 0, b); err == nil && na == nb && (a != b || ns != "" || db != 0) {
			t.Fatalf("%q of %q %d and %q have the same name %q", a, ns, db, b, na)
		}
	})
}

func TestFamilies(t *testing.T) {
	fs := NewFamilies([]Family{
		{"*", "Default", false}, {"session:*", "Session", true}, {"session:*:lock", "SessionLock", false},
		{`a\*b?`, "Odd", true}, {"page:*:*x", "Page", true},
	})
	for key, name := range map[string]string{
		"session:1": "Session", "session:1:lock": "SessionLock", "session:": "Session", "other": "Default",
		"a*bc": "Odd", "axbc": "Default", "a*b": "Default", "page:1:xyx": "Page", "page:1:xy": "Default",
		"page::x": "Page", "page:xxx": "Default", "page:x:xx:x": "Page", "": "Default",
	} {
		if f, ok := fs.Of(key); !ok || f.Name != name {
			t.Errorf("%q belongs to %q, want %q", key, f.Name, name)
		}
	}
	for line, want := range map[string]string{
		"GET session:1":                    "here",
		"mget session:1 page:1:x":          "here",
		"GET session:1:lock":               "elsewhere",
		"GET":                              "elsewhere",
		"MGET session:1 other":             "refused: ERR unsupported command 'mget': its keys belong to the family Session",
		"INCR session:1|session:1":         `refused: ERR unsupported command 'incr': the family Session ("session:*") is in KV alone (consistency: primary) and has GET, MGET, SET, SETEX and DEL. Write consistency: follow`,
		"EVAL x 2 a session:1|a session:1": "refused: ERR unsupported command 'eval': the family Session",
		"PING":                             "elsewhere",
	} {
		line, keys, _ := strings.Cut(line, "|")
		verdict, text := fs.Route(strings.Split(line, " "), fields(keys))
		got := map[Verdict]string{Elsewhere: "elsewhere", Here: "here", Refused: "refused: "}[verdict] + text
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if v, _ := (*Families)(nil).Route([]string{"GET", "x"}, nil); v != Elsewhere {
		t.Error("no families, and yet a verdict")
	}
}

func fields(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Fields(s)
}
