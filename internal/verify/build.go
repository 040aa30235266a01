package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/internal/modfiles"
)

// Build is what the go command needs to see the module as it would be.
type Build struct {
	Dir     string            // of the module
	Modfile string            // a go.mod that stands for the module's own; its go.sum lies beside it
	Overlay map[string][]byte // absolute path to content: edited and generated files
	Tags    string            // -tags
	Env     []string          // the environment; nil is the process's
	Plain   []string          // the environment in which the module as it is builds

	originals map[string]string // copies of the overlay to the files that they stand for
}

// Run builds and vets the module with the overlay in place, tests included, and
// returns what does not compile or what vet newly objects to. The error is for
// a go command that could not say anything about the code.
func (b *Build) Run(ctx context.Context) ([]Error, error) {
	tmp, err := os.MkdirTemp("", "redis2cf-verify-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	if tmp, err = filepath.EvalSymlinks(tmp); err != nil {
		return nil, err
	}
	overlay, originals, err := modfiles.Overlay(tmp, b.Overlay)
	if err != nil {
		return nil, fmt.Errorf("writing the overlay: %w", err)
	}
	b.originals = originals
	out, err := b.compile(ctx, "-overlay="+overlay)
	if err == nil {
		return b.vet(ctx, overlay)
	}
	errs := b.parse(out, "build")
	if len(errs) == 0 {
		return nil, fmt.Errorf("compiling the module: %w\n%s", err, bytes.TrimSpace(out))
	}
	return errs, b.broken(ctx)
}

// compile builds every package. "go build" would also link each main package, a
// hundred of them in some modules, and no edit is seen only by the linker.
func (b *Build) compile(ctx context.Context, args ...string) ([]byte, error) {
	return b.gotool(ctx, "list", append(args, "-export", `-f={{""}}`)...)
}

// broken tells of a module that did not build before either, in packages that
// no edit touches: nothing that is taken back would mend it.
func (b *Build) broken(ctx context.Context) error {
	plain := *b
	plain.Modfile, plain.Env = "", b.Plain
	out, err := plain.compile(ctx)
	if err == nil {
		return nil
	}
	errs := plain.parse(out, "build")
	if len(errs) == 0 {
		return nil
	}
	e, more := errs[0], ""
	if rel, err := filepath.Rel(b.Dir, e.Pos.Filename); err == nil && filepath.IsLocal(rel) {
		e.Pos.Filename = filepath.ToSlash(rel)
	}
	if len(errs) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(errs)-1)
	}
	return fmt.Errorf("the module does not build as it is: %s: %s%s; make go build and go vet pass first, or leave them out with -no-build; nothing was changed", e.Pos, e.Msg, more)
}

// vet compares with a run over the module as it is, so that only what the edits
// brought counts.
func (b *Build) vet(ctx context.Context, overlay string) ([]Error, error) {
	out, err := b.gotool(ctx, "vet", "-overlay="+overlay)
	if err == nil {
		return nil, nil
	}
	errs := b.parse(out, "vet")
	if len(errs) == 0 {
		if out = b.withoutNewDirs(out); len(out) == 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("go vet: %w\n%s", err, bytes.TrimSpace(out))
	}
	plain := *b
	plain.Modfile, plain.Env = "", b.Plain
	before, err := plain.gotool(ctx, "vet")
	known := map[string]int{}
	if err != nil {
		for _, e := range b.parse(before, "vet") {
			known[e.Pos.Filename+" "+e.Msg]++
		}
	}
	var fresh []Error
	for _, e := range errs {
		// The go command's cache can repeat what vet once said of a dependency
		// that somebody vetted by itself (seen with Go 1.26 and the SQLite
		// driver): no edit brought that.
		if rel, err := filepath.Rel(b.Dir, e.Pos.Filename); err != nil || !filepath.IsLocal(rel) {
			continue
		}
		if k := e.Pos.Filename + " " + e.Msg; known[k] > 0 {
			known[k]--
			continue
		}
		fresh = append(fresh, e)
	}
	return fresh, nil
}

var missingDir = regexp.MustCompile(`: chdir (.+?): `)

// withoutNewDirs drops what the go command says of packages that are in the
// overlay only: it runs vet in a package's directory, and fails for that one
// when there is none. The packages that import it are vetted all the same.
func (b *Build) withoutNewDirs(out []byte) []byte {
	fresh := map[string]bool{}
	for name := range b.Overlay {
		fresh[filepath.Dir(name)] = true
	}
	var rest []byte
	for _, line := range bytes.Split(out, []byte("\n")) {
		m := missingDir.FindSubmatch(line)
		if m != nil && fresh[string(m[1])] || len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			continue
		}
		rest = append(append(rest, line...), '\n')
	}
	return rest
}

func (b *Build) gotool(ctx context.Context, verb string, args ...string) ([]byte, error) {
	args = append([]string{verb}, args...)
	if b.Modfile != "" {
		args = append(args, "-modfile="+b.Modfile)
	}
	if b.Tags != "" {
		args = append(args, "-tags="+b.Tags)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./...")...)
	cmd.Dir = b.Dir
	if cmd.Env = slices.Clone(b.Env); b.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "PWD="+b.Dir) // ours may be another name of it, and names in the overlay would not fit
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return out, fmt.Errorf("running go %s: %w", verb, err)
	}
	return out, err
}

var message = regexp.MustCompile(`^(?:vet: )?(.+?\.go):(\d+)(?::(\d+))?: (.*)$`)

// parse reads "path:line:col: message" lines; deeper indented lines belong to
// the message before.
func (b *Build) parse(out []byte, step string) []Error {
	var errs []Error
	for _, line := range strings.Split(string(out), "\n") {
		if strings.HasPrefix(line, "\t") && len(errs) > 0 {
			errs[len(errs)-1].Msg += "\n" + line
			continue
		}
		m := message.FindStringSubmatch(strings.TrimRight(line, "\r"))
		if m == nil {
			continue
		}
		name := m[1]
		if !filepath.IsAbs(name) {
			name = filepath.Join(b.Dir, name)
		}
		if original, ok := b.originals[filepath.Clean(name)]; ok {
			name = original // vet names the copy, the compiler the original
		}
		l, _ := strconv.Atoi(m[2])
		c, _ := strconv.Atoi(m[3])
		errs = append(errs, Error{Pos: token.Position{Filename: filepath.Clean(name), Line: l, Column: c}, Msg: m[4], Step: step})
	}
	return distinct(errs)
}
