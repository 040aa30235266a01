package fakeapi

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

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
