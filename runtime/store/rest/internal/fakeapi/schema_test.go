package fakeapi

import (
	"os"
	"strings"
	"testing"
)

// SchemaVariable names a copy of Cloudflare's openapi.json (github.com/cloudflare/api-schemas)
// that the description is compared with.
const SchemaVariable = "CLOUDFLARE_OPENAPI"

func TestDescriptionIsThatOfCloudflaresSchema(t *testing.T) {
	path := os.Getenv(SchemaVariable)
	if path == "" {
		t.Skipf("$%s names no openapi.json, left out", SchemaVariable)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	faults, absent, err := Compare(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
	if len(absent) > 0 {
		t.Logf("not in this schema: %s", strings.Join(absent, ", "))
	}
	found := len(endpoints)
	for _, a := range absent {
		if !strings.Contains(a, ": ") {
			found--
		}
	}
	if found < 10 {
		t.Errorf("the schema has %d of %d endpoints", found, len(endpoints))
	}
}

func TestComparisonSeesContradictions(t *testing.T) {
	const good = `{"paths": {"/accounts/{account_id}/storage/kv/namespaces": {"post": {
		"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}}}},
		"responses": {"200": {"content": {"application/json": {"schema": {"allOf": [{"$ref": "#/components/schemas/common"},
			{"properties": {"result": {"type": "object", "required": ["id", "title"], "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "supports_url_encoding": {"type": "boolean"}, "jurisdiction": {"type": "string"}}}}}]}}}}}}}},
		"components": {"schemas": {"common": {"type": "object", "properties": {"result": {"type": "object"}}}}}}`
	for change, want := range map[string]string{
		`"a"->"a"`: "",
		`"title": {"type": "string"}}}}}}->"title": {"type": "number"}}}}}}`: "body.title is string, and in the schema number",
		`"required": ["title"]->"required": ["title", "plan"]`:               "",
		`"required": ["id", "title"]->"required": ["supports_url_encoding"]`: "result.supports_url_encoding may be missing",
		`"id": {"type": "string"}->"other": {"type": "string"}`:              "result has no field id",
	} {
		from, to, _ := strings.Cut(change, "->")
		faults, _, err := Compare([]byte(strings.Replace(good, from, to, 1)))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(faults, "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", change, got, want)
		}
	}
}
