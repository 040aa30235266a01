package engine

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// RedisJSON moves the last member of an object to the place of one that is
// removed, and a program that compares texts sees it.
func TestJSONMembersMoveAsInRedisJSON(t *testing.T) {
	playJSON(t, 2, `
		JSON.SET d $ {"a":1,"b":2,"c":3,"d":4} => +OK
		JSON.DEL d $.a => 1
		JSON.GET d => {"d":4,"b":2,"c":3}
		JSON.MERGE d $ {"d":null,"none":null} => +OK
		JSON.GET d => {"c":3,"b":2}
		JSON.SET d $ {"10":0,"9":0,"b":0,"a":0,"x":1,"y":1} => +OK
		JSON.DEL d $['10','9','a','b'] => 4
		JSON.GET d => {"y":1,"x":1}
		JSON.SET d $ {"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"ka":10,"kb":11,"kc":12,"kd":13,"ke":14,"kf":15,"kg":16} => +OK
		JSON.DEL d $['k3','k0','kg'] => 3
		JSON.GET d => {"ke":14,"k1":1,"k2":2,"kf":15,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"ka":10,"kb":11,"kc":12,"kd":13}
		JSON.GET d $.kf $.ke $.k0 => {"$.kf":[15],"$.ke":[14],"$.k0":[]}
		JSON.SET d $.k0 1 => +OK
		JSON.GET d $['k0','kf','ke'] => [1,15,14]
	`)
}

func TestJSONDocumentThatIsEmptiedIsRemoved(t *testing.T) {
	playJSON(t, 2, `
		JSON.SET d $ {"a":1,"b":{"c":1}} => +OK
		JSON.DEL d $.b.c => 1
		JSON.DEL d $.a => 1
		JSON.GET d => {"b":{}}
		JSON.DEL d $.* => 1
		EXISTS d => 0
		JSON.SET d $ [1,2] => +OK
		JSON.DEL d $[0] => 1
		JSON.FORGET d $[0] => 1
		TYPE d => +none
		JSON.SET d $ {} => +OK
		JSON.DEL d $.a => 0
		JSON.CLEAR d => 0
		EXISTS d => 1
		JSON.SET d $ [1] => +OK
		JSON.ARRPOP d $ => ['1']
		JSON.GET d => []
		JSON.SET d $ {"a":1} => +OK
		JSON.MERGE d $ {"a":null} => +OK
		JSON.GET d => {}
	`)
}

// The document is the one of RedisJSON's own test; its arrays and objects have
// the room that they take when they grow by doubling.
func TestJSONMemoryIsCountedAsInRedisJSON(t *testing.T) {
	playJSON(t, 2, `
		JSON.SET d $ {"a":100.12,"b":"foo","c":true,"d":126,"e":-112,"f":7388608,"g":-6388608,"h":9388608,"i":-9485608,"j":[],"k":{},"l":[1,"asas",{"a":1}],"m":{"t":"f"}} => +OK
		JSON.DEBUG MEMORY d => 759
		JSON.DEBUG MEMORY d $.* => [24 11 8 8 8 12 12 24 24 8 8 173 122]
		JSON.SET d $ [383,384,-128,-129,18446744073709551615,null] => +OK
		JSON.DEBUG MEMORY d $[*] => [8 12 8 12 24 8]
		JSON.DEBUG MEMORY d .x => -ERR Path '$.x' does not exist
	`)
}

// An event is the command's name, in the class of modules, when it changed
// something; a document that is removed has no event "del".
func TestJSONEventsAreThoseOfTheModule(t *testing.T) {
	c := newClient(t)
	listener := c.e.NewSession(0, 3, "")
	c.e.Exec(c.now, 1, Frame{Session: listener, Commands: []resp.Command{{"PSUBSCRIBE", "__key*"}}})
	c.do("CONFIG", "SET", "notify-keyspace-events", "EA")
	for _, l := range []struct{ command, want string }{
		{`JSON.SET d $ {"a":[1],"b":1,"c":2,"d":[]}`, "json.set"},
		{"JSON.SET d $.x.y 1", ""},
		{"JSON.ARRPOP d $.a", "json.arrpop"},
		{"JSON.ARRPOP d $..*", ""},
		{"JSON.STRAPPEND d $.b \"x\"", ""},
		{"JSON.FORGET d $.b", "json.del"},
		{"JSON.DEL d $.b", ""},
		{"JSON.DEL d $.c", "json.del"},
		{"JSON.DEL d $.*", "json.del"},
		{"JSON.SET d $ 1", "json.set"},
		{"JSON.DEL d", "json.del"},
	} {
		out := c.e.Exec(c.now, 1, Frame{Session: c.id, Commands: []resp.Command{strings.Fields(l.command)}})
		var heard []string
		for _, p := range out.Pushes {
			heard = append(heard, strings.TrimPrefix(p.Reply.Elems[2].Str, "__keyevent@0__:"))
		}
		if got := strings.Join(heard, " "); got != l.want {
			t.Errorf("%s: heard %q, want %q", l.command, got, l.want)
		}
	}
}

// The index of a large object is made by a look at a member, and must not change
// what the document is counted as.
func TestJSONLookDoesNotChangeTheBytes(t *testing.T) {
	v := newJSONBox(jsonObject)
	for _, name := range strings.Split("abcdefghijklmnopqrst", "") {
		v.put(name, newJSONInt(1))
	}
	for v.box.index = nil; len(v.box.keys) > 10; v.remove(v.box.keys[0]) {
		before := v.bytes()
		if v.member("t"); v.bytes() != before {
			t.Errorf("%d members: %d bytes, %d after a look", len(v.box.keys), before, v.bytes())
		}
	}
	if v.box.index != nil {
		t.Error("a small object has an index")
	}
}
