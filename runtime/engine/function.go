package engine

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/redislua"
)

// libraries are the libraries of functions. They belong to no database, so that
// FLUSHALL leaves them alone, and each is a row of the store.
type libraries struct {
	byName    map[string]*redislua.Library
	functions map[string]*redislua.Function // by name in lower case: FCALL folds it
	lua       *redislua.State               // made when the first library is loaded
	kept      []string                      // code that the store had, until the first use
}

// readLibraries notes what the store has. Code runs only when functions are used.
func (e *Engine) readLibraries() error {
	err := e.store.Keys(FunctionsDB, 0, false, func(h Header) bool {
		if h.Type == TypeFunction {
			e.libraries.kept = append(e.libraries.kept, h.Value)
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("reading the libraries of functions: %w", err)
	}
	return nil
}

// useLibraries loads what the store had.
func (e *Engine) useLibraries() error {
	libs := &e.libraries
	for len(libs.kept) > 0 {
		lib, err := e.loadLibrary(libs.kept[0])
		if err != nil {
			return fmt.Errorf("loading a library that the store has: %w", err)
		}
		libs.add(lib)
		libs.kept = libs.kept[1:]
	}
	return nil
}

// loadLibrary runs a library's code. It does not add the library.
func (e *Engine) loadLibrary(code string) (*redislua.Library, error) {
	if e.libraries.lua == nil {
		e.libraries.lua = redislua.NewLibraries()
		e.libraries.lua.Known = e.knows
	}
	lib, err := e.libraries.lua.Load(code, e.scriptBudget())
	e.scripts.steps += e.libraries.lua.Steps()
	return lib, err
}

func (l *libraries) add(lib *redislua.Library) {
	if l.byName == nil {
		l.byName, l.functions = map[string]*redislua.Library{}, map[string]*redislua.Function{}
	}
	l.byName[lib.Name] = lib
	for _, f := range lib.Functions {
		if name := strings.ToLower(f.Name); l.functions[name] == nil {
			l.functions[name] = f // of names of one library that differ in case, the first
		}
	}
}

func (l *libraries) remove(lib *redislua.Library) {
	delete(l.byName, lib.Name)
	for _, f := range lib.Functions {
		delete(l.functions, strings.ToLower(f.Name))
	}
}

// bytes is how much code the libraries have.
func (l *libraries) bytes() (n int) {
	for _, lib := range l.byName {
		n += len(lib.Code)
	}
	return n
}

// sorted are the libraries by name.
func (l *libraries) sorted() []*redislua.Library {
	all := make([]*redislua.Library, 0, len(l.byName))
	for _, lib := range l.byName {
		all = append(all, lib)
	}
	slices.SortFunc(all, func(a, b *redislua.Library) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// clash is the name of a function that two libraries would have.
func (l *libraries) clash(lib *redislua.Library) (name string, ok bool) {
	old := l.byName[lib.Name]
	for _, f := range lib.Functions {
		if have := l.functions[strings.ToLower(f.Name)]; have != nil && (old == nil || !slices.Contains(old.Functions, have)) {
			return f.Name, true
		}
	}
	return "", false
}

// putLibrary adds a library or replaces the one of its name, and writes its row.
func (e *Engine) putLibrary(lib *redislua.Library) {
	if old := e.libraries.byName[lib.Name]; old != nil {
		e.libraries.remove(old)
	}
	e.libraries.add(lib)
	e.libraryRow(OpPutKey, lib)
}

// dropLibrary removes a library and its row.
func (e *Engine) dropLibrary(lib *redislua.Library) {
	e.libraries.remove(lib)
	e.libraryRow(OpDelKey, lib)
}

func (e *Engine) libraryRow(kind OpKind, lib *redislua.Library) {
	if e.volatile {
		return
	}
	h := Header{DB: FunctionsDB, Hash: KeyHash(lib.Name), Key: lib.Name, Type: TypeFunction}
	if kind == OpPutKey {
		h.Value = lib.Code
	}
	e.ops = append(e.ops, Op{Kind: kind, Type: TypeFunction, Header: h})
}

// flushLibraries removes all libraries, and with them what their code kept.
func (e *Engine) flushLibraries() {
	if !e.volatile && len(e.libraries.byName)+len(e.libraries.kept) > 0 {
		e.ops = append(e.ops, Op{Kind: OpFlushDB, Header: Header{DB: FunctionsDB}})
	}
	if e.libraries.lua != nil {
		e.libraries.lua.Close()
	}
	e.libraries = libraries{}
}

// The form of FUNCTION DUMP: the word, the version, and for each library the
// length of its code as a varint and the code; at the end the CRC-64 of all that
// stands before, little endian.
const (
	dumpWord    = "r2cf-functions"
	dumpVersion = 1
)

var crcTable = crc64.MakeTable(crc64.ECMA)

func dumpLibraries(libs []*redislua.Library) string {
	b := append([]byte(dumpWord), dumpVersion)
	for _, lib := range libs {
		b = binary.AppendUvarint(b, uint64(len(lib.Code)))
		b = append(b, lib.Code...)
	}
	return string(binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, crcTable)))
}

// readDump is the code of the libraries in a dump; ok is false when it is none,
// or one of another version.
func readDump(dump string) (codes []string, ok bool) {
	body := len(dump) - 8
	if body <= len(dumpWord) || dump[:len(dumpWord)] != dumpWord || dump[len(dumpWord)] != dumpVersion {
		return nil, false
	}
	if binary.LittleEndian.Uint64([]byte(dump[body:])) != crc64.Checksum([]byte(dump[:body]), crcTable) {
		return nil, false
	}
	rest := []byte(dump[len(dumpWord)+1 : body])
	for len(rest) > 0 {
		n, width := binary.Uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) {
			return nil, false
		}
		codes = append(codes, string(rest[width:width+int(n)]))
		rest = rest[width+int(n):]
	}
	return codes, true
}
