package report

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

// applyDiff writes the Before side of changes below a directory of a git
// repository, applies their diff with git there and compares with After.
func applyDiff(t *testing.T, changes []Change) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		testneed.Missing(t, "git", "apt-get install git")
	}
	root := t.TempDir()
	dir := filepath.Join(root, "sub", "module") // not the repository's root
	git := func(in string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		cmd.Stdin = strings.NewReader(in)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s\n%s", strings.Join(args, " "), err, out, in)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	git("", "init", "-q", root)
	for _, c := range changes {
		if c.Before == nil {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(c.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, c.Before, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var diff bytes.Buffer
	if _, err := WriteDiff(&diff, changes); err != nil {
		t.Fatal(err)
	}
	if diff.Len() > 0 {
		git(diff.String(), "apply")
	}
	for _, c := range changes {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(c.Path)))
		if c.After == nil {
			if !os.IsNotExist(err) {
				t.Errorf("%s is still there (%v)", c.Path, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, c.After) {
			t.Errorf("%s: %v\n got %q\nwant %q\ndiff:\n%s", c.Path, err, got, c.After, diff.String())
		}
	}
}

func TestGitAppliesTheDiff(t *testing.T) {
	long := strings.Repeat("line\n", 40)
	applyDiff(t, []Change{
		{Path: "main.go", Before: []byte("package main\n\nfunc main() {}\n"), After: []byte("package main\n\nfunc main() { run() }\n")},
		{Path: "same.go", Before: []byte("package same\n"), After: []byte("package same\n")},
		{Path: "new/file.go", After: []byte("package new\n")},
		{Path: "new/no newline.go", After: []byte("package new")},
		{Path: "gone.go", Before: []byte("package gone\n"), After: nil},
		{Path: "crlf.go", Before: []byte("a\r\nb\r\nc\r\n"), After: []byte("a\r\nB\r\nc\r\n")},
		{Path: "loses newline.go", Before: []byte("a\nb\n"), After: []byte("a\nb")},
		{Path: "gets newline.go", Before: []byte("a\nb"), After: []byte("a\nb\n")},
		{Path: "keeps none.go", Before: []byte("x\n" + long + "end"), After: []byte("y\n" + long + "end")},
		{Path: "schlüssel/\"q\".go", Before: []byte("a\n"), After: []byte("b\n")},
		{Path: "two.go", Before: []byte("x\n" + long + "x\n"), After: []byte("y\n" + long + "y\nz\n")},
		{Path: "filled.go", Before: []byte{}, After: []byte("package filled\n")},
	})
}

func TestGitAppliesRandomDiffs(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	text := func(lines int) []byte {
		var b bytes.Buffer
		for i := 0; i < lines; i++ {
			end := "\n"
			if r.Intn(8) == 0 {
				end = "\r\n"
			}
			fmt.Fprintf(&b, "%c%s", 'a'+rune(r.Intn(4)), end)
		}
		if r.Intn(3) == 0 {
			b.WriteString("tail")
		}
		return b.Bytes()
	}
	var changes []Change
	for i := 0; i < 200; i++ { // 30 lines of four kinds: many hunks with several changes each
		before, after := text(r.Intn(30)+1), text(r.Intn(30)+1)
		changes = append(changes, Change{Path: fmt.Sprintf("f%03d.txt", i), Before: before, After: after})
	}
	applyDiff(t, changes)
}

func TestNoDifferenceSaysSo(t *testing.T) {
	var out bytes.Buffer
	differs, err := WriteDiff(&out, []Change{{Path: "a.go", Before: []byte("a\n"), After: []byte("a\n")}})
	if differs || err != nil || out.Len() != 0 {
		t.Errorf("differs = %v, %v, %q", differs, err, out.String())
	}
}

// git finds a hunk by its context and forgives a wrong line: other programs do
// not.
func TestHunksNameTheirLines(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	header := regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$`)
	for round := 0; round < 200; round++ {
		var before, after []string
		for i := 0; i < 60; i++ {
			line := fmt.Sprintf("line %d", i)
			before = append(before, line)
			switch r.Intn(12) {
			case 0: // goes
			case 1:
				after = append(after, line+" changed")
			case 2:
				after = append(after, line, "new")
			default:
				after = append(after, line)
			}
		}
		var out bytes.Buffer
		text := func(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }
		if _, err := WriteDiff(&out, []Change{{Path: "f", Before: text(before), After: text(after)}}); err != nil {
			t.Fatal(err)
		}
		from, to := 0, 0 // 0-based line that is next
		for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")[2:] {
			if m := header.FindStringSubmatch(line); m != nil {
				from, _ = strconv.Atoi(m[1])
				to, _ = strconv.Atoi(m[3])
				from, to = from-1, to-1
				continue
			}
			sign, rest := line[0], line[1:]
			if sign != '+' {
				if before[from] != rest {
					t.Fatalf("round %d: line %d is %q, the diff says %q\n%s", round, from+1, before[from], rest, out.String())
				}
				from++
			}
			if sign != '-' {
				if after[to] != rest {
					t.Fatalf("round %d: new line %d is %q, the diff says %q\n%s", round, to+1, after[to], rest, out.String())
				}
				to++
			}
		}
	}
}
