package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaFile is the documented format of -json.
var schemaFile = filepath.Join("..", "..", "docs", "report-schema.json")

func decode(t testing.TB, data []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// compile compiles a schema; strict refuses fields that it does not name.
func compile(t testing.TB, file string, strict bool) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := decode(t, data)
	if strict {
		closeObjects(doc)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"]; ok {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			closeObjects(child)
		}
	case []any:
		for _, child := range v {
			closeObjects(child)
		}
	}
}

func TestJSONKeepsToItsSchema(t *testing.T) {
	schema := compile(t, schemaFile, true)
	full := example(t)
	full.Sites[0].Keys[0].Type = "hash"
	for name, r := range map[string]*Report{"example": full, "nothing": {}, "empty parts": {Sites: []Site{{Shape: "call", Status: StatusView, Keys: []Key{{}}}}, Work: []Work{{Effort: "none"}}, Guide: []Topic{{}}}} {
		var out bytes.Buffer
		if err := WriteJSON(&out, r); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(decode(t, out.Bytes())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every field has a place in the schema, and says what it is; and the schema has
// no field that is not written.
func TestEveryFieldIsDocumented(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Description string
		Properties  map[string]struct {
			Description string
			Ref         string `json:"$ref"`
		}
		Required []string
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var check func(typ reflect.Type, o object, where string)
	check = func(typ reflect.Type, o object, where string) {
		if o.Description == "" {
			t.Errorf("%s says nothing of itself", where)
		}
		required := map[string]bool{}
		for _, name := range o.Required {
			required[name] = true
		}
		fields := 0
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() {
				continue
			}
			if name == "" {
				t.Errorf("%s.%s has no name in JSON", typ.Name(), f.Name)
				continue
			}
			fields++
			p, ok := o.Properties[name]
			switch {
			case !ok:
				t.Errorf("%s: %q is written and not documented in %s", where, name, schemaFile)
			case p.Description == "":
				t.Errorf("%s: nothing is said of %q", where, name)
			case !required[name]:
				t.Errorf("%s: %q is always written and not required", where, name)
			}
			next := f.Type
			for next.Kind() == reflect.Slice {
				next = next.Elem()
			}
			if next.Kind() == reflect.Struct && !seen[next.Name()] {
				seen[next.Name()] = true
				def := strings.ToLower(next.Name())
				check(next, schema.Defs[def], def)
			}
		}
		if fields != len(o.Properties) {
			t.Errorf("%s documents %d fields, and %d are written", where, len(o.Properties), fields)
		}
	}
	check(reflect.TypeFor[Report](), schema.object, "the report")
	for name := range schema.Defs {
		found := false
		for s := range seen {
			found = found || strings.ToLower(s) == name
		}
		if !found {
			t.Errorf("$defs has %s, which nothing is", name)
		}
	}
}
