package spec

import (
	"fmt"
	"strings"
	"sync"
)

// A row is a Row as the tables of this package write it: one line, in the
// order of what a reader looks for.
//
//	method  go-redis's name
//	redis   the Redis command it sends, sub-command included
//	flags   w writes, r reads keys, b may wait for data, n takes no context
//	keys    key parameters, comma separated, with "kind:" in front when the
//	        plain reading is not enough (see KeyKind)
//	params  Go parameters without the context
//	result  Go results
//	args    the command as a template (see ParseArgs); empty: written by hand
//	fate    served, newer, bridge(code, advice), manual(code, advice) or answered(…)
//	        with .on(types) the receiver types; else Cmdable and all that implement it
type row struct {
	method, redis, flags, keys, params, result, args string
	fate                                             fate
}

// A fate is a verdict with its reason, and whom it befalls.
type fate struct {
	verdict      Verdict
	code, advice string
	answered     bool
	newer        bool
	types        string
}

func (f fate) on(types string) fate {
	f.types = types
	return f
}

var served = fate{verdict: Served}

// newer is the fate of what only a Redis newer than 7.0 has, and servedNewer of
// such things that the engine has too.
var (
	newer       = fate{verdict: Manual, code: CommandNotServed, advice: advNewer, newer: true}
	servedNewer = fate{verdict: Served, newer: true}
)

func bridge(code, advice string) fate { return fate{verdict: Bridge, code: code, advice: advice} }
func manual(code, advice string) fate { return fate{verdict: Manual, code: code, advice: advice} }

// answered is the fate of a command that the engine answers, as a Redis does that
// is alone and has nothing to report, so that clients, tools and test suites go
// on; what a program wants with it is still for a person to decide.
func answered(code, advice string) fate {
	return fate{verdict: Manual, code: code, advice: advice, answered: true}
}

// A group is a table of rows that belong together.
type group struct {
	name string
	typ  Type
	rows []row
}

var groups = []group{
	{"string", String, stringRows},
	{"bitmap", String, bitmapRows},
	{"generic", Any, genericRows},
	{"hash", Hash, hashRows},
	{"list", List, listRows},
	{"set", Set, setRows},
	{"zset", ZSet, zsetRows},
	{"geo", ZSet, geoRows},
	{"stream", Stream, streamRows},
	{"hyperloglog", HyperLogLog, hyperloglogRows},
	{"json", JSON, jsonRows},
	{"pubsub", PubSub, pubsubRows},
	{"script", Script, scriptRows},
	{"tx", None, txRows},
	{"connection", None, connectionRows},
	{"server", None, serverRows},
	{"client", None, clientRows},
	{"client", None, otherRows},
	{"cluster", None, clusterRows},
	{"acl", None, aclRows},
	{"search", Other, searchRows},
	{"timeseries", Other, timeseriesRows},
	{"probabilistic", Other, probabilisticRows},
	{"vector", Other, vectorRows},
	{"array", Other, arrayRows},
}

// cmdableTypes are the receiver types that have all methods of Cmdable.
var cmdableTypes = set("Cmdable", "StatefulCmdable", "UniversalClient", "Client", "ClusterClient", "Ring",
	"Conn", "Tx", "Pipeline", "Pipeliner", "AutoPipeliner")

var (
	rows     []*Row
	byMethod = map[string]*Row{} // "Client.Watch", "Cmdable.LPush"
	byRedis  = map[string][]*Row{}
)

// loadRows fills the indices when they are first asked for: the tool starts
// once per package under go vet, mostly to find that there is nothing to do.
var loadRows = sync.OnceFunc(func() {
	for _, g := range groups {
		for _, r := range g.rows {
			add(g, r)
		}
	}
})

func add(g group, r row) {
	out := &Row{
		Method: r.method, Group: g.name, Type: g.typ, Redis: r.redis, Keys: parseKeys(r.keys),
		Write: strings.Contains(r.flags, "w"), Block: strings.Contains(r.flags, "b"), NoCtx: strings.Contains(r.flags, "n"),
		Verdict: r.fate.verdict, Code: r.fate.code, Advice: r.fate.advice,
		Params: r.params, Result: r.result, Args: r.args, Types: r.fate.types, Newer: r.fate.newer,
	}
	out.Type = typeOf(out)
	out.On = onOf(r.fate.types)
	rows = append(rows, out)
	if out.Redis != "" {
		byRedis[out.Redis] = append(byRedis[out.Redis], out)
	}
	types := []string{"Cmdable"}
	if r.fate.types != "" {
		types = strings.Split(r.fate.types, ",")
	}
	for _, t := range types {
		k := t + "." + r.method
		if byMethod[k] != nil {
			panic(fmt.Sprintf("spec: two rows for %s", k))
		}
		byMethod[k] = out
	}
}

// typeOf corrects a group's data type where a method's keys say otherwise.
func typeOf(r *Row) Type {
	switch {
	case r.Keys.Kind == KeysChannels, r.Keys.Kind == KeysChannelPatterns:
		return PubSub
	case len(r.Keys.Params) == 0:
		return None
	case r.Group == "client" && strings.HasPrefix(r.Redis, "EVAL"):
		return Script
	case r.Type == None:
		return Any
	}
	return r.Type
}

func parseKeys(s string) KeySpec {
	var k KeySpec
	if kind, rest, ok := strings.Cut(s, ":"); ok {
		k.Kind, s = KeyKind(kind), rest
	}
	if s != "" {
		k.Params = strings.Split(s, ",")
	}
	return k
}

func onOf(types string) Recv {
	if types == "" {
		return OnCmdable
	}
	var on Recv
	for _, t := range strings.Split(types, ",") {
		switch t {
		case "StatefulCmdable":
			on |= OnStateful
		case "Client", "ClusterClient", "Ring", "UniversalClient":
			on |= OnClient
		case "Conn":
			on |= OnConn
		case "Pipeline", "Pipeliner":
			on |= OnPipeline
		case "Tx":
			on |= OnTx
		case "PubSub":
			on |= OnPubSub
		case "Script":
			on |= OnScript
		default:
			on |= OnOther
		}
	}
	return on
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Rows are all rows, group by group, in go-redis's order. The slice is the
// package's own: do not change it.
func Rows() []*Row {
	loadRows()
	return rows
}

// Method finds the row of a method by the receiver's type name in go-redis
// ("Client", "Pipeliner", "HashCmdable", "PubSub"), which is the type's name
// on the facade too.
func Method(typeName, name string) (*Row, bool) {
	loadRows()
	if r := byMethod[typeName+"."+name]; r != nil {
		return r, true
	}
	if cmdableTypes[typeName] || strings.HasSuffix(typeName, "Cmdable") || typeName == "Scripter" {
		r := byMethod["Cmdable."+name]
		return r, r != nil
	}
	return nil, false
}

// ByRedis lists the methods that send a Redis command, by its name in any
// case, sub-command after a space or "|": "hset", "CONFIG GET".
func ByRedis(cmd string) []*Row {
	loadRows()
	return byRedis[strings.ToUpper(strings.ReplaceAll(cmd, "|", " "))]
}
