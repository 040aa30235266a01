package keys

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator writes random programs that build keys. What they call use with is
// printed when they run. Branches, loops and data depend on coin, so that many
// runs of one program take many ways.
type generator struct {
	r      *rand.Rand
	b      strings.Builder
	ind    int
	site   int
	funcs  int      // key functions, k0 to kn
	vars   []scoped // in scope
	names  int
	made   int
	blocks int // the block at hand
	loops  int
	inner  int  // function literals around
	named  bool // in a function with a named result
	lines  int  // left for the function at hand
}

type scoped struct {
	name  string
	kind  string // string, slice, map, func, struct, builder, pointer
	block int
	// fixed is a variable that must not be written to: of a loop's head.
	fixed bool
}

const generatedHead = `package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"
)

var fuel int

var pool = []string{"", "7", "x", "a:", ":", "q:1", "zz"}

func coin(n int) int { return rand.Intn(n) }

// data is text that no analysis knows.
func data() string { return strings.Map(func(r rune) rune { return r }, pool[coin(len(pool))]) }

func use(site int, key string) { fmt.Println(site, strconv.Quote(key)) }

func uses(site int, keys []string) {
	for _, k := range keys {
		use(site, k)
	}
}

type kind string

type thing struct{ prefix, name string }

func (t thing) key(id string) string  { return t.prefix + id }
func (t *thing) set(p string)         { t.prefix = p }
func (t *thing) named(s string) string {
	if s == "" {
		s = t.name
	}
	return "n:" + s
}

type keyer interface{ key(string) string }

type other struct{ n int }

func (o other) key(id string) string { return "o" + strconv.Itoa(o.n) + ":" + id }

var global = "g:"
var table = map[string]string{"a": "ta:", "b": "tb:"}
var makers = map[string]func(string) string{"up": strings.ToUpper}

func glue(parts ...string) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(p)
	}
	return b.String()
}
func joined(sep string, parts ...string) string { return "j" + sep + strings.Join(parts, sep) }
func format(f string, args ...any) string     { return fmt.Sprintf("f:"+f, args...) }
func lower(s string) string                   { return strings.ToLower(s) + ":l" }
func apply(f func(string) string, s string) string { return f(s) }
func prefixer(p string) func(string) string   { return func(s string) string { return p + s } }
func fill(xs []string, s string)              { xs[0] = s }
func fillBytes(b []byte, s string)            { copy(b[1:], s) }

type filler interface{ fill([]string, string) }

type filling struct{}

func (filling) fill(xs []string, s string) { xs[1] = s }
func poke(p *string, s string)                { *p = s }
func pair(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("empty")
	}
	return "p:" + s, nil
}
func last(s string) (r string) {
	defer func() { r = r + ":end" }()
	r = "d:"
	return r + s
}

var _ = bytes.NewBufferString
var _ = cmp.Or[string]
var _ = os.Args
var _ = sort.Strings
`

func newGenerator(seed uint64) *generator {
	return &generator{r: rand.New(rand.NewPCG(seed, 7))}
}

// program writes a whole program with this many functions.
func (g *generator) program(funcs, rounds int) string {
	g.b.WriteString(generatedHead)
	g.funcs = funcs
	for i := range funcs {
		g.function(i)
	}
	g.line("func main() {")
	g.line("	for round := range %d {", rounds)
	g.line("		rand.Seed(int64(round))")
	for i := range funcs {
		g.line(`		func() { defer func() { recover() }(); fuel = 6; global = "g:"; _ = k%d(data(), data()) }()`, i)
	}
	g.line("	}")
	g.line("}")
	return g.b.String()
}

func (g *generator) line(f string, args ...any) {
	fmt.Fprintf(&g.b, "%s%s\n", strings.Repeat("\t", g.ind), fmt.Sprintf(f, args...))
}

func (g *generator) chance(n int) bool { return g.r.IntN(n) == 0 }

func (g *generator) function(i int) {
	g.named = g.chance(3)
	result := "string"
	if g.named {
		result = "(out string)"
	}
	g.line("func k%d(a, b string) %s {", i, result)
	g.made++
	g.blocks = g.made
	g.vars = []scoped{{name: "a", kind: "string"}, {name: "b", kind: "string"}}
	if g.named {
		g.vars = append(g.vars, scoped{name: "out", kind: "string"})
	}
	g.ind++
	g.line(`if fuel--; fuel < 0 { return "" }`)
	g.lines = 6 + g.r.IntN(12)
	g.block(0)
	if g.named && g.chance(2) {
		g.line("return")
	} else {
		g.line("return %s", g.expr(2))
	}
	g.ind--
	g.line("}")
}

