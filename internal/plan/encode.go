package plan

import (
	"bytes"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Encode gives the bytes of redis2cf.yaml. With the file as it was read in old,
// only what differs from it is changed: every other byte, comments and order
// included, stays. Without it the file is written anew.
func Encode(p *Plan, old []byte) ([]byte, error) {
	if len(bytes.TrimSpace(old)) == 0 {
		return encodeNew(p), nil
	}
	was, doc, err := parse(FileName, old)
	if err != nil {
		return nil, err
	}
	if same(p, was) {
		return old, nil
	}
	e := &editor{src: old, lines: lineStarts(old), eol: "\n"}
	if bytes.Contains(old, []byte("\r\n")) {
		e.eol = "\r\n"
	}
	e.plan(p, was, doc)
	out := e.apply()
	now, err := Parse(FileName, out)
	if err != nil || !same(p, now) {
		return nil, fmt.Errorf("%s: cannot be changed without losing its form: write families as a list with one key a line, or add this by hand:\n%s",
			FileName, strings.Join(e.added, ""))
	}
	return out, nil
}

// same compares what the file holds of two plans.
func same(a, b *Plan) bool { return reflect.DeepEqual(stored(a), stored(b)) }

// stored leaves out what Build saw, and the order of families.
func stored(p *Plan) Plan {
	c := *p
	c.Families = append([]Family(nil), p.Families...)
	for i := range c.Families {
		f := &c.Families[i]
		*f = storedFamily(f)
	}
	sort.Slice(c.Families, func(i, j int) bool { return c.Families[i].Pattern < c.Families[j].Pattern })
	c.Keep = append([]string(nil), p.Keep...)
	c.Groups = append([]Group(nil), p.Groups...)
	c.Clients = append([]Client(nil), p.Clients...)
	return c
}

func storedFamily(f *Family) Family {
	var c Family
	for _, field := range familyFields {
		_ = field.set(&c, field.get(f)) // a value that its field refuses is refused when the result is read again
	}
	return c
}

// encodeNew writes the whole file.
func encodeNew(p *Plan) []byte {
	var b strings.Builder
	b.WriteString(header)
	b.WriteString("\n")
	for _, f := range planFields {
		if v := f.get(p); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.key, quote(f.key, v))
		}
	}
	b.WriteString("\ngroups:\n")
	for _, g := range p.Groups {
		b.WriteString(item("  ", groupFields, &g, nil))
	}
	if len(p.Clients) > 0 {
		b.WriteString("\nclients:\n")
		for _, c := range p.Clients {
			b.WriteString(item("  ", clientFields, &c, nil))
		}
	}
	if len(p.Keep) > 0 {
		b.WriteString("\nkeep:\n")
		for _, k := range p.Keep {
			fmt.Fprintf(&b, "  - %s\n", quote("", k))
		}
	}
	if len(p.Families) == 0 {
		b.WriteString("\nfamilies: []\n")
		return []byte(b.String())
	}
	b.WriteString("\nfamilies:\n")
	for i := range p.Families {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(item("  ", familyFields, &p.Families[i], skipFamily(p)))
	}
	return []byte(b.String())
}

// skipFamily names the fields that go without saying.
func skipFamily(p *Plan) func(key, value string) bool {
	return func(key, value string) bool {
		return key == "group" && len(p.Groups) > 0 && value == p.Groups[0].Name
	}
}

// item writes one entry of a list.
func item[T any](indent string, fields []field[T], v *T, skip func(key, value string) bool) string {
	var b strings.Builder
	dash := "- "
	for _, f := range fields {
		s := f.get(v)
		if s == "" || skip != nil && skip(f.key, s) {
			continue
		}
		b.WriteString(indent + dash + f.key + ": " + quote(f.key, s) + "\n")
		dash = "  "
	}
	return b.String()
}

// quote writes a value so that YAML reads the same string back. Patterns are
// always in quotes, because a star would begin an alias.
func quote(key, v string) string {
	if key == "version" || key == "shards" {
		return v
	}
	n := yaml.Node{}
	n.SetString(v)
	if key == "pattern" && n.Tag == "!!str" {
		n.Style = yaml.DoubleQuotedStyle
	}
	if strings.Contains(v, "\n") {
		n.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprintf("%q", v) // Marshal of a scalar does not fail; a Go string is close to YAML's
	}
	return strings.TrimRight(string(out), "\n")
}
