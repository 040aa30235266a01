//go:build wasip1 && go1.24

package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Go's collector runs incrementally here, and is told after each cycle how much
// garbage the next one may leave.
//
// There is one thread, and a call of ours never lets another goroutine run, so that
// nothing is collected in the background: whoever allocates while a cycle is under way
// marks a share before it gets its memory. That spreads a cycle over the frames
// of the last megabytes before the goal: none is held up for as long as a whole
// collection takes (in a trial 9 ms instead of 176 with 130,000 small keys).
//
// With the default of 100 % the heap may grow to twice what is live, and linear memory
// never shrinks. So the percentage is set anew after each cycle: the goal is what is live
// and a fixed amount of garbage.
//
// Should the cycles not keep up, JavaScript is asked to call collect between two frames.
func init() {
	debug.SetGCPercent(percent(0))
	metrics.Read(sample)
	cycles, collected = sample[metricCycles].Value.Uint64(), sample[metricAllocated].Value.Uint64()
}

const (
	metricAllocated = iota
	metricCycles
	metricLive
)

var (
	sample    = []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	cycles    uint64 // that had ended when the metrics were read last
	collected uint64 // bytes that had been allocated when the last of them was seen
)

const (
	// garbage is how many bytes may be allocated from one cycle's end to the next, and
	// leastGarbage that with as much live data as there may be.
	garbage      = 16 << 20
	leastGarbage = 8 << 20
	// roomy is how much live data leaves room for as much garbage as there may be.
	roomy = 40 << 20
	// late is after how many times that a cycle is overdue.
	late = 3
)

// allowed is how much garbage there may be beside so many bytes of live data.
func allowed(live int64) int64 {
	if live <= roomy {
		return garbage
	}
	return max(garbage-(live-roomy)/2, leastGarbage)
}

// percent is GOGC for so many bytes of live data. Go takes it of 4 MB at least.
func percent(live int64) int {
	return int(max(allowed(live)*100/max(live, 4<<20), 1))
}

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

// wantsCollection looks whether a cycle has ended, and sets the goal of the next one. It
// reports whether the next one is overdue.
func wantsCollection(int64) bool {
	if unread++; unread < readEvery && moved < readBytes {
		return false
	}
	unread, moved = 0, 0
	metrics.Read(sample)
	live := int64(sample[metricLive].Value.Uint64())
	allocated := sample[metricAllocated].Value.Uint64()
	if n := sample[metricCycles].Value.Uint64(); n != cycles {
		cycles, collected = n, allocated
		debug.SetGCPercent(percent(live))
		return false
	}
	return int64(allocated-collected) > late*allowed(live)
}

//go:wasmexport collect
func collect(force int32) int32 {
	if unread = readEvery; force == 0 && !wantsCollection(0) {
		return 0
	}
	runtime.GC()
	unread = readEvery
	wantsCollection(0)
	return 1
}
