package engine

import (
	"strings"
	"testing"
)

// TestNothingOfAScriptIsLeftForTheNext looks at what is used again from script to
// script.
func TestNothingOfAScriptIsLeftForTheNext(t *testing.T) {
	e, s := newTestEngine(t)
	const look = `return {#KEYS, #ARGV, tostring(KEYS.x), tostring(KEYS[2]), tostring(ARGV[3]), tostring(getmetatable(KEYS)), tostring(next(ARGV)), tostring(rawget(KEYS, 1))}`
	for _, spoil := range []string{
		`KEYS.x = 1 KEYS[2] = 'left' ARGV[3] = 'left' return 1`,
		`setmetatable(KEYS, {__index = function() return 'left' end}) return 1`,
		`for i = #KEYS, 1, -1 do KEYS[i] = nil end for i = 1, 300 do ARGV[i] = i end return 1`,
		`for i = 1, 300 do KEYS['k' .. i] = i end error('in the middle')`,
		`coroutine.wrap(function() KEYS[2] = ARGV coroutine.yield() end)() return KEYS`,
		`redis.setresp(3) redis.call('SELECT', 7) redis.call('MSET', 'a', 1, 'b', 2, 'c', 3) while true do end`,
	} {
		e.opt.ScriptSteps = 100_000
		run(e, s, "EVAL", spoil, "2", "k1", "k2", "a1", "a2", "a3")
		expectReply(t, e, s, `[:1 :0 "nil" "nil" "nil" "nil" "nil" "k"]`, "EVAL", look, "1", "k")
		expectReply(t, e, s, `[:0 :0 "nil" "nil" "nil" "nil" "nil" "nil"]`, "EVAL", look, "0")
		expectReply(t, e, s, `[nil nil nil :0]`, "EVAL", "return {redis.call('GET', 'a'), redis.call('GET', 'b'), redis.call('GET', 'c'), redis.call('DBSIZE')}", "0")
	}
	// A change that was remembered for one script is not taken back by another.
	expectReply(t, e, s, "+OK", "EVAL", "return redis.call('SET', KEYS[1], 'stays')", "1", "k")
	if got := show(run(e, s, "EVAL", "redis.call('DEL', KEYS[1]) while true do end", "1", "k")); !strings.Contains(got, "budget") {
		t.Fatal(got)
	}
	expectReply(t, e, s, `"stays"`, "GET", "k")
}

// TestEvalKnowsTextsUntilTheyAreFlushed runs one text again, which is not hashed
// then, around SCRIPT FLUSH, and more texts than are kept.
func TestEvalKnowsTextsUntilTheyAreFlushed(t *testing.T) {
	e, s := newTestEngine(t)
	const text, sha = "return 500", "98fe65896b61b785c5ed328a5a0a1421f4f1490c"
	for i := 0; i < 3; i++ {
		expectReply(t, e, s, ":500", "EVAL", text, "0")
	}
	expectReply(t, e, s, ":500", "EVALSHA", sha, "0")
	run(e, s, "SCRIPT", "FLUSH")
	expectReply(t, e, s, "[:0]", "SCRIPT", "EXISTS", sha)
	expectReply(t, e, s, ":500", "EVAL", text, "0")
	expectReply(t, e, s, "[:1]", "SCRIPT", "EXISTS", sha)
	filler := strings.Repeat("-", maxTexts/32)
	for i := 0; i < 100; i++ {
		long := "return " + strings.Repeat("1", i%7+1) + " --" + filler + strings.Repeat("x", i)
		run(e, s, "EVAL", long, "0")
		run(e, s, "EVAL", long, "0")
		if kept := e.scripts.bytes; kept > maxTexts {
			t.Fatalf("%d bytes of texts are kept", kept)
		}
	}
	expectReply(t, e, s, ":500", "EVAL", text, "0")
}
