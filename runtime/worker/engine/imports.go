//go:build wasip1 && go1.24

package main

import (
	"errors"
	"unsafe"
)

//go:wasmimport redis2cf exec
func hostExec(address, n uint32) int32

//go:wasmimport redis2cf query
func hostQuery(address, n, rows uint32) int32

//go:wasmimport redis2cf fetch
func hostFetch(address uint32)

//go:wasmimport redis2cf errorLength
func hostErrorLength() int32

//go:wasmimport redis2cf size
func hostSize() float64

//go:wasmimport redis2cf log
func hostLog(level int32, address, n uint32)

// executor performs programs on the object in whose call it is.
type executor struct{}

var results []byte // of queries

// keptResults bounds the memory that results keep from one query to the next.
const keptResults = 512 << 10

func (executor) Exec(program []byte) error {
	moved += int64(len(program))
	if hostExec(addressOf(program), uint32(len(program))) == 0 {
		return nil
	}
	return lastError()
}

func (executor) Query(program []byte, rows int) ([]byte, error) {
	n := int(hostQuery(addressOf(program), uint32(len(program)), uint32(rows)))
	if n < 0 {
		return nil, lastError()
	}
	moved += int64(n)
	if cap(results) < n || cap(results) > keptResults && n <= keptResults {
		results = make([]byte, max(n, 16<<10))
	}
	results = results[:cap(results)]
	hostFetch(addressOf(results))
	return results[:n], nil
}

func (executor) Size() int64 { return int64(hostSize()) }

func lastError() error {
	n := hostErrorLength()
	if n <= 0 {
		return errors.New("the store failed without a word")
	}
	text := make([]byte, n)
	hostFetch(addressOf(text))
	return errors.New(string(text))
}

func logLine(level int, text string) {
	if text == "" {
		return
	}
	hostLog(int32(level), uint32(uintptr(unsafe.Pointer(unsafe.StringData(text)))), uint32(len(text)))
}
