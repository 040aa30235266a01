package project

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCommentsAndTrailingCommasAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\": 1, // one\n \"b\": [1, /* two */ 2,],}":   `{"a":1,"b":[1,2]}`,
		`{"a": "// no comment", "b": "/* nor, ] this */"}`: `{"a":"// no comment","b":"/* nor, ] this */"}`,
		`{"a": "\"//", /**/ "b": [],}`:                     `{"a":"\"//","b":[]}`,
		"/*/ */ {}":                                        `{}`,
		"\ufeff{\"a\": 1}":                                 `{"a":1}`,
		`[1,,]`:                                            "",
		`{"a": 1 /* no end`:                                "",
		`{"a`:                                              "",
	} {
		plain, err := stripJSONC([]byte(text))
		var v any
		if err == nil {
			err = json.Unmarshal(plain, &v)
		}
		if want == "" {
			if err == nil {
				t.Errorf("%s became %s", text, plain)
			}
			continue
		}
		got, merr := json.Marshal(v)
		if err != nil || merr != nil || string(got) != want || len(plain) != len(text) {
			t.Errorf("%s: %s (%q), %v", text, got, plain, err)
		}
	}
}

func TestEntriesAreAddedToLists(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                              "{\n  // why\n  \"list\": [1]\n}",
		`{ "a": {"list": [2]} }`:          "{\n  // why\n  \"list\": [1],\n \"a\": {\"list\": [2]} }",
		`{ "a": "list", "list": [] }`:     `{ "a": "list", "list": [1] }`,
		`{ "list": [ /* [ */ 2, ], }`:     `{ "list": [1,  /* [ */ 2, ], }`,
		"// {\n{ \"list\" : [2] } // end": "// {\n{ \"list\" : [1, 2] } // end",
		`{ "list": {} }`:                  "",
		`{ "list": null }`:                "", // a second one before it would not count
		`[]`:                              "",
	} {
		got, err := addToList([]byte(text), "list", "1", "why")
		if (err != nil) != (want == "") || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestMistakesInWranglersFileHaveTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"name\": \"a\"\n \"main\": \"b\" }": "line 3: invalid character",
		"{ // one\n\n \"name\": 5 }":              "line 3: name cannot be a JSON number",
		"{\n\n\n":                                 "line 4: unexpected end",
		"{\n \"name\": \"":                        "line 2: the string does not end",
		"{\n\n /* \n\n":                           "line 3: the comment does not end",
	} {
		if _, err := parseWrangler([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func FuzzAddToList(f *testing.F) {
	f.Add([]byte("{ \"list\": [1, /* , */ 2,], // end\n \"b\": \"]\" }"))
	f.Add([]byte(`{"a": [{"list": []}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		members := func(text []byte) (map[string]json.RawMessage, []json.RawMessage) {
			plain, err := stripJSONC(text)
			if err != nil {
				return nil, nil
			}
			var all map[string]json.RawMessage
			if json.Unmarshal(plain, &all) != nil {
				return nil, nil
			}
			var list []json.RawMessage
			if json.Unmarshal(all["list"], &list) != nil && all["list"] != nil {
				return nil, nil
			}
			return all, list
		}
		before, listBefore := members(text)
		out, err := addToList(text, "list", "1", "why")
		if before == nil || err != nil || strings.Count(string(text), "list") > 1 {
			return // what the key means twice is not ours
		}
		after, listAfter := members(out)
		if len(listAfter) != len(listBefore)+1 || len(after) < len(before) {
			t.Fatalf("%q became %q", text, out)
		}
	})
}
