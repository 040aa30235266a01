package difftest

import "strconv"

// jsonShapes are the commands of documents. redis-server alone does not have
// them: they are for comparing an implementation with itself, stored otherwise.
var jsonShapes = []shape{
	{"json", 10, everywhere, "JSON.SET k $ doc"},
	{"json", 6, everywhere, "JSON.SET k path doc ( | | NX | XX | FOO )"},
	{"json", 2, everywhere, "JSON.MSET k path doc k path doc"},
	{"json", 3, everywhere, "JSON.MERGE k path doc"},
	{"json", 6, everywhere, "JSON.GET k ( | path | path path | INDENT v path )"},
	{"json", 1, everywhere, "JSON.MGET k k path"},
	{"json", 1, everywhere, "JSON.RESP k path"},
	{"json", 2, everywhere, "JSON.DEL k path"},
	{"json", 1, everywhere, "JSON.FORGET k path"},
	{"json", 1, everywhere, "JSON.CLEAR k path"},
	{"json", 2, everywhere, "JSON.TYPE k path"},
	{"json", 1, everywhere, "JSON.DEBUG MEMORY 'none:9"},
	{"json", 2, everywhere, "JSON.NUMINCRBY k path f"},
	{"json", 2, everywhere, "JSON.NUMMULTBY k path f"},
	{"json", 1, everywhere, "JSON.TOGGLE k path"},
	{"json", 2, everywhere, "JSON.STRAPPEND k path doc"},
	{"json", 1, everywhere, "JSON.STRLEN k path"},
	{"json", 2, everywhere, "JSON.ARRAPPEND k path doc doc"},
	{"json", 2, everywhere, "JSON.ARRINSERT k path i doc"},
	{"json", 1, everywhere, "JSON.ARRINDEX k path doc ( | i | i i )"},
	{"json", 1, everywhere, "JSON.ARRLEN k path"},
	{"json", 2, everywhere, "JSON.ARRPOP k ( | path | path i )"},
	{"json", 1, everywhere, "JSON.ARRTRIM k path i i"},
	{"json", 1, everywhere, "JSON.OBJKEYS k path"},
	{"json", 1, everywhere, "JSON.OBJLEN k path"},
}

func init() {
	makers["doc"] = func(g *Gen) string { return g.document(3) }
	makers["path"] = func(g *Gen) string {
		return pickOf(g.rnd, "$", "$", "$.a", "$.b", "$.a.b", "$..a", "$.*", "$.a[0]", "$.a[-1]", "$.b[1:]", "$.a[?(@.b>1)]",
			"$['a','b']", ".", ".a", "a.b", "a[1]", "$.new", "$.a.new", "", "$[", "$.a[*]")
	}
	shapes = append(shapes, jsonShapes...)
}

// document is JSON text, now and then none.
func (g *Gen) document(depth int) string {
	n := g.rnd.Intn(100)
	switch {
	case n < 3:
		return pickOf(g.rnd, "", "{", "[1,", "nope", "'a'", "{\"a\"}", "1 2", "\"\x01\"")
	case n < 50 && depth > 0:
		s, open := "{", ""
		for _, name := range []string{"a", "b", "c"} {
			if g.chance(70) {
				s, open = s+open+strconv.Quote(name)+":"+g.document(depth-1), ","
			}
		}
		return s + "}"
	case n < 75 && depth > 0:
		s, open := "[", ""
		for i := g.rnd.Intn(5); i > 0; i-- {
			s, open = s+open+g.document(depth-1), ","
		}
		return s + "]"
	case n < 85:
		return pickOf(g.rnd, "true", "false", "null", `"text"`, `""`, `"\u00e9\n"`)
	}
	return pickOf(g.rnd, "0", "-1", "1.5", "1e3", "9223372036854775807", strconv.Itoa(g.rnd.Intn(100)))
}
