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
	{"FunctionLoad", "FUNCTION LOAD", "w", "", "code string", "*StringCmd", `"function" "load" code`, needs("function")},
	{"FunctionLoadReplace", "FUNCTION LOAD", "w", "", "code string", "*StringCmd", `"function" "load" "replace" code`, needs("function")},
	{"FunctionDelete", "FUNCTION DELETE", "w", "", "libName string", "*StringCmd", `"function" "delete" libName`, needs("function")},
	{"FunctionFlush", "FUNCTION FLUSH", "w", "", "", "*StringCmd", `"function" "flush"`, needs("function")},
	{"FunctionKill", "FUNCTION KILL", "", "", "", "*StringCmd", `"function" "kill"`, needs("function")},
	{"FunctionFlushAsync", "FUNCTION FLUSH", "w", "", "", "*StringCmd", `"function" "flush" "async"`, needs("function")},
	{"FunctionList", "FUNCTION LIST", "", "", "q FunctionListQuery", "*FunctionListCmd", `"function" "list" [q.LibraryNamePattern!="": "libraryname" q.LibraryNamePattern] [q.WithCode: "withcode"]`, needs("function")},
	{"FunctionDump", "FUNCTION DUMP", "", "", "", "*StringCmd", `"function" "dump"`, needs("function")},
	{"FunctionRestore", "FUNCTION RESTORE", "w", "", "libDump string", "*StringCmd", `"function" "restore" libDump`, needs("function")},
	{"FunctionStats", "FUNCTION STATS", "", "", "", "*FunctionStatsCmd", `"function" "stats"`, needs("function")},
	{"FCall", "FCALL", "w", "keys", "function string, keys []string, args ...interface{}", "*Cmd", `"fcall" function len(keys) each(keys) each(args)`, needs("function")},
	{"FCallRo", "FCALL_RO", "r", "keys", "function string, keys []string, args ...interface{}", "*Cmd", `"fcall_ro" function len(keys) each(keys) each(args)`, needs("function")},
	{"FCallRO", "FCALL_RO", "r", "keys", "function string, keys []string, args ...interface{}", "*Cmd", `"fcall_ro" function len(keys) each(keys) each(args)`, needs("function")},
}
