package engine

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var jsonHandlers = map[string]handler{
	"json.set": cmdJSONSet, "json.mset": cmdJSONMSet, "json.merge": cmdJSONMerge,
	"json.get": cmdJSONGet, "json.mget": cmdJSONMGet, "json.resp": cmdJSONResp,
	"json.del": cmdJSONDel, "json.forget": cmdJSONDel, "json.clear": cmdJSONClear,
	"json.type": cmdJSONType, "json.debug": cmdJSONDebug,
	"json.numincrby": cmdJSONNumIncrBy, "json.nummultby": cmdJSONNumMultBy, "json.toggle": cmdJSONToggle,
	"json.strappend": cmdJSONStrAppend, "json.strlen": cmdJSONStrLen,
	"json.arrappend": cmdJSONArrAppend, "json.arrindex": cmdJSONArrIndex, "json.arrinsert": cmdJSONArrInsert,
	"json.arrlen": cmdJSONArrLen, "json.arrpop": cmdJSONArrPop, "json.arrtrim": cmdJSONArrTrim,
	"json.objkeys": cmdJSONObjKeys, "json.objlen": cmdJSONObjLen,
}

// RedisJSON's own error texts, some of which have no prefix.
var (
	errJSONNoKey    = resp.NewError("ERR could not perform this operation on a key that doesn't exist")
	errJSONNotRoot  = resp.NewError("ERR new objects must be created at the root")
	errJSONFormat   = resp.NewError("ERR wrong reply format")
	errJSONRESP2    = resp.NewError("ERR FORMAT argument is not supported on RESP2")
	errJSONStatic   = resp.NewError("Err wrong static path")
	errJSONBounds   = resp.NewError("ERR index out of bounds")
	errJSONNaN      = resp.NewError("result is not a number")
	errJSONOverflow = resp.NewError("ERR numeric overflow")
	errJSONType     = resp.NewError("Existing key has wrong Redis type")
	errJSONNotInt   = resp.NewError("Couldn't parse as integer")
	errJSONTooDeep  = resp.NewError("ERR document would be nested too deep, 1024 levels are the most")
	errJSONTooBroad = resp.NewError("ERR path looks at too many values, name more of its steps")
)

// maxJSONDepth is the number of levels that a document may have. Without it,
// values set into values would grow a document that no stack can follow.
const maxJSONDepth = 1024

// errJSONNoPath says that a path leads to nothing.
func errJSONNoPath(path string) resp.Reply {
	return resp.NewError(oneLine("ERR Path '" + path + "' does not exist"))
}

// errJSONNoPathOr says that a path leads to nothing of the kind that was asked
// for.
func errJSONNoPathOr(path, what string) resp.Reply {
	return resp.NewError(oneLine("ERR Path '" + path + "' does not exist or " + what))
}

func errJSONKind(want, found string) resp.Reply {
	return resp.NewError(oneLine("WRONGTYPE wrong type of path value - expected " + want + " but found " + found))
}

// errJSONText makes a reply of an error of the parsers.
func errJSONText(err error) resp.Reply { return resp.NewError(oneLine(err.Error())) }

// jsonDoc finds a document. ok is false when the key holds another type; doc is
// nil when there is no such key.
func (c *call) jsonDoc(key string) (ent *entry, doc *jsonDoc, ok bool) {
	ent, ok = c.find(key, TypeJSON)
	if ent == nil || !ok {
		return nil, nil, ok
	}
	doc = c.e.object(ent).(*jsonDoc)
	if doc.root == nil {
		panic(fault{fmt.Errorf("the document %q has no row", clip(key))})
	}
	return ent, doc, true
}

// jsonChanged notes that a document was changed.
func (c *call) jsonChanged(ent *entry, doc *jsonDoc) {
	doc.dirty, doc.held = true, 0
	c.e.touch(ent)
}

// jsonPath reads the path that is argument i; without one it is the old root.
func (c *call) jsonPath(i int) (*jsonPath, resp.Reply) {
	text := "."
	if i < len(c.args) {
		text = c.args[i]
	}
	p, err := parseJSONPath(text)
	if err != nil {
		return nil, errJSONText(err)
	}
	return p, resp.Reply{}
}

// setRoot makes a value the whole document of a key, which keeps its expiry.
func (c *call) setRoot(ent *entry, doc *jsonDoc, key string, v *jsonValue) {
	if ent == nil {
		doc = newCollection(TypeJSON, !c.e.volatile).(*jsonDoc)
		ent = c.e.add(c.s.db, key, TypeJSON, 0)
		ent.obj = doc
	}
	doc.root = v
	c.jsonChanged(ent, doc)
}

// A jsonTarget is a place that a value is to be set at: a value that is
// replaced, or a member that an object does not have yet.
type jsonTarget struct {
	node  *jsonValue
	trail *jsonTrail
	name  string // of the new member of node
	fresh bool
}

// jsonMode says which values JSON.SET and its kin change.
type jsonMode uint8

const (
	jsonAny jsonMode = iota
	jsonNX
	jsonXX
	jsonMerging // values within others that match are targets, too
)

