package facade

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// A result is a result type over one value.
type result struct {
	name  string // "IntCmd"
	doc   string // what it is the result of
	val   string // Go type of the value
	kind  string // go-redis's CmdType constant
	read  string // the runtime's decoder
	maker string // go-redis's constructor of a finished result, if it has one
	clone string // copies the value; empty: assignment does
	words string // of the command, when the constructor knows them: "xinfo groups (stream)"
}

var resultTypes = []result{
	{"StatusCmd", "a command that answers OK or another word", "string", "CmdTypeStatus", "readString", "NewStatusResult", "", ""},
	{"IntCmd", "a command that answers an integer", "int64", "CmdTypeInt", "readInt", "NewIntResult", "", ""},
	{"StringCmd", "a command that answers a string", "string", "CmdTypeString", "readString", "NewStringResult", "", ""},
	{"BoolCmd", "a command that answers yes or no", "bool", "CmdTypeBool", "readReplyBool", "NewBoolResult", "", ""},
	{"FloatCmd", "a command that answers a number", "float64", "CmdTypeFloat", "readFloat", "NewFloatResult", "", ""},
	{"TimeCmd", "TIME", "time.Time", "CmdTypeTime", "readTime", "NewTimeCmdResult", "", ""},
	{"SliceCmd", "a command that answers a list in which values may be missing", "[]interface{}", "CmdTypeSlice", "readSlice", "NewSliceResult", "cloneSlice", ""},
	{"StringSliceCmd", "a command that answers strings", "[]string", "CmdTypeStringSlice", "readStrings", "NewStringSliceResult", "cloneSlice", ""},
	{"IntSliceCmd", "a command that answers integers", "[]int64", "CmdTypeIntSlice", "readInts", "", "cloneSlice", ""},
	{"FloatSliceCmd", "a command that answers numbers", "[]float64", "CmdTypeFloatSlice", "readFloats", "NewFloatSliceResult", "cloneSlice", ""},
	{"BoolSliceCmd", "a command that answers yes or no several times", "[]bool", "CmdTypeBoolSlice", "readBools", "NewBoolSliceResult", "cloneSlice", ""},
	{"KeyValueSliceCmd", "a command that answers fields with their values", "[]KeyValue", "CmdTypeKeyValueSlice", "readKeyValues", "", "cloneSlice", ""},
	{"MapStringStringCmd", "a command that answers a map of strings", "map[string]string", "CmdTypeMapStringString", "readMapStringString", "NewMapStringStringResult", "cloneMap", ""},
	{"MapStringIntCmd", "a command that answers a map of integers", "map[string]int64", "CmdTypeMapStringInt", "readMapStringInt", "NewMapStringIntCmdResult", "cloneMap", ""},
	{"MapStringInterfaceCmd", "a command that answers a map of any values", "map[string]interface{}", "CmdTypeMapStringInterface", "readMapStringAny", "", "cloneMap", ""},
	{"StringStructMapCmd", "SMEMBERS as a set", "map[string]struct{}", "CmdTypeStringStructMap", "readStringSet", "", "cloneMap", ""},
	{"ZSliceCmd", "a command that answers members with their scores", "[]Z", "CmdTypeZSlice", "readZs", "NewZSliceCmdResult", "cloneSlice", ""},
	{"ZWithKeyCmd", "BZPOPMIN and BZPOPMAX", "*ZWithKey", "CmdTypeZWithKey", "readZWithKey", "NewZWithKeyCmdResult", "clonePtr", ""},
	{"RankWithScoreCmd", "ZRANK with the score", "RankScore", "CmdTypeRankWithScore", "readRankScore", "", "", ""},
	{"KeyFlagsCmd", "COMMAND GETKEYSANDFLAGS", "[]KeyFlags", "CmdTypeKeyFlags", "readKeyFlags", "", "cloneSlice", ""},
	{"GeoPosCmd", "GEOPOS", "[]*GeoPos", "CmdTypeGeoPos", "readPositions", "NewGeoPosCmdResult", "clonePositions", ""},
	{"InfoCmd", "INFO, section by section", "map[string]map[string]string", "CmdTypeInfo", "readInfo", "", "cloneMap", ""},
	{"CommandsInfoCmd", "COMMAND", "map[string]*CommandInfo", "CmdTypeCommandsInfo", "readCommandsInfo", "NewCommandsInfoCmdResult", "cloneMap", ""},
	{"ClientInfoCmd", "CLIENT INFO", "*ClientInfo", "CmdTypeClientInfo", "readClientInfo", "", "clonePtr", ""},
	{"XMessageSliceCmd", "a command that answers entries of a stream", "[]XMessage", "CmdTypeXMessageSlice", "readXMessages", "NewXMessageSliceCmdResult", "cloneXMessages", ""},
	{"XStreamSliceCmd", "XREAD and XREADGROUP", "[]XStream", "CmdTypeXStreamSlice", "readXStreams", "NewXStreamSliceCmdResult", "cloneXStreams", ""},
	{"XPendingCmd", "XPENDING", "*XPending", "CmdTypeXPending", "readXPending", "NewXPendingResult", "cloneXPending", ""},
	{"XPendingExtCmd", "XPENDING with a range", "[]XPendingExt", "CmdTypeXPendingExt", "readXPendingExt", "", "cloneSlice", ""},
	{"XInfoConsumersCmd", "XINFO CONSUMERS", "[]XInfoConsumer", "CmdTypeXInfoConsumers", "readXInfoConsumers", "", "cloneSlice", "xinfo consumers (stream) (group)"},
	{"XInfoGroupsCmd", "XINFO GROUPS", "[]XInfoGroup", "CmdTypeXInfoGroups", "readXInfoGroups", "", "cloneSlice", "xinfo groups (stream)"},
	{"XInfoStreamCmd", "XINFO STREAM", "*XInfoStream", "CmdTypeXInfoStream", "readXInfoStream", "", "cloneXInfoStream", "xinfo stream (stream)"},
	{"XInfoStreamFullCmd", "XINFO STREAM with FULL", "*XInfoStreamFull", "CmdTypeXInfoStreamFull", "readXInfoStreamFull", "", "cloneXInfoStreamFull", ""},
}

