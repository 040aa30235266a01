package engine

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
)

// FuzzParseJSON compares what is accepted, and what it means, with encoding/json,
// and reads back what is written.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{
		"", "null", "[1,2.5,-0,1e3]", `{"a":{"b":[]},"a":2}`, `"\ud83d\ude00\u00e9"`, `"\udc00"`, "01", "1.", "[1,]", "\"\x00\"", " [ ] x",
		"1e400", "18446744073709551615", "\"\xff\"", "[[[[]]]]", `{"":""}`, "-", "tru", "nulll",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseJSON(text, maxJSONArg)
		var want interface{}
		theirs := json.Unmarshal([]byte(text), &want)
		if err != nil {
			// Both refuse the same, but for numbers out of range, lone surrogates,
			// bytes that are not UTF-8 and the depth.
			if theirs == nil && !strings.Contains(err.Error(), "escape") && err != errJSONUTF8 && !strings.Contains(err.Error(), "recursion limit") {
				t.Fatalf("%q is refused: %v", text, err)
			}
			return
		}
		if theirs != nil {
			t.Fatalf("%q is accepted, encoding/json says %v", text, theirs)
		}
		for _, style := range []*jsonStyle{nil, {indent: "\t", newline: "\n", space: " "}} {
			out := string(appendJSON(nil, v, style))
			var got interface{}
			if err := json.Unmarshal([]byte(out), &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%q was written as %q (%v)", text, out, err)
			}
			again, err := parseJSON(out, maxJSONArg)
			if err != nil || !again.equal(v, true) || string(appendJSON(nil, again, style)) != out {
				t.Fatalf("%q was written as %q, which is not read the same (%v)", text, out, err)
			}
		}
		if !v.clone().equal(v, true) {
			t.Fatalf("%q: a copy differs", text)
		}
	})
}

// FuzzJSONPath looks for paths that the parser or the evaluation cannot take.
func FuzzJSONPath(f *testing.F) {
	for _, s := range []string{
		"$", ".", "$..a", "$.a[0]", "$[1:-1:2]", "$['a','b']", `$["\""]`, "$[?(@.a>1 && $.b=='x' || !@)]", "$..[?(@.a[?(@==1)])]", "a.b", "..*",
		"$[?(@=~'a+')]", "$[-9223372036854775808]", "$[9223372036854775807:]", "$[::9223372036854775807]", "$.$.~`", "$[?((((@))))]",
	} {
		f.Add(s, `{"a":[1,{"b":"x"}],"b":"x"}`)
	}
	f.Fuzz(func(t *testing.T, path, doc string) {
		root, err := parseJSON(doc, maxJSONArg)
		if err != nil || len(doc) > 300 || len(path) > 100 {
			return
		}
		p, err := parseJSONPath(path)
		if err != nil {
			return
		}
		before := string(appendJSON(nil, root, nil))
		plain, ok := p.find(root, false)
		if !ok {
			return
		}
		traced, _ := p.find(root, true)
		if len(plain) != len(traced) {
			t.Fatalf("%q finds %d values, %d with their trails", path, len(plain), len(traced))
		}
		for i, m := range traced {
			if m.node != plain[i].node || m.trail.node != m.node {
				t.Fatalf("%q: match %d differs with its trail", path, i)
			}
			for at := m.trail; at.up != nil; at = at.up {
				held := false
				for _, e := range at.up.node.elems() {
					held = held || e == at.node
				}
				if !held {
					t.Fatalf("%q: the trail of match %d is broken", path, i)
				}
			}
		}
		if after := string(appendJSON(nil, root, nil)); after != before {
			t.Fatalf("%q changed %s to %s", path, before, after)
		}
	})
}

