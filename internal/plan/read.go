package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Read reads the plan of a file. An error that os.IsNotExist recognizes means
// that there is none yet.
func Read(path string) (*Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	return Parse(filepath.Base(path), data)
}

// Parse reads a plan. Errors begin with name:line:column and say what is
// allowed there.
func Parse(name string, data []byte) (*Plan, error) {
	p, _, err := parse(name, data)
	return p, err
}

// A reader remembers the file's name for messages and the nodes for Encode.
type reader struct {
	name string
	plan *Plan
	doc  document
}

// A document is where the parts of the file stand.
type document struct {
	root     *yaml.Node
	groups   *yaml.Node
	clients  *yaml.Node
	families *yaml.Node
	family   []*yaml.Node // by index in Plan.Families
	group    []*yaml.Node
	client   []*yaml.Node
}

func parse(name string, data []byte) (*Plan, *document, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	err := dec.Decode(&root)
	if errors.Is(err, io.EOF) || err == nil && len(root.Content) == 0 {
		return nil, nil, fmt.Errorf("%s:1:1: the file is empty: delete it, and redis2cf -w writes a new one", name)
	}
	if err != nil {
		return nil, nil, syntaxError(name, data, err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		line := 1
		if err == nil {
			line = more.Line
		}
		return nil, nil, fmt.Errorf("%s:%d:1: a second document begins here: a plan is one document", name, line)
	}
	r := &reader{name: name, plan: &Plan{Version: version, Package: DefaultPackage}}
	r.doc.root = root.Content[0]
	if err := r.read(); err != nil {
		return nil, nil, err
	}
	return r.plan, &r.doc, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// syntaxError gives the YAML library's message the form of the others. The
// library names the line only; the column is where the line's text begins.
func syntaxError(name string, data []byte, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line, column := 1, 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	if lines := strings.Split(string(data), "\n"); line >= 1 && line <= len(lines) {
		s := lines[line-1]
		column += len(s) - len(strings.TrimLeft(s, " \t"))
	}
	return fmt.Errorf("%s:%d:%d: not YAML: %s", name, line, column, text)
}

func (r *reader) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", r.name, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// pairs gives the keys and values of a mapping, each key once.
func (r *reader) pairs(n *yaml.Node, what string, yield func(key, value *yaml.Node) error) error {
	n = alias(n)
	if n.Kind != yaml.MappingNode {
		return r.errorf(n, "%s must be a list of keys with values", what)
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if line, ok := seen[k.Value]; ok {
			return r.errorf(k, "%s has the key %q twice: the first is on line %d", what, k.Value, line)
		}
		seen[k.Value] = k.Line
		if err := yield(k, alias(v)); err != nil {
			return err
		}
	}
	return nil
}

func alias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// items gives the elements of a sequence; null is an empty one.
func (r *reader) items(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, r.errorf(n, "%s must be a list: each entry begins with a dash", what)
	}
	return n.Content, nil
}

func (r *reader) scalar(n *yaml.Node, what string) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", r.errorf(n, "%s must be a single value", what)
	}
	if n.Tag == "!!binary" {
		var s string
		if err := n.Decode(&s); err != nil {
			return "", r.errorf(n, "%s: %s", what, strings.TrimPrefix(err.Error(), "yaml: "))
		}
		return s, nil
	}
	if isNull(n) {
		return "", nil
	}
	return n.Value, nil
}

// set reads one value into a field of T.
func set[T any](r *reader, fields []field[T], into *T, k, v *yaml.Node, what string) error {
	f := find(fields, k.Value)
	if f == nil {
		return r.unknown(k, what, keys(fields))
	}
	label := k.Value + " of " + what
	s, err := r.scalar(v, label)
	if err != nil {
		return err
	}
	if err := f.set(into, s); err != nil {
		return r.errorf(v, "%s is %q: %v", label, s, err)
	}
	return nil
}

func (r *reader) unknown(k *yaml.Node, what string, allowed []string) error {
	return r.errorf(k, "unknown key %q in %s: allowed are %s", k.Value, what, strings.Join(allowed, ", "))
}

func (r *reader) read() error {
	err := r.pairs(r.doc.root, "the plan", func(k, v *yaml.Node) error {
		switch k.Value {
		case "groups":
			r.doc.groups = v
			return r.readGroups(v)
		case "clients":
			r.doc.clients = v
			return r.readClients(v)
		case "families":
			r.doc.families = v
			return r.readFamilies(v)
		case "keep":
			return r.readKeep(v)
		}
		if find(planFields, k.Value) == nil {
			return r.unknown(k, "the plan", append(keys(planFields), "groups", "clients", "keep", "families"))
		}
		return set(r, planFields, r.plan, k, v, "the plan")
	})
	if err != nil {
		return err
	}
	return r.complete()
}

