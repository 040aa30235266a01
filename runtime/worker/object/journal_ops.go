package object

import (
	"encoding/binary"
	"errors"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// An operation in the journal is a byte, which says what it is, and then
//
//	put a key       db, hash, key, type, id, expiry, value
//	  a string      db, hash, key, expiry, value: neither packed nor a collection
//	delete a key    db, hash, key, type, id
//	put an item     type, id, the columns of the item's table
//	delete an item  type, id, the columns that identify it
//	drop            type, id
//
// The meanings never change: an object may be opened by a newer Worker.
const (
	journalString  = 1
	journalPutKey  = 2
	journalPacked  = 3 // put a key whose value is packed
	journalDelKey  = 4
	journalPutItem = 5
	journalDelItem = 6
	journalDrop    = 7
)

var errJournal = errors.New("object: a row of the journal is damaged, or was written by a newer Worker: deploy that one again")

func appendJournalOp(b []byte, op *engine.Op) []byte {
	h := &op.Header
	switch op.Kind {
	case engine.OpPutKey:
		if plain(op) {
			b = appendJournalKey(append(b, journalString), h)
		} else {
			kind := byte(journalPutKey)
			if h.Packed {
				kind = journalPacked
			}
			b = appendJournalKey(append(b, kind), h)
			b = binary.AppendUvarint(append(b, byte(h.Type)), h.ID)
		}
		return addString(binary.AppendVarint(b, h.ExpireAt), h.Value)
	case engine.OpDelKey:
		b = appendJournalKey(append(b, journalDelKey), h)
		return binary.AppendUvarint(append(b, byte(h.Type)), h.ID)
	case engine.OpPutItem:
		b = binary.AppendUvarint(append(b, journalPutItem, byte(op.Type)), op.ID)
		return addItem(b, op.Type, &op.Item, true)
	case engine.OpDelItem:
		b = binary.AppendUvarint(append(b, journalDelItem, byte(op.Type)), op.ID)
		return addItem(b, op.Type, &op.Item, false)
	}
	return binary.AppendUvarint(append(b, journalDrop, byte(op.Type)), op.ID)
}

func appendJournalKey(b []byte, h *engine.Header) []byte {
	b = binary.AppendUvarint(b, uint64(h.DB))
	b = binary.AppendUvarint(b, h.Hash)
	return addString(b, h.Key)
}

// readJournalOp reads the first operation of some and returns the rest, whose strings
// share the memory of s. After damage the rest is empty and the operation's kind is 0.
func readJournalOp(s string, op *engine.Op) (rest string) {
	r := opReader{s: s}
	h := &op.Header
	switch kind := r.byte(); kind {
	case journalString:
		op.Kind = engine.OpPutKey
		h.DB, h.Hash, h.Key = uint32(r.uint()), r.uint(), r.string()
		h.Type, h.ExpireAt, h.Value = engine.TypeString, r.int(), r.string()
	case journalPutKey, journalPacked:
		op.Kind = engine.OpPutKey
		h.DB, h.Hash, h.Key = uint32(r.uint()), r.uint(), r.string()
		h.Type, h.ID, h.ExpireAt, h.Value, h.Packed = engine.Type(r.byte()), r.uint(), r.int(), r.string(), kind == journalPacked
	case journalDelKey:
		op.Kind = engine.OpDelKey
		h.DB, h.Hash, h.Key = uint32(r.uint()), r.uint(), r.string()
		h.Type, h.ID = engine.Type(r.byte()), r.uint()
	case journalPutItem, journalDelItem:
		op.Kind, op.Type, op.ID = engine.OpPutItem, engine.Type(r.byte()), r.uint()
		if kind == journalDelItem {
			op.Kind = engine.OpDelItem
		}
		r.item(op.Type, &op.Item, kind == journalPutItem)
	case journalDrop:
		op.Kind, op.Type, op.ID = engine.OpDrop, engine.Type(r.byte()), r.uint()
	default:
		r.bad = true
	}
	if r.bad {
		op.Kind = 0
		return ""
	}
	return r.s
}
