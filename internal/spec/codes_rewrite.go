package spec

// Reason codes of the rewriter: why a value stays on go-redis although the
// facade has its methods, or why a call has no view.
const (
	ForeignAPI        = "FOREIGN_API"
	KeepComment       = "KEEP_COMMENT"
	KeepWithoutReason = "KEEP_WITHOUT_REASON"
	KeepUnused        = "KEEP_UNUSED"
	PackageKept       = "PACKAGE_KEPT"
	NotSelected       = "NOT_SELECTED"
	TypeError         = "TYPE_ERROR"
	BuildTag          = "BUILD_TAG"
	GeneratedFile     = "GENERATED_FILE"
	CgoFile           = "CGO"
	Linkname          = "LINKNAME"
	TestServer        = "TEST_SERVER"
	FamilyShared      = "FAMILY_SHARED"
	VerifyFailed      = "VERIFY_FAILED"
	NoView            = "NO_VIEW"
	NoSource          = "NO_SOURCE"
)

func init() {
	codes = append(codes,
		Code{
			Code:   ForeignAPI,
			Title:  "a library takes or gives go-redis types",
			Why:    "The value is passed to, stored in or handed out by code outside the module that names go-redis's types, so it has to be go-redis's.",
			Do:     "Keep it, or replace the library by one that does not need go-redis. Everything that is tied to the value stays with it; other clients move.",
			Effort: EffortMedium,
		},
		Code{
			Code:   KeepComment,
			Title:  "a comment keeps it",
			Why:    "A //redis2cf:keep comment stands over the line or the declaration.",
			Do:     "Remove the comment when the reason behind it is gone.",
			Effort: EffortNone,
		},
		Code{
			Code:   KeepWithoutReason,
			Title:  "a keep comment without a reason",
			Why:    "A //redis2cf:keep comment must say why, for whoever finds it next year. Without a reason it keeps nothing.",
			Do:     "Write the reason behind it, or remove it.",
			Effort: EffortMinutes,
		},
		Code{
			Code:   KeepUnused,
			Title:  "a keep comment over nothing",
			Why:    "The //redis2cf:keep comment stands over code that does not use go-redis.",
			Do:     "Remove it, or move it to the line that it is about.",
			Effort: EffortMinutes,
		},
		Code{
			Code:   PackageKept,
			Title:  "redis2cf.yaml leaves the package alone",
			Why:    "The package is listed under keep in redis2cf.yaml.",
			Do:     "Take it off the list to migrate it.",
			Effort: EffortNone,
		},
		Code{
			Code:   NotSelected,
			Title:  "outside the packages that were asked for",
			Why:    "The run was given some packages, and this value lives only in others.",
			Do:     "Run redis2cf for the whole module: redis2cf -w ./...",
			Effort: EffortMinutes,
		},
		Code{
			Code:   TypeError,
			Title:  "the package does not compile",
			Why:    "Nothing can be said about code without types.",
			Do:     "Make go build and go vet pass first.",
			Effort: EffortSmall,
		},
		Code{
			Code:   BuildTag,
			Title:  "a file that this build leaves out uses go-redis too",
			Why:    "The file belongs to the same package under another system or tag; changing the package without it would break that build.",
			Do:     "Run redis2cf with -tags, or on that system, or move the file's use of go-redis behind the package's own types.",
			Effort: EffortSmall,
		},
		Code{
			Code:   GeneratedFile,
			Title:  "the file is generated",
			Why:    "The next run of its generator would undo the edit.",
			Do:     "Migrate what the generator reads, run it, then run redis2cf again.",
			Effort: EffortSmall,
		},
		Code{
			Code:   CgoFile,
			Title:  "the file uses cgo",
			Why:    "The compiler sees a translation of the file, whose positions are not the file's.",
			Do:     "Move the use of go-redis into a file without cgo.",
			Effort: EffortSmall,
		},
		Code{
			Code:   Linkname,
			Title:  "the file reaches into go-redis by linkname",
			Why:    "go:linkname uses names that go-redis does not export; the facade does not have them.",
			Do:     "Use the exported API.",
			Effort: EffortMedium,
		},
		Code{
			Code:   TestServer,
			Title:  "miniredis is used for more than its everyday methods",
			Why:    "The test server of the runtime has no counterpart for what the test asks of miniredis.",
			Do:     "Say it with a client's commands, or leave the test on miniredis: what is tied to it stays.",
			Effort: EffortSmall,
		},
		Code{
			Code:   FamilyShared,
			Title:  "its keys are also used by something that stays",
			Why:    "Another client that has to stay on go-redis uses the same keys; the two would no longer see each other's data.",
			Do:     "Free the other client first: its reason is listed beside it.",
			Effort: EffortNone,
		},
		Code{
			Code:   VerifyFailed,
			Title:  "the edit did not compile",
			Why:    "The edit was made, the compiler refused it, and it was taken back. The text is the compiler's.",
			Do:     "Change the code so that both sides of the message have the same type; please report it if they had before.",
			Effort: EffortSmall,
		},
		Code{
			Code:   NoView,
			Title:  "the view of the family lacks the command",
			Why:    "The family's data type has no such command; the call is migrated with its own receiver.",
			Do:     "Nothing is wrong unless the plan's type is: see redis2cf.yaml.",
			Effort: EffortNone,
		},
		Code{
			Code:   NoSource,
			Title:  "no go-redis name leads to the value",
			Why:    "The value comes from code that was not read, such as a package that a build tag leaves out.",
			Do:     "Run redis2cf with the tags that bring the code in.",
			Effort: EffortMinutes,
		},
	)
}
