package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// jsonReplyFormat is the FORMAT of a reply.
type jsonReplyFormat uint8

const (
	jsonText    jsonReplyFormat = iota // JSON text, as in RESP2
	jsonExpand1                        // scalars as RESP3 values, arrays and objects as JSON text
	jsonExpand                         // RESP3 values all the way down
)

// readJSONFormat reads a FORMAT; text is the name of plain JSON text.
func readJSONFormat(s, text string) (jsonReplyFormat, resp.Reply) {
	switch s {
	case text:
		return jsonText, resp.Reply{}
	case "EXPAND1":
		return jsonExpand1, resp.Reply{}
	case "EXPAND":
		return jsonExpand, resp.Reply{}
	}
	return 0, errJSONFormat
}

// reply is the value in a format, laid out in a style where it is text.
func (v *jsonValue) reply(f jsonReplyFormat, style *jsonStyle) resp.Reply {
	if f == jsonText || f == jsonExpand1 && v.box != nil || f == jsonExpand1 && v.isString() {
		return resp.NewBulk(string(appendJSON(nil, v, style)))
	}
	switch v.kind {
	case jsonNull:
		return nilReply
	case jsonBool:
		return resp.NewBool(v.bits != 0)
	case jsonInt:
		return intReply(v.integer())
	case jsonString:
		return resp.NewBulk(v.str)
	case jsonArray:
		out := resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, len(v.box.elems))}
		for i, e := range v.box.elems {
			out.Elems[i] = e.reply(f, style)
		}
		return out
	case jsonObject:
		out := resp.Reply{Kind: resp.Map, Elems: make([]resp.Reply, 0, 2*len(v.box.elems))}
		for i, e := range v.box.elems {
			out.Elems = append(out.Elems, resp.NewBulk(v.box.keys[i]), e.reply(f, style))
		}
		return out
	}
	return resp.NewDouble(v.float())
}

// jsonList is the text of the array of what was found.
func jsonList(found []jsonMatch) *jsonValue {
	v := newJSONBox(jsonArray)
	v.box.elems = make([]*jsonValue, len(found))
	for i, m := range found {
		v.box.elems[i] = m.node
	}
	return v
}

// read is what a path leads to as one JSON value: the array of all matches, or
// the first match of a path of the first version.
func (d *jsonDoc) read(p *jsonPath) (*jsonValue, resp.Reply) {
	found, ok := p.find(d.root, false)
	switch {
	case !ok:
		return nil, errJSONTooBroad
	case !p.legacy:
		return jsonList(found), resp.Reply{}
	case len(found) == 0:
		return nil, errJSONNoPath(p.full)
	}
	return found[0].node, resp.Reply{}
}

// jsonGet is the arguments of JSON.GET.
type jsonGet struct {
	paths  []*jsonPath
	format jsonReplyFormat
	style  *jsonStyle
	legacy bool // all paths are of the first version
}

func (c *call) jsonGetArgs() (g jsonGet, bad resp.Reply) {
	var style jsonStyle
	for i := 2; i < len(c.args); i++ {
		opt := strings.ToUpper(c.args[i])
		switch opt {
		case "INDENT", "NEWLINE", "SPACE", "FORMAT":
			if i++; i == len(c.args) {
				return g, errArity(c.cmd.name)
			}
			g.style = &style
		}
		switch opt {
		case "INDENT":
			style.indent = c.args[i]
		case "NEWLINE":
			style.newline = c.args[i]
		case "SPACE":
			style.space = c.args[i]
		case "FORMAT":
			if c.s.proto != 3 && len(g.paths) == 0 {
				return g, errJSONRESP2
			}
			if g.format, bad = readJSONFormat(c.args[i], "STRING"); bad.Kind == resp.Error {
				return g, bad
			}
			if c.s.proto != 3 { // behind a path RedisJSON passes over it
				g.format = jsonText
			}
		case "NOESCAPE": // of the first version; does nothing
		default:
			p, bad := c.jsonPath(i)
			if bad.Kind == resp.Error {
				return g, bad
			}
			g.paths = append(g.paths, p)
		}
	}
	if len(g.paths) == 0 {
		p, _ := c.jsonPath(len(c.args))
		g.paths = append(g.paths, p)
	}
	g.legacy = true
	for _, p := range g.paths {
		g.legacy = g.legacy && p.legacy
	}
	return g, resp.Reply{}
}

