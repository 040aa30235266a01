package spec

// Reason codes of known libraries: see libraries.go.
const (
	KnownLibrary    = "KNOWN_LIBRARY"
	LibraryObserves = "LIBRARY_OBSERVES"
	LibraryHook     = "LIBRARY_HOOK"
	LibraryTypes    = "LIBRARY_TYPES"
	LibraryConnects = "LIBRARY_CONNECTS"
	CutKnownLibrary = "CUT_KNOWN_LIBRARY"
	CutObserver     = "CUT_OBSERVER"
)

func init() {
	codes = append(codes,
		Code{
			Code:   KnownLibrary,
			Title:  "a known library takes go-redis's type",
			Why:    "The library is in the table of known ones (docs/libraries.md): somebody has read what it does with a client, and it only sends commands that a store serves. It gets a bridge where one fits; what takes nothing but a ring, or a pipeline, stays.",
			Do:     "Nothing, where it has its bridge. Otherwise look for a version of the library that takes a client by an interface.",
			Effort: EffortNone,
			Example: `
return redislock.New(rdb).Obtain(ctx, "lock:a")`,
		},
		Code{
			Code:   CutKnownLibrary,
			Title:  "a known library gets a bridge",
			Why:    "The library takes go-redis's type, and is known to send commands and to do nothing else with a client. It gets a go-redis client of the same store, whose commands go over RESP within the process.",
			Do:     "Nothing: the line of the library in docs/libraries.md says what was read, and at which version.",
			Effort: EffortNone,
			Example: `
return redislock.New(rdb).Obtain(ctx, "lock:a")`,
		},
		Code{
			Code:   LibraryObserves,
			Title:  "a library observes the client",
			Why:    "The library adds a hook to the client that it is given, or reads the numbers of its pool, and has no counterpart in the runtime.",
			Do:     "Put instrumentation of the facade's client in its place: runtime/cfotel traces and measures with OpenTelemetry, and AddHook takes a hook of your own.",
			Effort: EffortSmall,
			Example: `
redistrace.WrapClient(rdb)`,
		},
		Code{
			Code:   CutObserver,
			Title:  "instrumentation on a bridge",
			Why:    "A library that traces or measures gets a go-redis client of the same store. The program runs as before, but the library sees only what passes that bridge: the commands of the facade's client do not.",
			Do:     "Instrument the facade's client: cfotel.InstrumentTracing(rdb) of runtime/cfotel, or a hook with AddHook. Take the library's call out, and the bridge goes with it.",
			Effort: EffortSmall,
			Example: `
redistrace.WrapClient(rdb)`,
		},
		Code{
			Code:   LibraryHook,
			Title:  "a library's hook",
			Why:    "The library makes a hook that gets go-redis's commands, and a client takes it. On the facade it would get commands of other types.",
			Do:     "Take the hook out and instrument the client with runtime/cfotel, or write the hook for the facade, whose Hook has the same methods. The client moves at the next run.",
			Effort: EffortSmall,
			Example: `
rdb.AddHook(nrredis.NewHook(nil))`,
		},
		Code{
			Code:   LibraryTypes,
			Title:  "a library that depends on go-redis's types",
			Why:    "The library looks at what go-redis is made of: the fields of a command, or the Go type of an argument. A bridge sends text, so that the library would answer otherwise than before. All that meets its client stays.",
			Do:     "In tests, use a store of the test's own (CFSTORE_URL=memory://) or the runtime's cftest in place of a mock; elsewhere, call what the library does yourself.",
			Effort: EffortMedium,
			Example: `
db, mock := redismock.NewClientMock()`,
		},
		Code{
			Code:   LibraryConnects,
			Title:  "a library connects by itself",
			Why:    "The library constructs a client by go-redis's options and keeps or returns it. Its data is in the Redis that the options lead to, and stays there.",
			Do:     "Construct the client with the generated package and give it to the library, where it takes one.",
			Effort: EffortSmall,
			Example: `
var rdb redis.UniversalClient = redistrace.NewClient(&redis.Options{Addr: "localhost:6379"})`,
		},
	)
}
