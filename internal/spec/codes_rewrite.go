package spec

// Reason codes of the rewriter: why a value stays on go-redis although the
// facade has its methods, or why a call has no view.
const (
	ForeignAPI        = "FOREIGN_API"
	KeepComment       = "KEEP_COMMENT"
	KeepWithoutReason = "KEEP_WITHOUT_REASON"
	KeepUnused        = "KEEP_UNUSED"
	APIKept           = "API_KEPT"
	PackageKept       = "PACKAGE_KEPT"
	NotSelected       = "NOT_SELECTED"
	OtherModule       = "OTHER_MODULE"
	BuildTag          = "BUILD_TAG"
	GeneratedFile     = "GENERATED_FILE"
	Linkname          = "LINKNAME"
	TestServer        = "TEST_SERVER"
	FamilyShared      = "FAMILY_SHARED"
	VerifyFailed      = "VERIFY_FAILED"
	NoView            = "NO_VIEW"
	RoutedByKey       = "ROUTED_BY_KEY"
	MethodValue       = "METHOD_VALUE"
	Unsafe            = "UNSAFE"
	Reflection        = "REFLECTION"
	AddressAnswered   = "ADDRESS_ANSWERED"
	DefaultDiffers    = "DEFAULT_DIFFERS"
	NoSource          = "NO_SOURCE"
)