func (r *reader) readKeep(n *yaml.Node) error {
	nodes, err := r.items(n, "keep")
	if err != nil {
		return err
	}
	for _, n := range nodes {
		s, err := r.scalar(alias(n), "an entry of keep")
		if err != nil {
			return err
		}
		if s == "" {
			return r.errorf(n, "an entry of keep is empty: write the import path of a package")
		}
		r.plan.Keep = append(r.plan.Keep, s)
	}
	return nil
}

func (r *reader) readGroups(n *yaml.Node) error {
	nodes, err := r.items(n, "groups")
	if err != nil {
		return err
	}
	at := map[string]int{}
	for _, n := range nodes {
		g := Group{Shards: 1}
		name := n
		err := r.pairs(n, "a group", func(k, v *yaml.Node) error {
			if k.Value == "name" {
				name = v
			}
			return set(r, groupFields, &g, k, v, "a group")
		})
		if err != nil {
			return err
		}
		if g.Name == "" {
			return r.errorf(n, "a group needs a name")
		}
		if line, ok := at[g.Name]; ok {
			return r.errorf(name, "group %q stands here for the second time: the first is on line %d", g.Name, line)
		}
		at[g.Name] = name.Line
		r.plan.Groups = append(r.plan.Groups, g)
		r.doc.group = append(r.doc.group, alias(n))
	}
	return nil
}

func (r *reader) readClients(n *yaml.Node) error {
	nodes, err := r.items(n, "clients")
	if err != nil {
		return err
	}
	at := map[string]int{}
	for _, n := range nodes {
		var c Client
		addr := n
		err := r.pairs(n, "a client", func(k, v *yaml.Node) error {
			if k.Value == "addr" {
				addr = v
			}
			return set(r, clientFields, &c, k, v, "a client")
		})
		if err != nil {
			return err
		}
		if c.Addr == "" {
			return r.errorf(n, "a client needs an addr")
		}
		if line, ok := at[c.Addr]; ok {
			return r.errorf(addr, "addr %q stands here for the second time: the first is on line %d", c.Addr, line)
		}
		at[c.Addr] = addr.Line
		r.plan.Clients = append(r.plan.Clients, c)
		r.doc.client = append(r.doc.client, alias(n))
	}
	return nil
}

func (r *reader) readFamilies(n *yaml.Node) error {
	nodes, err := r.items(n, "families")
	if err != nil {
		return err
	}
	patterns, names := map[string]int{}, map[string]int{}
	for _, n := range nodes {
		f := Family{Type: spec.Any, Store: StoreDO, Phase: "only"}
		at := map[string]*yaml.Node{}
		what := "a family"
		err := r.pairs(n, what, func(k, v *yaml.Node) error {
			at[k.Value] = v
			if err := set(r, familyFields, &f, k, v, what); err != nil {
				return err
			}
			if k.Value == "pattern" {
				what = fmt.Sprintf("family %q", f.Pattern)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if f.Pattern == "" {
			return r.errorf(n, "a family needs a pattern")
		}
		g, _ := parseGlob(f.Pattern) // checked by its field
		if line, ok := patterns[g.String()]; ok {
			return r.errorf(at["pattern"], "pattern %q stands here for the second time: the first is on line %d", f.Pattern, line)
		}
		patterns[g.String()] = at["pattern"].Line
		if f.Name == "" {
			return r.errorf(n, "%s needs a name, for example %s", what, newNamer(r.plan, nil).of(g, f.Type))
		}
		if line, ok := names[f.Name]; ok {
			return r.errorf(at["name"], "name %q of %s is taken by the family on line %d", f.Name, what, line)
		}
		names[f.Name] = at["name"].Line
		if err := r.consistency(&f, at["consistency"], what); err != nil {
			return err
		}
		r.plan.Families = append(r.plan.Families, f)
		r.doc.family = append(r.doc.family, alias(n))
	}
	return nil
}

// consistency checks the value against the store and fills in the usual one.
func (r *reader) consistency(f *Family, n *yaml.Node, what string) error {
	allowed := consistencies[f.Store]
	if f.Consistency == "" {
		if len(allowed) > 1 {
			f.Consistency = Follow
		}
		return nil
	}
	if choice(allowed...)(f.Consistency) != nil {
		return r.errorf(n, "consistency of %s is %q: with store: %s allowed are %s", what, f.Consistency, f.Store, strings.Join(allowed, ", "))
	}
	return nil
}

// complete fills in what a person may leave out, and checks what one part says
// of another.
func (r *reader) complete() error {
	p := r.plan
	if len(p.Groups) == 0 {
		p.Groups = []Group{{Name: defaultGroup, Shards: 1}}
	}
	names := make([]string, len(p.Groups))
	for i, g := range p.Groups {
		names[i] = g.Name
	}
	for i := range p.Families {
		f := &p.Families[i]
		if f.Group == "" {
			f.Group = names[0]
		}
		if choice(names...)(f.Group) != nil {
			n := valueOf(r.doc.family[i], "group")
			return r.errorf(n, "group of family %q is %q: no such group; allowed are %s", f.Pattern, f.Group, strings.Join(names, ", "))
		}
	}
	return nil
}

func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}
