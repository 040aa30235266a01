package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// defaultState is where -run keeps what is stored.
const defaultState = "cfstore.worker"

// workerOptions are the flags of worker.
type workerOptions struct {
	run       string
	state     string
	name      string
	tokens    bool
	project   string
	namespace string
	readOnly  bool
}

func workerFlags(fs *flag.FlagSet, o *options) {
	dirFlags(fs, o)
	fs.StringVar(&o.out, "o", "", "write the project into `DIR`: a new one, or one that was written before")
	fs.StringVar(&o.worker.run, "run", "", "run the project on a local workerd at `HOST:PORT`; port 0 takes a free one")
	fs.StringVar(&o.worker.state, "state", "", "keep the data of -run in `DIR` (default "+defaultState+")")
	fs.StringVar(&o.worker.name, "name", "", "`NAME` of the Worker (default: from the module's path), or of a token")
	fs.BoolVar(&o.worker.tokens, "tokens", false, "let -run ask for a token of the project's "+project.TokensFile+" on loopback too")
	fs.StringVar(&o.worker.project, "project", "", "token: `DIR` of the project (default: the working directory)")
	fs.StringVar(&o.worker.namespace, "namespace", "", "token: the `NAMESPACE` that it gives access to (default "+worker.DefaultNamespace+")")
	fs.BoolVar(&o.worker.readOnly, "read-only", false, "token: it may read and change nothing")
}

func helpWorker() string {
	return `Usage: redis2cf worker -o DIR [flags]
       redis2cf worker -run HOST:PORT [-o DIR] [-state DIR] [flags]
       redis2cf worker token [make | list | rotate | revoke] [-name NAME] [flags]

-o writes the Worker that keeps the data on Cloudflare, as redis2cf.yaml has it: a
project for wrangler, with the engine as WebAssembly, D1's migrations and a README
with the commands. Writing again updates what is generated; what you changed in
wrangler.jsonc stays. It needs Go 1.24.

-run starts the very same project on this machine, with Durable Objects, KV, D1 and
R2, and prints the ` + runtime.StoreVariable + ` to use. workerd and the simulators come from npm
the first time (50 MB). On a loopback address programs of this machine need no
token; elsewhere the project's tokens are asked for. Ctrl-C ends it, and the data
stays.

token makes a token for a project, 256 random bits that are printed once, and keeps
its digest in ` + project.TokensFile + `; wrangler secret put makes it count.

Flags:
` + flagList(workerFlags) + `
Environment:
  ` + project.WorkerdVariable + `     another workerd than npm's, by the path of its program
  ` + project.NPMVariable + `         a directory with the node_modules to use instead of fetching

Examples:
  redis2cf worker -o worker && cd worker && npm install && npx wrangler deploy
  redis2cf worker -run 127.0.0.1:8787 -state .local
  ` + runtime.StoreVariable + `=http://127.0.0.1:8787 go test ./...
  redis2cf worker token -project worker -name app
  redis2cf worker token -project worker -name reports -namespace shop -read-only
  redis2cf worker token list -project worker
  redis2cf worker token rotate -project worker -name app
`
}

// runWorker writes a project, runs one, or both; or works on tokens.
func runWorker(e *env, o *options) (int, error) {
	if len(o.args) > 0 && o.args[0] == "token" {
		return runToken(e, o)
	}
	switch w := &o.worker; {
	case len(o.args) > 0:
		return exitError, usagef("worker", "worker takes no packages, and %s is no subcommand: redis2cf.yaml says what it writes", o.args[0])
	case o.out == "" && w.run == "":
		return exitError, usagef("worker", "say -o DIR to write the project, -run HOST:PORT to run it here, or both")
	case w.run == "" && (w.state != "" || w.tokens):
		return exitError, usagef("worker", "-state and -tokens are for -run")
	case w.project != "" || w.namespace != "" || w.readOnly:
		return exitError, usagef("worker", "-project, -namespace and -read-only are for redis2cf worker token")
	}
	j, err := newJob(e, o)
	if err != nil {
		return exitError, err
	}
	if j.plan == nil {
		return exitError, fmt.Errorf("there is no %s in %s: redis2cf -w ./... writes the first one", plan.FileName, j.root)
	}
	if o.worker.run == "" {
		_, err := j.writeWorker(inDir(o, o.out))
		return exitDone, err
	}
	return j.runWorker()
}

