package worker

import "strings"

// DefaultNamespace is the namespace of the first token, whose keys have their own
// names in KV.
const DefaultNamespace = "main"

// An ObjectName is a Durable Object's name taken apart: NAMESPACE:GROUP/SHARD, where
// NAMESPACE is a token's, or that, a slash, and the part of it that a client asked for:
// a name, or a name, a slash and another one. None of them has a slash or a colon, so no
// two lead to the same object.
type ObjectName struct {
	Namespace string // "main", "main/jobs", "main/staging/jobs"
	Group     string
	Shard     string
}

// ParseObject takes a name apart. What is no such name is all namespace.
func ParseObject(name string) ObjectName {
	var o ObjectName
	var rest string
	o.Namespace, rest, _ = strings.Cut(name, ":")
	o.Group, o.Shard, _ = strings.Cut(rest, "/")
	return o
}

// Client is the last name of the part that a client asked for, which the plan may know;
// empty: it asked for none.
func (o ObjectName) Client() string {
	i := strings.LastIndexByte(o.Namespace, '/')
	if i < 0 {
		return ""
	}
	return o.Namespace[i+1:]
}

// KV is the namespace as names in KV have it: empty for DefaultNamespace, and colons
// for the slashes.
func (o ObjectName) KV() string {
	if o.Namespace == DefaultNamespace {
		return ""
	}
	return strings.ReplaceAll(o.Namespace, "/", ":")
}

// Has reports whether keys of a family can be in the object.
func (o ObjectName) Has(f *Family) bool {
	return f.Group == o.Group && (f.Client == "" || f.Client == o.Client())
}
