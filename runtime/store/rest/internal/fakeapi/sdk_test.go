package fakeapi

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/d1"
	"github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/r2"
	"github.com/cloudflare/cloudflare-go/v7/workers"
)

// generated are the types that cloudflare-go, which is generated from Cloudflare's schema,
// has for a call. A type that is nil is not compared.
type generated struct{ query, body, result interface{} }

var sdk = map[string]generated{
	"GET storage/kv/namespaces":                                  {query: kv.NamespaceListParams{}, result: []kv.Namespace{}},
	"POST storage/kv/namespaces":                                 {body: kv.NamespaceNewParams{}, result: kv.Namespace{}},
	"GET storage/kv/namespaces/{namespace_id}/keys":              {query: kv.NamespaceKeyListParams{}, result: []kv.Key{}},
	"PUT storage/kv/namespaces/{namespace_id}/bulk":              {body: []kv.NamespaceBulkUpdateParamsBody{}, result: kv.NamespaceBulkUpdateResponse{}},
	"POST storage/kv/namespaces/{namespace_id}/bulk/get":         {body: kv.NamespaceBulkGetParams{}, result: kv.NamespaceBulkGetResponseWorkersKVBulkGetResultWithMetadata{}},
	"POST storage/kv/namespaces/{namespace_id}/bulk/delete":      {result: kv.NamespaceBulkDeleteResponse{}},
	"PUT storage/kv/namespaces/{namespace_id}/values/{key_name}": {query: kv.NamespaceValueUpdateParams{}},

	"GET d1/database":                    {query: d1.DatabaseListParams{}, result: []d1.DatabaseListResponse{}},
	"POST d1/database":                   {body: d1.DatabaseNewParams{}, result: d1.D1{}},
	"POST d1/database/{database_id}/raw": {body: d1.DatabaseRawParamsBodyD1SingleQuery{}, result: []d1.DatabaseRawResponse{}},

	"GET r2/buckets/{bucket_name}":                         {result: r2.Bucket{}},
	"POST r2/buckets":                                      {body: r2.BucketNewParams{}, result: r2.Bucket{}},
	"GET r2/buckets/{bucket_name}/objects":                 {query: r2.BucketObjectListParams{}, result: []r2.BucketObjectListResponse{}},
	"PUT r2/buckets/{bucket_name}/objects/{object_key}":    {result: r2.BucketObjectUploadResponse{}},
	"DELETE r2/buckets/{bucket_name}/objects/{object_key}": {result: r2.BucketObjectDeleteResponse{}},

	"GET workers/scripts":                          {query: workers.ScriptListParams{}, result: []workers.ScriptListResponse{}},
	"PUT workers/scripts/{script_name}":            {result: workers.ScriptUpdateResponse{}},
	"PUT workers/scripts/{script_name}/secrets":    {body: workers.ScriptSecretUpdateParamsBodyWorkersBindingKindSecretText{}},
	"POST workers/scripts/{script_name}/subdomain": {body: workers.ScriptSubdomainNewParams{}, result: workers.ScriptSubdomainNewResponse{}},
	"GET workers/subdomain":                        {result: workers.SubdomainGetResponse{}},
}

// bindings are the bindings of an upload.
var bindings = map[string]interface{}{
	"kv_namespace":             workers.ScriptUpdateParamsMetadataBindingsWorkersBindingKindKVNamespace{},
	"d1":                       workers.ScriptUpdateParamsMetadataBindingsWorkersBindingKindD1{},
	"r2_bucket":                workers.ScriptUpdateParamsMetadataBindingsWorkersBindingKindR2Bucket{},
	"durable_object_namespace": workers.ScriptUpdateParamsMetadataBindingsWorkersBindingKindDurableObjectNamespace{},
	"plain_text":               workers.ScriptUpdateParamsMetadataBindingsWorkersBindingKindPlainText{},
	"json":                     workers.ScriptUpdateParamsMetadataBindingsWorkersBindingKindJson{},
}

