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
		Code{ForeignAPI, "a library takes or gives go-redis types",
			"The value is passed to, stored in or handed out by code outside the module that names go-redis's types, so it has to be go-redis's.",
			"Keep it, or replace the library by one that does not need go-redis. Everything that is tied to the value stays with it; other clients move."},
		Code{KeepComment, "a comment keeps it",
			"A //redis2cf:keep comment stands over the line or the declaration.",
			"Remove the comment when the reason behind it is gone."},
		Code{KeepWithoutReason, "a keep comment without a reason",
			"A //redis2cf:keep comment must say why, for whoever finds it next year. Without a reason it keeps nothing.",
			"Write the reason behind it, or remove it."},
		Code{KeepUnused, "a keep comment over nothing",
			"The //redis2cf:keep comment stands over code that does not use go-redis.",
			"Remove it, or move it to the line that it is about."},
		Code{PackageKept, "redis2cf.yaml leaves the package alone",
			"The package is listed under keep in redis2cf.yaml.",
			"Take it off the list to migrate it."},
		Code{NotSelected, "outside the packages that were asked for",
			"The run was given some packages, and this value lives only in others.",
			"Run redis2cf for the whole module: redis2cf -w ./..."},
		Code{TypeError, "the package does not compile",
			"Nothing can be said about code without types.",
			"Make go build and go vet pass first."},
		Code{BuildTag, "a file that this build leaves out uses go-redis too",
			"The file belongs to the same package under another system or tag; changing the package without it would break that build.",
			"Run redis2cf with -tags, or on that system, or move the file's use of go-redis behind the package's own types."},
		Code{GeneratedFile, "the file is generated",
			"The next run of its generator would undo the edit.",
			"Migrate what the generator reads, run it, then run redis2cf again."},
		Code{CgoFile, "the file uses cgo",
			"The compiler sees a translation of the file, whose positions are not the file's.",
			"Move the use of go-redis into a file without cgo."},
		Code{Linkname, "the file reaches into go-redis by linkname",
			"go:linkname uses names that go-redis does not export; the facade does not have them.",
			"Use the exported API."},
		Code{TestServer, "miniredis is used for more than its everyday methods",
			"The test server of the runtime has no counterpart for what the test asks of miniredis.",
			"Say it with a client's commands, or leave the test on miniredis: what is tied to it stays."},
		Code{FamilyShared, "its keys are also used by something that stays",
			"Another client that has to stay on go-redis uses the same keys; the two would no longer see each other's data.",
			"Free the other client first: its reason is listed beside it."},
		Code{VerifyFailed, "the edit did not compile",
			"The edit was made, the compiler refused it, and it was taken back. The text is the compiler's.",
			"Change the code so that both sides of the message have the same type; please report it if they had before."},
		Code{NoView, "the view of the family lacks the command",
			"The family's data type has no such command; the call is migrated with its own receiver.",
			"Nothing is wrong unless the plan's type is: see redis2cf.yaml."},
		Code{NoSource, "no go-redis name leads to the value",
			"The value comes from code that was not read, such as a package that a build tag leaves out.",
			"Run redis2cf with the tags that bring the code in."},
	)
}
