package spec

// Lua scripts and functions. Columns: see row.
var scriptRows = []row{
	{"Eval", "EVAL", "w", "keys", "script string, keys []string, args ...interface{}", "*Cmd", `"eval" script len(keys) each(keys) args...`, served},
	{"EvalRO", "EVAL_RO", "r", "keys", "script string, keys []string, args ...interface{}", "*Cmd", `"eval_ro" script len(keys) each(keys) args...`, served},
	{"EvalSha", "EVALSHA", "w", "keys", "sha1 string, keys []string, args ...interface{}", "*Cmd", `"evalsha" sha1 len(keys) each(keys) args...`, served},
	{"EvalShaRO", "EVALSHA_RO", "r", "keys", "sha1 string, keys []string, args ...interface{}", "*Cmd", `"evalsha_ro" sha1 len(keys) each(keys) args...`, served},
	{"ScriptExists", "SCRIPT EXISTS", "", "", "hashes ...string", "*BoolSliceCmd", `"script" "exists" each(hashes)`, served},
	{"ScriptFlush", "SCRIPT FLUSH", "", "", "", "*StatusCmd", `"script" "flush"`, served},
	{"ScriptKill", "SCRIPT KILL", "", "", "", "*StatusCmd", `"script" "kill"`, manual(ServerAdmin, advScriptKill)},
	{"ScriptLoad", "SCRIPT LOAD", "", "", "script string", "*StringCmd", `"script" "load" script`, served},
	{"FunctionLoad", "FUNCTION LOAD", "w", "", "code string", "*StringCmd", `"function" "load" code`, served},
	{"FunctionLoadReplace", "FUNCTION LOAD", "w", "", "code string", "*StringCmd", `"function" "load" "replace" code`, served},
	{"FunctionDelete", "FUNCTION DELETE", "w", "", "libName string", "*StringCmd", `"function" "delete" libName`, served},
	{"FunctionFlush", "FUNCTION FLUSH", "w", "", "", "*StringCmd", `"function" "flush"`, served},
	{"FunctionKill", "FUNCTION KILL", "", "", "", "*StringCmd", `"function" "kill"`, served},
	{"FunctionFlushAsync", "FUNCTION FLUSH", "w", "", "", "*StringCmd", `"function" "flush" "async"`, served},
	{"FunctionList", "FUNCTION LIST", "", "", "q FunctionListQuery", "*FunctionListCmd", `"function" "list" [q.LibraryNamePattern!="": "libraryname" q.LibraryNamePattern] [q.WithCode: "withcode"]`, served},
	{"FunctionDump", "FUNCTION DUMP", "", "", "", "*StringCmd", `"function" "dump"`, served},
	{"FunctionRestore", "FUNCTION RESTORE", "w", "", "libDump string", "*StringCmd", `"function" "restore" libDump`, served},
	{"FunctionStats", "FUNCTION STATS", "", "", "", "*FunctionStatsCmd", `"function" "stats"`, served},
	{"FCall", "FCALL", "w", "keys", "function string, keys []string, args ...interface{}", "*Cmd", `"fcall" function len(keys) each(keys) each(args)`, served},
	{"FCallRo", "FCALL_RO", "r", "keys", "function string, keys []string, args ...interface{}", "*Cmd", `"fcall_ro" function len(keys) each(keys) each(args)`, served},
	{"FCallRO", "FCALL_RO", "r", "keys", "function string, keys []string, args ...interface{}", "*Cmd", `"fcall_ro" function len(keys) each(keys) each(args)`, served},
}