// block writes statements in a scope of their own.
//
// What end writes stands in the block too, behind its statements: it sees their
// variables, not those that they took the names of.
func (g *generator) block(depth int, end ...func()) {
	have, outer := len(g.vars), g.blocks
	g.made++
	g.blocks = g.made
	defer func() { g.blocks = outer }()
	for n := 1 + g.r.IntN(4); n > 0 && g.lines > 0; n-- {
		g.lines--
		g.statement(depth)
	}
	if depth == 0 {
		for g.lines > 0 {
			g.lines--
			g.statement(depth)
		}
		return
	}
	for _, f := range end {
		f()
	}
	g.vars = g.vars[:have]
}

// pick gives a variable in scope of a kind, "" when there is none. A name that an
// inner scope took over is not meant.
func (g *generator) pick(kind string, writable bool) string {
	var names []string
	seen := map[string]bool{}
	for i := len(g.vars) - 1; i >= 0; i-- {
		v := g.vars[i]
		if !seen[v.name] && v.kind == kind && !(writable && v.fixed) {
			names = append(names, v.name)
		}
		seen[v.name] = true
	}
	if len(names) == 0 {
		return ""
	}
	return names[g.r.IntN(len(names))]
}

// declare makes a variable with one of few names, so that they shadow each other.
func (g *generator) declare(kind, value string) {
	name := string("cdefgh"[g.r.IntN(6)])
	if g.declared(name) {
		name = g.fresh(name) // it may be of this very block
	}
	g.line("%s := %s", name, value)
	g.line("_ = %s", name)
	g.vars = append(g.vars, scoped{name: name, kind: kind, block: g.blocks})
}

// fresh gives a name that nothing else has.
func (g *generator) fresh(name string) string {
	g.names++
	return fmt.Sprintf("%s%d", name, g.names)
}

// declared tells whether the block at hand has the name already.
func (g *generator) declared(name string) bool {
	for _, v := range g.vars {
		if v.name == name && v.block == g.blocks {
			return true
		}
	}
	return false
}

func (g *generator) use() {
	g.site++
	if v := g.pick("builder", false); v != "" && g.chance(3) {
		g.line("use(%d, %s.String())", g.site, v)
		return
	}
	if v := g.pick("slice", false); v != "" && g.chance(5) {
		g.line("uses(%d, %s)", g.site, v)
		return
	}
	g.line("use(%d, %s)", g.site, g.expr(2))
}