const respPath = importPath + "/resp"

func (g *generator) results() *jen.File {
	f := newFile()
	f.ImportName(respPath, "resp")
	for _, r := range resultTypes {
		r.write(f)
	}
	return f
}

func (r result) write(f *jen.File) {
	val := goType(r.val)
	base := jen.Id("valueCmd").Types(val)
	f.Commentf("%s is the result of %s.", r.name, r.doc)
	f.Type().Id(r.name).Struct(base)
	f.Line()

	params, args := r.parameters()
	f.Commentf("New%s returns a command that was not sent yet.", r.name)
	f.Func().Id("New" + r.name).Params(params...).Op("*").Id(r.name).Block(jen.Return(jen.Op("&").Id(r.name).Values(
		jen.Add(base).Values(jen.Dict{jen.Id("baseCmd"): jen.Id("baseCmd").Values(jen.Dict{
			jen.Id("ctx"): jen.Id("ctx"), jen.Id("args"): args, jen.Id("kind"): jen.Id(r.kind),
		})}))))
	f.Line()

	if r.maker != "" {
		f.Commentf("%s returns a command with a result, for tests.", r.maker)
		f.Func().Id(r.maker).Params(jen.Id("val").Add(val), jen.Id("err").Error()).Op("*").Id(r.name).Block(
			jen.Var().Id("cmd").Id(r.name),
			jen.List(jen.Id("cmd").Dot("val"), jen.Id("cmd").Dot("err")).Op("=").List(jen.Id("val"), jen.Id("err")),
			jen.Return(jen.Op("&").Id("cmd")))
		f.Line()
	}

	f.Func().Params(jen.Id("cmd").Op("*").Id(r.name)).Id("readReply").Params(
		jen.Id("r").Qual(respPath, "Reply"), jen.Id("proto").Int(),
	).Params(jen.Id("err").Error()).Block(
		jen.List(jen.Id("cmd").Dot("val"), jen.Id("err")).Op("=").Id(r.read).Call(jen.Id("r"), jen.Id("proto")),
		jen.Return(jen.Id("err")))
	f.Line()

	copied := jen.Id("cmd").Dot("val")
	if r.clone != "" {
		copied = jen.Id(r.clone).Call(copied)
	}
	f.Comment("Clone copies the command and its result.")
	f.Func().Params(jen.Id("cmd").Op("*").Id(r.name)).Id("Clone").Params().Id("Cmder").Block(
		jen.Id("cmd").Dot("await").Call(),
		jen.Return(jen.Op("&").Id(r.name).Values(jen.Add(base).Values(jen.Dict{
			jen.Id("baseCmd"): jen.Id("cmd").Dot("cloneBase").Call(), jen.Id("val"): copied,
		}))))
	f.Line()
}

// parameters are the constructor's parameters and the command's words.
func (r result) parameters() (params []jen.Code, args *jen.Statement) {
	params = []jen.Code{jen.Id("ctx").Qual("context", "Context")}
	if r.words == "" {
		return append(params, jen.Id("args").Op("...").Interface()), jen.Id("args")
	}
	var words []jen.Code
	for _, w := range strings.Fields(r.words) {
		if name := strings.Trim(w, "()"); name != w {
			params = append(params, jen.Id(name).String())
			words = append(words, jen.Id(name))
		} else {
			words = append(words, jen.Lit(w))
		}
	}
	return params, jen.Index().Interface().Values(words...)
}

// knowsWords reports whether a result type's constructor knows its command's
// words, so that it takes the others only.
func knowsWords(name string) bool {
	for _, r := range resultTypes {
		if r.name == name {
			return r.words != ""
		}
	}
	return false
}

// goType is a type of the table above; only time.Time needs an import.
func goType(s string) *jen.Statement {
	if s == "time.Time" {
		return jen.Qual("time", "Time")
	}
	return jen.Id(s)
}
