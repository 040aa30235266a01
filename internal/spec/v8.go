package spec

import (
	"strings"
	"sync"
)

// go-redis v8 beside v9. The facade has v9's shape, and most of v8 has it too:
// what is not listed here has the same name and signature in both, and the rows
// and symbols of v9 are its own. What is listed says by which rule a use of it
// becomes a use of v9's counterpart, or why none does. A test compares this with
// v8's types, so that nothing differs without a line here.

// V8Rule says how a use of v8 is edited.
type V8Rule string

const (
	// V8Only: v9 has nothing that means the same. The use stays.
	V8Only V8Rule = ""
	// V8Rename: another name, the same signature. Calls, method values,
	// interfaces and the methods of fakes alike; for fields, every use.
	V8Rename V8Rule = "rename"
	// V8Values: the variadic *Z are Z: &Z{…} loses its &, other pointers are
	// followed, a slice goes through ZValues. Interfaces and fakes too.
	V8Values V8Rule = "values"
	// V8Members: the *Z become the Members of a ZAddArgs, with the flags of Arg.
	V8Members V8Rule = "members"
	// V8Append: one more argument, Arg.
	V8Append V8Rule = "append"
	// V8DropFalse: the last argument is gone; it has to be the constant false.
	V8DropFalse V8Rule = "drop-false"
	// V8DropContext: the only argument, a context, is gone.
	V8DropContext V8Rule = "drop-context"
	// V8Option: (ctx, size) is the option Arg(size).
	V8Option V8Rule = "option"
	// V8NoResult: there is no result any more; nobody may look at it.
	V8NoResult V8Rule = "no-result"
	// V8Background: a client has no context of its own any more: it is
	// context.Background(), which it was when nothing set another.
	V8Background V8Rule = "background"
	// V8Receiver: the call is its receiver.
	V8Receiver V8Rule = "receiver"
	// V8Wrap: the argument goes through the function Arg.
	V8Wrap V8Rule = "wrap"
	// V8Resp2: v8 spoke RESP2, whose replies have other shapes in Do: the
	// options say so, where the module asks for raw replies at all.
	V8Resp2 V8Rule = "resp2"
	// V8Drop: the field does nothing on the facade and is gone.
	V8Drop V8Rule = "drop"
	// V8Approx: two fields, the number and Approx.
	V8Approx V8Rule = "approx"
	// V8Millis: milliseconds as a number became a duration.
	V8Millis V8Rule = "milliseconds"
)

// A V8Use is a method, function, type or field of v8 that v9 has in another form.
type V8Use struct {
	Name string // "SetEX", "Options.IdleTimeout", "Pipeline.Close"; a method without a type is Cmdable's
	Kind string // as in Symbol, or "method"
	Rule V8Rule
	To   string // v9's name, or the facade's
	Arg  string // what the rule writes, see there
	Why  string // one sentence: what differs
}

const onAllClients = "Client ClusterClient Ring"