// targets finds the places that a path names for a value to be set at.
func (d *jsonDoc) targets(p *jsonPath, mode jsonMode) ([]jsonTarget, resp.Reply) {
	if mode != jsonNX {
		found, ok := p.find(d.root, true)
		if !ok {
			return nil, errJSONTooBroad
		}
		if mode != jsonMerging {
			found = outermost(found)
		}
		if len(found) > 0 || mode == jsonXX {
			out := make([]jsonTarget, len(found))
			for i, m := range found {
				out[i] = jsonTarget{node: m.node, trail: m.trail}
			}
			return out, resp.Reply{}
		}
	}
	for i := range p.steps {
		if !p.steps[i].static() {
			return nil, errJSONStatic
		}
	}
	last := &p.steps[len(p.steps)-1]
	if last.kind == stepPlaces {
		if found, _ := p.find(d.root, false); len(found) == 0 {
			return nil, resp.NewError("ERR array index out of range")
		}
		return nil, resp.Reply{}
	}
	parents, ok := findSteps(p.steps[:len(p.steps)-1], d.root, true)
	if !ok {
		return nil, errJSONTooBroad
	}
	var out []jsonTarget
	for _, m := range parents {
		if m.node.isObject() && m.node.member(last.names[0]) == nil {
			out = append(out, jsonTarget{node: m.node, trail: m.trail, name: last.names[0], fresh: true})
		}
	}
	return out, resp.Reply{}
}

// outermost drops matches that lie within others, and repeated ones.
func outermost(found []jsonMatch) []jsonMatch {
	if len(found) < 2 {
		return found
	}
	nodes := make(map[*jsonValue]bool, len(found))
	for _, m := range found {
		nodes[m.node] = true
	}
	out := found[:0]
	for _, m := range found {
		if nodes[m.node] && !m.trail.below(nodes) {
			out = append(out, m)
		}
	}
	seen := make(map[*jsonValue]bool, len(out))
	unique := out[:0]
	for _, m := range out {
		if !seen[m.node] {
			seen[m.node] = true
			unique = append(unique, m)
		}
	}
	return unique
}

// tooDeep reports whether a value of so many levels would be nested too deep at
// one of the targets.
func tooDeep(targets []jsonTarget, levels int) bool {
	for _, t := range targets {
		d := t.trail.depth() + levels
		if t.fresh {
			d++
		}
		if d > maxJSONDepth {
			return true
		}
	}
	return false
}

// set writes a value to the targets.
func setTargets(targets []jsonTarget, v *jsonValue) {
	for _, t := range targets {
		if t.fresh {
			t.node.put(t.name, v.clone())
		} else {
			*t.node = *v.clone()
		}
	}
}

// jsonFormat checks the value of JSON.SET's FORMAT: all of them but BSON are JSON.
func jsonFormat(s string) bool { return s == "JSON" || s == "STRING" }

// jsonSetMode reads JSON.SET's options: NX or XX, and the end of FPHA, 0 without
// it.
func (c *call) jsonSetMode() (mode jsonMode, end float64, bad resp.Reply) {
	for i := 4; i < len(c.args); i++ {
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "NX" && mode == jsonAny:
			mode = jsonNX
		case opt == "XX" && mode == jsonAny:
			mode = jsonXX
		case opt == "FORMAT" || opt == "FPHA":
			if i++; i == len(c.args) {
				return 0, 0, errArity(c.cmd.name)
			}
			if opt == "FORMAT" {
				if !jsonFormat(c.args[i]) {
					return 0, 0, resp.NewError("ERR wrong format")
				}
			} else if end = fphaEnds[strings.ToUpper(c.args[i])]; end == 0 {
				return 0, 0, resp.NewError("ERR invalid FPHA type")
			}
		default:
			return 0, 0, errSyntax
		}
	}
	return mode, end, resp.Reply{}
}

func cmdJSONSet(c *call) resp.Reply {
	mode, end, bad := c.jsonSetMode()
	if bad.Kind == resp.Error {
		return bad
	}
	ent, doc, ok := c.jsonDoc(c.args[1])
	if !ok {
		return errJSONType
	}
	v, err := parseJSON(c.args[3], maxJSONArg)
	if err != nil {
		return errJSONText(err)
	}
	if end > 0 && !v.within(end) {
		return resp.NewError("value out of range")
	}
	p, bad := c.jsonPath(2)
	switch {
	case bad.Kind == resp.Error:
		return bad
	case ent == nil && mode == jsonXX:
		return nilReply
	case p.root() && ent != nil && mode == jsonNX:
		return nilReply
	case p.root():
		c.setRoot(ent, doc, c.args[1], v)
		return resp.OK
	case ent == nil:
		return errJSONNotRoot
	}
	targets, bad := doc.targets(p, mode)
	switch {
	case bad.Kind == resp.Error:
		return bad
	case len(targets) == 0:
		return nilReply
	case tooDeep(targets, v.depth()):
		return errJSONTooDeep
	}
	setTargets(targets, v)
	c.jsonChanged(ent, doc)
	return resp.OK
}

