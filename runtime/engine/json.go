package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

func init() {
	collections[TypeJSON] = func(bool) collection { return &jsonDoc{} }
}

// A jsonDoc is a JSON document. It has one row, whose value is the document as
// compact JSON text: a change of any part writes that row again.
type jsonDoc struct {
	root  *jsonValue
	dirty bool
	held  int64 // bytes of memory, 0: to be counted again
}

func (d *jsonDoc) typ() Type { return TypeJSON }

// length is 1, and 0 before there is a value.
func (d *jsonDoc) length() int {
	if d.root == nil {
		return 0
	}
	return 1
}

// text is the document as compact JSON.
func (d *jsonDoc) text() string { return string(appendJSON(nil, d.root, nil)) }

func (d *jsonDoc) encoding() string { return "raw" }

func (d *jsonDoc) load(it Item) {
	v, err := parseJSON(it.Value, 0)
	if err != nil {
		panic(fault{fmt.Errorf("a row holds no JSON document: %w", err)})
	}
	d.root = v
}

func (d *jsonDoc) emit(id uint64, ops []Op) []Op {
	if !d.dirty {
		return ops
	}
	d.dirty = false
	return append(ops, Op{Kind: OpPutItem, Type: TypeJSON, ID: id, Item: Item{Value: d.text()}})
}

// bytes is about the memory that the document takes. It is counted when it is
// asked for first after a change.
func (d *jsonDoc) bytes() int64 {
	if d.held == 0 {
		d.held = int64(unsafe.Sizeof(*d)) + d.root.bytes()
	}
	return d.held
}

func (d *jsonDoc) clone() collection { return &jsonDoc{root: d.root.clone(), dirty: true} }

// jsonKind is the kind of a JSON value. Integers and other numbers are told
// apart by how they were written: 1 and 1.0 stay what they are.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonInt
	jsonUint // an integer beyond int64
	jsonFloat
	jsonString
	jsonArray
	jsonObject
)

// A jsonValue is a node of a document. Other nodes and matches of a path point
// to it, so a value is changed by assigning to what the pointer points to.
type jsonValue struct {
	kind jsonKind
	bits uint64 // of a bool (0 or 1), an integer or a float64
	str  string
	box  *jsonBox // of an array or object
}

// A jsonBox holds the elements of an array, or an object's members in the order
// in which they came.
type jsonBox struct {
	elems []*jsonValue
	keys  []string       // of an object, beside elems
	index map[string]int // places of the keys of a large object; nil: not built
}

// largeObject is the number of members from which on an object has an index.
const largeObject = 16

// jsonPlaceBytes is about what a key takes in an index.
const jsonPlaceBytes = 40

func newJSONInt(n int64) *jsonValue { return &jsonValue{kind: jsonInt, bits: uint64(n)} }

func newJSONFloat(f float64) *jsonValue {
	return &jsonValue{kind: jsonFloat, bits: math.Float64bits(f)}
}

func newJSONBool(b bool) *jsonValue {
	v := &jsonValue{kind: jsonBool}
	if b {
		v.bits = 1
	}
	return v
}

func newJSONString(s string) *jsonValue { return &jsonValue{kind: jsonString, str: s} }

func newJSONBox(kind jsonKind) *jsonValue { return &jsonValue{kind: kind, box: &jsonBox{}} }

// typeName is what JSON.TYPE answers.
func (v *jsonValue) typeName() string {
	switch v.kind {
	case jsonBool:
		return "boolean"
	case jsonInt, jsonUint:
		return "integer"
	case jsonFloat:
		return "number"
	case jsonString:
		return "string"
	case jsonArray:
		return "array"
	case jsonObject:
		return "object"
	}
	return "null"
}

func (v *jsonValue) isNumber() bool { return v.kind >= jsonInt && v.kind <= jsonFloat }
func (v *jsonValue) isString() bool { return v.kind == jsonString }
func (v *jsonValue) isBool() bool   { return v.kind == jsonBool }
func (v *jsonValue) isArray() bool  { return v.kind == jsonArray }
func (v *jsonValue) isObject() bool { return v.kind == jsonObject }

// integer is the value of a jsonInt.
func (v *jsonValue) integer() int64 { return int64(v.bits) }

// float is the value of any number.
func (v *jsonValue) float() float64 {
	switch v.kind {
	case jsonInt:
		return float64(int64(v.bits))
	case jsonUint:
		return float64(v.bits)
	}
	return math.Float64frombits(v.bits)
}

// elems are the elements of an array or the values of an object; nil for others.
func (v *jsonValue) elems() []*jsonValue {
	if v.box == nil {
		return nil
	}
	return v.box.elems
}

// place is the place of a member, -1 when v has none of the name or is no object.
func (v *jsonValue) place(name string) int {
	if v.kind != jsonObject {
		return -1
	}
	b := v.box
	if len(b.keys) < largeObject {
		return slices.Index(b.keys, name)
	}
	if b.index == nil {
		b.index = make(map[string]int, len(b.keys))
		for i, k := range b.keys {
			b.index[k] = i
		}
	}
	if i, ok := b.index[name]; ok {
		return i
	}
	return -1
}

// member is the value of a member, nil when there is none.
func (v *jsonValue) member(name string) *jsonValue {
	if i := v.place(name); i >= 0 {
		return v.box.elems[i]
	}
	return nil
}