// The description is not the only witness of what it describes.
func TestDescriptionIsThatOfCloudflareGo(t *testing.T) {
	compared := 0
	for i := range endpoints {
		e := &endpoints[i]
		g, ok := sdk[e.method+" "+strings.TrimPrefix(e.path, "/accounts/{account_id}/")]
		if !ok {
			continue
		}
		compared++
		for _, c := range []struct {
			what, tag string
			mine      *shape
			theirs    interface{}
		}{{"query", "query", e.q, g.query}, {"body", "json", e.b, g.body}, {"result", "json", e.r, g.result}} {
			if c.mine == nil || c.theirs == nil {
				continue
			}
			for _, f := range differs(c.mine, reflect.TypeOf(c.theirs), c.tag, c.what) {
				t.Errorf("%s %s: %s", e.method, e.path, f)
			}
		}
	}
	if compared != len(sdk) {
		t.Errorf("%d endpoints were compared, and %d are listed", compared, len(sdk))
	}
	for _, f := range differs(uploadShape, reflect.TypeOf(workers.ScriptUpdateParamsMetadata{}), "json", "metadata") {
		t.Error(f)
	}
	for _, o := range uploadShape.fields["bindings"].shape.elem.options {
		kind := o.fields["type"].shape.literal
		theirs := bindings[kind]
		if theirs == nil {
			t.Errorf("the binding %s is not compared", kind)
			continue
		}
		for _, f := range differs(o, reflect.TypeOf(theirs), "json", kind) {
			t.Error(f)
		}
	}
	migrations := reflect.TypeOf(workers.ScriptUpdateParamsMetadataMigrationsWorkersMultipleStepMigrations{})
	for _, f := range differs(uploadShape.fields["migrations"].shape, migrations, "json", "migrations") {
		t.Error(f)
	}
}

func TestComparisonWithTypesSeesContradictions(t *testing.T) {
	for text, want := range map[string]string{
		`{title: string}`:                "",
		`{title: number}`:                "title is number",
		`{name: string}`:                 "has no field name",
		`{title?: string}`:               "title may be missing",
		`{}`:                             "title may be missing",
		`[{title: string}]`:              "is array",
		`{title: string, more?: string}`: "has no field more",
	} {
		got := strings.Join(differs(parse(text), reflect.TypeOf(kv.NamespaceNewParams{}), "json", "body"), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// differs says where a shape has what the type has not, or may lack what it requires.
func differs(mine *shape, theirs reflect.Type, tag, where string) []string {
	for theirs.Kind() == reflect.Pointer {
		theirs = theirs.Elem()
	}
	if theirs.Kind() == reflect.Struct { // param.Field[T]
		if v, ok := theirs.FieldByName("Value"); ok && v.Tag == "" {
			if _, ok := theirs.FieldByName("Present"); ok {
				return differs(mine, v.Type, tag, where)
			}
		}
	}
	if mine.kind == "any" || theirs.Kind() == reflect.Interface {
		return nil
	}
	if mine.kind == "union" {
		var first []string
		for i, o := range mine.options {
			f := differs(o, theirs, tag, where)
			if len(f) == 0 {
				return nil
			}
			if i == 0 {
				first = f
			}
		}
		return first
	}
	fits := false
	switch theirs.Kind() {
	case reflect.String:
		fits = mine.kind == "string" || mine.kind == "literal"
	case reflect.Bool:
		fits = mine.kind == "boolean"
	case reflect.Int64, reflect.Float64:
		fits = mine.kind == "number" || mine.kind == "integer"
	case reflect.Slice:
		if fits = mine.kind == "array"; fits {
			return differs(mine.elem, theirs.Elem(), tag, where+"[]")
		}
	case reflect.Map:
		if fits = mine.kind == "object"; fits && mine.rest != nil {
			return differs(mine.rest, theirs.Elem(), tag, where+".*")
		}
	case reflect.Struct:
		if theirs == reflect.TypeOf(time.Time{}) {
			fits = mine.kind == "string"
			break
		}
		if fits = mine.kind == "object"; fits {
			return fieldsDiffer(mine, theirs, tag, where)
		}
	}
	if !fits {
		return []string{fmt.Sprintf("%s is %s, and in cloudflare-go %s", where, mine.kind, theirs)}
	}
	return nil
}

func fieldsDiffer(mine *shape, theirs reflect.Type, tag, where string) (faults []string) {
	known := map[string]reflect.StructField{}
	for i := 0; i < theirs.NumField(); i++ {
		if name := theirs.Field(i).Tag.Get(tag); name != "" && name != "-" {
			known[name] = theirs.Field(i)
		}
	}
	for name, f := range mine.fields {
		field, ok := known[name]
		if !ok {
			faults = append(faults, fmt.Sprintf("%s has no field %s in cloudflare-go", where, name))
			continue
		}
		faults = append(faults, differs(f.shape, field.Type, tag, where+"."+name)...)
	}
	for name, field := range known {
		if f := mine.fields[name]; field.Tag.Get("api") == "required" && (f == nil || f.optional) {
			faults = append(faults, fmt.Sprintf("%s.%s may be missing, and cloudflare-go requires it", where, name))
		}
	}
	sort.Strings(faults)
	return faults
}