func (g *generator) statement(depth int) {
	nested := func(head, tail string) {
		g.line("%s", head)
		g.ind++
		g.block(depth+1, func() {
			if g.chance(2) {
				g.use()
			}
		})
		g.ind--
		g.line("%s", tail)
	}
	deep := depth >= 3
	switch g.r.IntN(27) {
	case 0, 1, 2:
		g.use()
	case 3:
		g.declare("string", g.expr(2))
	case 4, 5:
		if v := g.pick("string", true); v != "" {
			g.line("%s = %s", v, g.expr(2))
		}
	case 6, 7:
		if v := g.pick("string", true); v != "" {
			op := []string{"%s += %s", "%[1]s = %[1]s + %[2]s"}[g.r.IntN(2)]
			g.line(op, v, g.expr(1))
		}
	case 8:
		if !deep {
			g.line("if coin(2) == 0 {")
			g.ind++
			g.block(depth+1, func() {
				if g.loops > 0 && g.inner == 0 && g.chance(3) {
					g.line("%s", []string{"continue", "break"}[g.r.IntN(2)])
				} else if g.inner == 0 && g.chance(6) {
					g.line("return %s", g.expr(1))
				}
			})
			g.ind--
			if g.chance(2) {
				g.line("} else {")
				g.ind++
				g.block(depth + 1)
				g.ind--
			}
			g.line("}")
		}
	case 9:
		if v := g.pick("string", true); v != "" && !deep {
			nested(fmt.Sprintf(`if %s %s "" {`, v, []string{"==", "!="}[g.r.IntN(2)]), "}")
		}
	case 10:
		if !deep {
			g.loops++
			nested("for range coin(3) {", "}")
			g.loops--
		}
	case 11:
		if !deep {
			name := fmt.Sprintf("r%d", g.ind)
			var list string
			switch v := g.pick("slice", false); {
			case v != "" && g.chance(2):
				list = v
			default:
				list = fmt.Sprintf("[]string{%s, %s}", g.expr(1), g.expr(1))
			}
			g.line("for i%d, %s := range %s {", g.ind, name, list)
			g.ind++
			g.line("_, _ = i%d, %s", g.ind-1, name)
			have := len(g.vars)
			g.vars = append(g.vars, scoped{name: name, kind: "string"})
			g.loops++
			g.block(depth+1, g.use)
			g.loops--
			g.vars = g.vars[:have]
			g.ind--
			g.line("}")
		}
	case 12:
		if !deep {
			loops := g.loops
			g.loops = 0 // a break would be the switch's
			g.line("switch coin(3) {")
			for i := range 2 {
				g.line("case %d:", i)
				g.ind++
				g.block(depth+1, func() {
					if g.chance(4) {
						g.line("if coin(2) == 0 { break }")
						g.line("{")
						g.block(depth + 1)
						g.line("}")
					}
				})
				if i == 0 && g.chance(6) {
					g.line("fallthrough")
				}
				g.ind--
			}
			if g.chance(2) {
				g.line("default:")
				g.ind++
				g.block(depth + 1)
				g.ind--
			}
			g.line("}")
			g.loops = loops
		}
	case 13:
		if v := g.pick("string", true); v != "" {
			g.line("poke(&%s, %s)", v, g.expr(1))
		}
	case 14:
		if !deep {
			loops := g.loops
			g.loops, g.inner = 0, g.inner+1
			nested([]string{"func() {", "defer func() {"}[g.r.IntN(2)], "}()")
			g.loops, g.inner = loops, g.inner-1
		}
	case 15:
		g.declare("slice", []string{
			fmt.Sprintf("[]string{%s, %s}", g.expr(1), g.expr(1)),
			fmt.Sprintf("append([]string{%s}, %s)", g.expr(1), g.expr(1)),
		}[g.r.IntN(2)])
	case 16:
		if v := g.pick("slice", true); v != "" {
			switch g.r.IntN(10) {
			case 4:
				g.line("fill(%s[1:], %s)", v, g.expr(1))
			case 5:
				g.line("filler(filling{}).fill(%s, %s)", v, g.expr(1))
			case 6:
				g.line("func(xs []string) { xs[1] = %s }(%s)", g.expr(1), v)
			case 7:
				g.line("sort.Strings(%s)", v)
			case 8:
				g.declare("slice", fmt.Sprintf("append(%s[:1], %s)", v, g.expr(1)))
			case 9:
				g.site++
				g.line("use(%d, strings.Join(%s, %q))", g.site, v, "/")
			case 0:
				g.line("%s = append(%s, %s)", v, v, g.expr(1))
			case 1:
				g.line("%s[0] = %s", v, g.expr(1))
			case 2:
				g.line("fill(%s, %s)", v, g.expr(1))
			case 3:
				g.declare("slice", v)
			}
		}
	case 17:
		name := g.fresh("m")
		g.line("%s := map[string]string{%q: %s}", name, "k", g.expr(1))
		g.line("%s[%s] = %s", name, g.expr(1), g.expr(1))
		g.site++
		g.line("for k, v := range %s { use(%d, k); use(%d, v) }", name, g.site, g.site+1)
		g.site += 2
		g.line("use(%d, %s[%q])", g.site, name, "k")
	case 18:
		g.declare("func", []string{
			fmt.Sprintf("func(s string) string { return %s + s }", g.expr(1)),
			fmt.Sprintf("prefixer(%s)", g.expr(1)),
			"lower",
			fmt.Sprintf("thing{prefix: %s}.key", g.expr(1)),
		}[g.r.IntN(4)])
	case 19:
		if v := g.pick("func", true); v != "" {
			// It may call itself.
			g.line(`%s = func(s string) string { if fuel--; fuel < 0 { return "" }; return s + %s }`, v, g.expr(1))
		}
	case 20:
		g.declare("struct", fmt.Sprintf("thing{prefix: %s, name: %s}", g.expr(1), g.expr(1)))
	case 21:
		if v := g.pick("struct", true); v != "" {
			switch g.r.IntN(3) {
			case 0:
				g.line("%s.prefix = %s", v, g.expr(1))
			case 1:
				g.line("%s.set(%s)", v, g.expr(1))
			case 2:
				g.declare("struct", v)
			}
		}
	case 22:
		name := g.fresh("b")
		g.line("var %s strings.Builder", name)
		g.line("_ = %s.Len()", name)
		g.vars = append(g.vars, scoped{name: name, kind: "builder"})
	case 23, 24:
		if v := g.pick("builder", true); v != "" && g.inner == 0 {
			g.line([]string{
				"%s.WriteString(%s)", "%s.WriteByte(':') ; _ = %s", `fmt.Fprintf(&%s, "<%%s>", %s)`, "if coin(2) == 0 { %s.WriteString(%s) }", "%s.Reset(); _ = %s",
			}[g.r.IntN(5)], v, g.expr(1))
		}
	case 25:
		g.site++
		g.line("switch x := any(%s).(type) { case string: use(%d, x+%q) }", g.expr(1), g.site, ":s")
	case 26:
		name := g.fresh("bytes")
		g.line("%s := []byte(%s + %q)", name, g.expr(1), "_:")
		g.line([]string{"copy(%s[1:], %s)", "fillBytes(%s, %s)", "%[1]s = append(%[1]s, %[2]s...)", "%s[0] = 'z' ; _ = %s"}[g.r.IntN(4)], name, g.expr(1))
		g.site++
		g.line("use(%d, string(%s))", g.site, name)
	}
}

