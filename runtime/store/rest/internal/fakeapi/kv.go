package fakeapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

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
