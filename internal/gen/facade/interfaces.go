package facade

import (
	"github.com/dave/jennifer/jen"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// groupInterfaces are go-redis's parts of Cmdable, in its order; the methods of
// all other groups stand in Cmdable itself.
var groupInterfaces = []struct{ group, name, doc string }{
	{"acl", "ACLCmdable", "access control lists"},
	{"bitmap", "BitMapCmdable", "bits of strings"},
	{"cluster", "ClusterCmdable", "the cluster"},
	{"generic", "GenericCmdable", "keys of any type"},
	{"geo", "GeoCmdable", "places"},
	{"hash", "HashCmdable", "hashes"},
	{"hyperloglog", "HyperLogLogCmdable", "approximate counts"},
	{"list", "ListCmdable", "lists"},
	{"pubsub", "PubSubCmdable", "publishing"},
	{"script", "ScriptingFunctionsCmdable", "scripts and functions"},
	{"set", "SetCmdable", "sets"},
	{"zset", "SortedSetCmdable", "sorted sets"},
	{"string", "StringCmdable", "strings"},
	{"stream", "StreamCmdable", "streams"},
	{"json", "JSONCmdable", "JSON documents"},
}

// inCmdable are methods of a group with an interface that go-redis declares in
// Cmdable itself. Fakes of the smaller interface do not have them.
var inCmdable = map[string]bool{"Unlink": true}

// scripter are the methods that a Script needs.
var scripter = []string{"Eval", "EvalSha", "EvalRO", "EvalShaRO", "ScriptExists", "ScriptLoad"}

func (g *generator) interfaces() *jen.File {
	f := newFile()
	part := map[string]bool{}
	var embedded []jen.Code
	for _, gi := range groupInterfaces {
		part[gi.group] = true
		embedded = append(embedded, jen.Id(gi.name))
	}
	own := g.list(func(r *spec.Row) bool { return r.Types == "" && (!part[r.Group] || inCmdable[r.Method]) })
	iface(f, "Cmdable", "has the commands that every client, pipeline and transaction has.", append(own, embedded...))
	for _, gi := range groupInterfaces {
		ms := g.list(func(r *spec.Row) bool { return r.Types == "" && r.Group == gi.group && !inCmdable[r.Method] })
		iface(f, gi.name, "has the commands on "+gi.doc+".", ms)
	}
	stateful := g.list(func(r *spec.Row) bool { return has(r, "StatefulCmdable") })
	iface(f, "StatefulCmdable", "has the commands of one connection beside the others.",
		append([]jen.Code{jen.Id("Cmdable")}, stateful...))
	pipe := g.list(func(r *spec.Row) bool { return has(r, "Pipeliner") && !has(r, "StatefulCmdable") })
	iface(f, "Pipeliner", "collects commands that are then sent as one.",
		append([]jen.Code{jen.Id("StatefulCmdable")}, pipe...))
	universal := g.list(func(r *spec.Row) bool { return has(r, "UniversalClient") })
	iface(f, "UniversalClient", "is what Client, ClusterClient and Ring have in common.",
		append([]jen.Code{jen.Id("Cmdable")}, universal...))
	scripts := g.list(func(r *spec.Row) bool { return r.Types == "" && contains(scripter, r.Method) })
	iface(f, "Scripter", "is what a Script runs on.", scripts)
	f.Var().Defs(
		jen.Id("_").Id("UniversalClient").Op("=").Parens(jen.Op("*").Id("Client")).Parens(jen.Nil()),
		jen.Id("_").Id("UniversalClient").Op("=").Parens(jen.Op("*").Id("ClusterClient")).Parens(jen.Nil()),
		jen.Id("_").Id("UniversalClient").Op("=").Parens(jen.Op("*").Id("Ring")).Parens(jen.Nil()),
		jen.Id("_").Id("StatefulCmdable").Op("=").Parens(jen.Op("*").Id("Conn")).Parens(jen.Nil()),
		jen.Id("_").Id("StatefulCmdable").Op("=").Parens(jen.Op("*").Id("Tx")).Parens(jen.Nil()),
		jen.Id("_").Id("Pipeliner").Op("=").Parens(jen.Op("*").Id("Pipeline")).Parens(jen.Nil()),
	)
	return f
}

func (g *generator) list(want func(*spec.Row) bool) []jen.Code {
	var out []jen.Code
	for _, r := range g.rows {
		if want(r) {
			out = append(out, g.declare(r))
		}
	}
	return out
}

func iface(f *jen.File, name, doc string, methods []jen.Code) {
	f.Commentf("%s %s", name, doc)
	f.Type().Id(name).Interface(methods...)
	f.Line()
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}
