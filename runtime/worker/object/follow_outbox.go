package object

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// A rowOp is one operation on a row of D1, absolute: done twice, or after a newer
// state of the row was copied and before the operations that led there, it does no
// harm in the end. In the outbox it is its kind and then what the kind has.
type rowOp struct {
	kind  rowKind
	db    uint32
	space int64
	hash  uint64
	key   string
	typ   engine.Type
	id    uint64
	at    int64  // expiry of a key
	null  bool   // the key has no value of its own
	value string // of a key
	item  engine.Item
}

type rowKind byte

// The kinds are stored in the outbox: they never change meaning.
const (
	rowDB      rowKind = 1  // db, space
	rowNoDB    rowKind = 2  // db
	rowKey     rowKind = 3  // space, hash, key, typ, id, at, null, value
	rowNoKey   rowKind = 4  // space, hash, key
	rowItem    rowKind = 5  // typ, id, item
	rowNoItem  rowKind = 6  // typ, id, item's identity
	rowGarbage rowKind = 7  // id, typ: a collection that nothing refers to
	rowSpace   rowKind = 8  // space: nothing refers to it
	rowLoad    rowKind = 9  // space, hash, key: the key's rows are to be copied when this is applied
	rowName    rowKind = 10 // db, key: of KV: the key changed
	rowWalk    rowKind = 11 // db, space: of KV: so did all keys of the space, which was the database
)

// outboxVersion begins what is written into the outbox.
const outboxVersion = 1

// add appends an operation to what is written into the outbox.
func (op *rowOp) add(b []byte) []byte {
	if len(b) == 0 {
		b = append(b, outboxVersion)
	}
	b = append(b, byte(op.kind))
	switch op.kind {
	case rowDB, rowWalk:
		b = binary.AppendUvarint(b, uint64(op.db))
		b = binary.AppendVarint(b, op.space)
	case rowNoDB:
		b = binary.AppendUvarint(b, uint64(op.db))
	case rowKey:
		b = op.addKey(b)
		b = append(b, byte(op.typ))
		b = binary.AppendUvarint(b, op.id)
		b = binary.AppendVarint(b, op.at)
		if op.null {
			b = append(b, 1)
		} else {
			b = addString(append(b, 0), op.value)
		}
	case rowNoKey, rowLoad:
		b = op.addKey(b)
	case rowItem, rowNoItem:
		b = append(b, byte(op.typ))
		b = binary.AppendUvarint(b, op.id)
		b = addItem(b, op.typ, &op.item, op.kind == rowItem)
	case rowGarbage:
		b = append(b, byte(op.typ))
		b = binary.AppendUvarint(b, op.id)
	case rowSpace:
		b = binary.AppendVarint(b, op.space)
	case rowName:
		b = binary.AppendUvarint(b, uint64(op.db))
		b = addString(b, op.key)
	}
	return b
}

func (op *rowOp) addKey(b []byte) []byte {
	b = binary.AppendVarint(b, op.space)
	b = binary.AppendUvarint(b, op.hash)
	return addString(b, op.key)
}

func addString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// addItem writes the columns of an item's table; identity alone unless all.
func addItem(b []byte, typ engine.Type, it *engine.Item, all bool) []byte {
	t := itemTables[typ]
	for i, c := range t.all {
		if !all && !t.identifies(i) {
			continue
		}
		switch c {
		case colField:
			b = addString(b, it.Field)
		case colValue:
			b = addString(b, it.Value)
		case colPos:
			b = binary.AppendVarint(b, it.Pos)
		case colScore:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(it.Score))
		case colKind:
			b = append(b, it.Kind)
		case colExpires:
			b = binary.AppendVarint(b, it.ExpireAt)
		}
	}
	return b
}

// identifies reports whether a column is one of those that identify an item.
func (t *itemTable) identifies(column int) bool {
	for _, p := range t.point {
		if p == column {
			return true
		}
	}
	return false
}

var errOutbox = errors.New("object: a row of the outbox is damaged")

// readOps yields the operations of a row of the outbox.
func readOps(b []byte, yield func(*rowOp)) error {
	if len(b) == 0 {
		return nil
	}
	if b[0] != outboxVersion {
		return errors.New("object: a row of the outbox was written by a newer Worker: deploy that one again")
	}
	r := opReader{s: string(b[1:])}
	for len(r.s) > 0 {
		op := rowOp{kind: rowKind(r.byte())}
		switch op.kind {
		case rowDB, rowWalk:
			op.db, op.space = uint32(r.uint()), r.int()
		case rowNoDB:
			op.db = uint32(r.uint())
		case rowKey:
			op.space, op.hash, op.key = r.int(), r.uint(), r.string()
			op.typ, op.id, op.at = engine.Type(r.byte()), r.uint(), r.int()
			if op.null = r.byte() == 1; !op.null {
				op.value = r.string()
			}
		case rowNoKey, rowLoad:
			op.space, op.hash, op.key = r.int(), r.uint(), r.string()
		case rowItem, rowNoItem:
			op.typ, op.id = engine.Type(r.byte()), r.uint()
			r.item(op.typ, &op.item, op.kind == rowItem)
		case rowGarbage:
			op.typ, op.id = engine.Type(r.byte()), r.uint()
		case rowSpace:
			op.space = r.int()
		case rowName:
			op.db, op.key = uint32(r.uint()), r.string()
		default:
			r.bad = true
		}
		if r.bad {
			return errOutbox
		}
		yield(&op)
	}
	return nil
}
