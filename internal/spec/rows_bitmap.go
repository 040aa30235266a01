package spec

// Bits of strings. Columns: see row.
var bitmapRows = []row{
	{"GetBit", "GETBIT", "r", "key", "key string, offset int64", "*IntCmd", `"getbit" key offset`, served},
	{"SetBit", "SETBIT", "w", "key", "key string, offset int64, value int", "*IntCmd", `"setbit" key offset value`, served},
	{"BitCount", "BITCOUNT", "r", "key", "key string, bitCount *BitCount", "*IntCmd", "", served},
	{"BitOpAnd", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "and" destKey each(keys)`, served},
	{"BitOpOr", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "or" destKey each(keys)`, served},
	{"BitOpXor", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "xor" destKey each(keys)`, served},
	{"BitOpNot", "BITOP", "w", "destKey,key", "destKey string, key string", "*IntCmd", `"bitop" "not" destKey key`, served},
	{"BitOpDiff", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "diff" destKey each(keys)`, newer},
	{"BitOpDiff1", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "diff1" destKey each(keys)`, newer},
	{"BitOpAndOr", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "andor" destKey each(keys)`, newer},
	{"BitOpOne", "BITOP", "w", "destKey,keys", "destKey string, keys ...string", "*IntCmd", `"bitop" "one" destKey each(keys)`, newer},
	{"BitPos", "BITPOS", "r", "key", "key string, bit int64, pos ...int64", "*IntCmd", "", served},
	{"BitPosSpan", "BITPOS", "r", "key", "key string, bit int8, start int64, end int64, span string", "*IntCmd", `"bitpos" key bit start end span`, served},
	{"BitField", "BITFIELD", "w", "key", "key string, values ...interface{}", "*IntSliceCmd", `"bitfield" key values...`, served},
	{"BitFieldRO", "BITFIELD_RO", "r", "key", "key string, values ...interface{}", "*IntSliceCmd", "", served},
}