func cmdJSONGet(c *call) resp.Reply {
	g, bad := c.jsonGetArgs()
	if bad.Kind == resp.Error {
		return bad
	}
	ent, doc, ok := c.jsonDoc(c.args[1])
	if !ok {
		return errJSONType
	}
	if ent == nil {
		return nilReply
	}
	if g.format != jsonText {
		return g.expanded(doc)
	}
	if len(g.paths) == 1 {
		v, bad := doc.read(g.paths[0])
		if bad.Kind == resp.Error {
			return bad
		}
		return v.reply(jsonText, g.style)
	}
	all := newJSONBox(jsonObject)
	for _, p := range g.paths {
		// Next to a JSONPath, a path of the first version is answered like one.
		q := *p
		q.legacy = g.legacy
		q.full = p.text
		v, bad := doc.read(&q)
		if bad.Kind == resp.Error {
			return bad
		}
		all.put(p.text, v)
	}
	return all.reply(jsonText, g.style)
}

// expanded answers the matches of each path as RESP3 values.
func (g *jsonGet) expanded(doc *jsonDoc) resp.Reply {
	out := resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, len(g.paths))}
	for i, p := range g.paths {
		found, ok := p.find(doc.root, false)
		if !ok {
			return errJSONTooBroad
		}
		each := resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, len(found))}
		for k, m := range found {
			each.Elems[k] = m.node.reply(g.format, g.style)
		}
		out.Elems[i] = each
	}
	return out
}

// cmdJSONMGet answers null for a key without a document and for a path that
// fails.
func cmdJSONMGet(c *call) resp.Reply {
	last := len(c.args) - 1
	if last < 2 {
		return errArity(c.cmd.name)
	}
	p, bad := c.jsonPath(last)
	out := resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, last-1)}
	for i, key := range c.args[1:last] {
		_, doc, _ := c.jsonDoc(key)
		if doc == nil || bad.Kind == resp.Error {
			continue
		}
		if v, bad := doc.read(p); bad.Kind != resp.Error {
			out.Elems[i] = v.reply(jsonText, nil)
		}
	}
	return out
}

// resp is the value as JSON.RESP answers it: arrays and objects begin with their
// bracket.
func (v *jsonValue) resp() resp.Reply {
	switch v.kind {
	case jsonBool:
		if v.bits != 0 {
			return resp.NewStatus("true")
		}
		return resp.NewStatus("false")
	case jsonArray:
		out := []resp.Reply{resp.NewStatus("[")}
		for _, e := range v.box.elems {
			out = append(out, e.resp())
		}
		return resp.Reply{Kind: resp.Array, Elems: out}
	case jsonObject:
		out := []resp.Reply{resp.NewStatus("{")}
		for i, e := range v.box.elems {
			out = append(out, resp.NewBulk(v.box.keys[i]), e.resp())
		}
		return resp.Reply{Kind: resp.Array, Elems: out}
	}
	return v.reply(jsonExpand, nil)
}

func cmdJSONResp(c *call) resp.Reply {
	return c.jsonAsk(2, &jsonQuestion{
		answer: (*jsonValue).resp,
		noKey:  says(nilReply), noLegacyKey: says(nilReply), none: saysNoPath,
	})
}

