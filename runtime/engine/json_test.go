package engine

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// brief writes a reply on one line: bulk strings in quotes when they stand in an
// array, integers as they are, errors behind a minus sign.
func brief(r resp.Reply) string {
	switch r.Kind {
	case resp.Nil, resp.NilArray:
		return "nil"
	case resp.Status:
		return "+" + r.Str
	case resp.Error:
		return "-" + r.Str
	case resp.Int:
		return strconv.FormatInt(r.Int, 10)
	case resp.Double:
		return "," + strconv.FormatFloat(r.Float(), 'g', -1, 64)
	case resp.Bool:
		return "#" + strconv.FormatBool(r.Int != 0)
	case resp.Bulk:
		return r.Str
	}
	words := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		if words[i] = brief(e); e.Kind == resp.Bulk {
			words[i] = "'" + words[i] + "'"
		}
	}
	if r.Kind == resp.Map {
		return "{" + strings.Join(words, " ") + "}"
	}
	return "[" + strings.Join(words, " ") + "]"
}

// playJSON runs lines of a command, " => " and the reply that is wanted. Words in
// the command are apart by spaces; _ in a word stands for a space.
func playJSON(t *testing.T, proto int, script string) {
	t.Helper()
	e, err := Open(nothing{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, proto, "")
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		cmd, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("line without =>: %s", line)
		}
		words := strings.Fields(cmd)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		if got := brief(run(e, s, words...)); got != want {
			t.Errorf("RESP%d %s\n got %s\nwant %s", proto, cmd, got, want)
		}
	}
}

