package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fresh returns a string that shares its bytes with no other.
func fresh(format string, args ...any) string { return strings.Clone(fmt.Sprintf(format, args...)) }

// TestBytesAreWhatCollectionsTake holds what collections say that they take
// against the heap.
func TestBytesAreWhatCollectionsTake(t *testing.T) {
	hashOf := func(fields, size int) func() sizer {
		return func() sizer {
			h := &hash{}
			for i := 0; i < fields; i++ {
				h.set(fresh("field:%d", i), fresh("%0*d", size, i))
			}
			return h
		}
	}
	setOf := func(members int, format string) func() sizer {
		return func() sizer {
			s := &set{}
			for i := 0; i < members; i++ {
				s.add(fresh(format, i))
			}
			return s
		}
	}
	streamOf := func(entries, size int, groups bool) func() sizer {
		return func() sizer {
			s := newStream(false)
			for i := 1; i <= entries; i++ {
				s.add(streamID{uint64(i), 0}, []string{fresh("name"), fresh("%0*d", size, i)})
			}
			if groups {
				g := s.addGroup("group", streamID{}, 0)
				con := s.addConsumer(g, "consumer", 1)
				for i := 1; i <= entries; i++ {
					s.deliver(g, con, streamID{uint64(i), 0}, 1)
				}
			}
			return s
		}
	}
	for name, make := range map[string]func() sizer{
		"hash of 100": hashOf(100, 20), "hash of 10,000": hashOf(10_000, 20), "hash of 300,000": hashOf(300_000, 7), "hash of long values": hashOf(5_000, 3_000),
		"set of integers": setOf(500, "%d"), "set of 100": setOf(100, "member:%d"), "set of 200,000": setOf(200_000, "member:%d"), "set of long members": setOf(20_000, "%0200d"),
		"stream": streamOf(50_000, 20, false), "stream of long values": streamOf(5_000, 2_000, false), "stream with a group": streamOf(50_000, 20, true),
	} {
		copies := 1
		if strings.HasSuffix(name, " 100") || strings.HasSuffix(name, "integers") {
			copies = 200
		}
		kept := []sizer{}
		before := heap()
		for i := 0; i < copies; i++ {
			kept = append(kept, make())
		}
		taken, said := heap()-before, int64(0)
		for _, s := range kept {
			said += s.bytes()
		}
		if ratio := float64(said) / float64(taken); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s: says %d bytes and takes %d: %.2f", name, said, taken, ratio)
		} else {
			t.Logf("%s: says %d bytes and takes %d: %.2f", name, said, taken, ratio)
		}
	}
}

// TestBytesComeBack adds and removes, and takes back what scripts do.
func TestBytesComeBack(t *testing.T) {
	e, s := newTestEngine(t)
	for _, fill := range []int{3, 200, 700} {
		run(e, s, "FLUSHALL")
		for i := 0; i < fill; i++ {
			n := fmt.Sprint(i)
			run(e, s, "HSET", "h", "f"+n, n)
			run(e, s, "SADD", "i", n)
			run(e, s, "SADD", "s", "m"+n)
			run(e, s, "XADD", "x", n+"-1", "name", n)
		}
		run(e, s, "XGROUP", "CREATE", "x", "g", "0")
		run(e, s, "XREADGROUP", "GROUP", "g", "c", "COUNT", "5", "STREAMS", "x", ">")
		held := func() [4]int64 {
			// A slice that has grown stays as large, so bytes may be more than before.
			return [4]int64{
				e.peek(0, "h").obj.(*hash).held, e.peek(0, "i").obj.(*set).held,
				e.peek(0, "s").obj.(*set).held, e.peek(0, "x").obj.(*stream).held,
			}
		}
		before := held()
		var undo undoLog
		e.undo, undo.writing = &undo, true
		for i := 0; i < fill+300; i += 2 {
			n := fmt.Sprint(i)
			run(e, s, "HSET", "h", "f"+n, "another value")
			run(e, s, "HDEL", "h", "f"+fmt.Sprint(i+1))
			run(e, s, "SADD", "i", n, "more"+n)
			run(e, s, "SREM", "i", fmt.Sprint(i+1))
			run(e, s, "SADD", "s", "m"+n)
			run(e, s, "SREM", "s", "m"+fmt.Sprint(i+1))
			run(e, s, "XADD", "x", fmt.Sprint(10_000+i)+"-1", "name", n)
			run(e, s, "XDEL", "x", fmt.Sprint(i+1)+"-1")
		}
		run(e, s, "XTRIM", "x", "MAXLEN", "2")
		run(e, s, "XREADGROUP", "GROUP", "g", "d", "STREAMS", "x", ">")
		run(e, s, "XACK", "x", "g", "0-1", "10000-1")
		run(e, s, "XGROUP", "DELCONSUMER", "x", "g", "c")
		e.undo = nil
		undo.stop()
		e.rollBack(&undo)
		if after := held(); after != before {
			t.Errorf("with %d elements: %v bytes before, %v after", fill, before, after)
		}
		for _, cmd := range [][]string{{"SPOP", "i", "100000"}, {"SPOP", "s", "100000"}, {"XTRIM", "x", "MAXLEN", "0"}, {"XGROUP", "DESTROY", "x", "g"}} {
			run(e, s, cmd...)
		}
		if x := e.peek(0, "x").obj.(*stream); x.held != 0 {
			t.Errorf("an empty stream says %d bytes", x.held)
		}
	}
}
