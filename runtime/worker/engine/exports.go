//go:build wasip1 && go1.24

package main

import (
	"encoding/binary"
	"unsafe"

	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

var (
	in  *object.Instance
	buf []byte // of the input, see buffer
	out []byte // of what was returned last, so that it is not collected
)

func main() {} // of a reactor, which is never called

func init() {
	in = object.New(object.Options{Log: logLine, Collect: wantsCollection})
}

// keptBuffer bounds the memory that the buffer keeps from one call to the next.
const keptBuffer = 256 << 10

//go:wasmexport buffer
func buffer(n int32) uint32 {
	moved += int64(n)
	if cap(buf) < int(n) || cap(buf) > keptBuffer && int(n) <= keptBuffer {
		buf = make([]byte, max(int(n), 4096))
	}
	buf = buf[:cap(buf)]
	return addressOf(buf)
}

func addressOf(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// output keeps what a call returns until the next one.
func output(b []byte) uint32 {
	moved += int64(len(b))
	out = b
	return addressOf(b)
}

// counted returns a text with its length before it.
func counted(s string) uint32 {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(s)), uint32(len(s)))
	return output(append(b, s...))
}

// gone is the output for a handle that is not open.
var gone = make([]byte, 28)

// with calls a method of the object of a handle.
func with(handle int32, call func(*object.Object) []byte) uint32 {
	o := in.Object(uint32(handle))
	if o == nil {
		clear(gone)
		gone[0] = 1
		return output(gone)
	}
	return output(call(o))
}

//go:wasmexport configure
func configure(n int32) {
	cfg, err := object.ParseConfig(buf[:n])
	if err != nil {
		logLine(3, err.Error())
		return
	}
	in.Configure(cfg)
}

//go:wasmexport statements
func statements() uint32 { return counted(object.Statements()) }

//go:wasmexport open
func open(handle int32, now, seed float64, n int32) uint32 {
	return output(in.Open(uint32(handle), executor{}, string(buf[:n]), int64(now), uint64(seed)))
}

//go:wasmexport attach
func attach(handle int32, conn float64, scope, n int32) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Attach(uint64(conn), int(scope), buf[:n]) })
}

//go:wasmexport message
func message(handle int32, conn, now, seed float64, n, mode int32) uint32 {
	return with(handle, func(o *object.Object) []byte {
		return o.Message(uint64(conn), int64(now), uint64(seed), buf[:n], mode == 1)
	})
}

//go:wasmexport post
func post(handle int32, conn, now, seed float64, n, mode int32) uint32 {
	return with(handle, func(o *object.Object) []byte {
		return o.Post(uint64(conn), int64(now), uint64(seed), buf[:n], mode == 1)
	})
}

//go:wasmexport closed
func closed(handle int32, conn, now, seed float64) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Closed(uint64(conn), int64(now), uint64(seed)) })
}

//go:wasmexport tick
func tick(handle int32, now, seed float64) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Tick(int64(now), uint64(seed)) })
}

//go:wasmexport sweep
func sweep(handle, rows int32) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Sweep(int(rows)) })
}

//go:wasmexport follow
func follow(handle, follower int32, now float64) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Follow(int(follower), int64(now)) })
}

//go:wasmexport followed
func followed(handle, follower int32, now float64, n int32) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Followed(int(follower), int64(now), buf[:n]) })
}

//go:wasmexport rebuild
func rebuild(handle, follower int32, now float64) uint32 {
	return with(handle, func(o *object.Object) []byte { return o.Rebuild(int(follower), int64(now)) })
}

//go:wasmexport release
func release(handle int32) { in.Release(uint32(handle)) }

//go:wasmexport unit
func unit() uint32 { return uint32(uintptr(unsafe.Pointer(in.Unit()))) }

//go:wasmexport culprit
func culprit(unit int32) { in.Culprit(unit) }

//go:wasmexport status
func status(handle int32, now float64) uint32 {
	return counted(in.Followers(uint32(handle), int64(now)))
}

//go:wasmexport stats
func stats() uint32 { return counted(in.Stats()) }
