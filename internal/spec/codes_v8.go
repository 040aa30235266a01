package spec

// Reason codes of go-redis v8 beside those of v9.
const (
	V8NoCounterpart = "V8_NO_COUNTERPART"
	V8Form          = "V8_FORM"
)

func init() {
	codes = append(codes,
		Code{
			Code:   V8NoCounterpart,
			Title:  "go-redis v9 has nothing like it",
			Why:    "The facade has the shape of go-redis v9, where this method, field or name of v8 is gone or has another meaning.",
			Do:     "Say it in v9's way; docs/go-redis-v8.md has what to use. Then run redis2cf again.",
			Effort: EffortMinutes,
			Example: `
"github.com/go-redis/redis/v8"
…
return rdb.ConfigGet(ctx, "maxmemory").Val()`,
		},
		Code{
			Code:   V8Form,
			Title:  "go-redis v8 in a form that no rule covers",
			Why:    "go-redis v9 has this in another form, and the rule that brings v8's there is exact only where the use is a plain one: a call whose arguments stand there, a result that nobody looks at.",
			Do:     "Bring the use into the form that the text names, or say it in v9's way; docs/go-redis-v8.md has the rules. Then run redis2cf again.",
			Effort: EffortMinutes,
			Example: `
"github.com/go-redis/redis/v8"
…
func Add(rdb *redis.Client) func(context.Context, string, ...*redis.Z) *redis.IntCmd {
	return rdb.ZAdd
}`,
		},
	)
}
