package fakeapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// state is what the account has.
type state struct {
	kv      []*kvNamespace
	d1      []*database
	buckets map[string]map[string][]byte
	// Workers are the uploads by name.
	Workers   map[string]*Upload
	Subdomain string
	made      int
}

func newState() state {
	return state{buckets: map[string]map[string][]byte{}, Workers: map[string]*Upload{}, Subdomain: "fake"}
}

func (s *state) close() {
	for _, d := range s.d1 {
		_ = d.db.Close()
	}
}

// call is a request that was found to be right.
type call struct {
	s      *Server
	vars   map[string]string
	query  map[string]string
	header http.Header
	kind   string
	raw    []byte
	form   []part
	json   interface{}
	now    time.Time
}

func (c *call) into(v interface{}) {
	if err := json.Unmarshal(c.raw, v); err != nil {
		panic(err) // the body was checked
	}
}

var runners map[string]func(*call) answer

func init() {
	const kv, d1, r2, w = "/accounts/{account_id}/storage/kv/namespaces", "/accounts/{account_id}/d1/database", "/accounts/{account_id}/r2/buckets", "/accounts/{account_id}/workers"
	runners = map[string]func(*call) answer{
		"GET " + kv:                          kvList,
		"POST " + kv:                         kvNew,
		"GET " + kv + "/{namespace_id}/keys": inKV(kvKeys),
		"GET " + kv + "/{namespace_id}/values/{key_name}":    inKV(kvGet),
		"GET " + kv + "/{namespace_id}/metadata/{key_name}":  inKV(kvMetadata),
		"PUT " + kv + "/{namespace_id}/values/{key_name}":    inKV(kvPut),
		"DELETE " + kv + "/{namespace_id}/values/{key_name}": inKV(kvDelete),
		"PUT " + kv + "/{namespace_id}/bulk":                 inKV(kvBulkPut),
		"POST " + kv + "/{namespace_id}/bulk/delete":         inKV(kvBulkDelete),
		"POST " + kv + "/{namespace_id}/bulk/get":            inKV(kvBulkGet),
		"GET " + d1:                            d1List,
		"POST " + d1:                           d1New,
		"POST " + d1 + "/{database_id}/raw":    d1Raw,
		"GET " + r2 + "/{bucket_name}":         inBucket(r2Bucket),
		"POST " + r2:                           r2New,
		"GET " + r2 + "/{bucket_name}/objects": inBucket(r2List),
		"GET " + r2 + "/{bucket_name}/objects/{object_key}":    inBucket(r2Get),
		"PUT " + r2 + "/{bucket_name}/objects/{object_key}":    inBucket(r2Put),
		"DELETE " + r2 + "/{bucket_name}/objects/{object_key}": inBucket(r2Delete),
		"GET " + w + "/scripts":                                scripts,
		"PUT " + w + "/scripts/{script_name}":                  upload,
		"PUT " + w + "/scripts/{script_name}/secrets":          secret,
		"POST " + w + "/scripts/{script_name}/subdomain":       publish,
		"GET " + w + "/subdomain":                              subdomain,
	}
}

// page cuts a list as the API's pages do.
func (c *call) page(n, size int) (from, to int, info map[string]int) {
	page, per := 1, size
	if v, err := strconv.Atoi(c.query["page"]); err == nil {
		page = v
	}
	if v, err := strconv.Atoi(c.query["per_page"]); err == nil {
		per = v
	}
	from = min((page-1)*per, n)
	to = min(from+per, n)
	return from, to, map[string]int{"page": page, "per_page": per, "count": to - from, "total_count": n}
}
