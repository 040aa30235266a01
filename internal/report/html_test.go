package report

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
)

// hostile is what comes out of other people's sources.
const hostile = "</script><img src=x onerror=\"window.hacked=1\">'\"`{{.}}\u2028\u202e\x1b[31m\xff会"

// hostilePage is a report on many calls whose every text is hostile.
func hostilePage(t testing.TB, calls int) (*Report, []Change) {
	r := example(t)
	for i := range calls - len(r.Sites) {
		status := []Status{StatusView, StatusPlain, StatusStays}[i%3]
		s := Site{File: fmt.Sprintf("internal/p%d/file.go", i%40), Line: i + 1, Column: 3, Package: fmt.Sprintf("example.com/shop/internal/p%d", i%40),
			Method: "HGetAll", Keys: []Key{{Patterns: []string{fmt.Sprintf("user:%d:*", i%25)}}}, Family: fmt.Sprintf("user:%d:*", i%25), Status: status}
		if status != StatusView {
			s.Code, s.Title, s.Detail = "KEY_FROM_DATA", "the key comes out of stored data", "result of ScanIterator.Val"
		}
		r.Sites = append(r.Sites, s)
	}
	last := &r.Sites[len(r.Sites)-1]
	last.File, last.Package, last.Method, last.Detail, last.Status, last.Code = hostile, hostile, hostile, hostile, StatusPlain, hostile
	last.Keys[0].Patterns[0], last.Family = hostile, hostile
	f := r.Families[0]
	f.Pattern, f.Name, f.Reason, f.Commands, f.Meets = hostile, hostile, hostile, []string{hostile}, []string{hostile}
	f.Places = []Place{{"file", hostile, hostile}}
	r.Families = append(r.Families, f)
	r.Work = append(r.Work, Work{Code: hostile, Title: hostile, At: []string{hostile, hostile}, Family: hostile, Detail: hostile, Why: hostile, Do: hostile, Effort: "large"})
	r.Sites[0].Keys[0].Assumed = hostile
	r.Cuts = append(r.Cuts, Cut{At: hostile, Code: hostile, Bridge: hostile, Reason: hostile, Detail: hostile, Title: hostile, Why: hostile, Do: hostile})
	r.Guide = append(r.Guide, Topic{hostile, []string{hostile}, []string{hostile}})
	r.Count()
	return r, []Change{
		{Path: "a.go", Before: []byte("package a\n\nvar x = 1\n"), After: []byte("package a\n\nvar x = 2 // " + hostile + "\n")},
		{Path: hostile, After: []byte(hostile + "\n")},
		{Path: "internal/cfstore/views.go", After: bytes.Repeat([]byte("// line\n"), 5000), Generated: true},
		{Path: "same.go", Before: []byte("x"), After: []byte("x")},
	}
}

// A browser allows a page's script and style only by their exact bytes.
func TestThePolicyAllowsExactlyWhatIsThere(t *testing.T) {
	r, changes := hostilePage(t, 50)
	var out bytes.Buffer
	if err := WriteHTML(&out, r, changes, "v1", false); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for tag, hash := range map[string]string{"style": digest(pageCSS), "script": digest(pageJS)} {
		found := regexp.MustCompile("(?s)<"+tag+">(.*?)</"+tag+">").FindAllStringSubmatch(page, -1)
		if len(found) != 1 || digest(found[0][1]) != hash || !strings.Contains(html.UnescapeString(page), hash) {
			t.Errorf("%d <%s>, and the policy does not allow what is in it", len(found), tag)
		}
	}
	for _, never := range []string{"<img", " style=", " onclick=", "http://", "\x1b", "\xff", "\u202e", "ZgotmplZ"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if _, worse, ok := strings.Cut(page, `<section id="worse"`); !ok || !strings.Contains(strings.SplitN(worse, "</section>", 2)[0], "<td>staler</td><td>SQL over D1 is 100 ms behind") {
		t.Error("the page does not say what gets staler")
	}
	for _, want := range []string{"&lt;/script&gt;", "the first 3000 lines", "generated, new", `\u202e`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page, "same.go") {
		t.Error("a file that stays the same is in the diff")
	}
}

func TestLinesOfTheDiffAreCounted(t *testing.T) {
	var before, after strings.Builder
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&before, "line %d\n", i)
		switch {
		case i == 5:
			after.WriteString("new 5\nnew 5b\n")
		case i != 50:
			fmt.Fprintf(&after, "line %d\n", i)
		}
	}
	f := diffOf(Change{Path: "a.txt", Before: []byte(before.String()), After: []byte(after.String())})
	if f.Added != 2 || f.Removed != 2 {
		t.Errorf("+%d -%d", f.Added, f.Removed)
	}
	old, now := strings.Split(before.String(), "\n"), strings.Split(after.String(), "\n")
	for _, l := range f.Lines {
		if l.Old > 0 && old[l.Old-1] != l.Text || l.New > 0 && now[l.New-1] != l.Text {
			t.Errorf("%+v is not there", l)
		}
	}
	if n := strings.Count(fmt.Sprint(f.Lines), "from line"); n != 2 {
		t.Errorf("%d hunks", n)
	}
}

func TestAPageOfNothing(t *testing.T) {
	var out bytes.Buffer
	if err := WriteHTML(&out, &Report{Module: "example.com/none"}, nil, "", false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "No go-redis call was found.") {
		t.Error(out.String())
	}
}