func init() {
	codes = append(codes,
		Code{
			Code:   ForeignAPI,
			Title:  "a library takes or gives go-redis types",
			Why:    "The value is passed to, stored in or handed out by code outside the module that names go-redis's types, so it has to be go-redis's. A client is bridged there; a ring, a pipeline or a command that only fits itself cannot be.",
			Do:     "Keep it, or replace the library by one that does not need go-redis. Everything that is tied to the value stays with it; other clients move.",
			Effort: EffortMedium,
			Example: `
func Count(ctx context.Context, r *redis.Ring) int {
	r.Incr(ctx, "counts")
	return foreign.Shards(r)
}`,
		},
		Code{
			Code:   KeepComment,
			Title:  "a comment keeps it",
			Why:    "A //redis2cf:keep comment stands over the line or the declaration.",
			Do:     "Remove the comment when the reason behind it is gone.",
			Effort: EffortNone,
			Example: `
//redis2cf:keep the report job reads it from Redis
c := redis.NewClient(&redis.Options{Addr: "legacy:6379"})`,
		},
		Code{
			Code:   KeepWithoutReason,
			Title:  "a keep comment without a reason",
			Why:    "A //redis2cf:keep comment must say why, for whoever finds it next year. Without a reason it keeps nothing.",
			Do:     "Write the reason behind it, or remove it.",
			Effort: EffortMinutes,
			Example: `
//redis2cf:keep
c := redis.NewClient(&redis.Options{})`,
		},
		Code{
			Code:   KeepUnused,
			Title:  "a keep comment over nothing",
			Why:    "The //redis2cf:keep comment stands over code that does not use go-redis.",
			Do:     "Remove it, or move it to the line that it is about.",
			Effort: EffortMinutes,
			Example: `
//redis2cf:keep nothing is here
func Add(a, b int) int { return a + b }`,
		},
		Code{
			Code:   APIKept,
			Title:  "an exported signature keeps its types",
			Why:    "The run was asked to keep the module's API (-api=keep), for importers that pass go-redis clients or get them. A client that passes the border goes over a bridge; commands and other types that do stay.",
			Do:     "Nothing is wrong. Without -api=keep exported signatures get the generated package's types, and importers follow.",
			Effort: EffortNone,
			Example: `
func New(rdb *redis.Client) *Store { return &Store{rdb: rdb} }`,
		},
		Code{
			Code:   PackageKept,
			Title:  "redis2cf.yaml leaves the package alone",
			Why:    "The package is listed under keep in redis2cf.yaml.",
			Do:     "Take it off the list to migrate it.",
			Effort: EffortNone,
			Example: `
keep:
  - legacy`,
		},
		Code{
			Code:   NotSelected,
			Title:  "outside of what was asked for",
			Why:    "The run was given packages, -only or -step, and this is no part of it.",
			Do:     "Nothing is wrong: a later run takes it along, or redis2cf -w ./... the whole module.",
			Effort: EffortNone,
			Example: `
redis2cf -w ./internal/session`,
		},
		Code{
			Code:   OtherModule,
			Title:  "another module of the workspace uses the value",
			Why:    "A run edits one module. The value, or what its type ties it to, is also in a module beside it that go.work builds with it and that would no longer compile.",
			Do:     "Let the modules share an interface or functions of their own in place of go-redis's types; then each moves by itself.",
			Effort: EffortMedium,
			Example: `
-- ws/worker/worker.go --
…
func handle(rdb *redis.Client) { rdb.Get(context.Background(), "job:a") }`,
		},
		Code{
			Code:   BuildTag,
			Title:  "a file that could not be loaded uses go-redis too",
			Why:    "Files of other systems and tags are loaded in a configuration that has them. This one has none here, or its packages cannot be loaded there; changing the package without it would break that build.",
			Do:     "Make that build pass (the report says which one and what fails), run redis2cf on that system, or move the file's use of go-redis behind the package's own types.",
			Effort: EffortSmall,
			Example: `
//go:build gccgo
…
func gccgo(c *redis.Client) S { return S{c} }`,
		},
		Code{
			Code:   GeneratedFile,
			Title:  "the file is generated",
			Why:    "The next run of its generator would undo the edit.",
			Do:     "Migrate what the generator reads, run it, then run redis2cf again.",
			Effort: EffortSmall,
			Example: `
// Code generated by hand; DO NOT EDIT.
…
func (MockGetter) Get(context.Context, string) *redis.StringCmd { return nil }`,
		},
		Code{
			Code:   Linkname,
			Title:  "the file reaches into go-redis by linkname",
			Why:    "go:linkname uses names that go-redis does not export; the facade does not have them.",
			Do:     "Use the exported API.",
			Effort: EffortMedium,
			Example: `
//go:linkname attempts github.com/redis/go-redis/v9.attempts
var attempts int`,
		},
		Code{
			Code:   TestServer,
			Title:  "miniredis is used for more than its everyday methods",
			Why:    "The test server of the runtime has no counterpart for what the test asks of miniredis.",
			Do:     "Say it with a client's commands, or leave the test on miniredis: what is tied to it stays.",
			Effort: EffortSmall,
			Example: `
mr, err := miniredis.Run()
…
mr.Seed(1)`,
		},
		Code{
			Code:   FamilyShared,
			Title:  "its keys are also used by something that stays",
			Why:    "Another client that has to stay on go-redis uses the same keys; the two would no longer see each other's data.",
			Do:     "Free the other client first: its reason is listed beside it.",
			Effort: EffortNone,
			Example: `
c := redis.NewClient(&redis.Options{})
c.Monitor(ctx, nil)
c.Set(ctx, "session:"+id, "x", 0)
…
c := redis.NewClient(&redis.Options{})
return c.Get(ctx, "session:"+id).Val()`,
		},
		Code{
			Code:   VerifyFailed,
			Title:  "the edit did not compile",
			Why:    "The edit was made, the compiler refused it, and it was taken back. The text is the compiler's.",
			Do:     "Change the code so that both sides of the message have the same type; please report it if they had before.",
			Effort: EffortSmall,
			Example: `
type getter interface {
	Get(ctx context.Context, key string) *redis.StringCmd
}
…
c.Monitor(ctx, nil)
return read(ctx, []*redis.Client{c})`,
		},
		Code{
			Code:   NoView,
			Title:  "the view of the family lacks the command",
			Why:    "The family's data type has no such command; the call is migrated with its own receiver.",
			Do:     "Nothing is wrong unless the plan's type is: see redis2cf.yaml.",
			Effort: EffortNone,
			Example: `
  - pattern: feed:*
    …
    type: list
…
return rdb.SAdd(ctx, "feed:"+id, "x").Err()`,
		},
		Code{
			Code:   NoSource,
			Title:  "no go-redis name leads to the value",
			Why:    "The value comes from code that was not read, such as a package that a build tag leaves out.",
			Do:     "Run redis2cf with the tags that bring the code in.",
			Effort: EffortMinutes,
			Example: `
func home(ctx context.Context, s foreign.Setter) error {
	return s.Set(ctx, "page:home", "x", 0).Err()
}`,
		},
		Code{
			Code:   RoutedByKey,
			Title:  "a call for keys of any type",
			Why:    "Do, Process, scripts and Watch take keys of every data type, so no view has them: the call is migrated with its own receiver, and the plan's patterns route each key at run time.",
			Do:     "Nothing is wrong. A command that Do sends by its name gets a view once it is called by its method.",
			Effort: EffortNone,
			Example: `
if err := c.Do(ctx, "SET", "user:2", "b").Err(); err != nil {`,
		},
		Code{
			Code:   MethodValue,
			Title:  "a method that is not called here",
			Why:    "The method becomes a value, and which keys it is called with is not known where it does: it is migrated with its own receiver.",
			Do:     "Nothing is wrong. A closure that calls the method with its key gets a view.",
			Effort: EffortNone,
			Example: `
get := rdb.Get
return get`,
		},
		Code{
			Code:   Unsafe,
			Title:  "unsafe looks into a go-redis value",
			Why:    "What lies where in go-redis's structs is not what lies there in the facade's, and the compiler does not see it.",
			Do:     "Use the exported API. Until then the value stays on go-redis, with all that is tied to it.",
			Effort: EffortMedium,
			Example: `
return *(**redis.Options)(unsafe.Pointer(c))`,
		},
		Code{
			Code:   Reflection,
			Title:  "reflection on a go-redis type",
			Why:    "The value is migrated, and reflect shows the facade's type from then on: its exported names are go-redis's, its package, its unexported fields and what %T prints are not.",
			Do:     "Look at what the program does with it. Types that are only told apart, and values that are only called, need nothing.",
			Effort: EffortMinutes,
			Example: `
switch reflect.TypeOf(c).String() {
case "*redis.StringCmd":`,
		},
		Code{
			Code:   AddressAnswered,
			Title:  "a test's own address is answered too",
			Why:    "Under go test a store in the process answers at every address, so that the tests need no server. One that wants to find nobody at an address will find it.",
			Do:     "If the test wants an error, give it port 1, where nobody ever listens: localhost:1. Otherwise nothing is wrong.",
			Effort: EffortMinutes,
			Example: `
other := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"127.0.0.1:9999"}})`,
		},
		Code{
			Code:   DefaultDiffers,
			Title:  "an option's default is a newer go-redis's",
			Why:    "go-redis 9.22 changed the values that timeouts and pauses have when a program sets none. The facade has the new ones, and the program reads one of them from a client that came from an older go-redis.",
			Do:     "If the program or its test counts on the old value, set the option where the client is made.",
			Effort: EffortMinutes,
			Example: `
ctx, cancel := context.WithTimeout(ctx, rdb.Options().ReadTimeout)`,
		},
	)
}
