package shrink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// little is a small program.
const little = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\", len(fmt.Sprint(1.5))) }\n"

// build compiles a program to WebAssembly.
func build(t testing.TB, text string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": text, "go.mod": "module main\n\ngo 1.24\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "main.wasm")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "PWD="+dir, "GOWORK=off", "GOFLAGS=")
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

func TestAModuleFillsTheSameMemoryButForTheTables(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	module := build(t, little)
	small, r, err := Module(module)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Known || r.Emptied == 0 || r.Merged >= r.Segments {
		t.Errorf("nothing was done: %+v", r)
	}
	before, sections := memory(t, module)
	after, kept := memory(t, small)
	if len(sections) != len(kept) {
		t.Fatal("a section is gone")
	}
	for i, s := range sections {
		if same := bytes.Equal(s, kept[i]); same == (s[0] == sectionElements) {
			t.Errorf("section %d: the same is %v", s[0], same)
		}
	}
	var again Report
	if empty(before, &again); !again.Known || again.Emptied != r.Emptied {
		t.Errorf("%+v, and %+v before", again, r)
	}
	if !bytes.Equal(before, after) {
		t.Error("the memory differs beyond the tables")
	}
	twice, _, err := Module(small)
	if err != nil || !bytes.Equal(twice, small) {
		t.Errorf("a second time changes something: %v", err)
	}
}

// A table of functions with anything unknown in it is left alone.
func TestTablesOfAnUnknownFormStay(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	mem, _ := memory(t, build(t, little))
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
		var r Report
		if empty(b, &r); r.Known || r.Emptied != 0 || !bytes.Equal(b, spoiled) {
			t.Errorf("%s: it was changed: %+v", name, r)
		}
	}
}

// Where one part has another form, it stays, and the others are emptied.
func TestAPartOfAnUnknownFormStays(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	mem, _ := memory(t, build(t, little))
	// with returns the memory after spoil, what is in it, and the part that must stay.
	type parts struct {
		t        *functionTable
		d        [words]uint64
		mem      []byte
		data     []byte
		buckets  []byte
		describe []byte
	}
	open := func() (p parts) {
		p.mem = bytes.Clone(mem)
		table, start, ok := readTable(p.mem)
		if !ok {
			t.Fatal("no table")
		}
		p.t = table
		if p.d, ok = describe(p.mem, table, uint64(start)); !ok {
			t.Fatal("no description")
		}
		p.data, p.buckets = at(p.mem, p.d[wordFunctions]), at(p.mem, p.d[wordBuckets])
		first := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(start)), uint64(start)+table.head.names)
		p.describe = p.mem[bytes.Index(p.mem, first):]
		return p
	}
	first := func(p parts, has func(record) bool) record {
		for _, r := range p.t.records {
			if has(r) {
				return r
			}
		}
		t.Fatal("no such function")
		return nil
	}
	for name, spoil := range map[string]func(p parts) (part []byte){
		"a point that is not known": func(p parts) []byte {
			r := first(p, func(r record) bool { return r.table(unsafePoints) != 0 })
			p.t.tables[r.table(unsafePoints)] += 64 // the first value
			return r[recTables:][:4]
		},
		"another description": func(p parts) []byte {
			p.describe[8*(wordIndex+1)]++
			return p.buckets[:20*bucketsEach*p.t.head.functions]
		},
		"a function elsewhere": func(p parts) []byte {
			p.buckets[20*100]++
			return p.buckets[:20*bucketsEach*p.t.head.functions]
		},
		"an argument of three bytes": func(p parts) []byte {
			r := first(p, func(r record) bool { return r.data(dataArgs) != none && p.data[r.data(dataArgs)] < 0xf0 })
			p.data[r.data(dataArgs)+1] = 3
			return p.data[:1024]
		},
		"a name in the middle of one": func(p parts) []byte {
			r := first(p, func(r record) bool { return r.data(dataInlined) != none })
			p.data[r.data(dataInlined)+inlinedName]++
			return p.data[r.data(dataInlined):][:inlinedBytes]
		},
	} {
		p := open()
		part := spoil(p)
		want := bytes.Clone(part)
		var r Report
		if empty(p.mem, &r); r.Known || r.Emptied == 0 {
			t.Errorf("%s: %+v", name, r)
		}
		if !bytes.Equal(part, want) {
			t.Errorf("%s: it was changed", name)
		}
	}
}

