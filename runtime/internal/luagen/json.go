package luagen

import (
	"fmt"
	"strings"
)

// jsonText is a Lua string with a random JSON text, now and then a broken one.
func (g *generator) jsonText() *node {
	text := g.jsonValue(1 + g.Intn(5))
	if g.Intn(10) == 0 {
		at := g.Intn(len(text) + 1)
		text = text[:at] + pick(g, "", ",", "]", "}", `"`, ":", "\\", "x", "0") + text[min(at+g.Intn(2), len(text)):]
	}
	return &node{expression, []any{"'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(text) + "'"}}
}

// jsonValue is a JSON value that nests at most so deep.
func (g *generator) jsonValue(depth int) string {
	space := pick(g, "", "", "", " ", "\n ")
	switch n := g.Intn(8); {
	case depth > 0 && n < 3:
		elems := make([]string, g.Intn(4))
		for i := range elems {
			elems[i] = g.jsonValue(depth - 1)
		}
		return "[" + space + strings.Join(elems, ","+space) + "]"
	case depth > 0 && n < 6:
		members := make([]string, g.Intn(4))
		for i := range members {
			members[i] = g.jsonString() + space + ":" + g.jsonValue(depth-1)
		}
		return "{" + strings.Join(members, space+",") + space + "}"
	case n == 6:
		return g.jsonString()
	}
	return pick(g, "null", "true", "false", "0", "-0", "1", "1.5", "-12", "1e3", "2E-2", "1e15", "123456789012345678", "0.1", "3.14159265358979", "1e300", "-1e-300", "65536", fmt.Sprint(g.Intn(1000)))
}

func (g *generator) jsonString() string {
	return `"` + pick(g, "", "a", "b", "key", "1", "2", "é", "日本", `\n`, `\u0041`, `\u00e9`, `\ud83d\ude00`, `\\`, `\"`, `/`, `\/`, `\u0000`, "\x7f", "x y", `\t\b\f\r`) + `"`
}
