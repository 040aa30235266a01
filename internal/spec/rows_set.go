package spec

// Sets. Columns: see row.
var setRows = []row{
	{"SAdd", "SADD", "w", "key", "key string, members ...interface{}", "*IntCmd", `"sadd" key members...`, served},
	{"SCard", "SCARD", "r", "key", "key string", "*IntCmd", `"scard" key`, served},
	{"SDiff", "SDIFF", "r", "keys", "keys ...string", "*StringSliceCmd", `"sdiff" each(keys)`, served},
	{"SDiffStore", "SDIFFSTORE", "w", "destination,keys", "destination string, keys ...string", "*IntCmd", `"sdiffstore" destination each(keys)`, served},
	{"SDiffCard", "SDIFFCARD", "r", "keys", "opts *SDiffCardOptions, keys ...string", "*IntCmd", "", newer},
	{"SInter", "SINTER", "r", "keys", "keys ...string", "*StringSliceCmd", `"sinter" each(keys)`, served},
	{"SInterCard", "SINTERCARD", "r", "keys", "limit int64, keys ...string", "*IntCmd", `"sintercard" len(keys) each(keys) "limit" limit`, served},
	{"SInterStore", "SINTERSTORE", "w", "destination,keys", "destination string, keys ...string", "*IntCmd", `"sinterstore" destination each(keys)`, served},
	{"SIsMember", "SISMEMBER", "r", "key", "key string, member interface{}", "*BoolCmd", `"sismember" key member`, served},
	{"SMIsMember", "SMISMEMBER", "r", "key", "key string, members ...interface{}", "*BoolSliceCmd", `"smismember" key members...`, served},
	{"SMembers", "SMEMBERS", "r", "key", "key string", "*StringSliceCmd", `"smembers" key`, served},
	{"SMembersMap", "SMEMBERS", "r", "key", "key string", "*StringStructMapCmd", `"smembers" key`, served},
	{"SMove", "SMOVE", "w", "source,destination", "source string, destination string, member interface{}", "*BoolCmd", `"smove" source destination member`, served},
	{"SPop", "SPOP", "w", "key", "key string", "*StringCmd", `"spop" key`, served},
	{"SPopN", "SPOP", "w", "key", "key string, count int64", "*StringSliceCmd", `"spop" key count`, served},
	{"SRandMember", "SRANDMEMBER", "r", "key", "key string", "*StringCmd", `"srandmember" key`, served},
	{"SRandMemberN", "SRANDMEMBER", "r", "key", "key string, count int64", "*StringSliceCmd", `"srandmember" key count`, served},
	{"SRem", "SREM", "w", "key", "key string, members ...interface{}", "*IntCmd", `"srem" key members...`, served},
	{"SUnion", "SUNION", "r", "keys", "keys ...string", "*StringSliceCmd", `"sunion" each(keys)`, served},
	{"SUnionStore", "SUNIONSTORE", "w", "destination,keys", "destination string, keys ...string", "*IntCmd", `"sunionstore" destination each(keys)`, served},
	{"SUnionCard", "SUNIONCARD", "r", "keys", "opts *SUnionCardOptions, keys ...string", "*IntCmd", "", newer},
	{"SScan", "SSCAN", "r", "key", "key string, cursor uint64, match string, count int64", "*ScanCmd", `"sscan" key cursor [match!="": "match" match] [count>0: "count" count]`, served},
}