var v8Uses = []struct {
	kind, types, names string // types: receivers, empty for Cmdable and all that implement it
	rule               V8Rule
	to, arg, why       string
}{
	// Commands.
	{"method", "", "SetEX", V8Rename, "SetEx", "", "the same command under another name"},
	{"method", "", "XTrim", V8Rename, "XTrimMaxLen", "", "the same command under another name"},
	{"method", "", "XTrimApprox", V8Append, "XTrimMaxLenApprox", "0", "v9 asks for the limit, which v8 left out"},
	{"method", "", "ZAdd ZAddNX ZAddXX", V8Values, "", "", "v9 takes Z where v8 took *Z"},
	{"method", "", "ZAddCh", V8Members, "ZAddArgs", "Ch: true, ", "v9 has it as ZAddArgs"},
	{"method", "", "ZAddNXCh", V8Members, "ZAddArgs", "NX: true, Ch: true, ", "v9 has it as ZAddArgs"},
	{"method", "", "ZAddXXCh", V8Members, "ZAddArgs", "XX: true, Ch: true, ", "v9 has it as ZAddArgs"},
	{"method", "", "ZIncr", V8Members, "ZAddArgsIncr", "", "v9 has it as ZAddArgsIncr"},
	{"method", "", "ZIncrNX", V8Members, "ZAddArgsIncr", "NX: true, ", "v9 has it as ZAddArgsIncr"},
	{"method", "", "ZIncrXX", V8Members, "ZAddArgsIncr", "XX: true, ", "v9 has it as ZAddArgsIncr"},
	{"method", "", "HRandField", V8DropFalse, "HRandField", "", "v9 has HRandFieldWithValues, with another result, for withValues"},
	{"method", "", "ZRandMember", V8DropFalse, "ZRandMember", "", "v9 has ZRandMemberWithScores, with another result, for withScores"},
	{"method", "", "ConfigGet", V8Only, "", "", "v9 answers a map of strings where v8 answered a slice"},

	// What is around them.
	{"method", "Client", "Conn", V8DropContext, "Conn", "", "v9 takes no context"},
	{"method", "Pipeline Pipeliner", "Discard", V8NoResult, "Discard", "", "v9 returns no error"},
	{"method", "Pipeline Pipeliner", "Close", V8NoResult, "Discard", "", "a pipeline of v9 is not closed; Discard forgets what is queued"},
	{"method", "PubSub", "ChannelWithSubscriptions", V8Option, "ChannelWithSubscriptions", "WithChannelSize", "v9 takes the size as an option, and no context"},
	{"method", onAllClients + " UniversalClient", "Context", V8Background, "", "", "a client of v9 has no context of its own"},
	{"method", "Tx", "Context WithContext", V8Only, "", "", "a transaction of v9 has no context of its own: use the one that was given to Watch"},
	{"method", onAllClients, "WithContext", V8Receiver, "", "", "a client of v9 has no context of its own"},
	{"method", "Client ClusterClient Ring UniversalClient", "AddHook", V8Wrap, "AddHook", "FromHookV8", "a hook of v9 wraps the next one; FromHookV8 makes one of a hook with v8's four methods"},

	// Names.
	{"type", "", "Hook", V8Rename, "HookV8", "", "the interface with v8's four methods has a name of its own"},
	{"type", "", "StringStringMapCmd", V8Rename, "MapStringStringCmd", "", "the same result under another name"},
	{"type", "", "StringIntMapCmd", V8Rename, "MapStringIntCmd", "", "the same result under another name"},
	{"func", "", "NewStringStringMapCmd", V8Rename, "NewMapStringStringCmd", "", "the same result under another name"},
	{"func", "", "NewStringStringMapResult", V8Rename, "NewMapStringStringResult", "", "the same result under another name"},
	{"func", "", "NewStringIntMapCmd", V8Rename, "NewMapStringIntCmd", "", "the same result under another name"},
	{"func", "", "NewStringIntMapCmdResult", V8Rename, "NewMapStringIntCmdResult", "", "the same result under another name"},

	// Options.
	{"field", "Options ClusterOptions FailoverOptions RingOptions UniversalOptions", "IdleTimeout", V8Rename, "ConnMaxIdleTime", "", "the same option under another name"},
	{"field", "Options ClusterOptions FailoverOptions RingOptions UniversalOptions", "MaxConnAge", V8Rename, "ConnMaxLifetime", "", "the same option under another name"},
	{"field", "Options ClusterOptions FailoverOptions RingOptions UniversalOptions", "IdleCheckFrequency", V8Drop, "", "", "there are no idle connections to look after"},
	{"field", "FailoverOptions", "SlaveOnly", V8Rename, "ReplicaOnly", "", "the same option under another name"},
	{"field", "FailoverOptions", "UseDisconnectedSlaves", V8Rename, "UseDisconnectedReplicas", "", "the same option under another name"},
	{"field", "RingOptions", "NewClient", V8Only, "", "", "v9 gives the function no name of the shard"},

	// Arguments and results.
	{"field", "XAddArgs", "MaxLenApprox", V8Approx, "MaxLen", "Approx", "v9 has MaxLen with Approx"},
	{"field", "XInfoConsumer", "Idle", V8Millis, "Idle", "Milliseconds()", "v9 has a duration where v8 had milliseconds"},
}