func cmdJSONType(c *call) resp.Reply {
	r := c.jsonAsk(2, &jsonQuestion{
		answer: func(v *jsonValue) resp.Reply { return resp.NewBulk(v.typeName()) },
		noKey:  says(nilReply), noLegacyKey: says(nilReply), none: says(nilReply),
	})
	if c.s.proto == 3 && r.Kind != resp.Error {
		return resp.NewArray(r)
	}
	return r
}

func cmdJSONDebug(c *call) resp.Reply {
	switch strings.ToUpper(c.args[1]) {
	case "MEMORY":
		if len(c.args) < 3 {
			return errArity(c.cmd.name)
		}
		c.args = c.args[1:]
		return c.jsonAsk(2, &jsonQuestion{
			answer: func(v *jsonValue) resp.Reply { return intReply(v.memory()) },
			noKey:  says(emptyArray), noLegacyKey: says(intReply(0)), none: saysNoPath,
		})
	case "HELP":
		return resp.Bulks([]string{"MEMORY <key> [path] - reports memory usage", "HELP                - this message"})
	}
	return resp.NewError("ERR unknown subcommand - try `JSON.DEBUG HELP`")
}

// memory is the bytes that RedisJSON 8.0 takes for a value, as its JSON.DEBUG
// MEMORY counts them.
func (v *jsonValue) memory() int64 { return 8 + v.held() }

// held is the bytes beside the 8 of the value itself.
func (v *jsonValue) held() int64 {
	switch v.kind {
	case jsonInt:
		switch n := v.integer(); {
		case n >= -1<<7 && n < 3<<7:
			return 0
		case n >= -1<<23 && n < 1<<23:
			return 4
		}
		return 16
	case jsonUint, jsonFloat:
		return 16
	case jsonString:
		return int64(len(v.str))
	}
	if len(v.elems()) == 0 {
		return 0
	}
	room := int64(4) // grows by doubling
	for room < int64(len(v.box.elems)) {
		room *= 2
	}
	n := (room + 2) * 8
	if v.kind == jsonObject {
		n = (3*room + 2) * 8
	}
	for _, k := range v.box.keys {
		n += int64(len(k))
	}
	for _, e := range v.box.elems {
		n += e.held()
	}
	return n
}

// A jsonQuestion is what a command asks each value that a path leads to.
type jsonQuestion struct {
	is          func(*jsonValue) bool // values it can be asked; nil: all
	answer      func(*jsonValue) resp.Reply
	noKey       jsonSaying // without a document
	noLegacyKey jsonSaying // the same, for a path of the first version
	none        jsonSaying // a path of the first version leads to nothing
	wrong       jsonSaying // a path of the first version leads to another kind of value
}

// A jsonSaying is the reply to a question that has no answer: about the path, and
// the value that it led to, if any.
type jsonSaying func(*jsonPath, *jsonValue) resp.Reply

func says(r resp.Reply) jsonSaying {
	return func(*jsonPath, *jsonValue) resp.Reply { return r }
}

func saysKind(want string) jsonSaying {
	return func(_ *jsonPath, v *jsonValue) resp.Reply { return errJSONKind(want, v.typeName()) }
}

func saysNoPath(p *jsonPath, _ *jsonValue) resp.Reply { return errJSONNoPath(p.full) }

func saysNoObject(p *jsonPath, _ *jsonValue) resp.Reply {
	return errJSONNoPathOr(p.full, "not an object")
}

// jsonAsk asks the values that the path in argument i leads to: all of them, with
// null for those of another kind, or the first for a path of the first version.
func (c *call) jsonAsk(i int, q *jsonQuestion) resp.Reply {
	p, bad := c.jsonPath(i)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, doc, ok := c.jsonDoc(c.args[1])
	switch {
	case !ok:
		return errJSONType
	case ent == nil && p.legacy:
		return q.noLegacyKey(p, nil)
	case ent == nil:
		return q.noKey(p, nil)
	}
	found, ok := p.find(doc.root, false)
	if !ok {
		return errJSONTooBroad
	}
	if p.legacy {
		switch {
		case len(found) == 0:
			return q.none(p, nil)
		case q.is != nil && !q.is(found[0].node):
			return q.wrong(p, found[0].node)
		}
		return q.answer(found[0].node)
	}
	out := resp.Reply{Kind: resp.Array, Elems: make([]resp.Reply, len(found))}
	for i, m := range found {
		if q.is == nil || q.is(m.node) {
			out.Elems[i] = q.answer(m.node)
		}
	}
	return out
}

