package fakeapi

import (
	"regexp"
	"strings"
)

// names are shapes that others use.
var names = map[string]string{
	"message": `{code: integer>=1000, message: string, documentation_url?: string, source?: {pointer?: string}}`,
	"key":     `string>=1<=512`,
	"title":   `string>=1<=512`,
	"bucket":  `{name: string>=3<=64, creation_date?: string, location?: "apac"|"eeur"|"enam"|"weur"|"wnam"|"oc", storage_class?: "Standard"|"InfrequentAccess"}`,
	"d1":      `{uuid: string, name: string, version?: string, created_at?: string}`,
	"kv":      `{id: string<=32, title: string, supports_url_encoding?: boolean}`,
	"bulk":    `{successful_key_count?: number, unsuccessful_keys?: [string]}`,
}

// An endpoint is what Cloudflare's schema says of one call, as far as redis2cf uses it:
// facts of github.com/cloudflare/api-schemas (openapi.json) and of the API's reference at
// developers.cloudflare.com/api, in July 2026, in the notation of shape. Tests compare it
// with the types of cloudflare-go, with a schema that $CLOUDFLARE_OPENAPI names, and with
// the one that miniflare serves of its part of the API.
type endpoint struct {
	method, path string
	query        string // an object of strings and numbers
	body         string // shape of JSON; "": none; "bytes": any; "form": see uploadMetadata
	result       string // of the envelope; "bytes": no envelope
	info         string // result_info; "": none

	parts []string // of path
	q, b  *shape
	r, i  *shape
}

var endpoints = []endpoint{
	{method: "GET", path: "/accounts/{account_id}/storage/kv/namespaces",
		query:  `{page?: number>=1, per_page?: number>=5<=100, order?: "id"|"title", direction?: "asc"|"desc"}`,
		result: `[$kv]`, info: `{count?: number, page?: number, per_page?: number, total_count?: number, total_pages?: number}`},
	{method: "POST", path: "/accounts/{account_id}/storage/kv/namespaces", body: `{title: $title}`, result: `$kv`},
	{method: "GET", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys",
		query:  `{limit?: number>=10<=1000, prefix?: string, cursor?: string}`,
		result: `[{name: $key, expiration?: number, metadata?: any}]`, info: `{count?: number, cursor?: string}`},
	{method: "GET", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}", result: "bytes"},
	{method: "GET", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}", result: `any`},
	{method: "PUT", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
		query: `{expiration?: number, expiration_ttl?: number>=60}`, body: "bytes", result: `{}|null`},
	{method: "DELETE", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}", result: `{}|null`},
	{method: "PUT", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk",
		body:   `[{key: $key, value: string<=26214400, base64?: boolean, expiration?: number, expiration_ttl?: number>=60, metadata?: any}]<=10000`,
		result: `$bulk|null`},
	{method: "POST", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/delete", body: `[$key]<=10000`, result: `$bulk|null`},
	{method: "POST", path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get",
		body:   `{keys: [$key]<=100, type?: "text"|"json", withMetadata?: boolean}`,
		result: `{values?: {*: string|number|boolean|null|{value: any, metadata: any, expiration?: number}}}`},

	{method: "GET", path: "/accounts/{account_id}/d1/database",
		query:  `{name?: string, page?: number>=1, per_page?: number>=10<=10000}`,
		result: `[$d1]`, info: `{count?: number, page?: number, per_page?: number, total_count?: number, total_pages?: number}`},
	{method: "POST", path: "/accounts/{account_id}/d1/database",
		body: `{name: string, primary_location_hint?: "wnam"|"enam"|"weur"|"eeur"|"apac"|"oc"}`, result: `$d1`},
	{method: "POST", path: "/accounts/{account_id}/d1/database/{database_id}/raw",
		body:   `{sql: string<=100000, params?: [string]<=100}`,
		result: `[{success?: boolean, meta?: {changed_db?: boolean, changes?: number, duration?: number, last_row_id?: number, rows_read?: number, rows_written?: number, size_after?: number}, results?: {columns?: [string], rows?: [[any]]}}]`},

	{method: "GET", path: "/accounts/{account_id}/r2/buckets/{bucket_name}", result: `$bucket`},
	{method: "POST", path: "/accounts/{account_id}/r2/buckets",
		body: `{name: string>=3<=64, locationHint?: "apac"|"eeur"|"enam"|"weur"|"wnam"|"oc", storageClass?: "Standard"|"InfrequentAccess"}`, result: `$bucket`},
	{method: "GET", path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects",
		query:  `{cursor?: string, delimiter?: string, per_page?: number>=1<=1000, prefix?: string, start_after?: string}`,
		result: `[{key?: string, size?: number, etag?: string, last_modified?: string, ssec?: boolean, storage_class?: string, http_metadata?: any, custom_metadata?: any}]`,
		info:   `{cursor?: string, delimited?: [string], is_truncated?: boolean|string, per_page?: number}`},
	{method: "GET", path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}", result: "bytes"},
	{method: "PUT", path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}", body: "bytes",
		result: `{key?: string, etag?: string, size?: string|number, version?: string}`},
	{method: "DELETE", path: "/accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}", result: `{key?: string}`},

	{method: "GET", path: "/accounts/{account_id}/workers/scripts", query: `{tags?: string}`,
		result: `[{id?: string, etag?: string, migration_tag?: string, created_on?: string, modified_on?: string}]`},
	{method: "PUT", path: "/accounts/{account_id}/workers/scripts/{script_name}", body: "form",
		result: `{startup_time_ms: integer, id?: string, etag?: string, migration_tag?: string}`},
	{method: "PUT", path: "/accounts/{account_id}/workers/scripts/{script_name}/secrets",
		body: `{name: string>=1, text: string>=1, type: "secret_text"}`, result: `{name: string, type: "secret_text"}`},
	{method: "POST", path: "/accounts/{account_id}/workers/scripts/{script_name}/subdomain",
		body: `{enabled: boolean, previews_enabled?: boolean}`, result: `{enabled: boolean, previews_enabled: boolean}`},
	{method: "GET", path: "/accounts/{account_id}/workers/subdomain", result: `{subdomain: string}`},
}