// v8Constructors take options, by the type of those.
var v8Constructors = set("NewClient", "NewClusterClient", "NewFailoverClient", "NewFailoverClusterClient", "NewRing", "NewUniversalClient")

var (
	v8List []*V8Use
	v8By   map[string]*V8Use // "SetEX", "Pipeline.Close", "Options.IdleTimeout", with kind in front for names
)

var loadV8 = sync.OnceFunc(func() {
	v8By = map[string]*V8Use{}
	for _, u := range v8Uses {
		types := strings.Fields(u.types)
		if len(types) == 0 {
			types = []string{""}
		}
		for _, t := range types {
			for _, name := range strings.Fields(u.names) {
				to := u.to
				if to == "" && u.rule == V8Values {
					to = name
				}
				use := &V8Use{Name: name, Kind: u.kind, Rule: u.rule, To: to, Arg: u.arg, Why: u.why}
				if t != "" {
					use.Name = t + "." + name
				}
				v8List = append(v8List, use)
				v8By[v8Key(u.kind, use.Name)] = use
			}
		}
	}
})

// v8Key tells methods and fields from names of the package.
func v8Key(kind, name string) string {
	switch kind {
	case "method", "field":
		return kind + " " + name
	}
	return "name " + name
}

// V8Uses are all uses of v8 that v9 has in another form, in the table's order. The
// slice is the package's own: do not change it.
func V8Uses() []*V8Use {
	loadV8()
	return v8List
}

// V8Method finds what differs in a method of v8, by the receiver's type name; nil
// when v9 has it under the same name with the same signature, or not at all.
func V8Method(typeName, name string) *V8Use {
	loadV8()
	if u := v8By["method "+typeName+"."+name]; u != nil {
		return u
	}
	if cmdableTypes[typeName] || strings.HasSuffix(typeName, "Cmdable") {
		return v8By["method "+name]
	}
	return nil
}

// V8Field finds what differs in a field of v8, by its struct's name; nil when v9
// has it as it is, or not at all.
func V8Field(typeName, name string) *V8Use {
	loadV8()
	return v8By["field "+typeName+"."+name]
}

// V8Name finds what differs in a name of the package v8; nil when v9 has it as it
// is, or not at all.
func V8Name(name string) *V8Use {
	loadV8()
	if u := v8By["name "+name]; u != nil {
		return u
	}
	if v8Constructors[name] {
		return &V8Use{Name: name, Kind: "func", Rule: V8Resp2, To: name, Arg: "RESP2", Why: "v8 spoke RESP2"}
	}
	return nil
}

// V8Row is the row of v9's method that a method of v8 becomes.
func V8Row(typeName, name string) (*Row, bool) {
	if u := V8Method(typeName, name); u != nil && u.To != "" {
		return Method(typeName, u.To)
	}
	return Method(typeName, name)
}

// V8Symbol is the symbol of v9 that a name of v8 becomes; nil for a name that v9
// does not have. A field is named with its type.
func V8Symbol(name string) (*Symbol, bool) {
	loadV8()
	if typ, field, ok := strings.Cut(name, "."); ok {
		if u := V8Field(typ, field); u != nil && u.Rule != V8Only && u.To != "" {
			return SymbolOf("", typ+"."+u.To)
		}
		return SymbolOf("", name)
	}
	if u := v8By["name "+name]; u != nil {
		if s, ok := SymbolOf("", u.To); ok {
			return s, true
		}
		return &Symbol{Name: name, Kind: u.Kind, Verdict: Served, Facade: u.To}, true
	}
	return SymbolOf("", name)
}
