package shrink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// build compiles a small program to WebAssembly.
func build(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	main := filepath.Join(dir, "main.go")
	if err := os.WriteFile(main, []byte("package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\", len(fmt.Sprint(1.5))) }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "main.wasm")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, main)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOWORK=off", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// memory is what a module's data section fills in, and its other sections.
func memory(t testing.TB, module []byte) (mem []byte, others [][]byte) {
	t.Helper()
	for rest := module[8:]; len(rest) > 0; {
		n, k := binary.Uvarint(rest[1:])
		body := rest[1+k : 1+k+int(n)]
		if rest[0] != sectionData {
			others = append(others, append([]byte{rest[0]}, body...))
		} else {
			segments, err := read(body)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range segments {
				if need := int(s.at) + len(s.b); need > len(mem) {
					mem = append(mem, make([]byte, need-len(mem))...)
				}
				copy(mem[s.at:], s.b)
			}
		}
		rest = rest[1+k+int(n):]
	}
	return mem, others
}

func TestAModuleFillsTheSameMemoryButForTheLines(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	module := build(t)
	small, r, err := Module(module)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Known || r.Lines == 0 || r.Merged >= r.Segments {
		t.Errorf("nothing was done: %+v", r)
	}
	before, sections := memory(t, module)
	after, kept := memory(t, small)
	if len(sections) != len(kept) || !bytes.Equal(bytes.Join(sections, nil), bytes.Join(kept, nil)) {
		t.Error("another section changed")
	}
	if n, ok := lines(before); !ok || n != r.Lines {
		t.Errorf("%d bytes of lines are known, not %d", n, r.Lines)
	}
	if !bytes.Equal(before, after) {
		t.Error("the memory differs beyond the lines")
	}
	again, _, err := Module(small)
	if err != nil || !bytes.Equal(again, small) {
		t.Errorf("a second time changes something: %v", err)
	}
}

// A table of functions with anything unknown in it is left alone.
func TestTablesOfAnUnknownFormStay(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	mem, _ := memory(t, build(t))
	at := bytes.Index(mem, magic)
	index := int(binary.LittleEndian.Uint64(mem[at+8+7*8:]))
	for name, spoil := range map[string]func(b []byte){
		"too many functions":      func(b []byte) { b[8+2] = 0xff },
		"a name in the middle":    func(b []byte) { rec := index + int(binary.LittleEndian.Uint32(b[index+4:])); b[rec+recName]++ },
		"a record outside":        func(b []byte) { b[index+4+3] = 0x7f },
		"more tables than can be": func(b []byte) { rec := index + int(binary.LittleEndian.Uint32(b[index+4:])); b[rec+recCount+1] = 1 },
	} {
		b := bytes.Clone(mem)
		spoil(b[at:])
		spoiled := bytes.Clone(b)
		if _, ok := lines(b); ok || !bytes.Equal(b, spoiled) {
			t.Errorf("%s: it was changed", name)
		}
	}
}

func FuzzModule(f *testing.F) {
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x0b\x07\x01\x00\x41\x00\x0b\x01x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		small, _, err := Module(b)
		if err != nil {
			if !errors.Is(err, ErrModule) {
				t.Error(err)
			}
			return
		}
		if _, _, err := Module(small); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}
