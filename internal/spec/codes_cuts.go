package spec

// Reason codes of cuts: what stands where a value goes from the facade to go-redis
// or back.
const (
	CutMethod      = "CUT_METHOD"
	CutLibrary     = "CUT_LIBRARY"
	CutValue       = "CUT_VALUE"
	CutFromLibrary = "CUT_FROM_LIBRARY"
	CutAPI         = "CUT_API"
	CutErrors      = "CUT_ERRORS"
	CutBeside      = "CUT_BESIDE"
	CutInterface   = "CUT_INTERFACE"
)

func init() {
	codes = append(codes,
		Code{
			Code:   CutMethod,
			Title:  "a call goes over a bridge",
			Why:    "What the call is, or what becomes of its result, has no counterpart on the facade. The client behind it moves, and the call is made on a go-redis client of the same store: over RESP, within the process. It sees the same data, and has none of the hooks that the program adds to its client.",
			Do:     "Read the reason behind it: what administers a server is answered as by a Redis that stands alone, or with an error that says so. Take the call out, and the bridge goes with it.",
			Effort: EffortMinutes,
			Example: `
type Broker struct{ client redis.UniversalClient }
…
	ranges, err := b.client.ClusterSlots(ctx).Result() // of a cluster only`,
		},
		Code{
			Code:   CutLibrary,
			Title:  "a library gets a bridge",
			Why:    "A library takes go-redis's type. It gets a go-redis client of the same store, whose commands go over RESP within the process. Nobody has looked at what this library does with it: sending commands is fine; hooks, options and the pool are those of the bridge.",
			Do:     "See that the library only sends commands that the store serves. One that adds hooks, measures the pool or opens connections by the options has to be told in another way.",
			Effort: EffortMinutes,
			Example: `
rdb := redis.NewClient(&redis.Options{})
return foreign.NewLocker(rdb).Lock(ctx, "lock:a")`,
		},
		Code{
			Code:   CutInterface,
			Title:  "a client behind your own interface, found at run time",
			Why:    "The module knows its client by an interface of its own, and hands it to a library that has such an interface, too. When the line runs, the bridge looks for the client of the store: the value itself, what its method Unwrap() UniversalClient returns, or what a struct embeds, whose own methods are not asked. The library gets a go-redis client of the same store, whose commands go over RESP within the process. Where there is no client, as in a fake, the line panics and says so.",
			Do:     "See that tests and importers pass a client there, or give what wraps one a method Unwrap() UniversalClient.",
			Effort: EffortMinutes,
			Example: `
type Options struct{ Redis Redis }
…
	if err := foreign.Put(ctx, o.Redis, key, "1"); err != nil {`,
		},
		Code{
			Code:   CutValue,
			Title:  "a client goes over a bridge",
			Why:    "The client goes to code of this module that has to stay on go-redis. It gets a go-redis client of the same store, whose commands go over RESP within the process.",
			Do:     "Free that code: its reason is listed beside it. The next run takes the bridge out.",
			Effort: EffortNone,
			Example: `
type admin interface {
	ACLWhoAmI(ctx context.Context) *redis.StringCmd
}
…
	rdb.Set(ctx, "user", who(ctx, rdb), 0)`,
		},
		Code{
			Code:   CutFromLibrary,
			Title:  "a library's client behind the facade",
			Why:    "A library hands out a go-redis client. The module uses it through the facade, and its commands go through that client to the Redis that it is connected to: the data stays there.",
			Do:     "Construct a client of the store instead when the data is to move.",
			Effort: EffortMedium,
			Example: `
var rdb *redis.Client = foreign.Client()`,
		},
		Code{
			Code:   CutAPI,
			Title:  "a client passes the border of the API",
			Why:    "An importer passes a go-redis client or gets one, as -api=keep has it. What comes in is used through the facade, and its commands go to where the importer connected it; a client that the facade gave out is the store's again when it comes back.",
			Do:     "Tell importers to pass a client of the store: GoRedis of the generated package, or of runtime/goredis, makes one of it.",
			Effort: EffortNone,
			Example: `
func New(rdb *redis.Client) *Store { return &Store{rdb: rdb} }`,
		},
		Code{
			Code:   CutBeside,
			Title:  "a client of the store stands beside one of go-redis",
			Why:    "The client has to stay for commands on data that the store does not have. What else it does goes to a client of the store, which is made beside it with the same options: no key is used on both sides, and Close of the one closes both.",
			Do:     "Give the client of the store a variable of its own where both are wanted for long. When the commands that stay are gone, the next run takes go-redis out.",
			Effort: EffortNone,
			Example: `
n, err := rdb.Incr(ctx, "beside:visits:"+id).Result()
return n, err, rdb.BFAdd(ctx, "beside:seen", id).Err()`,
		},
		Code{
			Code:   CutErrors,
			Title:  "errors of both sides meet",
			Why:    "Code that moves compares errors of clients that stay, or the other way round. With the bridges linked, Nil, TxFailedErr and ErrClosed are the same values on both sides.",
			Do:     "Nothing is wrong. When the last client has moved, the next run takes go-redis out.",
			Effort: EffortNone,
			Example: `
func missing(err error) bool { return errors.Is(err, redis.Nil) }
…
	rdb.Monitor(ctx, nil)
	return !missing(rdb.Get(ctx, "lock:a").Err())`,
		},
	)
}
