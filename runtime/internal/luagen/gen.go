package luagen

import (
	"fmt"
	"math/rand"
)

// A generator makes one program.
type generator struct {
	*rand.Rand
	scopes [][]string // names of local variables
	names  int
	depth  int
	vararg bool
	loops  int
}

// Prelude gives programs S, which writes a value so that everything that can be
// told about it is seen. Addresses are left out.
const Prelude = `local function S(v, d)
  local t = type(v)
  if t == 'number' then return string.format(v % 1 == 0 and v < 2^53 and v > -2^53 and '%.17g' or '%.14g', v) end
  if t == 'string' then return string.format('%q', (v:gsub('0x%x+', 'PTR'))) end
  if t == 'table' then
    if (d or 0) > 3 then return '{...}' end
    local r = {}
    for k, w in pairs(v) do r[#r + 1] = S(k, (d or 0) + 1) .. '=' .. S(w, (d or 0) + 1) end
    return '{' .. table.concat(r, ',') .. '}#' .. #v
  end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  return t
end
local function P(...)
  local r = {}
  for i = 1, select('#', ...) do r[i] = S((select(i, ...))) end
  return table.concat(r, ' ')
end
local out = {}
local g1, g2, g3 = 5, 'str', {1, 2, 3, x = 'y'}
`

// Reset is a program that brings back settings that a server keeps from one
// program to the next.
const Reset = `cjson.encode_number_precision(14) cjson.encode_sparse_array(false, 2, 10) cjson.encode_max_depth(1000)
cjson.decode_max_depth(1000) cjson.decode_invalid_numbers(true) cjson.encode_invalid_numbers(false) cjson.encode_keep_buffer(true)`

// New makes a program from a seed.
func New(seed int64) *Program {
	g := &generator{Rand: rand.New(rand.NewSource(seed))}
	if g.Intn(12) == 0 {
		return &Program{g.plain()}
	}
	g.scopes = [][]string{{"g1", "g2", "g3"}}
	body := &node{kind: list}
	for i := 2 + g.Intn(6); i > 0; i-- {
		body.parts = append(body.parts, g.observed())
	}
	head := Prelude
	if g.Intn(4) == 0 {
		head += "redis.setresp(3)\n"
	}
	return &Program{&node{fixed, []any{head, body, "return out\n"}}}
}

// plain is a program whose own result, or error, is what counts.
func (g *generator) plain() *node {
	g.scopes = [][]string{{}}
	body := &node{kind: list}
	for i := g.Intn(4); i > 0; i-- {
		body.parts = append(body.parts, g.stmt())
	}
	body.parts = append(body.parts, &node{statement, []any{"return ", g.result(0)}})
	return &node{fixed, []any{body}}
}

// result is a value that Redis converts into a reply.
func (g *generator) result(depth int) *node {
	if depth > 3 {
		return g.constant()
	}
	switch g.Intn(16) {
	case 0:
		return &node{expression, []any{"{err=", g.text(), "}"}}
	case 1:
		return &node{expression, []any{"{ok=", g.text(), "}"}}
	case 2:
		return &node{expression, []any{"{double=", pick(g, "1.5", "0", "-1e100", "1/0", "1/3", "'1'"), "}"}}
	case 3:
		return &node{expression, []any{"{map={k=", g.result(depth + 1), "}}"}}
	case 4:
		return &node{expression, []any{"{set={k=true}}"}}
	case 5:
		return &node{expression, []any{"{big_number='123456789012345678901234567890'}"}}
	case 6:
		return &node{expression, []any{"{verbatim_string={format='txt',string=", g.text(), "}}"}}
	case 7, 8, 9:
		parts := []any{"{"}
		for i := g.Intn(4); i > 0; i-- {
			parts = append(parts, g.result(depth+1), ",")
		}
		return &node{expression, append(parts, "}")}
	case 10:
		return &node{expression, []any{"redis.error_reply(", g.text(), ")"}}
	case 11:
		return &node{expression, []any{"redis.status_reply(", g.text(), ")"}}
	case 12:
		return g.command()
	}
	return g.expr(2)
}

// observed is a statement whose outcome the answer has.
func (g *generator) observed() *node {
	switch g.Intn(5) {
	case 0:
		return g.stmt()
	case 1:
		g.push()
		body := &node{kind: list}
		for i := 1 + g.Intn(4); i > 0; i-- {
			body.parts = append(body.parts, g.stmt())
		}
		ret := &node{statement, []any{"return ", g.expr(2), ", ", g.expr(1)}}
		g.pop()
		return &node{statement, []any{"out[#out + 1] = P(pcall(function()\n", body, ret, "\nend))"}}
	case 2:
		return &node{statement, []any{"out[#out + 1] = P(pcall(function() return ", g.library(), " end))"}}
	}
	return &node{statement, []any{"out[#out + 1] = P(pcall(function() return ", g.expr(3), " end))"}}
}