// The examples are those of RedisJSON's documentation of the commands.
func TestJSONCommandsAnswerAsDocumented(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		playJSON(t, proto, `
			JSON.SET doc $ {"a":2} => +OK
			JSON.SET doc $.a 3 => +OK
			JSON.GET doc $ => [{"a":3}]
			JSON.SET doc $.b 8 => +OK
			JSON.GET doc $ => [{"a":3,"b":8}]
			JSON.SET doc $ {"f1":{"a":1},"f2":{"a":2}} => +OK
			JSON.SET doc $..a 3 => +OK
			JSON.GET doc => {"f1":{"a":3},"f2":{"a":3}}
			JSON.SET doc $.f3.b 1 => nil
			JSON.SET doc $..x 1 => -Err wrong static path
			JSON.SET doc $.f1 1 NX => nil
			JSON.SET doc $.f9 1 XX => nil
			JSON.SET doc $.f9 1 NX => +OK
			JSON.SET doc $ 1 NX => nil
			JSON.SET new $ 1 XX => nil
			JSON.SET new .a 1 => -ERR new objects must be created at the root
			JSON.SET new $ 1 NX XX => -ERR syntax error
			JSON.SET new $ [1] FORMAT JSON => +OK
			JSON.SET new $ [1] FORMAT TT => -ERR wrong format
			JSON.SET new $ [1.5] FPHA FP32 => +OK
			JSON.SET new $ [1.5] FPHA FP8 => -ERR invalid FPHA type
			JSON.SET new $ {"a":[1,0.5,65520]} FPHA FP16 => -value out of range
			JSON.SET new $ [[0.1,-1e100]] FPHA FP32 => -value out of range
			JSON.SET new $ [0.1,3.4e38] FPHA bf16 => -value out of range
			JSON.SET new $ [0.1,1e308] FPHA FP64 => +OK
			JSON.SET new $ [0.1,"x",65520] FPHA FP16 => +OK
			JSON.SET new $ [1.5,65519,3.4e38] FPHA FP32 => +OK
			JSON.SET new $[3] 1 => -ERR array index out of range
			JSON.SET new $[0] 1 NX => nil
			JSON.SET new => -ERR wrong number of arguments for 'json.set' command

			JSON.SET doc $ {"a":2,"b":3,"nested":{"a":4,"b":null}} => +OK
			JSON.GET doc $..b => [3,null]
			JSON.GET doc ..a $..b => {"..a":[2,4],"$..b":[3,null]}
			JSON.GET doc .a .b => {".a":2,".b":3}
			JSON.GET doc .a .zz => -ERR Path '.zz' does not exist
			JSON.GET doc .zz => -ERR Path '$.zz' does not exist
			JSON.GET doc $.zz => []
			JSON.GET nokey $.zz => nil
			JSON.GET doc INDENT - NEWLINE | SPACE + $.nested => [|-{|--"a":+4,|--"b":+null|-}|]
			JSON.GET doc NOESCAPE a => 2

			JSON.SET a $ {"a":2} => +OK
			JSON.SET b $ {"a":5,"x":{"a":6}} => +OK
			SET str x => +OK
			JSON.MGET a b none str $..a => ['[2]' '[5,6]' nil nil]
			JSON.MGET a b none .x => [nil '{"a":6}' nil]
			JSON.MGET a b $$$( => [nil nil]
			JSON.MGET a => -ERR wrong number of arguments for 'json.mget' command
			JSON.MSET a $ {"a":1} b $.x.a 7 c $ [] => +OK
			JSON.MGET a b c $ => ['[{"a":1}]' '[{"a":5,"x":{"a":7}}]' '[[]]']
			JSON.MSET a $ {} zz $.q 1 => -ERR new objects must be created at the root
			JSON.GET a => {"a":1}
			JSON.MSET a $ {} str $ 1 => -Existing key has wrong Redis type
			JSON.MSET a $ => -ERR wrong number of arguments for 'json.mset' command

			JSON.MERGE a $ {"b":8} => +OK
			JSON.MERGE a $.a 3 => +OK
			JSON.MERGE a $ {"a":null} => +OK
			JSON.GET a => {"b":8}
			JSON.SET a $ {"f1":{"a":1},"f2":{"a":2}} => +OK
			JSON.MERGE a $ {"f1":null,"f2":{"a":3,"b":4},"f3":[2,4,6]} => +OK
			JSON.GET a => {"f2":{"a":3,"b":4},"f3":[2,4,6]}
			JSON.MERGE a $.f4 {"x":null} => +OK
			JSON.MERGE a $.f2.c {"y":{"z":null,"w":1}} => +OK
			JSON.GET a => {"f2":{"a":3,"b":4,"c":{"y":{"z":null,"w":1}}},"f3":[2,4,6],"f4":{"x":null}}
			JSON.MERGE a $ {"f2":{"b":9},"f3":null} => +OK
			JSON.GET a $.f2.a $.f2.b $.f3 => {"$.f2.a":[3],"$.f2.b":[9],"$.f3":[]}
			JSON.MERGE none $.a 1 => -ERR new objects must be created at the root

			JSON.SET d $ {"a":1,"nested":{"a":2,"b":3}} => +OK
			JSON.DEL d $..a => 2
			JSON.GET d $ => [{"nested":{"b":3}}]
			JSON.FORGET d $.nope => 0
			JSON.DEL none => 0
			JSON.DEL d => 1
			EXISTS d => 0
			JSON.SET d $ [1,2,3,4,5,6] => +OK
			JSON.DEL d $[1,3,3] => 2
			JSON.GET d => [1,3,5,6]
			JSON.SET d $ {"a":{"a":1,"b":{"a":1}},"b":2} => +OK
			JSON.DEL d $..a => 1
			JSON.GET d => {"b":2}

			JSON.SET d $ {"obj":{"a":1,"b":2},"arr":[1,2,3],"str":"foo","bool":true,"int":42,"float":3.14} => +OK
			JSON.CLEAR d $.* => 4
			JSON.GET d $ => [{"obj":{},"arr":[],"str":"foo","bool":true,"int":0,"float":0}]
			JSON.CLEAR d $.* => 0
			JSON.CLEAR none => -ERR could not perform this operation on a key that doesn't exist
			JSON.SET d $ {"a":{"b":[1,2],"c":3}} => +OK
			JSON.CLEAR d $..* => 1

			JSON.SET d $ {"a":true} => +OK
			JSON.TOGGLE d $.a => [0]
			JSON.TOGGLE d $..* => [1]
			JSON.TOGGLE d .a => false
			JSON.TOGGLE d .b => -ERR Path '$.b' does not exist or not a bool
			JSON.TOGGLE none $ => -ERR could not perform this operation on a key that doesn't exist

			JSON.SET d $ {"a":"foo","nested":{"a":"hello"},"nested2":{"a":31}} => +OK
			JSON.STRAPPEND d $..a "baz" => [6 8 nil]
			JSON.STRLEN d $..a => [6 8 nil]
			JSON.STRLEN d .a => 6
			JSON.STRLEN d .nested => -WRONGTYPE wrong type of path value - expected string but found object
			JSON.STRLEN d .q => -ERR Path '$.q' does not exist
			JSON.STRLEN none $ => -ERR could not perform this operation on a key that doesn't exist
			JSON.STRLEN none => nil
			JSON.STRAPPEND d .a "é" => 8
			JSON.STRAPPEND d .a 1 => -WRONGTYPE wrong type of path value - expected string but found 1
			JSON.STRAPPEND d .nested2.a "x" => -ERR Path '$.nested2.a' does not exist or not a string
			JSON.SET s $ "x" => +OK
			JSON.STRAPPEND s "yz" => 3

			JSON.SET d $ {"a":[3],"nested":{"a":[3,4]},"b":"x"} => +OK
			JSON.ARRAPPEND d $..a 5 "six" => [3 4]
			JSON.ARRAPPEND d $.b 5 => [nil]
			JSON.ARRAPPEND d .b 5 => -ERR Path '.b' does not exist or not an array
			JSON.ARRAPPEND d $.a => -ERR wrong number of arguments for 'json.arrappend' command
			JSON.ARRLEN d $..a => [3 4]
			JSON.ARRLEN d .a => 3
			JSON.ARRLEN d .b => -ERR Path '.b' does not exist or not an array
			JSON.ARRLEN d .zz => -ERR Path '.zz' does not exist
			JSON.ARRLEN none $ => -ERR could not perform this operation on a key that doesn't exist
			JSON.ARRINDEX d $..a 5 => [1 2]
			JSON.ARRINDEX d $..a "six" => [2 3]
			JSON.ARRINDEX d $..a 7 => [-1 -1]
			JSON.ARRINDEX d $..a 5.0 => [-1 -1]
			JSON.ARRINDEX d $..a 5 0 2 => [1 -1]
			JSON.ARRINDEX d $..a 5 -2 => [1 2]
			JSON.ARRINDEX d $..a 5 0 -1 => [1 2]
			JSON.ARRINDEX d $..a "six" 0 -1 => [-1 -1]
			JSON.ARRINDEX d $.b 5 => [nil]
			JSON.ARRINDEX d .b 5 => -WRONGTYPE wrong type of path value - expected array but found string
			JSON.ARRINDEX none $ 5 => -ERR Path '$' does not exist
			JSON.ARRINDEX d $.a 5 x => -Couldn't parse as integer
			JSON.ARRINSERT d $..a 0 1 2 => [5 6]
			JSON.ARRINSERT d $..a -1 0 => [6 7]
			JSON.GET d $..a => [[1,2,3,5,0,"six"],[1,2,3,4,5,0,"six"]]
			JSON.ARRINSERT d $..a 7 0 => -ERR index out of bounds
			JSON.GET d $..a => [[1,2,3,5,0,"six"],[1,2,3,4,5,0,"six"]]
			JSON.ARRPOP d $..a => ['"six"' '"six"']
			JSON.ARRPOP d $..a 0 => ['1' '1']
			JSON.ARRPOP d $..a -100 => ['2' '2']
			JSON.ARRPOP d .a 1 => 5
			JSON.ARRPOP d .b => -ERR Path '$.b' does not exist or not an array
			JSON.ARRTRIM d $..a 1 1 => [1 1]
			JSON.GET d $..a => [[0],[4]]
			JSON.ARRTRIM d .a 5 9 => 0
			JSON.ARRPOP d .a => nil
			JSON.ARRPOP d $..a => [nil '4']
			JSON.ARRTRIM d $.b 0 0 => [nil]
			JSON.ARRTRIM d $.b 0 => -ERR wrong number of arguments for 'json.arrtrim' command
			JSON.SET d $ {"a":[[1,2,3],[4,5,6]]} => +OK
			JSON.ARRPOP d $..* -1 => ['[4,5]' '3' '6' nil nil nil nil nil nil]
			JSON.GET d => {"a":[[1,2]]}

			JSON.SET d $ {"a":[3],"nested":{"a":{"b":2,"c":1}}} => +OK
			JSON.OBJKEYS d $..a => [nil ['b' 'c']]
			JSON.OBJLEN d $..a => [nil 2]
			JSON.OBJKEYS d => ['a' 'nested']
			JSON.OBJLEN d => 2
			JSON.OBJKEYS d .a => -ERR Path '$.a' does not exist or not an object
			JSON.OBJLEN d .a => -WRONGTYPE wrong type of path value - expected object but found array
			JSON.OBJLEN d .q => nil
			JSON.OBJKEYS d .q => nil
			JSON.OBJLEN none $ => -ERR Path '$' does not exist or not an object
			JSON.OBJKEYS none $ => -ERR could not perform this operation on a key that doesn't exist
			JSON.OBJKEYS none => nil

			JSON.SET d $ {"n":null,"t":true,"i":1,"f":1.5,"s":"x","a":["y"],"o":{"k":2}} => +OK
			JSON.RESP d .o => [+{ 'k' 2]
			JSON.RESP d $.a => [[+[ 'y']]
			JSON.RESP d => [+{ 'n' nil 't' +true 'i' 1 'f' ,1.5 's' 'x' 'a' [+[ 'y'] 'o' [+{ 'k' 2]]
			JSON.RESP none => nil
			JSON.RESP d .zz => -ERR Path '$.zz' does not exist
			JSON.DEBUG MEMORY none => 0
			JSON.DEBUG MEMORY none $ => []
			JSON.DEBUG what => -ERR unknown subcommand - try`+" `JSON.DEBUG HELP`"+`
			TYPE d => +ReJSON-RL
			OBJECT ENCODING d => raw
			GET d => -WRONGTYPE Operation against a key holding the wrong kind of value
			JSON.GET str => -Existing key has wrong Redis type
			JSON.TYPE str => -Existing key has wrong Redis type
			JSON.NUMINCRBY str $ 1 => -Existing key has wrong Redis type
			COPY d e => 1
			RENAME e f => +OK
			JSON.SET d .i 2 => +OK
			JSON.GET f .i => 1
		`)
	}
}

