package spec

// HyperLogLogs. Columns: see row.
var hyperloglogRows = []row{
	{"PFAdd", "PFADD", "w", "key", "key string, els ...interface{}", "*IntCmd", `"pfadd" key els...`, served},
	{"PFCount", "PFCOUNT", "r", "keys", "keys ...string", "*IntCmd", `"pfcount" each(keys)`, served},
	{"PFMerge", "PFMERGE", "w", "dest,keys", "dest string, keys ...string", "*StatusCmd", `"pfmerge" dest each(keys)`, served},
}
