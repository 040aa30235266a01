package project

import (
	"fmt"
	"strings"
)

// capnp writes workerd's configuration in Cap'n Proto's text form.
type capnp struct{ b strings.Builder }

func (c *capnp) add(format string, args ...any) { fmt.Fprintf(&c.b, format, args...) }

// quote writes a text as a literal.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '"' || ch == '\\':
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch < 0x20 || ch == 0x7f:
			fmt.Fprintf(&b, "\\x%02x", ch)
		default:
			b.WriteByte(ch)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteAll writes a list of texts.
func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// A module is a file that workerd loads; path is relative to the configuration.
type module struct {
	name, kind, path string // kind: esModule, wasm or text
}

// A binding is a member of a Worker's env.
type binding struct{ name, value string }

// A worker is a service that runs modules.
type workerService struct {
	name     string
	date     string
	flags    []string
	modules  []module
	bindings []binding
	classes  []objectClass
	storage  string // the disk service with the objects' databases
}

// An objectClass is a Durable Object class. Its unique key names its directory.
type objectClass struct{ name, key string }

func (c *capnp) worker(w workerService) {
	c.add("    (name = %s, worker = (\n      compatibilityDate = %s,\n", quote(w.name), quote(w.date))
	if len(w.flags) > 0 {
		c.add("      compatibilityFlags = %s,\n", quoteAll(w.flags))
	}
	c.add("      modules = [\n")
	for _, m := range w.modules {
		c.add("        (name = %s, %s = embed %s),\n", quote(m.name), m.kind, quote(m.path))
	}
	c.add("      ],\n      bindings = [\n")
	for _, b := range w.bindings {
		c.add("        (name = %s, %s),\n", quote(b.name), b.value)
	}
	c.add("      ],\n")
	if len(w.classes) > 0 {
		c.add("      durableObjectNamespaces = [\n")
		for _, k := range w.classes {
			c.add("        (className = %s, uniqueKey = %s, enableSql = true),\n", quote(k.name), quote(k.key))
		}
		c.add("      ],\n      durableObjectStorage = (localDisk = %s),\n", quote(w.storage))
	}
	c.add("    )),\n")
}

// disk is a directory, relative to the working directory of workerd.
func (c *capnp) disk(name, path string) {
	c.add("    (name = %s, disk = (path = %s, writable = true)),\n", quote(name), quote(path))
}
