package facade

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// optionTypes are the option types that constructors take and check.
var optionTypes = []string{"Options", "ClusterOptions", "FailoverOptions", "RingOptions"}

// options writes which fields of the option types are ignored and which are
// refused, so that the table is the one place that says so.
func (g *generator) options() *jen.File {
	f := newFile()
	f.Comment("optionUses says of each option type which fields mean nothing here and which are an error.")
	f.Var().Id("optionUses").Op("=").Map(jen.String()).Id("optionUse").Values(jen.DictFunc(func(d jen.Dict) {
		for _, t := range optionTypes {
			d[jen.Lit(t)] = jen.Values(jen.Dict{
				jen.Id("ignored"): jen.Index().String().Values(fieldNames(t, "ignored")...),
				jen.Id("refused"): jen.Index().String().Values(fieldNames(t, "error")...),
			})
		}
	}))
	return f
}

func fieldNames(typ, use string) []jen.Code {
	var out []jen.Code
	for _, s := range spec.Symbols() {
		if name, ok := strings.CutPrefix(s.Name, typ+"."); ok && s.Kind == "field" && s.Package == "" && s.Use == use {
			out = append(out, jen.Lit(name))
		}
	}
	return out
}
