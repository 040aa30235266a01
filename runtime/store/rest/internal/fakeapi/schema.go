package fakeapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// Compare holds the description against an OpenAPI schema of the API. It returns what
// contradicts it, and what the schema does not have: an older one, or a part, lacks
// endpoints and fields that need not be there.
func Compare(openapi []byte) (faults, absent []string, err error) {
	var doc map[string]interface{}
	if err := json.Unmarshal(openapi, &doc); err != nil {
		return nil, nil, err
	}
	s := &schema{doc: doc, absent: map[string]bool{}}
	paths := map[string]map[string]interface{}{}
	for path, item := range object(doc["paths"]) {
		paths[bare(path)] = object(item)
	}
	for i := range endpoints {
		e := &endpoints[i]
		item := paths[bare(e.path)]
		op := object(item[strings.ToLower(e.method)])
		if op == nil {
			absent = append(absent, e.method+" "+e.path)
			continue
		}
		for _, f := range s.endpoint(e, item, op) {
			faults = append(faults, e.method+" "+e.path+": "+f)
		}
		for f := range s.absent {
			absent = append(absent, e.method+" "+e.path+": "+f)
			delete(s.absent, f)
		}
	}
	sort.Strings(absent)
	sort.Strings(faults)
	return faults, absent, nil
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

// bare is a path without the account, whatever its variables are called.
func bare(path string) string {
	return variable.ReplaceAllString(strings.TrimPrefix(path, "/accounts/{account_id}"), "{}")
}

type schema struct {
	doc    map[string]interface{}
	absent map[string]bool // fields of the endpoint at hand
}

func object(v interface{}) map[string]interface{} {
	m, _ := v.(map[string]interface{})
	return m
}

func list(v interface{}) []interface{} {
	l, _ := v.([]interface{})
	return l
}

// resolve follows references.
func (s *schema) resolve(v interface{}) map[string]interface{} {
	m := object(v)
	for n := 0; m != nil && n < 50; n++ {
		ref, ok := m["$ref"].(string)
		if !ok {
			break
		}
		var at interface{} = s.doc
		for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
			at = object(at)[part]
		}
		m = object(at)
	}
	return m
}

// flat is a schema with its allOf put together.
func (s *schema) flat(v interface{}) map[string]interface{} {
	m := s.resolve(v)
	all := list(m["allOf"])
	if len(all) == 0 {
		return m
	}
	out, props := map[string]interface{}{}, map[string]interface{}{}
	var required []interface{}
	for _, part := range append(all, without(m, "allOf")) {
		p := s.flat(part)
		for k, x := range p {
			out[k] = x
		}
		for k, x := range object(p["properties"]) {
			props[k] = x
		}
		required = append(required, list(p["required"])...)
	}
	if len(props) > 0 {
		out["properties"] = props
	}
	out["required"] = required
	return out
}

