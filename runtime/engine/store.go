package engine

import "errors"

// ErrFenced is returned by Commit when a change set does not follow the last
// one: another owner has written since, and nothing of the set was stored.
var ErrFenced = errors.New("engine: store was written by another owner")

// Type is the data type of a key as a store keeps it. The numbers are stored:
// they never change meaning.
type Type uint8

const (
	TypeNone   Type = 0
	TypeString Type = 1
	TypeHash   Type = 2
	TypeList   Type = 3
	TypeSet    Type = 4
	TypeZSet   Type = 5
	TypeStream Type = 6
	TypeJSON   Type = 7
	// TypeFunction is a library of functions: Key is its name, Value its code. Its
	// row is in the database FunctionsDB and belongs to no key.
	TypeFunction Type = 8
	// TypeScript is a script that SCRIPT LOAD was given: Key is its SHA-1, Value its
	// text. See Options.KeepScripts.
	TypeScript Type = 9
)

// FunctionsDB is the number of the database that holds the rows of libraries of
// functions. No SELECT reaches it.
const FunctionsDB uint32 = 1<<32 - 1

// String is the name that Redis's TYPE answers.
func (t Type) String() string {
	switch t {
	case TypeString:
		return "string"
	case TypeHash:
		return "hash"
	case TypeList:
		return "list"
	case TypeSet:
		return "set"
	case TypeZSet:
		return "zset"
	case TypeStream:
		return "stream"
	case TypeJSON:
		return "ReJSON-RL"
	case TypeFunction:
		return "function"
	case TypeScript:
		return "script"
	}
	return "none"
}

// HashBits is the width of a key's hash. 52 bits pass through a JavaScript
// number and SQLite's signed integers unchanged.
const HashBits = 52

// A Header is the row of one key.
type Header struct {
	DB       uint32
	Hash     uint64 // KeyHash(Key)
	Key      string
	Type     Type
	ID       uint64 // collection that the items hang on; 0 for a string
	ExpireAt int64  // Unix time in milliseconds; 0: never
	Value    string // a string's value, or a packed collection
	Packed   bool   // Value holds a packed collection (stores that ask for packing); of a string: a Ref in place of the value
}

// An Item is one element of a collection. Which fields mean something depends
// on the collection's type:
//
//	hash    Field, Value, ExpireAt
//	list    Pos, Value: positions are contiguous, ascending from head to tail
//	set     Field
//	zset    Field, Score
//	stream  Field (16 bytes: the entry's id, big endian), Value (its ordinal, ";",
//	        and each name and value as length, ":", bytes); Kind keeps counters,
//	        groups, consumers and pending entries apart, see stream_rows.go
type Item struct {
	Kind     uint8 // 0 except for a stream's group rows
	Field    string
	Pos      int64
	Score    float64
	Value    string
	ExpireAt int64 // Unix time in milliseconds; 0: never
}

// A Query asks for the items of one collection in order: hash and set by Field,
// list by Pos, zset by (Score, Field), stream by (Kind, Field).
type Query struct {
	Type    Type
	ID      uint64
	From    *Item // first item wanted, by the fields that order; nil: the first there is
	To      *Item // last item wanted; nil: no bound
	Reverse bool  // From is then the greatest wanted
	Point   bool  // just the item equal to From (zset: by Field alone)
	Limit   int64 // 0: all
	Offset  int64 // items to leave out first
	// Expiring asks for the fields of a hash that expire, soonest first, then by
	// Field, instead. Only Limit goes with it.
	Expiring bool
}

// State is what a store tells at Open.
type State struct {
	Seq      uint64 // of the last committed change
	NextID   uint64 // first collection id that was never used
	Volatile bool   // keeps nothing: the engine's memory is the data, and no change sets are made
	Pack     bool   // rows are billed: keep small collections packed in their header
}

// OpKind says what a row operation does.
type OpKind uint8