// cmdJSONMSet checks everything before it sets anything.
func cmdJSONMSet(c *call) resp.Reply {
	if len(c.args)%3 != 1 {
		return errArity(c.cmd.name)
	}
	paths := make([]*jsonPath, 0, len(c.args)/3)
	values := make([]*jsonValue, 0, len(c.args)/3)
	for i := 1; i < len(c.args); i += 3 {
		ent, doc, ok := c.jsonDoc(c.args[i])
		if !ok {
			return errJSONType
		}
		p, bad := c.jsonPath(i + 1)
		if bad.Kind == resp.Error {
			return bad
		}
		v, err := parseJSON(c.args[i+2], maxJSONArg)
		if err != nil {
			return errJSONText(err)
		}
		if !p.root() {
			if ent == nil {
				return errJSONNotRoot
			}
			targets, bad := doc.targets(p, jsonAny)
			if bad.Kind == resp.Error {
				return bad
			}
			if tooDeep(targets, v.depth()) {
				return errJSONTooDeep
			}
		}
		paths, values = append(paths, p), append(values, v)
	}
	for i, p := range paths {
		key := c.args[1+3*i]
		ent, doc, _ := c.jsonDoc(key)
		if p.root() {
			c.setRoot(ent, doc, key, values[i])
			continue
		}
		// An earlier triple may have changed the document, so look again.
		targets, bad := doc.targets(p, jsonAny)
		if bad.Kind == resp.Error || len(targets) == 0 || tooDeep(targets, values[i].depth()) {
			continue
		}
		setTargets(targets, values[i])
		c.jsonChanged(ent, doc)
	}
	return resp.OK
}

func cmdJSONMerge(c *call) resp.Reply {
	for i := 4; i < len(c.args); i += 2 {
		switch {
		case strings.ToUpper(c.args[i]) != "FORMAT":
			return errSyntax
		case i+1 == len(c.args):
			return errArity(c.cmd.name)
		case !jsonFormat(c.args[i+1]):
			return resp.NewError("ERR wrong format")
		}
	}
	ent, doc, ok := c.jsonDoc(c.args[1])
	if !ok {
		return errJSONType
	}
	v, err := parseJSON(c.args[3], maxJSONArg)
	if err != nil {
		return errJSONText(err)
	}
	p, bad := c.jsonPath(2)
	switch {
	case bad.Kind == resp.Error:
		return bad
	case ent == nil && p.root():
		c.setRoot(nil, nil, c.args[1], v)
		return resp.OK
	case ent == nil:
		return errJSONNotRoot
	}
	targets, bad := doc.targets(p, jsonMerging)
	switch {
	case bad.Kind == resp.Error:
		return bad
	case len(targets) == 0:
		return nilReply
	case tooDeep(targets, v.depth()):
		return errJSONTooDeep
	}
	for _, t := range targets {
		if t.fresh {
			t.node.put(t.name, v.clone())
		} else {
			t.node.merge(v)
		}
	}
	c.jsonChanged(ent, doc)
	return resp.OK
}

func cmdJSONDel(c *call) resp.Reply {
	p, bad := c.jsonPath(2)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, doc, ok := c.jsonDoc(c.args[1])
	switch {
	case !ok:
		return errJSONType
	case ent == nil:
		return intReply(0)
	case p.root():
		c.e.remove(ent)
		return intReply(1)
	}
	found, ok := p.find(doc.root, true)
	if !ok {
		return errJSONTooBroad
	}
	found = outermost(found)
	if len(found) == 0 {
		return intReply(0)
	}
	gone := make(map[*jsonValue]bool, len(found))
	parents := make(map[*jsonValue]bool)
	for _, m := range found {
		if m.trail.up == nil { // "$..": the document itself
			c.e.remove(ent)
			return intReply(1)
		}
		gone[m.node], parents[m.trail.up.node] = true, true
	}
	if doc.root.all(gone) { // a document that would be left empty is removed
		c.e.remove(ent)
		return intReply(int64(len(found)))
	}
	for parent := range parents {
		parent.drop(func(e *jsonValue) bool { return gone[e] })
	}
	c.jsonChanged(ent, doc)
	return intReply(int64(len(found)))
}

// cmdJSONClear empties arrays and objects and sets numbers to 0. Only the first
// path counts.
func cmdJSONClear(c *call) resp.Reply {
	p, bad := c.jsonPath(2)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, doc, ok := c.jsonDoc(c.args[1])
	if !ok {
		return errJSONType
	}
	if ent == nil {
		return errJSONNoKey
	}
	found, ok := p.find(doc.root, true)
	if !ok {
		return errJSONTooBroad
	}
	cleared := make(map[*jsonValue]bool)
	for _, m := range found {
		if cleared[m.node] || m.trail.below(cleared) {
			continue
		}
		switch {
		case len(m.node.elems()) > 0:
			m.node.box = &jsonBox{}
		case m.node.isNumber() && m.node.float() != 0:
			*m.node = *newJSONInt(0)
		default:
			continue
		}
		cleared[m.node] = true
	}
	if len(cleared) > 0 {
		c.jsonChanged(ent, doc)
	}
	return intReply(int64(len(cleared)))
}
