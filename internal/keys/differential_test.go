package keys

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/importer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRandomProgramsMakeTheKeysThatWereForetold runs programs that build keys in
// all the ways that the package reads, and holds each key against the patterns
// of its site. It is the one judge of soundness that shares nothing with the
// analysis. KEYS_SEED begins elsewhere; KEYS_PROGRAMS makes more of them.
func TestRandomProgramsMakeTheKeysThatWereForetold(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	seed := uint64(1)
	if s := os.Getenv("KEYS_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	programs := 1
	if s := os.Getenv("KEYS_PROGRAMS"); s != "" {
		programs, _ = strconv.Atoi(s)
	}
	for ; programs > 0; seed++ {
		t.Run("KEYS_SEED="+strconv.FormatUint(seed, 10), func(t *testing.T) { differ(t, seed) })
		programs--
	}
}

func differ(t *testing.T, seed uint64) {
	src := newGenerator(seed).program(40, 60)
	fset := token.NewFileSet()
	pkg := load(t, importer.Default(), fset, src)
	a := New(fset, []Package{pkg})
	patterns := map[int]Key{}
	lines := map[int]int{}
	ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		id, ok := call.Fun.(*ast.Ident)
		lit, isLit := call.Args[0].(*ast.BasicLit)
		if !ok || !isLit || id.Name != "use" && id.Name != "uses" {
			return true
		}
		site, _ := strconv.Atoi(lit.Value)
		if id.Name == "uses" {
			patterns[site] = a.OfElements(call.Args[1])
		} else {
			patterns[site] = a.Of(call.Args[1])
		}
		lines[site] = fset.Position(call.Pos()).Line
		return true
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", file)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	wrong, known := map[int]bool{}, map[int]bool{}
	keys := 0
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		num, quoted, _ := strings.Cut(sc.Text(), " ")
		site, _ := strconv.Atoi(num)
		key, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("%q: %v", sc.Text(), err)
		}
		keys++
		k := patterns[site]
		if k.Code != "" || k.Assumed != "" || key == "" || wrong[site] {
			continue
		}
		ok := false
		for _, p := range k.Patterns {
			known[site] = known[site] || p != "*"
			ok = ok || matches(p, key)
		}
		if !ok {
			wrong[site] = true
			line := lines[site]
			t.Errorf("line %d: key %q is none of %q\n%s", line, key, k.Patterns, strings.Split(src, "\n")[line-1])
		}
	}
	if len(wrong) > 0 {
		kept := filepath.Join(os.TempDir(), "keys-"+strconv.FormatUint(seed, 10)+".go")
		if err := os.WriteFile(kept, []byte(src), 0o644); err == nil {
			t.Logf("the program is in %s", kept)
		}
	}
	t.Logf("%d sites, %d keys, %d sites with patterns", len(patterns), keys, len(known))
	if len(known)*4 < len(patterns) || keys == 0 {
		t.Errorf("of %d sites only %d have patterns: the programs show little", len(patterns), len(known))
	}
}

// matches tells whether a key is one of a pattern's, which has stars and escapes
// only.
func matches(pattern, key string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '*':
			for j := 0; j <= len(key); j++ {
				if matches(pattern[i+1:], key[j:]) {
					return true
				}
			}
			return false
		case '\\':
			i++
		}
		if key == "" || key[0] != pattern[i] {
			return false
		}
		key = key[1:]
	}
	return key == ""
}