// runWorker runs the project until it is told to stop.
func (j *job) runWorker() (int, error) {
	w := &j.opt.worker
	if w.state == "" {
		w.state = defaultState
	}
	w.state = inDir(j.opt, w.state)
	dir := filepath.Join(w.state, "project")
	if j.opt.out != "" {
		dir = inDir(j.opt, j.opt.out)
	}
	tokens, err := localTokens(w, dir)
	if err != nil {
		return exitError, err
	}
	// Before the engine is built: without npm, or on a state of another run, all of it is in vain.
	tools, err := project.InstallTools(j.ctx, j.ui.step)
	if err != nil {
		return exitError, err
	}
	if err := project.CheckState(w.state); err != nil {
		return exitError, fmt.Errorf("-state: %w", err)
	}
	if _, err := j.writeWorker(dir); err != nil {
		return exitError, err
	}
	j.ui.step("starting workerd")
	l, err := project.Start(j.ctx, project.Options{Dir: dir, State: w.state, Addr: w.run, Tokens: tokens, Tools: tools, Log: j.stderr})
	if err != nil {
		return exitError, err
	}
	j.ui.done()
	access := "no token needed on this machine"
	if len(tokens) > 0 {
		access = fmt.Sprintf("with a token of %s in $%s", filepath.Join(dir, project.TokensFile), gateway.TokenVariable)
	}
	fmt.Fprintf(j.stdout, "redis2cf worker: %s on workerd, data in %s, %s; Ctrl-C ends it\n", l.URL(), w.state, access)
	fmt.Fprintf(j.stdout, "  %s=%s\n", runtime.StoreVariable, l.URL())
	ended := l.Ended()
	select {
	case <-j.ctx.Done():
	case <-ended:
		err = l.Err()
	}
	if serr := l.Stop(); err == nil {
		err = serr
	}
	if err != nil {
		return exitError, err
	}
	fmt.Fprintln(j.stdout, "redis2cf worker: ended")
	return exitDone, nil
}

// inDir is a path of the command line, which is relative to -C.
func inDir(o *options, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(o.dir, path)
}

// localTokens are the tokens that a local run asks for; none when it is open.
func localTokens(w *workerOptions, dir string) ([]project.Token, error) {
	loopback := project.CheckLoopback(w.run)
	if loopback == nil && !w.tokens {
		return nil, nil
	}
	var bad *project.AddressError
	if errors.As(loopback, &bad) {
		return nil, usagef("worker", "-run: %v", loopback)
	}
	list, err := project.Tokens(dir)
	var none *project.NoProjectError
	if err != nil && !errors.As(err, &none) || len(list) > 0 {
		return list, err
	}
	todo := "redis2cf worker token -project " + dir + " makes one"
	if none != nil {
		todo = "redis2cf worker -o " + dir + " writes the project, and then " + todo
	}
	if loopback != nil {
		return nil, usagef("worker", "-run %s can be reached from other machines, and there is no token in %s: %s; or listen on 127.0.0.1",
			w.run, filepath.Join(dir, project.TokensFile), todo)
	}
	return nil, fmt.Errorf("-tokens: there is no token in %s: %s", filepath.Join(dir, project.TokensFile), todo)
}

// writeWorker writes the project and says what it wrote.
func (j *job) writeWorker(dir string) (project.Written, error) {
	out, err := project.Write(j.ctx, project.WriteOptions{
		Dir: dir, Config: workerConfig(j.plan, modulePath(j.root)), Name: j.opt.worker.name, Module: j.root, Progress: j.ui.step,
	})
	j.ui.done()
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return out, err
		}
		return out, fmt.Errorf("writing the Worker: %w", err)
	}
	for _, b := range out.Added {
		j.warn("added the binding %s to %s, because %s needs it now", b, filepath.Join(dir, project.WranglerFile), plan.FileName)
	}
	if out.GzipBytes > project.MaxGzipBytes {
		j.warn("the Worker is %s with gzip, and Cloudflare's free plan takes %s", project.Size(out.GzipBytes), project.Size(project.MaxGzipBytes))
	}
	if j.opt.out == "" { // -run says what matters then
		return out, nil
	}
	if len(out.Files)+len(out.Removed) == 0 {
		_, err = fmt.Fprintf(j.stdout, "%s is up to date with %s; the Worker is %s with gzip.\n", dir, plan.FileName, project.Size(out.GzipBytes))
		return out, err
	}
	_, err = fmt.Fprintf(j.stdout, "Wrote %s in %s from %s; the Worker is %s with gzip. %s has the commands to deploy it.\n",
		files(len(out.Files)), dir, plan.FileName, project.Size(out.GzipBytes), filepath.Join(dir, "README.md"))
	return out, err
}

// workerConfig is what the Worker needs of the plan.
func workerConfig(p *plan.Plan, module string) worker.Config {
	c := worker.Config{Version: 1, Module: p.Module, Families: []worker.Family{}}
	if c.Module == "" {
		c.Module = module
	}
	for _, g := range p.Groups {
		c.Groups = append(c.Groups, worker.Group{Name: g.Name, Shards: max(1, g.Shards)})
	}
	for i := range p.Families {
		f := &p.Families[i]
		w := worker.Family{
			Pattern: f.Pattern, Name: f.Name, Type: string(f.Type), Store: string(f.Store),
			Consistency: f.Consistency, Group: f.Group, Client: f.Client,
		}
		c.Families = append(c.Families, w)
	}
	return c
}
