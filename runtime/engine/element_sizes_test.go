package engine

import (
	"fmt"
	"strings"
	"testing"
)

// TestBytesOfOrderedElements holds what lists, sorted sets and documents say that
// they take against the heap.
func TestBytesOfOrderedElements(t *testing.T) {
	listOf := func(n, size int) func() sizer {
		return func() sizer {
			l := &list{}
			for i := 0; i < n; i++ {
				l.pushBack(fresh("%0*d", size, i))
			}
			return l
		}
	}
	zsetOf := func(n int, format string, step int) func() sizer {
		return func() sizer {
			z := &zset{}
			for i := 0; i < n; i++ {
				z.set(fresh(format, i), float64(i*step%1_000_003))
			}
			return z
		}
	}
	servedOf := func(n int) func() sizer {
		return func() sizer {
			z := &zset{served: newZServed(nil, int64(n), true)}
			for i := 0; i < n; i++ {
				z.hold(newZMember(fresh("member:%d", i), float64(i*7919%1_000_003)).place())
			}
			return z
		}
	}
	docOf := func(text string) func() sizer {
		return func() sizer {
			doc := &jsonDoc{}
			doc.load(Item{Value: text})
			return doc
		}
	}
	object := `{"name":"somebody","age":42,"score":1.5,"tags":["a","bcd","efghij"],"address":{"street":"a street","number":7}}`
	wide := `{`
	for i := 0; i < 20_000; i++ {
		wide += fmt.Sprintf(`"member:%d":%d,`, i, i)
	}
	wide += `"last":null}`
	for name, make := range map[string]func() sizer{
		"list of 100": listOf(100, 20), "list of 1,000,000": listOf(1_000_000, 10), "list of long elements": listOf(5_000, 3_000),
		"zset of 100": zsetOf(100, "member:%d", 1), "zset in order": zsetOf(500_000, "member:%d", 1),
		"zset out of order": zsetOf(500_000, "member:%d", 7919), "zset of long members": zsetOf(20_000, "%0200d", 7919),
		"zset served from rows": servedOf(100_000),
		"document of 100":       docOf(object), "documents": docOf("[" + strings.Repeat(object+",", 5_000) + "1]"), "wide document": docOf(wide),
		"numbers": docOf("[" + strings.Repeat("12,", 50_000) + "1]"),
	} {
		copies := 1
		if strings.HasSuffix(name, " 100") {
			copies = 200
		}
		kept := []sizer{}
		before := heap()
		for i := 0; i < copies; i++ {
			kept = append(kept, make())
		}
		taken, said := heap()-before, int64(0)
		for _, s := range kept {
			said += s.bytes()
		}
		if ratio := float64(said) / float64(taken); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s: says %d bytes and takes %d: %.2f", name, said, taken, ratio)
		} else {
			t.Logf("%s: says %d bytes and takes %d: %.2f", name, said, taken, ratio)
		}
	}
}