func TestJSONRepliesThatDependOnTheProtocol(t *testing.T) {
	const doc = `JSON.SET d $ {"a":{"b":2},"c":[1,2.5,"x",null,true,[]],"d":"s"} => +OK
		`
	playJSON(t, 2, doc+`
		JSON.TYPE d $..b => ['integer']
		JSON.TYPE d $.c[*] => ['integer' 'number' 'string' 'null' 'boolean' 'array']
		JSON.TYPE d => object
		JSON.TYPE d .zz => nil
		JSON.TYPE d $.zz => []
		JSON.TYPE none => nil
		JSON.NUMINCRBY d $.a.b 1 => [3]
		JSON.NUMINCRBY d $.c[*] 1 => [2,3.5,null,null,null,null]
		JSON.NUMINCRBY d .a.b 0.5 => 3.5
		JSON.NUMMULTBY d .a.b 2 => 7.0
		JSON.NUMMULTBY d $.a.b 2 => [14.0]
		JSON.NUMINCRBY d .d 1 => -ERR Path '$.d' does not exist or does not contains a number
		JSON.NUMINCRBY d $.d 1 => [null]
		JSON.NUMINCRBY d $.zz 1 => []
		JSON.NUMINCRBY d $.a.b "1" => -bad input number
		JSON.NUMINCRBY d $.a.b x => -expected value at line 1 column 1
		JSON.NUMMULTBY d $.a.b 1e308 => -result is not a number
		JSON.NUMINCRBY none $ 1 => -ERR could not perform this operation on a key that doesn't exist
		JSON.SET n $ 9223372036854775807 => +OK
		JSON.NUMINCRBY n $ 0 => [9223372036854775807]
		JSON.NUMINCRBY n $ 1 => -ERR numeric overflow
		JSON.NUMINCRBY n . 1 => -ERR numeric overflow
		JSON.NUMMULTBY n $ 2 => -ERR numeric overflow
		JSON.NUMINCRBY n $ 1.0 => [9.223372036854776e18]
		JSON.SET n $ [1,9223372036854775807] => +OK
		JSON.NUMINCRBY n $[*] 1 => -ERR numeric overflow
		JSON.GET n => [1,9223372036854775807]
		JSON.SET n $ 9223372036854775808 => +OK
		JSON.TYPE n $ => ['integer']
		JSON.NUMINCRBY n $ 1 => [9.223372036854776e18]
		JSON.TYPE n $ => ['number']
		JSON.SET n $ 9223372036854775808 => +OK
		JSON.CLEAR n $ => 1
		JSON.NUMINCRBY n $ 9223372036854775809 => [9.223372036854776e18]
		JSON.SET n $ -4611686018427387904 => +OK
		JSON.NUMMULTBY n $ 2 => [-9223372036854775808]
		JSON.NUMMULTBY n $ -1 => -ERR numeric overflow
		JSON.GET d FORMAT EXPAND $ => -ERR FORMAT argument is not supported on RESP2
		JSON.GET d FORMAT TT $ => -ERR FORMAT argument is not supported on RESP2
		JSON.GET d $.d FORMAT EXPAND => ["s"]
		JSON.GET d $.d FORMAT TT => -ERR wrong reply format
		JSON.ARRPOP d FORMAT TT $.c => -ERR wrong reply format
		JSON.ARRPOP d FORMAT STRINGS $.c => -ERR FORMAT argument is not supported on RESP2
		JSON.SET p $ {"FORMAT":[1]} => +OK
		JSON.ARRPOP p FORMAT => 1
		JSON.ARRPOP d FORMAT EXPAND $.c => -ERR FORMAT argument is not supported on RESP2
	`)
	playJSON(t, 3, doc+`
		JSON.TYPE d $..b => [['integer']]
		JSON.TYPE d => ['object']
		JSON.TYPE none $ => [nil]
		JSON.NUMINCRBY d $.a.b 1 => [3]
		JSON.NUMINCRBY d $.c[*] 1 => [2 ,3.5 nil nil nil nil]
		JSON.NUMINCRBY d .a.b 0.5 => [,3.5]
		JSON.NUMINCRBY d .d 1 => [nil]
		JSON.GET d $.d => ["s"]
		JSON.GET d FORMAT STRING $.d => ["s"]
		JSON.GET d FORMAT STRINGS $.d => -ERR wrong reply format
		JSON.GET d FORMAT EXPAND $.a $.d $.zz => [[{'b' ,3.5}] ['s'] []]
		JSON.GET d FORMAT EXPAND1 $.a $.c[*] => [['{"b":3.5}'] [2 ,3.5 '"x"' nil #true '[]']]
		JSON.ARRPOP d FORMAT EXPAND $.c -2 => [#true]
		JSON.ARRPOP d FORMAT STRINGS $.c => ['[]']
		JSON.ARRPOP d FORMAT STRING $.c => -ERR wrong reply format
		JSON.ARRPOP d FORMAT EXPAND .c => -Legacy paths are supported only with FORMAT STRINGS
	`)
}