// uploadMetadata is the part "metadata" of a Worker's form.
const uploadMetadata = `{main_module: string>=1, compatibility_date?: string, compatibility_flags?: [string], keep_bindings?: [string],
	bindings?: [
		{type: "kv_namespace", name: string>=1, namespace_id: string<=32} |
		{type: "d1", name: string>=1, database_id: string} |
		{type: "r2_bucket", name: string>=1, bucket_name: string, jurisdiction?: string} |
		{type: "durable_object_namespace", name: string>=1, class_name?: string, script_name?: string, environment?: string, namespace_id?: string} |
		{type: "plain_text", name: string>=1, text: string} |
		{type: "json", name: string>=1, json: any}
	],
	migrations?: {old_tag?: string, new_tag?: string, steps?: [{new_classes?: [string], new_sqlite_classes?: [string], deleted_classes?: [string], renamed_classes?: any, transferred_classes?: any}]},
	observability?: {enabled: boolean, head_sampling_rate?: number, logs?: any, traces?: any}}`

// moduleKinds are the content types that a module may have.
var moduleKinds = map[string]bool{
	"application/javascript+module": true, "text/javascript+module": true, "application/javascript": true, "text/javascript": true,
	"text/x-python": true, "text/x-python-requirement": true, "application/wasm": true, "text/plain": true,
	"application/octet-stream": true, "application/source-map": true,
}

var uploadShape *shape

func init() {
	uploadShape = parse(uploadMetadata)
	for i := range endpoints {
		e := &endpoints[i]
		e.parts = strings.Split(strings.TrimPrefix(e.path, "/"), "/")
		if e.query == "" {
			e.query = "{}"
		}
		e.q = parse(e.query)
		if e.body != "" && e.body != "bytes" && e.body != "form" {
			e.b = parse(e.body)
		}
		if e.result != "bytes" {
			e.r = parse(e.result)
		}
		if e.info != "" {
			e.i = parse(e.info)
		}
	}
}

// pathShapes are the rules of what stands in a path.
var pathShapes = map[string]func(string) bool{
	"account_id":   regexp.MustCompile(`^[0-9a-f]{1,32}$`).MatchString,
	"namespace_id": regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString,
	"database_id":  regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`).MatchString,
	"bucket_name":  regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$`).MatchString,
	"key_name":     func(s string) bool { return s != "" && s != "." && s != ".." && len(s) <= 512 },
	"object_key":   func(s string) bool { return s != "" && len(s) <= 1024 },
	"script_name":  regexp.MustCompile(`^[a-z0-9_][a-z0-9-_]*$`).MatchString,
}
