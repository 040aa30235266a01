package project

import (
	"bytes"
	"math/rand"
	"strings"
	"testing"
	"time"
)

// section writes a section whose length takes pad bytes more than it needs, as
// linkers write them that fill lengths in later.
func section(id byte, body []byte, pad int) []byte {
	out := []byte{id}
	length := appendLEB128(nil, uint32(len(body)))
	for ; pad > 0 && len(length) < 5; pad-- {
		length[len(length)-1] |= 0x80
		length = append(length, 0)
	}
	return append(append(out, length...), body...)
}

// memoryBody is the contents of a memory section with one memory.
func memoryBody(least uint32, most ...uint32) []byte {
	b := []byte{1, byte(len(most))}
	b = appendLEB128(b, least)
	for _, m := range most {
		b = appendLEB128(b, m)
	}
	return b
}

func TestOnlyTheMaximumOfTheMemoryChanges(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewSource(seed))
	random := func(most int) []byte {
		b := make([]byte, rnd.Intn(most))
		rnd.Read(b)
		return b
	}
	for i := 0; i < 2000; i++ {
		before := []byte(wasmHeader)
		for n := rnd.Intn(4); n > 0; n-- {
			before = append(before, section([]byte{0, 1, 2, 3, 4}[rnd.Intn(5)], random(300), rnd.Intn(4))...)
		}
		var after []byte
		for n := rnd.Intn(4); n > 0; n-- {
			after = append(after, section([]byte{0, 6, 7, 10, 11, 12}[rnd.Intn(6)], random(40000), rnd.Intn(4))...)
		}
		pages := 1 + uint32(rnd.Intn(65536))
		least := uint32(rnd.Int63n(int64(pages) + 1))
		body := memoryBody(least)
		if rnd.Intn(2) == 0 {
			body = memoryBody(least, rnd.Uint32())
		}
		module := bytes.Join([][]byte{before, section(sectionMemory, body, rnd.Intn(4)), after}, nil)
		got, err := limitMemory(module, pages)
		if err != nil {
			t.Fatalf("module %x: %v", module, err)
		}
		want := bytes.Join([][]byte{before, section(sectionMemory, memoryBody(least, pages), 0), after}, nil)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d pages, at least %d: got %x, want %x", pages, least, got, want)
		}
		again, err := limitMemory(got, pages)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("a second time: %v", err)
		}
		// A module that is cut off anywhere but between two sections is refused.
		if cut := rnd.Intn(len(module)); cut >= len(before)+1 || cut < len(wasmHeader) {
			if short, err := limitMemory(module[:cut], pages); err == nil && !bytes.HasPrefix(want, short) {
				t.Fatalf("cut at %d of %d: %x", cut, len(module), short)
			}
		}
	}
}

func TestLEB128ReadsWhatItWrote(t *testing.T) {
	for shift := 0; shift < 32; shift++ {
		for _, v := range []uint32{1<<shift - 1, 1 << shift, 1<<shift | 0x55} {
			b := appendLEB128(nil, v)
			if got, n, err := readLEB128(append(b, 0xff)); got != v || n != len(b) || err != nil {
				t.Errorf("%d: %x reads as %d, %d bytes, %v", v, b, got, n, err)
			}
		}
	}
	for _, bad := range []string{"", "\x80", "\xff\xff\xff\xff", "\xff\xff\xff\xff\x10", "\x80\x80\x80\x80\x80\x00"} {
		if v, _, err := readLEB128([]byte(bad)); err == nil {
			t.Errorf("%x reads as %d", bad, v)
		}
	}
}

func TestModulesWithoutOneMemoryOfTheirOwnAreRefused(t *testing.T) {
	module := func(sections ...[]byte) []byte {
		return append([]byte(wasmHeader), bytes.Join(sections, nil)...)
	}
	one := section(sectionMemory, memoryBody(1), 0)
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		"nothing":                  {nil, "not a WebAssembly module"},
		"another version":          {[]byte("\x00asm\x02\x00\x00\x00"), "not a WebAssembly module"},
		"a component":              {[]byte("\x00asm\x0d\x00\x01\x00"), "not a WebAssembly module"},
		"no memory":                {module(section(1, []byte{0}, 0)), "no memory of its own"},
		"an imported memory":       {module(section(2, []byte("\x01\x01m\x01m\x02\x00\x01"), 0)), "no memory of its own"},
		"none in the section":      {module(section(sectionMemory, []byte{0}, 0)), "0 memories"},
		"two memories":             {module(section(sectionMemory, []byte{2, 0, 1, 0, 1}, 0)), "2 memories"},
		"two sections":             {module(one, one), "second memory section"},
		"a shared memory":          {module(section(sectionMemory, []byte{1, 3, 1, 2}, 0)), "another kind"},
		"64 bits":                  {module(section(sectionMemory, []byte{1, 4, 1}, 0)), "another kind"},
		"a start beyond the limit": {module(section(sectionMemory, memoryBody(17), 0)), "begins with 17 pages, and 16"},
		"bytes behind it":          {module(section(sectionMemory, append(memoryBody(1), 0), 0)), "1 bytes too many"},
		"a length behind the end":  {module([]byte{sectionMemory, 9, 1}), "ends behind the module"},
		"cut off behind it":        {module(one, []byte{10, 4, 0}), "ends behind the module"},
		"an unknown section":       {module(one, section(99, nil, 0)), "no section 99"},
	} {
		if got, err := limitMemory(c.module, 16); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %x, %v; want %q", name, got, err, c.want)
		}
	}
}

func FuzzLimitMemory(f *testing.F) {
	f.Add(append([]byte(wasmHeader), section(sectionMemory, memoryBody(3, 9), 2)...))
	f.Add(append([]byte(wasmHeader), section(sectionCustom, []byte("\x04name"), 0)...))
	f.Fuzz(func(t *testing.T, module []byte) {
		out, err := limitMemory(module, MaxMemoryPages)
		if err != nil {
			return
		}
		if again, err := limitMemory(out, MaxMemoryPages); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%x became %x and then %x, %v", module, out, again, err)
		}
	})
}