func (g *generator) push() { g.scopes = append(g.scopes, nil) }
func (g *generator) pop()  { g.scopes = g.scopes[:len(g.scopes)-1] }

func (g *generator) fresh() string {
	g.names++
	name := fmt.Sprintf("v%d", g.names)
	return name
}

func (g *generator) bind(name string) {
	last := len(g.scopes) - 1
	g.scopes[last] = append(g.scopes[last], name)
}

// variable is the name of a local variable, or now and then of a global.
func (g *generator) variable() string {
	if g.Intn(40) == 0 {
		return pick(g, "nowhere", "math", "KEYS", "ARGV", "cjson", "string", "redis", "bit", "table", "struct", "cmsgpack", "coroutine")
	}
	n := 0
	for _, s := range g.scopes {
		n += len(s)
	}
	if n == 0 {
		return "ARGV"
	}
	at := g.Intn(n)
	for _, s := range g.scopes {
		if at < len(s) {
			return s[at]
		}
		at -= len(s)
	}
	return "ARGV"
}

func pick(g *generator, words ...string) string { return words[g.Intn(len(words))] }

func (g *generator) constant() *node {
	switch g.Intn(5) {
	case 0, 1:
		return g.number()
	case 2, 3:
		return g.text()
	}
	return &node{expression, []any{pick(g, "nil", "true", "false", "{}", "cjson.null")}}
}

var numbers = []string{
	"0", "1", "2", "3", "-1", "10", "255", "256", "0.5", "-0.5", "3.7", "1e15", "1e16", "123456789012", "2^53", "2^31", "2^63", "-2^63",
	"1e100", "1e-7", "0x10", "0xff", "1/3", "1/0", "-1/0", "0/0", "-(0/0)", "100000000000000", "1e14", "12345678901234567890", ".5", "5.", "3e2",
}

func (g *generator) number() *node {
	if g.Intn(3) == 0 {
		return &node{expression, []any{fmt.Sprint(g.Intn(20) - 5)}}
	}
	return &node{expression, []any{pick(g, numbers...)}}
}

var texts = []string{
	`''`, `'a'`, `'abc'`, `'010'`, `' 12 '`, `'0x1F'`, `'0x'`, `'1e2'`, `'1e'`, `'inf'`, `'nan'`, `'-7'`, `'+3'`, `'- 3'`, `'5x'`, `'1.5'`, `'.5'`, `'0x1p4'`, `'10\0'`,
	`'hello world'`, `'a,b,,c'`, `'key=value'`, `'\0\1\255'`, `'line\nbreak'`, `'quo"te\\'`, `'É€'`, `[[long]]`, `"two"`, `'%d %s'`, `'a.b'`, `('x'):rep(40)`, `'[1,2,{"a":null}]'`,
	`'{"a":1,"b":[true,false]}'`, `'1_000'`, `'infinity'`, `'0b1'`, `'1 2'`, `'\t42\n'`,
}

func (g *generator) text() *node { return &node{expression, []any{pick(g, texts...)}} }

func (g *generator) expr(depth int) *node {
	if depth <= 0 {
		if g.Intn(2) == 0 {
			return &node{expression, []any{g.variable()}}
		}
		return g.constant()
	}
	d := depth - 1
	switch g.Intn(20) {
	case 0, 1, 2, 3:
		return &node{expression, []any{"(", g.expr(d), pick(g, " + ", " - ", " * ", " / ", " % ", " ^ "), g.expr(d), ")"}}
	case 4, 5:
		return &node{expression, []any{"(", g.expr(d), " .. ", g.expr(d), ")"}}
	case 6, 7:
		return &node{expression, []any{"(", g.expr(d), pick(g, " == ", " ~= ", " < ", " <= ", " > ", " >= "), g.expr(d), ")"}}
	case 8:
		return &node{expression, []any{"(", g.expr(d), pick(g, " and ", " or "), g.expr(d), ")"}}
	case 9:
		return &node{expression, []any{pick(g, "-", "not ", "#"), g.expr(d)}}
	case 10, 11:
		return g.table(d)
	case 12:
		return &node{expression, []any{"(", g.expr(d), ")[", g.expr(0), "]"}}
	case 13:
		return &node{expression, []any{g.variable(), pick(g, ".x", ".y.z", "[1]", "[2].q", ".x()", ":m()", "()")}}
	case 14, 15:
		return g.library()
	case 16:
		return g.closure(d)
	}
	return g.expr(0)
}

