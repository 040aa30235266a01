package fakeapi

import (
	"encoding/json"
)

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