func TestJSONKeepsTheExpiry(t *testing.T) {
	playJSON(t, 2, `
		JSON.SET d $ {"a":[1]} => +OK
		PEXPIREAT d 1700000100000 => 1
		JSON.SET d $.a [2] => +OK
		JSON.SET d $ {"a":[1],"b":1} => +OK
		JSON.ARRAPPEND d $.a 3 => [2]
		JSON.NUMINCRBY d .b 3 => 4
		JSON.MERGE d $ {"c":1} => +OK
		JSON.DEL d $.c => 1
		JSON.MSET d $ {} => +OK
		PEXPIRETIME d => 1700000100000
	`)
}

func TestJSONErrorsNameTheirPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "EOF while parsing a value at line 1 column 0"},
		{"foo", "expected ident at line 1 column 2"},
		{"x", "expected value at line 1 column 1"},
		{"{", "EOF while parsing an object at line 1 column 1"},
		{"[", "EOF while parsing a list at line 1 column 1"},
		{"[1", "EOF while parsing a list at line 1 column 2"},
		{"[1,]", "trailing comma at line 1 column 4"},
		{"[1 2]", "expected `,` or `]` at line 1 column 4"},
		{`{"a" 1}`, "expected `:` at line 1 column 6"},
		{`{"a":1 "b"}`, "expected `,` or `}` at line 1 column 8"},
		{`{"a":1,}`, "trailing comma at line 1 column 8"},
		{`{a:1}`, "key must be a string at line 1 column 2"},
		{"1 1", "trailing characters at line 1 column 3"},
		{"01", "invalid number at line 1 column 2"},
		{"\n  -", "EOF while parsing a value at line 2 column 3"},
		{"1.", "EOF while parsing a value at line 1 column 2"},
		{"1e999", "number out of range at line 1 column 5"},
		{`"a`, "EOF while parsing a string at line 1 column 2"},
		{`"\x"`, "invalid escape at line 1 column 3"},
		{"\"\x01\"", `control character (\u0000-\u001F) found while parsing a string at line 1 column 2`},
		{`"\udc00"`, "lone leading surrogate in hex escape at line 1 column 7"},
		{`"\ud800x"`, "unexpected end of hex escape at line 1 column 8"},
		{"\"\xff\"", "Couldn't parse as UTF-8 string"},
		{strings.Repeat("[", 128) + strings.Repeat("]", 128), "recursion limit exceeded at line 1 column 128"},
	} {
		if _, err := parseJSON(c.text, maxJSONArg); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := parseJSON(strings.Repeat("[", 127)+strings.Repeat("]", 127), maxJSONArg); err != nil {
		t.Error(err)
	}
}

