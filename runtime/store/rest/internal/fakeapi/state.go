package fakeapi

import (
	"crypto/md5"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	_ "modernc.org/sqlite" // D1 is SQLite
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

// An Upload is a Worker that was uploaded.
type Upload struct {
	Metadata  json.RawMessage
	Modules   map[string][]byte
	Kinds     map[string]string // content types of modules
	Tag       string            // of its last migration
	Classes   map[string]bool   // of Durable Objects, as migrations made them
	Secrets   map[string]string
	Published bool
}

type kvNamespace struct {
	id, title string
	values    map[string]kvValue
	refused   map[string]bool
}

type kvValue struct {
	data     []byte
	metadata json.RawMessage
	at       int64 // Unix seconds; 0: never
}

type database struct {
	id, name string
	db       *sql.DB
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

func (n *kvNamespace) shown() interface{} {
	return map[string]interface{}{"id": n.id, "title": n.title, "supports_url_encoding": true}
}

func kvList(c *call) answer {
	from, to, info := c.page(len(c.s.kv), 20)
	out := []interface{}{}
	for _, n := range c.s.kv[from:to] {
		out = append(out, n.shown())
	}
	return answer{result: out, info: info}
}

func kvNew(c *call) answer {
	var body struct{ Title string }
	c.into(&body)
	for _, n := range c.s.kv {
		if n.title == body.Title {
			return failure(400, 10014, "a namespace with this account ID and title already exists")
		}
	}
	n := c.s.NewKV(body.Title)
	return answer{result: n.shown()}
}

// NewKV adds a KV namespace; the test calls it with the fake at rest.
func (s *Server) NewKV(title string) *kvNamespace {
	s.made++
	n := &kvNamespace{id: fmt.Sprintf("%032x", s.made), title: title, values: map[string]kvValue{}, refused: map[string]bool{}}
	s.kv = append(s.kv, n)
	return n
}

// ID is the namespace's id.
func (n *kvNamespace) ID() string { return n.id }

// Put stores a value past the API.
func (n *kvNamespace) Put(key, value string) { n.values[key] = kvValue{data: []byte(value)} }

// Refuse lets bulk requests leave a key as it is, and say so.
func (n *kvNamespace) Refuse(key string) { n.refused[key] = true }

// PutMetadata stores a value with metadata past the API.
func (n *kvNamespace) PutMetadata(key, value, metadata string) {
	n.values[key] = kvValue{data: []byte(value), metadata: json.RawMessage(metadata)}
}

// Get reads a value past the API.
func (n *kvNamespace) Get(key string) (value string, at int64, ok bool) {
	v, ok := n.values[key]
	return string(v.data), v.at, ok
}

// Len is how many values there are.
func (n *kvNamespace) Len() int { return len(n.values) }

func inKV(run func(*call, *kvNamespace) answer) func(*call) answer {
	return func(c *call) answer {
		for _, n := range c.s.kv {
			if n.id == c.vars["namespace_id"] {
				for key, v := range n.values {
					if v.at > 0 && v.at <= c.now.Unix() {
						delete(n.values, key)
					}
				}
				return run(c, n)
			}
		}
		return failure(404, 10013, "namespace not found")
	}
}

func kvKeys(c *call, n *kvNamespace) answer {
	limit := 1000
	if v, err := strconv.Atoi(c.query["limit"]); err == nil {
		limit = v
	}
	after := ""
	if cursor := c.query["cursor"]; cursor != "" {
		raw, err := base64.URLEncoding.DecodeString(cursor)
		if err != nil {
			return failure(400, 10025, "invalid cursor")
		}
		after = string(raw)
	}
	var names []string
	for key := range n.values {
		if strings.HasPrefix(key, c.query["prefix"]) && key > after {
			names = append(names, key)
		}
	}
	sort.Strings(names)
	info := map[string]interface{}{"cursor": ""}
	if len(names) > limit {
		names = names[:limit]
		info["cursor"] = base64.URLEncoding.EncodeToString([]byte(names[limit-1]))
	}
	info["count"] = len(names)
	out := []interface{}{}
	for _, key := range names {
		v := n.values[key]
		e := map[string]interface{}{"name": key}
		if v.at > 0 {
			e["expiration"] = v.at
		}
		if v.metadata != nil {
			e["metadata"] = v.metadata
		}
		out = append(out, e)
	}
	return answer{result: out, info: info}
}

func kvGet(c *call, n *kvNamespace) answer {
	v, ok := n.values[c.vars["key_name"]]
	if !ok {
		return failure(404, 10009, "get: 'key not found'")
	}
	h := http.Header{}
	if v.at > 0 {
		h.Set("Expiration", strconv.FormatInt(v.at, 10))
	}
	return answer{bytes: v.data, header: h}
}

func kvMetadata(c *call, n *kvNamespace) answer {
	v, ok := n.values[c.vars["key_name"]]
	if !ok {
		return failure(404, 10009, "get: 'key not found'")
	}
	return answer{result: v.metadata}
}

// expiry is when a value is gone. KV refuses what is less than 60 s away.
func (c *call) expiry(ttl, at int64) (int64, *answer) {
	if ttl > 0 {
		at = c.now.Unix() + ttl
	}
	if at > 0 && at < c.now.Unix()+60 {
		a := failure(400, 10027, "Invalid expiration. Expiration times must be at least 60 seconds in the future.")
		return 0, &a
	}
	return at, nil
}

func kvPut(c *call, n *kvNamespace) answer {
	ttl, _ := strconv.ParseInt(c.query["expiration_ttl"], 10, 64)
	at, _ := strconv.ParseInt(c.query["expiration"], 10, 64)
	at, bad := c.expiry(ttl, at)
	if bad != nil {
		return *bad
	}
	v := kvValue{data: c.raw, at: at}
	if c.kind == "multipart/form-data" {
		v.data = nil
		for _, p := range c.form {
			switch p.name {
			case "value":
				v.data = p.data
			case "metadata":
				if !json.Valid(p.data) || len(p.data) > 1024 {
					return failure(400, 10028, "metadata must be valid json and at most 1024 bytes")
				}
				v.metadata = p.data
			}
		}
		if v.data == nil {
			return failure(400, 10012, "the form has no value")
		}
	}
	if len(v.data) > 25<<20 {
		return failure(413, 10030, "value too large")
	}
	n.values[c.vars["key_name"]] = v
	return answer{result: struct{}{}}
}

func kvDelete(c *call, n *kvNamespace) answer {
	delete(n.values, c.vars["key_name"])
	return answer{result: struct{}{}}
}

func kvBulkPut(c *call, n *kvNamespace) answer {
	if len(c.raw) > 100_000_000 {
		return failure(413, 10030, "request too large")
	}
	var body []struct {
		Key, Value string
		Base64     bool
		TTL        int64 `json:"expiration_ttl"`
		At         int64 `json:"expiration"`
		Metadata   json.RawMessage
	}
	c.into(&body)
	values := make([]kvValue, len(body))
	for i, p := range body {
		v := kvValue{data: []byte(p.Value), metadata: p.Metadata}
		if len(p.Metadata) > 1024 {
			return failure(400, 10028, "metadata must be valid json and at most 1024 bytes")
		}
		if p.Base64 {
			data, err := base64.StdEncoding.DecodeString(p.Value)
			if err != nil {
				return failure(400, 10012, "could not decode base64")
			}
			v.data = data
		}
		at, bad := c.expiry(p.TTL, p.At)
		if bad != nil {
			return *bad
		}
		v.at = at
		values[i] = v
	}
	keys := make([]string, len(body))
	for i, p := range body {
		keys[i] = p.Key
		if !n.refused[p.Key] {
			n.values[p.Key] = values[i]
		}
	}
	return n.bulk(keys)
}

func kvBulkDelete(c *call, n *kvNamespace) answer {
	var keys []string
	c.into(&keys)
	for _, key := range keys {
		if !n.refused[key] {
			delete(n.values, key)
		}
	}
	return n.bulk(keys)
}

// bulk is the answer to a bulk write of keys.
func (n *kvNamespace) bulk(keys []string) answer {
	missed := []string{}
	for _, key := range keys {
		if n.refused[key] {
			missed = append(missed, key)
		}
	}
	return answer{result: map[string]interface{}{"successful_key_count": len(keys) - len(missed), "unsuccessful_keys": missed}}
}

func kvBulkGet(c *call, n *kvNamespace) answer {
	var body struct {
		Keys         []string
		WithMetadata bool
	}
	c.into(&body)
	total := 0
	values := map[string]interface{}{}
	for _, key := range body.Keys {
		v, ok := n.values[key]
		if !ok {
			values[key] = nil
			continue
		}
		if total += len(key) + len(v.data) + len(v.metadata); total > 25<<20 {
			return failure(413, 10030, "the values exceed the limit of a bulk read")
		}
		// As a text decoder does: what is no UTF-8 becomes U+FFFD, and a mark at the start is lost.
		text := strings.TrimPrefix(string(v.data), "\ufeff")
		if !utf8.ValidString(text) {
			var b strings.Builder
			for _, r := range text {
				b.WriteRune(r)
			}
			text = b.String()
		}
		if !body.WithMetadata {
			values[key] = text
			continue
		}
		e := map[string]interface{}{"value": text, "metadata": v.metadata}
		if v.metadata == nil {
			e["metadata"] = nil
		}
		if v.at > 0 {
			e["expiration"] = v.at
		}
		values[key] = e
	}
	return answer{result: map[string]interface{}{"values": values}}
}

func (d *database) shown() interface{} {
	return map[string]interface{}{"uuid": d.id, "name": d.name, "version": "production"}
}

func d1List(c *call) answer {
	var found []*database
	for _, d := range c.s.d1 {
		if strings.Contains(d.name, c.query["name"]) {
			found = append(found, d)
		}
	}
	from, to, info := c.page(len(found), 100)
	out := []interface{}{}
	for _, d := range found[from:to] {
		out = append(out, d.shown())
	}
	return answer{result: out, info: info}
}

func d1New(c *call) answer {
	var body struct{ Name string }
	c.into(&body)
	for _, d := range c.s.d1 {
		if d.name == body.Name {
			return failure(400, 7502, "a database with the name already exists")
		}
	}
	c.s.made++
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return failure(500, 7500, err.Error())
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	d := &database{id: fmt.Sprintf("00000000-0000-4000-8000-%012x", c.s.made), name: body.Name, db: db}
	c.s.d1 = append(c.s.d1, d)
	return answer{result: d.shown()}
}

func d1Raw(c *call) answer {
	for _, d := range c.s.d1 {
		if d.id == c.vars["database_id"] {
			return d.raw(c)
		}
	}
	return failure(404, 7404, "The database could not be found")
}

func (d *database) raw(c *call) answer {
	var body struct {
		SQL    string
		Params []string
	}
	c.into(&body)
	args := make([]interface{}, len(body.Params))
	for i, p := range body.Params {
		args[i] = p
	}
	before := d.changes()
	rows, err := d.db.Query(body.SQL, args...)
	if err != nil {
		return failure(400, 7500, err.Error())
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return failure(400, 7500, err.Error())
	}
	out := [][]interface{}{}
	for rows.Next() {
		row := make([]interface{}, len(columns))
		into := make([]interface{}, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return failure(400, 7500, err.Error())
		}
		for i, v := range row { // as D1 writes them: it is JavaScript
			switch v := v.(type) {
			case []byte:
				list := make([]int, len(v))
				for j, x := range v {
					list[j] = int(x)
				}
				row[i] = list
			case int64:
				row[i] = float64(v)
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return failure(400, 7500, err.Error())
	}
	if columns == nil {
		columns = []string{}
	}
	_ = rows.Close() // so that the only connection is free
	changes := d.changes() - before
	return answer{result: []interface{}{map[string]interface{}{
		"success": true, "meta": map[string]interface{}{"rows_read": len(out), "rows_written": changes, "changes": changes, "duration": 0.1},
		"results": map[string]interface{}{"columns": columns, "rows": out},
	}}}
}

// changes is how many rows were changed so far.
func (d *database) changes() (n int64) {
	if err := d.db.QueryRow("SELECT total_changes()").Scan(&n); err != nil {
		panic(err)
	}
	return n
}

func inBucket(run func(*call, map[string][]byte) answer) func(*call) answer {
	return func(c *call) answer {
		b := c.s.buckets[c.vars["bucket_name"]]
		if b == nil {
			return failure(404, 10006, "The specified bucket does not exist.")
		}
		return run(c, b)
	}
}

func r2Bucket(c *call, _ map[string][]byte) answer {
	return answer{result: map[string]interface{}{"name": c.vars["bucket_name"], "storage_class": "Standard", "creation_date": "2026-07-01T00:00:00Z"}}
}

func r2New(c *call) answer {
	var body struct{ Name string }
	c.into(&body)
	if !pathShapes["bucket_name"](body.Name) {
		return failure(400, 10005, "The specified bucket name is not valid.")
	}
	if c.s.buckets[body.Name] != nil {
		return failure(409, 10004, "The bucket you tried to create already exists, and you own it.")
	}
	c.s.buckets[body.Name] = map[string][]byte{}
	return answer{result: map[string]interface{}{"name": body.Name, "storage_class": "Standard"}}
}

func etag(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

func r2List(c *call, b map[string][]byte) answer {
	per := 20
	if v, err := strconv.Atoi(c.query["per_page"]); err == nil {
		per = v
	}
	after := c.query["start_after"]
	if cursor := c.query["cursor"]; cursor != "" {
		raw, err := base64.URLEncoding.DecodeString(cursor)
		if err != nil {
			return failure(400, 10029, "invalid cursor")
		}
		after = string(raw)
	}
	var keys []string
	for key := range b {
		if strings.HasPrefix(key, c.query["prefix"]) && key > after {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	info := map[string]interface{}{"per_page": per, "is_truncated": len(keys) > per}
	if len(keys) > per {
		keys = keys[:per]
		info["cursor"] = base64.URLEncoding.EncodeToString([]byte(keys[per-1]))
	}
	out := []interface{}{}
	for _, key := range keys {
		out = append(out, map[string]interface{}{"key": key, "size": len(b[key]), "etag": etag(b[key]), "storage_class": "Standard", "last_modified": "2026-07-01T00:00:00.000Z"})
	}
	return answer{result: out, info: info}
}

func r2Get(c *call, b map[string][]byte) answer {
	data, ok := b[c.vars["object_key"]]
	if !ok {
		return failure(404, 10007, "The specified key does not exist.")
	}
	return answer{bytes: data, header: http.Header{"Etag": {`"` + etag(data) + `"`}}}
}

func r2Put(c *call, b map[string][]byte) answer {
	b[c.vars["object_key"]] = c.raw
	return answer{result: map[string]interface{}{"key": c.vars["object_key"], "etag": etag(c.raw), "size": strconv.Itoa(len(c.raw))}}
}

func r2Delete(c *call, b map[string][]byte) answer {
	if _, ok := b[c.vars["object_key"]]; !ok {
		return failure(404, 10007, "The specified key does not exist.")
	}
	delete(b, c.vars["object_key"])
	return answer{result: map[string]interface{}{"key": c.vars["object_key"]}}
}

func scripts(c *call) answer {
	out := []interface{}{}
	for name, u := range c.s.Workers {
		e := map[string]interface{}{"id": name}
		if u.Tag != "" {
			e["migration_tag"] = u.Tag
		}
		out = append(out, e)
	}
	return answer{result: out}
}

func upload(c *call) answer {
	u := &Upload{Modules: map[string][]byte{}, Kinds: map[string]string{}, Secrets: map[string]string{}, Classes: map[string]bool{}}
	for _, p := range c.form {
		if p.name == "metadata" {
			u.Metadata = p.data
			continue
		}
		if p.filename == "" || u.Modules[p.filename] != nil {
			return failure(400, 10021, "a module has no file name, or another one's")
		}
		if !moduleKinds[p.kind] {
			return failure(400, 10021, "a module is of the type "+p.kind)
		}
		u.Modules[p.filename], u.Kinds[p.filename] = p.data, p.kind
	}
	v, err := decode(u.Metadata)
	if err == nil {
		err = uploadShape.check(v, "metadata")
	}
	if err != nil {
		if !c.s.lax {
			c.s.t.Errorf("fakeapi: uploading a Worker: %v", err)
		}
		return failure(400, 10021, err.Error())
	}
	var meta struct {
		Main       string   `json:"main_module"`
		Keep       []string `json:"keep_bindings"`
		Migrations *struct {
			Old   string `json:"old_tag"`
			New   string `json:"new_tag"`
			Steps []struct {
				New     []string `json:"new_sqlite_classes"`
				Deleted []string `json:"deleted_classes"`
			}
		}
		Bindings []struct {
			Name, Type string
			Class      string `json:"class_name"`
		}
	}
	if err := json.Unmarshal(u.Metadata, &meta); err != nil {
		return failure(400, 10021, err.Error())
	}
	if u.Modules[meta.Main] == nil {
		return failure(400, 10021, "No such module: "+meta.Main)
	}
	old := c.s.Workers[c.vars["script_name"]]
	if old != nil {
		u.Tag, u.Published = old.Tag, old.Published
		for class := range old.Classes {
			u.Classes[class] = true
		}
		for _, kind := range meta.Keep {
			if kind == "secret_text" {
				u.Secrets = old.Secrets
			}
		}
	}
	if m := meta.Migrations; m != nil {
		if m.Old != u.Tag {
			return failure(412, 10079, "the old tag is not the Worker's last migration")
		}
		u.Tag = m.New
		for _, step := range m.Steps {
			for _, class := range step.New {
				if u.Classes[class] {
					return failure(412, 10074, "Cannot apply new_sqlite_classes migration to class "+class+" that is already depended on by existing Durable Objects")
				}
				u.Classes[class] = true
			}
			for _, class := range step.Deleted {
				if !u.Classes[class] {
					return failure(412, 10073, "Cannot apply deleted_classes migration to non-existent class "+class)
				}
				delete(u.Classes, class)
			}
		}
	}
	bound := map[string]bool{}
	for _, b := range meta.Bindings {
		if bound[b.Name] {
			return failure(400, 10021, "two bindings are called "+b.Name)
		}
		bound[b.Name] = true
		if b.Type == "durable_object_namespace" && !u.Classes[b.Class] {
			return failure(400, 10061, "Cannot create binding for class "+b.Class+" because it is not currently configured to implement Durable Objects.")
		}
	}
	c.s.Workers[c.vars["script_name"]] = u
	result := map[string]interface{}{"id": c.vars["script_name"], "etag": etag(u.Metadata), "startup_time_ms": 12}
	if u.Tag != "" {
		result["migration_tag"] = u.Tag
	}
	return answer{result: result}
}

func (c *call) worker() *Upload { return c.s.Workers[c.vars["script_name"]] }

func secret(c *call) answer {
	var body struct{ Name, Text string }
	c.into(&body)
	if c.worker() == nil {
		return failure(404, 10007, "This Worker does not exist on your account.")
	}
	c.worker().Secrets[body.Name] = body.Text
	return answer{result: map[string]interface{}{"name": body.Name, "type": "secret_text"}}
}

func publish(c *call) answer {
	var body struct{ Enabled bool }
	c.into(&body)
	if c.worker() == nil {
		return failure(404, 10007, "This Worker does not exist on your account.")
	}
	c.worker().Published = body.Enabled
	return answer{result: map[string]interface{}{"enabled": body.Enabled, "previews_enabled": false}}
}

func subdomain(c *call) answer {
	return answer{result: map[string]interface{}{"subdomain": c.s.Subdomain}}
}
