package cli

import "flag"

// options are the values of all flags.
type options struct {
	args []string // packages

	dir            string
	base           string // directory that paths of a diff are relative to; empty is dir
	diff           bool
	write          bool
	json           bool
	all            bool
	sarif          string
	html           string
	check          bool
	budget         int
	only           []string
	step           string
	tags           string
	pkg            string
	runtimeDir     string
	noBuild        bool
	allowGoUpgrade bool
	api            string
	force          bool
	dual           bool
	store          string
	out            string
	serve          serveOptions
	worker         workerOptions
	transfer       transferOptions
	phase          phaseOptions
	status         statusOptions
}

func dirFlags(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.dir, "C", "", "work in `DIR`")
}

func rewriteFlags(fs *flag.FlagSet, o *options) {
	dirFlags(fs, o)
	fs.BoolVar(&o.diff, "d", false, "print a unified diff instead of the report; exit 1 if there is one")
	fs.BoolVar(&o.write, "w", false, "rewrite, verify and write the files")
	fs.BoolVar(&o.all, "all", false, "shorten no list of the report")
	fs.BoolVar(&o.json, "json", false, "print the report as JSON (docs/report.md)")
	fs.StringVar(&o.sarif, "sarif", "", "write what needs attention to `FILE` as SARIF, for code scanning")
	fs.StringVar(&o.html, "html", "", "write the report, with the diff, to `FILE` as one page")
	fs.BoolVar(&o.check, "check", false, "for CI: name what needs a person; exit 3 when it is more than -budget allows")
	fs.IntVar(&o.budget, "budget", 0, "with -check: how many sites may need a person, `N`")
	fs.Func("only", "only the calls of `SELECTOR`: a file (./a/b.go), packages (./a/...), a family's name or pattern (Session, session:*); may be repeated", func(s string) error {
		o.only = append(o.only, s)
		return nil
	})
	fs.StringVar(&o.step, "step", "", "stop after a `STEP`: generate (package, plan, go.mod), swap (go-redis's names), views (everything)")
	fs.StringVar(&o.tags, "tags", "", "build tags, a comma-separated `LIST`")
	fs.StringVar(&o.pkg, "pkg", "", "`DIR` of the generated package, relative to the module (default internal/cfstore)")
	runtimeFlag(fs, o)
	dualFlag(fs, o)
	fs.BoolVar(&o.noBuild, "no-build", false, "do not confirm the result with go build and go vet")
	fs.StringVar(&o.api, "api", "", "exported signatures `swap` to the generated package's types, or keep go-redis's, for a library whose users pass clients (default: what redis2cf.yaml says, else swap)")
	fs.BoolVar(&o.allowGoUpgrade, "allow-go-upgrade", false, "allow the module's go line to cross 1.22, where loop variables change meaning")
}

func runtimeFlag(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.runtimeDir, "runtime", "", "use the runtime of a local checkout: `DIR` is its root or its runtime directory")
}

func dualFlag(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.dual, "dual", false, "also write dual.go, which links Redis beside the store while the data moves")
}

func generateFlags(fs *flag.FlagSet, o *options) {
	dirFlags(fs, o)
	dualFlag(fs, o)
	runtimeFlag(fs, o)
	fs.StringVar(&o.tags, "tags", "", "build tags, a comma-separated `LIST`")
}

func undoFlags(fs *flag.FlagSet, o *options) {
	dirFlags(fs, o)
	fs.BoolVar(&o.force, "force", false, "put back files that were edited since, too: the edits are lost")
}

func demoFlags(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.out, "o", "", "put the migrated sample into `DIR`, which must be empty or not exist (default: a new temporary directory)")
	runtimeFlag(fs, o)
}
