package project

import (
	"errors"
	"fmt"
)

// MaxMemoryPages is the most linear memory that engine.wasm may have, in
// WebAssembly pages of 64 KiB: 96 MB, which leaves room below the 128 MB that an
// isolate has on Cloudflare. A program that reaches it traps; without it, an isolate
// would be ended together with everything else in it.
const MaxMemoryPages = 1536

// The parts of the binary format that are needed here.
const (
	wasmHeader    = "\x00asm\x01\x00\x00\x00"
	sectionCustom = 0
	sectionMemory = 5
	sectionLast   = 13 // tags; a larger number is of a proposal that we do not know
)

// limitMemory returns the module with pages as the maximum of its memory, which
// may grow up to it and no further. All other bytes stay as they are. A module is
// refused that does not define exactly one 32-bit memory of its own, or starts with
// more pages than that.
func limitMemory(module []byte, pages uint32) ([]byte, error) {
	if len(module) < len(wasmHeader) || string(module[:len(wasmHeader)]) != wasmHeader {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	var out []byte
	for at := len(wasmHeader); at < len(module); {
		start, id := at, module[at]
		if id > sectionLast {
			return nil, fmt.Errorf("byte %d: there is no section %d", start, id)
		}
		size, n, err := readLEB128(module[at+1:])
		if err != nil {
			return nil, fmt.Errorf("byte %d: the length of section %d: %w", start, id, err)
		}
		at += 1 + n
		if uint64(size) > uint64(len(module)-at) {
			return nil, fmt.Errorf("byte %d: section %d ends behind the module", start, id)
		}
		body := module[at : at+int(size)]
		at += int(size)
		if id != sectionMemory {
			continue
		}
		if out != nil {
			return nil, fmt.Errorf("byte %d: a second memory section", start)
		}
		limited, err := limitSection(body, pages)
		if err != nil {
			return nil, fmt.Errorf("byte %d: the memory section: %w", start, err)
		}
		out = make([]byte, 0, len(module)+8)
		out = append(out, module[:start]...)
		out = append(out, sectionMemory)
		out = appendLEB128(out, uint32(len(limited)))
		out = append(out, limited...)
		out = append(out, module[at:]...)
		// What follows is walked in the old bytes: a module that is cut off must
		// not leave here with a good memory section.
	}
	if out == nil {
		return nil, errors.New("the module has no memory of its own")
	}
	return out, nil
}

// limitSection is limitMemory for the contents of a memory section.
func limitSection(body []byte, pages uint32) ([]byte, error) {
	count, n, err := readLEB128(body)
	if err != nil {
		return nil, err
	}
	if count != 1 {
		return nil, fmt.Errorf("%d memories, not one", count)
	}
	body = body[n:]
	if len(body) == 0 {
		return nil, errors.New("it ends early")
	}
	flags := body[0]
	if flags > 1 { // shared, 64-bit, with pages of another size
		return nil, fmt.Errorf("a memory of another kind (flags %#x)", flags)
	}
	body = body[1:]
	least, n, err := readLEB128(body)
	if err != nil {
		return nil, err
	}
	body = body[n:]
	if flags == 1 {
		if _, n, err = readLEB128(body); err != nil {
			return nil, err
		}
		body = body[n:]
	}
	if len(body) != 0 {
		return nil, fmt.Errorf("%d bytes too many", len(body))
	}
	if least > pages {
		return nil, fmt.Errorf("it begins with %d pages, and %d are allowed", least, pages)
	}
	out := appendLEB128([]byte{1, 1}, least) // one memory, with a maximum
	return appendLEB128(out, pages), nil
}

// readLEB128 reads an unsigned number of at most 32 bits and how many bytes it
// takes; leading zeros are allowed, as linkers write them.
func readLEB128(b []byte) (value uint32, n int, err error) {
	for shift := uint(0); ; shift += 7 {
		if n == len(b) {
			return 0, 0, errors.New("a number ends early")
		}
		c := b[n]
		n++
		if shift == 28 && c > 0x0f {
			return 0, 0, errors.New("a number of more than 32 bits")
		}
		value |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return value, n, nil
		}
	}
}

// appendLEB128 writes a number in as few bytes as it needs.
func appendLEB128(b []byte, value uint32) []byte {
	for value >= 0x80 {
		b = append(b, byte(value)|0x80)
		value >>= 7
	}
	return append(b, byte(value))
}
