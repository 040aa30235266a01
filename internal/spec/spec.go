// Package spec is the command table: every method of go-redis's client types
// and every other exported symbol, with what it is and what becomes of it. The
// tool reads it to classify and rewrite, the runtime's facade is generated from
// it. It never loads code and does no I/O.
package spec

// Type is a data type of keys, in the words of reports and redis2cf.yaml.
type Type string

const (
	None        Type = ""            // no key: PING, PUBLISH
	Any         Type = "any"         // works on every type: DEL, EXPIRE
	String      Type = "string"      // bitmaps included
	Hash        Type = "hash"        //
	List        Type = "list"        //
	Set         Type = "set"         //
	ZSet        Type = "zset"        // geo included
	Stream      Type = "stream"      //
	HyperLogLog Type = "hyperloglog" //
	JSON        Type = "json"        //
	PubSub      Type = "pubsub"      // channels, not keys
	Script      Type = "script"      // keys typed by the script's text
	Other       Type = "other"       // what the engine has no type for: time series, filters, vector sets
)

// Verdict says what the tool does with a use of a method or symbol.
type Verdict string

const (
	// Served: the facade has it under the same name, with the same meaning.
	Served Verdict = "served"
	// Bridge: not on the facade; a genuine go-redis client over the engine answers it.
	Bridge Verdict = "bridge"
	// Manual: nothing answers it; a person decides, Advice says between what.
	Manual Verdict = "manual"
)

// Recv is the set of receivers that a method stands on.
type Recv uint16

const (
	OnCmdable  Recv = 1 << iota // the Cmdable interface, and all that implement it
	OnStateful                  // StatefulCmdable: Pipeline, Conn, Tx
	OnClient                    // Client, ClusterClient, Ring, UniversalClient
	OnConn                      //
	OnPipeline                  // Pipeline, Pipeliner
	OnTx                        //
	OnPubSub                    //
	OnScript                    //
	OnOther                     // AutoPipeliner, iterators and the like: see Row.Types
)

// KeySpec says where a method's Go arguments hold keys.
type KeySpec struct {
	// Params names the Go parameters that are keys: "key", "keys" (variadic or
	// slice), "a.Key" (a field of an argument struct), "ids[:n/2]" is written
	// as Kind. Empty when there are none.
	Params []string
	// Kind is how to read Params when the plain reading is not enough; see the
	// constants.
	Kind KeyKind
}

// KeyKind is a reading of a key parameter.
type KeyKind string

const (
	KeysPlain     KeyKind = ""           // each Param is a key or a slice of keys
	KeysPairs     KeyKind = "pairs"      // variadic key, value, key, value (MSet); a map's keys
	KeysFirstHalf KeyKind = "first-half" // XRead streams: keys, then as many ids; all are keys when the struct's ID is set
	KeysRaw       KeyKind = "raw"        // Do, Process: positions by the Redis command in the first argument
	KeysChannels  KeyKind = "channels"   // pub/sub channels, not keys
	KeysPattern   KeyKind = "pattern"    // a glob: Keys, Scan's match

	KeysTriples         KeyKind = "triples"          // variadic key, path, value, key, path, value (JSONMSet)
	KeysFirstOfEach     KeyKind = "first-of-each"    // the first element of each inner slice (TSMAdd)
	KeysChannelPatterns KeyKind = "channel-patterns" // globs over pub/sub channels
)

// A Row is one method.
type Row struct {
	Method  string  // go-redis's name: "LPush"
	On      Recv    //
	Types   string  // the exact receiver types, comma separated; empty when On is OnCmdable
	Group   string  // "string", "generic", "hash", "list", "set", "zset", "stream", "bitmap", "hyperloglog", "geo", "pubsub", "script", "tx", "json", "connection", "server", "cluster", "acl", "search", "timeseries", "probabilistic", "vector", "array", "client"
	Type    Type    // of the keys
	Redis   string  // "LPUSH", "CONFIG GET"; empty for methods that send nothing of their own
	Keys    KeySpec //
	Write   bool    // may change data
	Block   bool    // may wait for data
	Verdict Verdict //
	Code    string  // reason code when not served
	Advice  string  // what to do, one sentence, when not served

	// For the facade's generator:
	Params string // Go parameters without ctx: "key string, values ...interface{}"
	NoCtx  bool   // has no leading context parameter
	Result string // result list as Go source: "*IntCmd", "([]Cmder, error)"
	Args   string // argument template (see ParseArgs), empty when written by hand

	// Newer says that Redis 7.0 does not have it, or not in this form.
	Newer bool
}

// A Symbol is an exported name of go-redis other than a method: a type,
// function, constant, variable, or a field of an option type ("Options.Addr").
type Symbol struct {
	Package string // "" for go-redis itself, else the sub-package: "logging", "maintnotifications"
	Name    string
	Kind    string // "type", "func", "const", "var", "field"
	Verdict Verdict
	Code    string
	Advice  string
	// Facade is the name on the facade and in a generated package, which take
	// the place of all sub-packages too. No two served names collide there.
	Facade string
	// Use, for fields: "used", "ignored" (one log line) or "error". A field
	// that is an error stands on the facade, and fails when it is set, if
	// its verdict is Served; otherwise it is not there.
	Use string
}
