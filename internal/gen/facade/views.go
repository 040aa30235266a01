package facade

import (
	"github.com/dave/jennifer/jen"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// A View is an interface with the methods of one data type.
type View struct {
	Name    string
	Type    spec.Type
	Doc     string
	Methods []string // its own, without KeyOps
}

// KeyOps is the name of the interface with the methods that every view has.
const KeyOps = "KeyOps"

var viewTypes = []View{
	{Name: "Strings", Type: spec.String, Doc: "strings, bits included"},
	{Name: "HyperLogLogs", Type: spec.HyperLogLog, Doc: "approximate counts"},
	{Name: "Lists", Type: spec.List, Doc: "lists"},
	{Name: "Hashes", Type: spec.Hash, Doc: "hashes"},
	{Name: "Sets", Type: spec.Set, Doc: "sets"},
	{Name: "SortedSets", Type: spec.ZSet, Doc: "sorted sets, places included"},
	{Name: "Streams", Type: spec.Stream, Doc: "streams"},
	{Name: "JSON", Type: spec.JSON, Doc: "JSON documents"},
}

// sortable are the views that have the methods of SORT: it works on elements,
// which strings and hashes do not have.
var sortable = map[spec.Type]bool{spec.List: true, spec.Set: true, spec.ZSet: true}

func isSort(r *spec.Row) bool { return r.Redis == "SORT" || r.Redis == "SORT_RO" }

// isKeyOp reports whether a method works on keys of every type that it names
// itself.
func isKeyOp(r *spec.Row) bool {
	return r.Types == "" && r.Type == spec.Any && len(r.Keys.Params) > 0 && r.Keys.Kind == spec.KeysPlain && !isSort(r)
}

func inView(r *spec.Row, t spec.Type) bool {
	if r.Types != "" || len(r.Keys.Params) == 0 {
		return false
	}
	return r.Type == t || isSort(r) && sortable[t]
}

// Views lists the views with the methods that are served today.
func Views() []View {
	out := make([]View, len(viewTypes))
	copy(out, viewTypes)
	for i := range out {
		for _, r := range servedRows() {
			if inView(r, out[i].Type) {
				out[i].Methods = append(out[i].Methods, r.Method)
			}
		}
	}
	return out
}

// KeyOpsMethods lists the methods that every view has.
func KeyOpsMethods() []string {
	var out []string
	for _, r := range servedRows() {
		if isKeyOp(r) {
			out = append(out, r.Method)
		}
	}
	return out
}

// ViewOf names the view of a data type; types without one (any, none, scripts,
// channels) have none.
func ViewOf(t spec.Type) (string, bool) {
	for _, v := range viewTypes {
		if v.Type == t {
			return v.Name, true
		}
	}
	return "", false
}

// InView reports whether a view of a data type has a method.
func InView(t spec.Type, method string) bool {
	if _, ok := ViewOf(t); !ok {
		return false
	}
	r, ok := spec.Method("Cmdable", method)
	return ok && r.Verdict == spec.Served && (isKeyOp(r) || inView(r, t))
}

func (g *generator) views() *jen.File {
	f := newFile()
	iface(f, KeyOps, "has the commands on one key of any type. Every view has them.", g.list(isKeyOp))
	for _, v := range viewTypes {
		v := v
		own := g.list(func(r *spec.Row) bool { return inView(r, v.Type) })
		iface(f, v.Name, "is the view of a family of "+v.Doc+": every Cmdable is one.",
			append([]jen.Code{jen.Id(KeyOps)}, own...))
	}
	f.Commentf("A view is a Cmdable with fewer methods, so that narrowing costs nothing.")
	f.Var().DefsFunc(func(d *jen.Group) {
		for _, v := range viewTypes {
			d.Id("_").Id(v.Name).Op("=").Id("Cmdable").Parens(jen.Nil())
		}
	})
	return f
}
