package cli

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/sample"
)

func TestFlagsStandAnywhere(t *testing.T) {
	for _, test := range []struct {
		args string
		rest []string
		want options
		err  string
	}{
		{args: "", want: options{}},
		{args: "-w ./...", rest: []string{"./..."}, want: options{write: true}},
		{args: "./a -w ./b -C dir", rest: []string{"./a", "./b"}, want: options{write: true, dir: "dir"}},
		{args: "-C=dir --json ./a", rest: []string{"./a"}, want: options{json: true, dir: "dir"}},
		{args: "-w -- -d", rest: []string{"-d"}, want: options{write: true}},
		{args: "-C -- -d", want: options{dir: "--", diff: true}},
		{args: "-w=false ./a", rest: []string{"./a"}, want: options{}},
		{args: "-tags a,b -", rest: []string{"-"}, want: options{tags: "a,b"}},
		{args: "./a -C", err: "flag needs an argument: -C"},
		{args: "./a -wat", err: "not defined: -wat"},
		{args: "-w=maybe", err: "invalid boolean"},
	} {
		var got options
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		rewriteFlags(fs, &got)
		rest, err := parseMixed(fs, strings.Fields(test.args))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: error %v, want %q", test.args, err, test.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(rest, test.rest) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %v %+v, %v; want %v %+v", test.args, rest, got, err, test.rest, test.want)
		}
	}
}

// run runs the command and returns its exit code and output.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// chat is a copy of the sample.
func chat(t *testing.T) string {
	t.Helper()
	t.Setenv("GOWORK", "off")
	dir := filepath.Join(t.TempDir(), "chat")
	if err := sample.Extract(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFileThatChangedSinceItWasReadIsLeftAlone(t *testing.T) {
	dir := chat(t)
	file := filepath.Join(dir, "internal", "lock", "lock.go")
	edited := []byte("package lock // somebody was faster\n")
	beforeWrite = func() {
		if err := os.WriteFile(file, edited, 0o644); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { beforeWrite = func() {} })

	code, _, stderr := run(t, "-w", "-no-build", "-C", dir, "./...")
	if code != exitError || !strings.Contains(stderr, "lock.go") || !strings.Contains(stderr, "changed") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, edited) {
		t.Errorf("lock.go holds %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "redis2cf.yaml")); err == nil {
		t.Error("another file was written")
	}
}

func TestOutputIsPlainInAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close(); _ = w.Close() }()
	if isTerminal(w) || isTerminal(&bytes.Buffer{}) {
		t.Error("a pipe is taken for a terminal")
	}
	u := newUI(w, w)
	u.step("working")
	u.done()
	if u.to != nil || u.style.Bold("x") != "x" {
		t.Error("a pipe gets progress or colours")
	}
}

func TestNoColorIsHonoured(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	if colourWanted() {
		t.Error("NO_COLOR=1, and colours are wanted")
	}
	t.Setenv("NO_COLOR", "")
	if !colourWanted() {
		t.Error("no colours without a reason")
	}
	t.Setenv("TERM", "dumb")
	if colourWanted() {
		t.Error("a dumb terminal gets colours")
	}
}