func TestJSONNumbersAndStringsAreKept(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"1", "1"}, {"-1", "-1"}, {"1.0", "1.0"}, {"1.50", "1.5"}, {"-0", "-0.0"}, {"0", "0"}, {"-0.0", "-0.0"},
		{"1e2", "100.0"}, {"1E+2", "100.0"}, {"1e15", "1000000000000000.0"}, {"1e16", "1e16"}, {"1.5e300", "1.5e300"},
		{"123456789.125", "123456789.125"}, {"0.0001", "0.0001"}, {"0.00001", "0.00001"}, {"0.000001", "1e-6"}, {"1.25e-7", "1.25e-7"},
		{"9223372036854775807", "9223372036854775807"}, {"18446744073709551615", "18446744073709551615"},
		{"18446744073709551616", "1.8446744073709552e19"}, {"0.1", "0.1"}, {"5e-324", "5e-324"},
		{`"\u00e9\ud83d\ude00\/\"\\\b\f\n\r\t\u0001"`, `"é😀/\"\\\b\f\n\r\t\u0001"`},
		{"\"\x7f\"", "\"\x7f\""}, {` [ 1 , { "b" : 1 , "a" : [ ] , "b" : 2 } ] `, `[1,{"b":2,"a":[]}]`},
	} {
		v, err := parseJSON(c.in, maxJSONArg)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := string(appendJSON(nil, v, nil)); got != c.out {
			t.Errorf("%s: got %s, want %s", c.in, got, c.out)
		}
	}
}

