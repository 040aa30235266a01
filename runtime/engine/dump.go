package engine

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// dumpMagic begins each payload of DUMP: the format's name and its version. A
// payload of Redis begins with a type number below 32.
const dumpMagic = "r2cf\x01"

// dump is a value as DUMP answers it: the magic, the type, a string's bytes or
// the rows of a collection, and the XXH64 of all of that.
func (e *Engine) dump(ent *entry) string {
	b := append([]byte(dumpMagic), byte(ent.typ))
	if ent.typ == TypeString {
		b = append(b, ent.text()...)
	} else {
		items := e.items(ent)
		if ent.typ == TypeHash || ent.typ == TypeSet { // equal values have equal payloads
			slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Field, b.Field) })
		}
		b = binary.AppendUvarint(b, uint64(len(items)))
		for _, it := range items {
			b = append(b, it.Kind)
			b = appendText(b, it.Field)
			b = appendText(b, it.Value)
			b = binary.AppendVarint(b, it.Pos)
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(it.Score))
			b = binary.AppendVarint(b, it.ExpireAt)
		}
	}
	return string(binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b)))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// items is the elements of a hash, list, set or sorted set, in order, a document,
// or the rows of a stream.
func (e *Engine) items(ent *entry) (items []Item) {
	switch obj := e.object(ent).(type) {
	case *hash:
		obj.each(func(f *hashField) bool {
			items = append(items, Item{Field: f.key, Value: f.value, ExpireAt: f.expireAt})
			return true
		})
	case *list:
		obj.each(0, obj.n, func(i int64, v string) bool {
			items = append(items, Item{Pos: i, Value: v})
			return true
		})
	case *set:
		obj.each(func(m string) bool { items = append(items, Item{Field: m}); return true })
	case *zset:
		obj.each(func(k zkey) bool {
			items = append(items, Item{Field: k.name, Score: k.score})
			return true
		})
	case *jsonDoc:
		items = []Item{{Value: obj.text()}}
	case *stream:
		items = streamItems(obj)
	}
	return items
}

// A dumpReader reads a payload. Once it failed it reads nothing.
type dumpReader struct {
	b      string
	failed bool
}

func (r *dumpReader) take(n uint64) string {
	if n > uint64(len(r.b)) {
		r.failed, r.b = true, ""
		return ""
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

func (r *dumpReader) uvarint() uint64 {
	n, size := binary.Uvarint([]byte(r.b[:min(len(r.b), binary.MaxVarintLen64)]))
	if size <= 0 {
		r.failed = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *dumpReader) varint() int64 {
	n := r.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *dumpReader) text() string { return r.take(r.uvarint()) }

func (r *dumpReader) item() (it Item) {
	if kind := r.take(1); kind != "" {
		it.Kind = kind[0]
	}
	it.Field, it.Value, it.Pos = r.text(), r.text(), r.varint()
	if score := r.take(8); score != "" {
		it.Score = math.Float64frombits(binary.LittleEndian.Uint64([]byte(score)))
	}
	it.ExpireAt = r.varint()
	return it
}

// undump checks a payload and returns its type and what follows the type.
func undump(s string) (typ Type, body string, ok bool) {
	n := len(s) - 8
	if n <= len(dumpMagic) || s[:len(dumpMagic)] != dumpMagic || xxhash.Sum64String(s[:n]) != binary.LittleEndian.Uint64([]byte(s[n:])) {
		return TypeNone, "", false
	}
	return Type(s[len(dumpMagic)]), s[len(dumpMagic)+1 : n], true
}

// readDump turns a payload's body into a collection; ok is false for one that
// makes no sense.
func (e *Engine) readDump(typ Type, body string) (obj collection, ok bool) {
	if collections[typ] == nil {
		return nil, false
	}
	r := &dumpReader{b: body}
	n := r.uvarint()
	if typ == TypeStream {
		var items []Item
		for ; n > 0 && !r.failed; n-- {
			items = append(items, r.item())
		}
		if r.failed || r.b != "" {
			return nil, false
		}
		return readStream(items, !e.volatile)
	}
	obj = newCollection(typ, !e.volatile)
	seen := map[string]bool{}
	for ; n > 0 && !r.failed; n-- {
		it := r.item()
		name := string([]byte{it.Kind}) + it.Field
		if r.failed || typ != TypeList && seen[name] || typ == TypeZSet && math.IsNaN(it.Score) {
			return nil, false
		}
		seen[name] = true
		switch o := obj.(type) {
		case *hash:
			o.put(it.Field, it.Value, it.ExpireAt)
		case *list:
			o.pushBack(it.Value)
		case *set:
			o.add(it.Field)
		case *zset:
			o.set(it.Field, it.Score)
		case *jsonDoc:
			root, err := parseJSON(it.Value, maxJSONDepth)
			if err != nil {
				return nil, false
			}
			o.root, o.dirty = root, true
		default:
			return nil, false
		}
	}
	return obj, !r.failed && r.b == "" && obj.length() > 0
}