func cmdJSONStrLen(c *call) resp.Reply {
	return c.jsonAsk(2, &jsonQuestion{
		is:     (*jsonValue).isString,
		answer: func(v *jsonValue) resp.Reply { return intReply(int64(len(v.str))) },
		noKey:  says(errJSONNoKey), noLegacyKey: says(nilReply), none: saysNoPath, wrong: saysKind("string"),
	})
}

func jsonLen(v *jsonValue) resp.Reply { return intReply(int64(len(v.box.elems))) }

func cmdJSONArrLen(c *call) resp.Reply {
	return c.jsonAsk(2, &jsonQuestion{
		is: (*jsonValue).isArray, answer: jsonLen,
		noKey: says(errJSONNoKey), noLegacyKey: says(nilReply),
		none:  func(p *jsonPath, _ *jsonValue) resp.Reply { return errJSONNoPath(p.text) },
		wrong: func(p *jsonPath, _ *jsonValue) resp.Reply { return errJSONNoPathOr(p.text, "not an array") },
	})
}

func cmdJSONObjLen(c *call) resp.Reply {
	return c.jsonAsk(2, &jsonQuestion{
		is: (*jsonValue).isObject, answer: jsonLen,
		noKey: saysNoObject, noLegacyKey: says(nilReply), none: says(nilReply), wrong: saysKind("object"),
	})
}

func cmdJSONObjKeys(c *call) resp.Reply {
	return c.jsonAsk(2, &jsonQuestion{
		is:     (*jsonValue).isObject,
		answer: func(v *jsonValue) resp.Reply { return resp.Bulks(v.box.keys) },
		noKey:  says(errJSONNoKey), noLegacyKey: says(nilReply), none: says(nilReply), wrong: saysNoObject,
	})
}

// cmdJSONArrIndex looks for a value in arrays. Integers and other numbers are
// different values, as in RedisJSON.
func cmdJSONArrIndex(c *call) resp.Reply {
	if len(c.args) > 6 {
		return errArity(c.cmd.name)
	}
	var bounds [2]int64 // 0 as the end is the array's end
	for i, s := range c.args[min(4, len(c.args)):] {
		var ok bool
		if bounds[i], ok = parseInt(s); !ok {
			return errJSONNotInt
		}
	}
	want, err := parseJSON(c.args[3], maxJSONArg)
	if err != nil {
		return errJSONText(err)
	}
	return c.jsonAsk(2, &jsonQuestion{
		is: (*jsonValue).isArray,
		answer: func(v *jsonValue) resp.Reply {
			length := int64(len(v.box.elems))
			from, to := clampIndex(bounds[0], length), bounds[1]
			switch {
			case to == 0:
				to = length
			case to < 0:
				to = max(to+length, 0)
			}
			for i := from; i < min(to, length); i++ {
				if v.box.elems[i].equal(want, true) {
					return intReply(i)
				}
			}
			return intReply(-1)
		},
		noKey: saysNoPath, noLegacyKey: func(p *jsonPath, _ *jsonValue) resp.Reply { return errJSONNoPath(p.text) },
		none: saysNoPath, wrong: saysKind("array"),
	})
}

// clampIndex is an index counted from the start, within an array of at least
// one element.
func clampIndex(i, length int64) int64 {
	if i < 0 {
		return max(i+length, 0)
	}
	return max(min(i, length-1), 0)
}