// put gives an object's member a value; a new one comes last.
func (v *jsonValue) put(name string, value *jsonValue) {
	if i := v.place(name); i >= 0 {
		v.box.elems[i] = value
		return
	}
	b := v.box
	if b.index != nil {
		b.index[name] = len(b.keys)
	}
	b.keys, b.elems = append(b.keys, name), append(b.elems, value)
}

// all reports whether nodes has every element of v.
func (v *jsonValue) all(nodes map[*jsonValue]bool) bool {
	for _, e := range v.elems() {
		if !nodes[e] {
			return false
		}
	}
	return true
}

// remove removes a member as RedisJSON does: the last one takes its place.
func (v *jsonValue) remove(name string) {
	i := v.place(name)
	if i < 0 {
		return
	}
	b := v.box
	last := len(b.keys) - 1
	if b.index != nil {
		b.index[b.keys[last]] = i
		delete(b.index, name)
	}
	b.keys[i], b.elems[i] = b.keys[last], b.elems[last]
	b.keys[last], b.elems[last] = "", nil
	b.keys, b.elems = b.keys[:last], b.elems[:last]
	if last < largeObject {
		b.index = nil
	}
}

// drop removes elements of an array or members of an object: those for which
// gone says so. Members go in RedisJSON's order, which decides about the order of
// those that stay: by name, behind them those that are numbers, from the highest
// down.
func (v *jsonValue) drop(gone func(*jsonValue) bool) {
	if v.kind == jsonArray {
		kept := slices.DeleteFunc(v.box.elems, gone)
		clear(v.box.elems[len(kept):])
		v.box.elems = kept
		return
	}
	var names []string
	for i, e := range v.box.elems {
		if gone(e) {
			names = append(names, v.box.keys[i])
		}
	}
	slices.SortStableFunc(names, compareRemovals)
	for _, name := range names {
		v.remove(name)
	}
}

func compareRemovals(a, b string) int {
	m, errA := strconv.ParseUint(strings.TrimPrefix(a, "+"), 10, 64)
	n, errB := strconv.ParseUint(strings.TrimPrefix(b, "+"), 10, 64)
	switch {
	case errA != nil && errB != nil:
		return strings.Compare(a, b)
	case errA != nil || errB == nil && m > n:
		return -1
	case errB != nil || m < n:
		return 1
	}
	return 0
}

// bytes is about the memory that a value takes with all that is in it.
func (v *jsonValue) bytes() int64 {
	if v == nil {
		return 0
	}
	n := int64(unsafe.Sizeof(*v)+15)&^15 + textBytes(v.str)
	if b := v.box; b != nil {
		n += int64(unsafe.Sizeof(*b)+15)&^15 + 8*int64(cap(b.elems)) + 16*int64(cap(b.keys))
		for _, k := range b.keys {
			n += textBytes(k)
		}
		if len(b.keys) >= largeObject { // a look at a member may make the index at any time
			n += int64(len(b.keys)) * jsonPlaceBytes
		}
		for _, e := range b.elems {
			n += e.bytes()
		}
	}
	return n
}

// clone is a deep copy.
func (v *jsonValue) clone() *jsonValue {
	twin := *v
	if v.box != nil {
		twin.box = &jsonBox{elems: make([]*jsonValue, len(v.box.elems)), keys: slices.Clone(v.box.keys)}
		for i, e := range v.box.elems {
			twin.box.elems[i] = e.clone()
		}
	}
	return &twin
}

// depth is how many levels of arrays and objects a value has.
func (v *jsonValue) depth() int {
	if v.box == nil {
		return 0
	}
	most := 0
	for _, e := range v.box.elems {
		most = max(most, e.depth())
	}
	return most + 1
}

// equal compares two values. Numbers are equal by value or, when exact, only
// if they are of one kind, so that 1 is not 1.0. The order of an object's
// members does not count.
func (v *jsonValue) equal(w *jsonValue, exact bool) bool {
	if v.isNumber() && w.isNumber() && (!exact || (v.kind == jsonInt) == (w.kind == jsonInt)) {
		return compareNumbers(v, w) == 0
	}
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case jsonNull:
		return true
	case jsonBool:
		return v.bits == w.bits
	case jsonString:
		return v.str == w.str
	}
	if v.isNumber() || len(v.box.elems) != len(w.box.elems) {
		return false
	}
	for i, e := range v.box.elems {
		other := w.box.elems[i]
		if v.kind == jsonObject {
			if other = w.member(v.box.keys[i]); other == nil {
				return false
			}
		}
		if !e.equal(other, exact) {
			return false
		}
	}
	return true
}

// compareNumbers compares by value, as floats unless both are int64.
func compareNumbers(v, w *jsonValue) int {
	if v.kind == jsonInt && w.kind == jsonInt {
		switch a, b := v.integer(), w.integer(); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	}
	switch a, b := v.float(), w.float(); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// merge changes v as RFC 7396 says: members of an object patch are merged one
// by one, null removes, anything else replaces.
func (v *jsonValue) merge(patch *jsonValue) {
	if patch.kind != jsonObject {
		*v = *patch.clone()
		return
	}
	if v.kind != jsonObject {
		*v = *newJSONBox(jsonObject)
	}
	for i, name := range patch.box.keys {
		value := patch.box.elems[i]
		old := v.member(name)
		switch {
		case value.kind == jsonNull:
			v.remove(name)
		case old != nil:
			old.merge(value)
		default:
			fresh := &jsonValue{}
			fresh.merge(value)
			v.put(name, fresh)
		}
	}
}