func TestNumbersOfFunctionsStayTheSame(t *testing.T) {
	numbers := func(b []byte) (list []uint64) {
		for b = b[7:]; len(b) > 0; {
			n, k := binary.Uvarint(b)
			list, b = append(list, n), b[k:]
		}
		return list
	}
	var list []byte
	for _, n := range []uint64{0, 1, 127, 128, 1 << 14, 1<<28 - 1} {
		list = binary.AppendUvarint(list, n)
	}
	body := append([]byte{1, 0, opConst, 0x80, 0x20, opEnd, 6}, list...)
	got := elements(body)
	if len(got) != 7+6*4 || !bytes.Equal(got[:7], body[:7]) || !reflect.DeepEqual(numbers(got), numbers(body)) {
		t.Errorf("%x became %x", body, got)
	}
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"two lists":         append([]byte{2}, body[1:]...),
		"another kind":      append([]byte{1, 4}, body[2:]...),
		"a global's offset": append([]byte{1, 0, 0x23}, body[3:]...),
		"cut off":           body[:len(body)-1],
		"more behind it":    append(bytes.Clone(body), 1),
		"a large number":    append([]byte{1, 0, opConst, 0x80, 0x20, opEnd, 1}, 0xff, 0xff, 0xff, 0xff, 1),
		"too many":          append([]byte{1, 0, opConst, 0x80, 0x20, opEnd, 0xff, 0xff, 0xff, 0xff, 0xf}, list...),
	} {
		if got := elements(b); !bytes.Equal(got, b) {
			t.Errorf("%s: %x became %x", name, b, got)
		}
	}
}

func TestGoFunctionsAreKnownByTheirPaths(t *testing.T) {
	for name, want := range map[string]bool{
		"runtime.mallocgc": true, "encoding/binary.Write": true, "internal/runtime/maps.(*Iter).Next": true,
		"slices.SortFunc[go.shape.struct { github.com/redis2cf/x.y int }]": true, "type:.eq.[2]string": true,
		"main.main": false, "main.f[go.shape.int]": false, "github.com/cespare/xxhash/v2.Sum64": false, "example.com/a.(*T).f": false,
	} {
		if got := ofGo(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Code may copy a segment by its number, when the module says how many there are.
func TestModuleWithNumberedSegmentsStays(t *testing.T) {
	module := []byte("\x00asm\x01\x00\x00\x00\x0c\x01\x02\x0b\x0d\x02\x00\x41\x00\x0b\x01x\x00\x41\x04\x0b\x01y")
	small, r, err := Module(module)
	if err != nil || !bytes.Equal(small, module) || r != (Report{}) {
		t.Errorf("%q, %+v, %v", small, r, err)
	}
	plain := append(append([]byte{}, module[:8]...), module[11:]...)
	if small, r, err := Module(plain); err != nil || r.Segments != 2 || r.Merged != 1 {
		t.Errorf("%q, %+v, %v", small, r, err)
	}
}

func FuzzModule(f *testing.F) {
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x09\x08\x01\x00\x41\x00\x0b\x02\x01\x02"))
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

// The linker leaves out zeros, and may take some of the description: an address that ends
// in zeros stands first in it, one that begins with them last.
func TestTheDescriptionIsFoundWithoutItsOuterZeros(t *testing.T) {
	const address = 0x123400
	table := &functionTable{head: header{functions: 3, names: 0x40, tables: 0x80, index: 0xc0}}
	var d [words]uint64
	d[0], d[wordNames], d[wordTables] = address, address+table.head.names, address+table.head.tables
	d[wordRecords], d[wordIndex], d[wordIndex+1] = address+table.head.index, address+table.head.index, table.head.functions+1
	d[wordFunctions] = 0x4567
	var b []byte
	for _, w := range d {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	whole, inner := len(b), bytes.Trim(b, "\x00")
	if len(inner) != whole-1-6 {
		t.Fatalf("%d of %d bytes are left", len(inner), whole)
	}
	for name, s := range map[string][]byte{
		"whole": b, "without its outer zeros": inner, "between others": append(append(bytes.Repeat([]byte{1, 0}, 50), b...), 9, 9),
	} {
		if got, ok := describe(image([]segment{{7, []byte("else")}, {99, s}}), table, address); !ok || got != d {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
	if _, ok := describe(image([]segment{{99, inner[1:]}}), table, address); ok {
		t.Error("another address was found")
	}
}
