package smallre

import (
	"math/rand"
	"regexp"
	"strings"
	"testing"
	"time"
)

var expressions = []string{
	``, `a`, `^a`, `a$`, `^$`, `abc`, `a|b`, `a|`, `|`, `(a|b)*c`, `a+b?c*`, `(?:ab)+`, `(?P<n>a)b`, `(?<n>a)b`, `[abc]`, `[^abc]`, `[a-c]x`, `[]a]`, `[^]a]`, `[a-]`, `[-a]`,
	`\d+`, `\D`, `\w\W`, `\s\S`, `[\d_]+`, `[\D]`, `[[:alpha:]]+`, `[[:^digit:]]`, `[[:nope:]]`, `a{2}`, `a{2,}`, `a{1,3}b`, `a{,3}`, `a{`, `a{x}`, `{`, `x{0}`, `(a{30}){30}`, `(a{40}){40}`, `a{1001}`, `a{3,2}`,
	`.`, `.*`, `a.c`, `(?s)a.c`, `(?i)HeLLo`, `(?i)[a-c]K`, `(?i:a)b`, `(?-i)a`, `(?m)^b$`, `(?m)^`, `(?im-s)^A`, `(?U)a+`, `(?)`, `(?-)`, `(?:`, `(?z)a`, `(`, `)`, `a)`, `*a`, `a**`, `a*+`, `a*?`, `a??`, `a{2}?`, `a{2}{3}`,
	`\bfoo\b`, `\Boo`, `\Aab`, `ab\z`, `\Z`, `\x41`, `\x{1F600}`, `\x{110000}`, `\x4`, `\101`, `\0`, `\1`, `\8`, `\.`, `\-`, `\_`, `\a\f\n\r\t\v`, `\e`, `\Qa.b\E+`, `\Qa`, `\pL+`, `\p{Lu}`, `\PN`, `\p{^L}`, `[\pL\d]`, `\p`, `\p{`,
	`é+`, `[à-ü]`, `(?i)É`, `(?i)ſ`, `(?i)k`, `^(a|bc|d.)*(x|y)+$`, `(a*)*`, `(a*)+b`, `(|a)*b`, `[a-b-c]`, `[a\]b]`, `[\x41-\x43]`, `[z-a]`, `[`, `[a`, `(?P<n>a)(?P<n>b)`, `(?P<>a)`, `(?P<a-b>a)`, "a\xff", `(?i)[^a]`, `[^\D]`, `(?i)\w`, `$^`, `a\b`, `\b`,
	`(?:(?i)a)b`, `((?i)a|B)c`, `a(?i)b|c`, `x*`, `(?s).`, `[[:word:]]`, `[[:punct:]]`, `[[:space:]]`, `[a[:digit:]]`, `[[:digit:]-z]`, `[\d-z]`, `a||b`, `(?i)\Qab\E`,
	`(?i)\W`, `(?i)[\W]`, `(?i)[^\W]`, `(?i)[[:^lower:]]`, `(?i)[[:^upper:]x]`, `(?i)\PL`, `(?i)\P{Lu}`, `(?i)\p{^Ll}`, `(?i)\D`, `(?i)[^\PL]`, `((a{40}){0}){40}`, `(?:a{500}){0,}`, `(a{0}){1000}`,
}

var texts = []string{
	"", "a", "b", "ab", "abc", "ABC", "aab", "c", "x", "hello", "HELLO", "a\nb", "b\n", "a\nc", "foo bar", "foobar", "0123", "_", "]", "-", "é", "É", "ü", "K", "k", "\u212a", "ſ", "s", "S", "A", "\U0001f600",
	"a.b", "a.bb", strings.Repeat("a", 900), "a{", "a{x}", "{", " \t\v", "bcdxxy", "\xff", "a\xffb", "z", "9", "!", "ac", "Bc", "bc", "bC", "d-z",
}

func compare(t *testing.T, expr, text string) {
	t.Helper()
	want, wrong := regexp.Compile(expr)
	got, err := Compile(expr)
	if (wrong == nil) != (err == nil) {
		t.Errorf("%q: %v, and regexp says %v", expr, err, wrong)
		return
	}
	if err == nil && got.MatchString(text) != want.MatchString(text) {
		t.Errorf("%q on %q: %v, and regexp says otherwise", expr, text, got.MatchString(text))
	}
}

func TestExpressionsMatchWhatRegexpMatches(t *testing.T) {
	for _, e := range expressions {
		for _, s := range texts {
			compare(t, e, s)
		}
	}
}

func TestRandomExpressionsMatchWhatRegexpMatches(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewSource(seed))
	parts := []string{"a", "b", "c", "k", ".", "*", "+", "?", "|", "(", ")", "(?:", "[ab]", "[^a]", "^", "$", `\b`, `\B`, `\d`, `\W`, "{2}", "{1,2}", "{0}", "{1,}", "(?i)", "(?i:", "(?s)", "(?m:", "(?P<n>",
		"A", "é", `\w`, "[", "]", "{", "}", "\\", "-", ",", "1", "^", `\pL`, `\P{Lu}`, "[[:lower:]]", "[[:^upper:]]", `\Q`, `\E`, `\A`, `\z`, `[^\W]`, "[k-s]", `\x4b`, `\101`}
	letters := []string{"a", "b", "c", "A", "1", "\n", "é", "É", " ", "k", "K", "\u212a", "ſ", "s", "\xff", "_"}
	n := 30_000
	if testing.Short() {
		n = 10_000
	}
	for i := 0; i < n && !t.Failed(); i++ {
		var e, s strings.Builder
		for j := rnd.Intn(10); j >= 0; j-- {
			e.WriteString(parts[rnd.Intn(len(parts))])
		}
		for j := rnd.Intn(8); j > 0; j-- {
			s.WriteString(letters[rnd.Intn(len(letters))])
		}
		compare(t, e.String(), s.String())
	}
}

func TestALongTextTakesLinearTime(t *testing.T) {
	re, err := Compile(`(a*)*(a*)*(a|aa)+b`)
	if err != nil {
		t.Fatal(err)
	}
	if re.MatchString(strings.Repeat("a", 100_000)) {
		t.Error("it matches")
	}
}

func FuzzCompile(f *testing.F) {
	for _, e := range expressions {
		f.Add(e, "abc")
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if strings.Contains(strings.ToLower(expr), `\p`) {
			if _, err := Compile(expr); err != nil {
				return // it knows fewer
			}
		}
		if strings.Count(expr, "{") > 15 || strings.Count(expr, "(") > 200 {
			return // its limits are lower
		}
		compare(t, expr, text)
	})
}