// randomJSON is a random document of encoding/json's types.
func randomJSON(rnd *rand.Rand, levels int) interface{} {
	kinds := 8
	if levels == 0 {
		kinds = 6
	}
	switch rnd.Intn(kinds) {
	case 0:
		return nil
	case 1:
		return rnd.Intn(2) == 0
	case 2, 3:
		return float64(rnd.Intn(5))
	case 4:
		return float64(rnd.Intn(5)) + 0.5
	case 5:
		return string(rune('a' + rnd.Intn(4)))
	case 6:
		list := make([]interface{}, rnd.Intn(4))
		for i := range list {
			list[i] = randomJSON(rnd, levels-1)
		}
		return list
	}
	m := map[string]interface{}{}
	for i := rnd.Intn(4); i > 0; i-- {
		m[string(rune('a'+rnd.Intn(4)))] = randomJSON(rnd, levels-1)
	}
	return m
}

// A selector is a step of the independent evaluator: its text, and what it makes
// of one value.
type selector struct {
	text string
	pick func(v interface{}) []interface{}
}

// children are the values below one, objects' in the order of their keys.
func children(v interface{}) []interface{} {
	switch v := v.(type) {
	case []interface{}:
		return v
	case map[string]interface{}:
		var out []interface{}
		for _, k := range []string{"a", "b", "c", "d"} {
			if e, ok := v[k]; ok {
				out = append(out, e)
			}
		}
		return out
	}
	return nil
}

func descend(v interface{}) []interface{} {
	out := []interface{}{v}
	for _, e := range children(v) {
		out = append(out, descend(e)...)
	}
	return out
}

func member(v interface{}, name string) []interface{} {
	if m, ok := v.(map[string]interface{}); ok {
		if e, ok := m[name]; ok {
			return []interface{}{e}
		}
	}
	return nil
}

func randomSelector(rnd *rand.Rand) selector {
	name := string(rune('a' + rnd.Intn(4)))
	switch rnd.Intn(8) {
	case 0:
		return selector{".*", children}
	case 1:
		return selector{"[*]", children}
	case 2:
		return selector{"['" + name + "', \"a\"]", func(v interface{}) []interface{} { return append(member(v, name), member(v, "a")...) }}
	case 3:
		i := rnd.Intn(3)
		return selector{fmt.Sprintf("[%d]", i), func(v interface{}) []interface{} {
			if list, ok := v.([]interface{}); ok && i < len(list) {
				return list[i : i+1]
			}
			return nil
		}}
	case 4:
		from, to := rnd.Intn(3), rnd.Intn(4)
		return selector{fmt.Sprintf("[%d:%d]", from, to), func(v interface{}) []interface{} {
			list, ok := v.([]interface{})
			to := min(to, len(list))
			if !ok || from >= to {
				return nil
			}
			return list[from:to]
		}}
	case 5:
		return randomTest(rnd)
	case 6:
		return selector{".." + name, func(v interface{}) []interface{} {
			var out []interface{}
			for _, e := range descend(v) {
				out = append(out, member(e, name)...)
			}
			return out
		}}
	}
	return selector{"." + name, func(v interface{}) []interface{} { return member(v, name) }}
}

// randomTest is a filter on a number or on the existence of a member.
func randomTest(rnd *rand.Rand) selector {
	name := string(rune('a' + rnd.Intn(4)))
	limit := float64(rnd.Intn(5))
	op := []string{"<", "<=", ">", ">=", "==", "!="}[rnd.Intn(6)]
	holds := func(v interface{}) bool {
		f, ok := v.(float64)
		switch op {
		case "<":
			return ok && f < limit
		case "<=":
			return ok && f <= limit
		case ">":
			return ok && f > limit
		case ">=":
			return ok && f >= limit
		case "==":
			return ok && f == limit
		}
		return !ok || f != limit
	}
	keep := func(test func(interface{}) bool) func(interface{}) []interface{} {
		return func(v interface{}) []interface{} {
			var out []interface{}
			for _, e := range children(v) {
				if test(e) {
					out = append(out, e)
				}
			}
			return out
		}
	}
	switch rnd.Intn(3) {
	case 0:
		return selector{fmt.Sprintf("[?(@%s%g)]", op, limit), keep(holds)}
	case 1:
		return selector{fmt.Sprintf("[?(@.%s%s%g && @.a)]", name, op, limit), keep(func(v interface{}) bool {
			m := member(v, name)
			if len(member(v, "a")) == 0 {
				return false
			}
			if len(m) == 0 {
				return op == "!="
			}
			return holds(m[0])
		})}
	}
	return selector{fmt.Sprintf("[?(@.%s || @ %s %g)]", name, op, limit), keep(func(v interface{}) bool {
		return len(member(v, name)) > 0 || holds(v)
	})}
}