var words = []string{"user:", "Post:", ":x", "-", "{t}", "a:", "s:", "", "q:1"}

// expr writes an expression of type string.
func (g *generator) expr(depth int) string {
	if v := g.pick("string", false); v != "" && g.chance(3) {
		return v
	}
	if depth == 0 || g.chance(5) {
		if g.chance(4) {
			return "data()"
		}
		return fmt.Sprintf("%q", words[g.r.IntN(len(words))])
	}
	x, y := g.expr(depth-1), g.expr(depth-1)
	switch g.r.IntN(24) {
	case 0, 1, 2:
		return fmt.Sprintf("%s + %s", x, y)
	case 3:
		return fmt.Sprintf("fmt.Sprintf(%q, %s, coin(9), %s)", "x:%s:%d:%v", x, y)
	case 4:
		return fmt.Sprintf("strings.Join([]string{%s, %s}, %q)", x, y, ":")
	case 5:
		return fmt.Sprintf("strings.%s(%s)", []string{"ToLower", "ToUpper", "TrimSpace"}[g.r.IntN(3)], x)
	case 6:
		return fmt.Sprintf("strings.%s(%s, %q)", []string{"TrimPrefix", "TrimSuffix", "Trim", "TrimLeft"}[g.r.IntN(4)], x, []string{"a:", ":", "user:"}[g.r.IntN(3)])
	case 7:
		return fmt.Sprintf("strings.ReplaceAll(%s, %q, %q)", x, ":", "-")
	case 8, 9:
		return fmt.Sprintf("k%d(%s, %s)", g.r.IntN(g.funcs), x, y)
	case 10:
		return fmt.Sprintf("glue(%s, %s)", x, y)
	case 11:
		return fmt.Sprintf("joined(%q, %s, %s)", ":", x, y)
	case 12:
		return fmt.Sprintf("format(%q, %s, %d)", "%s/%v", x, g.r.IntN(9))
	case 13:
		return fmt.Sprintf("lower(%s)", x)
	case 14:
		if v := g.pick("func", false); v != "" {
			return []string{fmt.Sprintf("%s(%s)", v, x), fmt.Sprintf("apply(%s, %s)", v, x)}[g.r.IntN(2)]
		}
		return fmt.Sprintf("apply(lower, %s)", x)
	case 15:
		return fmt.Sprintf("prefixer(%s)(%s)", x, y)
	case 16:
		if v := g.pick("slice", false); v != "" {
			return v + "[0]"
		}
		return "global"
	case 17:
		if v := g.pick("struct", false); v != "" {
			return []string{v + ".prefix", v + ".key(" + x + ")", v + ".named(" + x + ")", "keyer(" + v + ").key(" + x + ")"}[g.r.IntN(4)]
		}
		return fmt.Sprintf("keyer(other{%d}).key(%s)", g.r.IntN(9), x)
	case 18:
		return fmt.Sprintf("last(%s)", x)
	case 19:
		return fmt.Sprintf("func() string { s, err := pair(%s); if err != nil { return %q }; return s }()", x, "e:")
	case 20:
		return fmt.Sprintf("cmp.Or(%s, %s)", x, y)
	case 21:
		return fmt.Sprintf("string(kind(%s))", x)
	case 22:
		return fmt.Sprintf("string(append([]byte(%s), %s...))", x, y)
	}
	return fmt.Sprintf("fmt.Sprint(%s, %s, %d)", x, y, g.r.IntN(9))
}