func (g *generator) table(depth int) *node {
	parts := []any{"{"}
	for i := g.Intn(6); i > 0; i-- {
		switch g.Intn(5) {
		case 0:
			parts = append(parts, pick(g, "x", "y", "z", "n", "foo", "bar", "alpha", "b1"), " = ", g.expr(depth))
		case 1:
			parts = append(parts, "[", pick(g, "1", "2", "3", "5", "-1", "1.5", "'k'", "true", "100", "'10'"), "] = ", g.expr(depth))
		default:
			parts = append(parts, g.expr(depth))
		}
		parts = append(parts, ", ")
	}
	return &node{expression, append(parts, "}")}
}

// closure is a function that is called at once.
func (g *generator) closure(depth int) *node {
	name := g.fresh()
	g.push()
	g.bind(name)
	body := &node{kind: list}
	for i := g.Intn(3); i > 0; i-- {
		body.parts = append(body.parts, g.stmt())
	}
	ret := &node{statement, []any{"return ", g.expr(depth)}}
	g.pop()
	return &node{expression, []any{"(function(", name, pick(g, "", ", ...", ""), ")\n", body, ret, " end)(", g.expr(depth), ", ", g.expr(0), ")"}}
}

// stmt is any statement.
func (g *generator) stmt() *node {
	if g.depth > 3 {
		return g.local()
	}
	g.depth++
	defer func() { g.depth-- }()
	switch g.Intn(14) {
	case 0, 1, 2:
		return g.local()
	case 3:
		return &node{statement, []any{g.variable(), " = ", g.expr(2)}}
	case 4:
		return &node{statement, []any{g.variable(), pick(g, ".x", "[1]", "[2]", ".a.b"), " = ", g.expr(1)}}
	case 5:
		a, b := g.variable(), g.variable()
		return &node{statement, []any{a, ", ", b, " = ", g.expr(1), ", ", g.expr(1)}}
	case 6:
		return &node{statement, []any{"if ", g.expr(2), " then\n", g.block(), "else\n", g.block(), "end"}}
	case 7:
		v := g.fresh()
		return &node{statement, []any{"for ", v, " = ", g.number0(), ", ", g.number0(), pick(g, "", ", 2", ", -1", ", 0.5"), " do\n", g.block(v), "end"}}
	case 8:
		k, v := g.fresh(), g.fresh()
		return &node{statement, []any{"for ", k, ", ", v, " in ", pick(g, "pairs", "ipairs", "pairs"), "(", g.table(1), ") do\n", g.block(k, v), "end"}}
	case 9:
		v := g.fresh()
		return &node{statement, []any{"local ", v, " = 0\nwhile ", v, " < 3 do\n", v, " = ", v, " + 1\n", g.block(), pick(g, "", "if "+v+" == 2 then break end\n"), "end"}}
	case 10:
		v, w := g.fresh(), g.fresh()
		body := g.block(w)
		g.bind(v)
		return &node{statement, []any{"local function ", v, "(", w, pick(g, "", ", ..."), ")\n", body, "return ", g.expr(1), "\nend"}}
	case 11:
		return g.special()
	case 12:
		return &node{statement, []any{"do\n", g.block(), "end"}}
	}
	v := g.fresh()
	return &node{statement, []any{"local ", v, " = 0\nrepeat\n", v, " = ", v, " + 1\n", g.block(), "until ", v, " > 2"}}
}

func (g *generator) number0() string {
	return pick(g, "0", "1", "2", "3", "5", "-2", "'3'", "1.5", "1", "1", "4", "nil", "'x'")
}

func (g *generator) block(names ...string) *node {
	g.push()
	for _, n := range names {
		g.bind(n)
	}
	body := &node{kind: list}
	for i := g.Intn(3); i > 0; i-- {
		body.parts = append(body.parts, g.stmt())
	}
	g.pop()
	return body
}

func (g *generator) local() *node {
	name := g.fresh()
	e := g.expr(2)
	g.bind(name)
	if g.Intn(4) == 0 {
		second := g.fresh()
		g.bind(second)
		return &node{statement, []any{"local ", name, ", ", second, " = ", e}}
	}
	return &node{statement, []any{"local ", name, " = ", e}}
}