func TestJSONIsDumpedAndRestored(t *testing.T) {
	e, s := newTestEngine(t)
	run(e, s, "JSON.SET", "d", "$", `{"a":[1.0,"é"]}`)
	dump := run(e, s, "DUMP", "d").Str
	if r := run(e, s, "RESTORE", "e", "0", dump); r.Kind == resp.Error {
		t.Fatal(r.Str)
	}
	if got := brief(run(e, s, "JSON.GET", "e")); got != `{"a":[1.0,"é"]}` {
		t.Error(got)
	}
	if obj, ok := e.readDump(TypeJSON, "\x00"); ok {
		t.Errorf("a document without a value was restored: %v", obj)
	}
}

// A script whose budget ends it leaves the document as it was.
func TestJSONOfAnEndedScriptIsUndone(t *testing.T) {
	e, err := Open(nothing{}, Options{ScriptSteps: 5000})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 2, "")
	run(e, s, "JSON.SET", "d", "$", `{"a":[1,2,{"b":1}],"c":"x"}`)
	r := run(e, s, "EVAL", `redis.call('JSON.ARRPOP', 'd', '$.a') redis.call('JSON.SET', 'd', '$.n', '1')
		redis.call('JSON.NUMINCRBY', 'd', '$.a[0]', '5') redis.call('JSON.DEL', 'd', '$.c') redis.call('JSON.SET', 'e', '$', '1')
		while true do end`, "0")
	if r.Kind != resp.Error {
		t.Fatalf("the script ended with %v", r)
	}
	if got := brief(run(e, s, "JSON.GET", "d")); got != `{"a":[1,2,{"b":1}],"c":"x"}` {
		t.Errorf("the document is %s", got)
	}
	if got := brief(run(e, s, "EXISTS", "e")); got != "0" {
		t.Error("a new document stayed")
	}
	run(e, s, "EVAL", `redis.call('JSON.MERGE', 'd', '$', '{"a":null}') redis.call('JSON.DEL', 'd', '$.c')
		while true do end`, "0")
	if got := brief(run(e, s, "JSON.GET", "d")); got != `{"a":[1,2,{"b":1}],"c":"x"}` {
		t.Errorf("the document that was emptied is %s", got)
	}
}