const (
	OpPutKey  OpKind = 1 // Header
	OpDelKey  OpKind = 2 // Header.DB, Hash, Key; items of Header.ID, when not 0, become garbage for Sweep
	OpPutItem OpKind = 3 // Type, ID, Item
	OpDelItem OpKind = 4 // Type, ID, Item (the fields that order and identify)
	OpDrop    OpKind = 5 // Type, ID: every item becomes garbage for Sweep
	OpFlushDB OpKind = 6 // Header.DB: every key of it goes, items become garbage for Sweep
	OpSwapDB  OpKind = 7 // Header.DB and ID hold the two numbers
)

// An Op is one row operation.
type Op struct {
	Kind   OpKind
	Type   Type
	ID     uint64
	Header Header // key operations
	Item   Item   // item operations
}

// A Change is everything that one frame changed. A store applies it whole or
// not at all. Ops are in the order in which they must be applied.
type Change struct {
	Seq    uint64 // last committed + 1
	NextID uint64
	Ops    []Op
	// Touched is filled when Options.Touched is set: the keys whose operations are in
	// Ops, in the order of these.
	Touched []Touched
	Refs    bool // a Ref was set or overwritten, or its key removed: there may be bytes in R2 that no row refers to
}

// A Touched is a key that a change touched, with its operations: Ops[From:To], which
// are one OpPutKey, OpDelKey or OpDrop at most and after it the key's items, each
// item once at most. There is at least one operation.
//
// A key may stand there several times, when it was removed and made again, or when a
// database was flushed or swapped in between; what stands last holds. A key that was
// made and removed between two of those is not there. DB is the number that the
// database had when the operations were made: an OpSwapDB or OpFlushDB that stands
// behind To in Ops comes after it.
//
// Operations that belong to no key lie outside all ranges: OpFlushDB, OpSwapDB, an OpDrop
// of the items that a key had under an older ID, and rows of functions and scripts.
type Touched struct {
	DB       uint32
	Hash     uint64
	Key      string
	Type     Type
	ID       uint64 // of the collection; 0 for a string, and for a key whose collection went to another one
	From, To int    // its operations in Ops
	// Moved says that the key has come to its collection from another one (RENAME,
	// MOVE): the collection has items from before, which are not among the operations. The
	// key that had it is Gone, earlier or later in the list.
	Moved bool
	// Gone says that the key was removed, or that it expired.
	Gone bool
}

// A Store keeps rows for the engine. It waits for nobody, never interprets what
// it keeps, and is called from one goroutine at a time. Errors are faults of
// the medium; that a key does not exist is no error. A change that the engine
// has handed over is in every answer from the next call of the engine on,
// whether it is stored by then or not. No method is called from within yield.
type Store interface {
	Open() (State, error)
	// Key finds the header of a key, expired ones included: the engine decides.
	Key(db uint32, hash uint64, key string) (Header, bool, error)
	// Items yields one collection's items in order until yield returns false.
	Items(q Query, yield func(Item) bool) error
	// Count counts what Items would yield.
	Count(q Query) (int64, error)
	// Keys yields headers ordered by hash, then key, from a hash on. Values of
	// strings may be left out when noValues is set.
	Keys(db uint32, from uint64, noValues bool, yield func(Header) bool) error
	// CountKeys counts the headers of a database, expired ones included, and those
	// that have an expiry.
	CountKeys(db uint32) (keys, expiring int64, err error)
	// DBs lists the databases that have keys.
	DBs() ([]uint32, error)
	// Expiring yields headers that expire before a time in Unix milliseconds,
	// soonest first, and at most limit of them when it is not 0. Values may be left
	// out.
	Expiring(before int64, limit int, yield func(Header) bool) error
	// Commit stores a change set; ErrFenced if Seq is not the last one + 1.
	Commit(*Change) error
	// Sweep removes at most so many rows of what deleted collections and
	// flushed databases left, and says whether there is more.
	Sweep(rows int) (more bool, err error)
	Close() error
}
