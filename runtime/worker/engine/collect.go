//go:build wasip1 && go1.24

package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The collector is off, because by itself it lets linear memory grow to several times
// what is live, and such memory never shrinks. Instead what was allocated is counted,
// and JavaScript calls collect between two frames when an output asks for it.
func init() {
	debug.SetGCPercent(-1)
	metrics.Read(sample[:])
	collected = sample[0].Value.Uint64()
}

var (
	sample    = []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	collected uint64 // bytes that had been allocated at the last collection
)

const (
	// garbage is how many bytes may be allocated from one collection to the next.
	garbage = 16 << 20
	// leastGarbage is that with as much live data as there may be.
	leastGarbage = 4 << 20
	// roomy is how much live data leaves room for as much garbage as there may be.
	roomy = 32 << 20
)

// Reading the metrics costs as much as serving a hundred commands, so it is done once in
// so many outputs, and sooner when many bytes have passed the border.
const (
	readEvery = 64
	readBytes = 256 << 10
)

var (
	unread int   // outputs since the metrics were read
	moved  int64 // bytes that passed the border since
)

// wantsCollection reports whether enough was allocated to collect, given the bytes of
// live data: the more there are, the sooner, so that linear memory holds.
func wantsCollection(live int64) bool {
	if unread++; unread < readEvery && moved < readBytes {
		return false
	}
	unread, moved = 0, 0
	metrics.Read(sample)
	may := int64(garbage)
	if live > roomy {
		may = max(garbage-(live-roomy)*3/4, leastGarbage)
	}
	return int64(sample[0].Value.Uint64()-collected) >= may
}

//go:wasmexport collect
func collect(force int32) int32 {
	if unread = readEvery; force == 0 && !wantsCollection(in.Live()) {
		return 0
	}
	runtime.GC()
	metrics.Read(sample)
	collected = sample[0].Value.Uint64()
	return 1
}
