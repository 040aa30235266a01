package spec

// Vector sets. Columns: see row.
var vectorRows = []row{
	{"VAdd", "VADD", "w", "key", "key string, element string, val Vector", "*BoolCmd", "", manual(VectorSet, advVectors)},
	{"VAddWithArgs", "VADD", "w", "key", "key string, element string, val Vector, addArgs *VAddArgs", "*BoolCmd", "", manual(VectorSet, advVectors)},
	{"VCard", "VCARD", "r", "key", "key string", "*IntCmd", `"vcard" key`, manual(VectorSet, advVectors)},
	{"VDim", "VDIM", "r", "key", "key string", "*IntCmd", `"vdim" key`, manual(VectorSet, advVectors)},
	{"VEmb", "VEMB", "r", "key", "key string, element string, raw bool", "*SliceCmd", `"vemb" key element [raw: "raw"]`, manual(VectorSet, advVectors)},
	{"VGetAttr", "VGETATTR", "r", "key", "key string, element string", "*StringCmd", `"vgetattr" key element`, manual(VectorSet, advVectors)},
	{"VInfo", "VINFO", "r", "key", "key string", "*MapStringInterfaceCmd", `"vinfo" key`, manual(VectorSet, advVectors)},
	{"VLinks", "VLINKS", "r", "key", "key string, element string", "*StringSliceSliceCmd", `"vlinks" key element`, manual(VectorSet, advVectors)},
	{"VLinksWithScores", "VLINKS", "r", "key", "key string, element string", "*VectorScoreSliceSliceCmd", `"vlinks" key element "withscores"`, manual(VectorSet, advVectors)},
	{"VRandMember", "VRANDMEMBER", "r", "key", "key string", "*StringCmd", `"vrandmember" key`, manual(VectorSet, advVectors)},
	{"VRandMemberCount", "VRANDMEMBER", "r", "key", "key string, count int", "*StringSliceCmd", `"vrandmember" key count`, manual(VectorSet, advVectors)},
	{"VRem", "VREM", "w", "key", "key string, element string", "*BoolCmd", `"vrem" key element`, manual(VectorSet, advVectors)},
	{"VSetAttr", "VSETATTR", "w", "key", "key string, element string, attr interface{}", "*BoolCmd", "", manual(VectorSet, advVectors)},
	{"VClearAttributes", "VSETATTR", "w", "key", "key string, element string", "*BoolCmd", `"vsetattr" key element ""`, manual(VectorSet, advVectors)},
	{"VSim", "VSIM", "r", "key", "key string, val Vector", "*StringSliceCmd", "", manual(VectorSet, advVectors)},
	{"VSimWithScores", "VSIM", "r", "key", "key string, val Vector", "*VectorScoreSliceCmd", "", manual(VectorSet, advVectors)},
	{"VSimWithArgs", "VSIM", "r", "key", "key string, val Vector, args *VSimArgs", "*StringSliceCmd", "", manual(VectorSet, advVectors)},
	{"VSimWithArgsWithScores", "VSIM", "r", "key", "key string, val Vector, args *VSimArgs", "*VectorScoreSliceCmd", "", manual(VectorSet, advVectors)},
	{"VSimWithArgsWithAttribs", "VSIM", "r", "key", "key string, val Vector, args *VSimArgs", "*VectorAttribSliceCmd", "", manual(VectorSet, advVectors)},
	{"VSimWithArgsWithScoresWithAttribs", "VSIM", "r", "key", "key string, val Vector, args *VSimArgs", "*VectorScoreAttribSliceCmd", "", manual(VectorSet, advVectors)},
	{"VRange", "VRANGE", "r", "key", "key string, start string, end string, count int64", "*StringSliceCmd", `"vrange" key start end count`, manual(VectorSet, advVectors)},
	{"VIsMember", "VISMEMBER", "r", "key", "key string, element string", "*BoolCmd", `"vismember" key element`, manual(VectorSet, advVectors)},
}