func without(m map[string]interface{}, key string) map[string]interface{} {
	out := map[string]interface{}{}
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func (s *schema) endpoint(e *endpoint, item, op map[string]interface{}) (faults []string) {
	query := map[string]interface{}{}
	var required []interface{}
	for _, p := range append(list(item["parameters"]), list(op["parameters"])...) {
		param := s.resolve(p)
		if param["in"] == "query" {
			query[fmt.Sprint(param["name"])] = param["schema"]
			if param["required"] == true {
				required = append(required, param["name"])
			}
		}
	}
	faults = s.fits(e.q, map[string]interface{}{"type": "object", "properties": query, "required": required}, "query")
	if e.b != nil {
		body := s.resolve(op["requestBody"])
		content := object(object(body["content"])["application/json"])
		if content == nil {
			faults = append(faults, "the schema has no JSON body")
		} else {
			faults = append(faults, s.fits(e.b, content["schema"], "body")...)
		}
	}
	if e.r == nil {
		return faults
	}
	answer := s.flat(object(object(s.resolve(object(op["responses"])["200"])["content"])["application/json"])["schema"])
	props := object(answer["properties"])
	if props == nil {
		return faults // not described
	}
	faults = append(faults, s.fits(e.r, props["result"], "result")...)
	if e.i != nil && props["result_info"] != nil {
		faults = append(faults, s.fits(e.i, props["result_info"], "result_info")...)
	}
	return faults
}

// fits says where a shape has what the schema has not, or lacks what it requires.
func (s *schema) fits(mine *shape, theirs interface{}, where string) []string {
	t := s.flat(theirs)
	if mine.kind == "any" || len(t) == 0 {
		return nil
	}
	if mine.kind == "union" {
		// One of the options must be the schema's; null and the like may be extra.
		var first []string
		for i, o := range mine.options {
			f := s.fits(o, theirs, where)
			if len(f) == 0 {
				return nil
			}
			if i == 0 {
				first = f
			}
		}
		return first
	}
	options := append(list(t["oneOf"]), list(t["anyOf"])...)
	if len(options) > 0 {
		var first []string
		for i, o := range options {
			f := s.fits(mine, o, where)
			if len(f) == 0 {
				return nil
			}
			if i == 0 {
				first = f
			}
		}
		return first
	}
	kind, _ := t["type"].(string)
	if kind == "" && t["properties"] != nil {
		kind = "object"
	}
	want := mine.kind
	switch want {
	case "literal":
		want = "string"
	case "true", "false":
		want = "boolean"
	case "integer":
		want = "number"
	}
	if kind == "integer" {
		kind = "number"
	}
	if kind != "" && kind != want {
		return []string{fmt.Sprintf("%s is %s, and in the schema %s", where, mine.kind, kind)}
	}
	if mine.kind == "literal" {
		if enum := list(t["enum"]); len(enum) > 0 && !has(enum, mine.literal) {
			return []string{fmt.Sprintf("%s cannot be %q in the schema", where, mine.literal)}
		}
	}
	var faults []string
	faults = append(faults, limits(mine, t, where)...)
	switch mine.kind {
	case "array":
		faults = append(faults, s.fits(mine.elem, t["items"], where+"[]")...)
	case "object":
		props := object(t["properties"])
		for name, f := range mine.fields {
			theirs, ok := props[name]
			switch {
			case ok:
				faults = append(faults, s.fits(f.shape, theirs, where+"."+name)...)
			case props != nil && t["additionalProperties"] == nil && f.optional:
				s.absent[where+"."+name] = true
			case props != nil && t["additionalProperties"] == nil:
				faults = append(faults, fmt.Sprintf("%s has no field %s in the schema", where, name))
			}
		}
		for _, r := range list(t["required"]) {
			if f := mine.fields[fmt.Sprint(r)]; f == nil && props[fmt.Sprint(r)] != nil {
				faults = append(faults, fmt.Sprintf("%s lacks the field %s, which the schema requires", where, r))
			} else if f != nil && f.optional {
				faults = append(faults, fmt.Sprintf("%s.%s may be missing, and the schema requires it", where, r))
			}
		}
	}
	return faults
}

func has(list []interface{}, v string) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// limits says where a shape lets through what the schema does not.
func limits(mine *shape, t map[string]interface{}, where string) (faults []string) {
	upper, lower := "", ""
	switch mine.kind {
	case "number", "integer":
		upper, lower = "maximum", "minimum"
	case "array":
		upper, lower = "maxItems", "minItems"
	case "string":
		upper, lower = "maxLength", "minLength"
	}
	if max, ok := t[upper].(float64); ok && mine.upper && mine.max > max {
		faults = append(faults, fmt.Sprintf("%s is up to %v, and in the schema up to %v", where, mine.max, max))
	}
	if min, ok := t[lower].(float64); ok && mine.lower && mine.min < min {
		faults = append(faults, fmt.Sprintf("%s is from %v, and in the schema from %v", where, mine.min, min))
	}
	return faults
}