// TestJSONPathAgreesWithASimpleEvaluator compares paths on random documents with
// an evaluator that works on encoding/json's values, breadth first.
func TestJSONPathAgreesWithASimpleEvaluator(t *testing.T) {
	found := 0
	for seed := int64(0); seed < 20000; seed++ {
		rnd := rand.New(rand.NewSource(seed))
		var doc interface{} = []interface{}{randomJSON(rnd, 3), randomJSON(rnd, 3), randomJSON(rnd, 3)}
		if seed%3 > 0 {
			doc = map[string]interface{}{"a": randomJSON(rnd, 3), "b": randomJSON(rnd, 3), "c": randomJSON(rnd, 3), "d": randomJSON(rnd, 3)}
		}
		text, _ := json.Marshal(doc)
		root, err := parseJSON(string(text), maxJSONArg)
		if err != nil {
			t.Fatal(err)
		}
		path, want := "$", []interface{}{doc}
		for i := rnd.Intn(4); i >= 0; i-- {
			s := randomSelector(rnd)
			path += s.text
			next := []interface{}{}
			for _, v := range want {
				next = append(next, s.pick(v)...)
			}
			want = next
		}
		p, err := parseJSONPath(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		matches, _ := p.find(root, false)
		var got interface{}
		if err := json.Unmarshal(appendJSON(nil, jsonList(matches), nil), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, interface{}(want)) {
			wants, _ := json.Marshal(want)
			t.Fatalf("%s on %s\n got %s\nwant %s", path, text, appendJSON(nil, jsonList(matches), nil), wants)
		}
		found += len(matches)
	}
	if found < 8000 {
		t.Errorf("only %d values were found", found)
	}
}

// TestJSONDeleteAndSetByRandomPaths checks what must be true of any path.
func TestJSONDeleteAndSetByRandomPaths(t *testing.T) {
	e, s := newTestEngine(t)
	deleted := 0
	for seed := int64(0); seed < 5000; seed++ {
		rnd := rand.New(rand.NewSource(seed))
		doc := map[string]interface{}{"a": randomJSON(rnd, 4), "b": randomJSON(rnd, 3)}
		text, _ := json.Marshal(doc)
		path := "$"
		for i := rnd.Intn(3); i >= 0; i-- {
			path += randomSelector(rnd).text
		}
		ask := func(words ...string) string { return brief(run(e, s, words...)) }
		ask("JSON.SET", "d", "$", string(text))
		before := ask("JSON.GET", "d", path)
		if before == "[]" {
			if n := ask("JSON.DEL", "d", path); n != "0" {
				t.Fatalf("%s on %s deletes %s of nothing", path, text, n)
			}
			if got := ask("JSON.GET", "d"); got != string(text) {
				t.Fatalf("%s on %s: %s", path, text, got)
			}
			continue
		}
		// After a SET, every outermost match is the new value; the rest stays.
		if got := ask("JSON.SET", "d", path, `"new"`); got != "+OK" {
			t.Fatalf("%s on %s: SET answers %s", path, text, got)
		}
		set := ask("JSON.GET", "d")
		ask("JSON.SET", "d", "$", string(text))
		n := ask("JSON.DEL", "d", path)
		if fmt.Sprint(strings.Count(set, `"new"`)) != n {
			t.Fatalf("%s on %s sets %s but deletes %s", path, text, set, n)
		}
		deleted++
	}
	if deleted < 500 {
		t.Errorf("only %d documents were changed", deleted)
	}
}