func TestJSONDocumentsDoNotGrowWithoutBottom(t *testing.T) {
	e, s := newTestEngine(t)
	deep := strings.Repeat(`{"x":`, 126) + "1" + strings.Repeat("}", 126)
	run(e, s, "JSON.SET", "d", "$", deep)
	path, refused := "$", false
	for i := 0; i < 20 && !refused; i++ {
		path += strings.Repeat(".x", 126)
		r := run(e, s, "JSON.SET", "d", path, deep)
		refused = r.Kind == resp.Error
		if refused && r.Str != errJSONTooDeep.Str {
			t.Fatal(r)
		}
	}
	if !refused {
		t.Error("no limit was met")
	}
	run(e, s, "JSON.SET", "a", "$", "[]")
	for i := 0; ; i++ {
		r := run(e, s, "JSON.ARRAPPEND", "a", "$"+strings.Repeat("[0]", i), "[]")
		if r.Kind == resp.Error {
			if i < 1000 || r.Str != errJSONTooDeep.Str {
				t.Error(i, r)
			}
			break
		}
	}
}

func TestJSONPathsThatExplodeAreEnded(t *testing.T) {
	e, s := newTestEngine(t)
	deep := strings.Repeat("[", 120) + strings.Repeat("]", 120)
	run(e, s, "JSON.SET", "d", "$", "["+strings.TrimSuffix(strings.Repeat(deep+",", 50), ",")+"]")
	if r := run(e, s, "JSON.GET", "d", "$"+strings.Repeat("..*", 12)); r.Str != errJSONTooBroad.Str {
		t.Error(fmt.Sprint(r.Kind, len(r.Str)))
	}
}
