package object

import (
	"encoding/binary"
	"math"
)

// Answers of families with d1: sync, which are held until D1 has their commits.

// heldSends are sends that wait until D1 has a commit.
type heldSends struct {
	seq   uint64
	sends uint32
	b     []byte
}

// hold keeps sends until D1 has a commit.
func (f *followers) hold(seq uint64, sends uint32, b []byte) {
	if sends > 0 {
		f.held = append(f.held, heldSends{seq, sends, append([]byte(nil), b...)})
	}
}

// waitsFor is the commit that an answer has to wait for that was given to a commit
// before, and is asked for again; 0: none.
func (f *followers) waitsFor(seq uint64) uint64 {
	d := &f.d1
	if !f.routes.sync || d.has(seq) {
		return 0
	}
	if d.state.Run == 0 || d.state.Copy != nil && seq <= d.state.Start {
		// A copy may take long, and most commits wait for none.
		for i := range f.held {
			if f.held[i].seq == seq {
				return seq
			}
		}
		if !d.blind {
			return 0
		}
	}
	return seq
}

// waitsForAny is the commit for which something has to wait that is sent again and of
// whose commit no more is known than that it was some time ago; 0: none.
func (f *followers) waitsForAny() (seq uint64) {
	d := &f.d1
	if !f.routes.sync {
		return 0
	}
	if !d.has(d.lastSync) {
		seq = d.lastSync
	}
	for i := range f.held {
		seq = max(seq, f.held[i].seq)
	}
	if d.blind && d.state.Copy != nil {
		seq = max(seq, d.state.Start)
	} else if d.blind && d.state.Run == 0 {
		seq = f.rows.seq
	}
	return seq
}

// closed forgets what was to be sent on a connection that is gone, but not that
// something waits for the commit.
func (f *followers) closed(conn uint64) {
	if len(f.held) == 0 {
		return
	}
	n := 0
	known := map[uint64]bool{}
	for _, h := range f.held {
		if h.without(conn); h.sends > 0 || !known[h.seq] {
			f.held[n] = h
			n++
		}
		known[h.seq] = true
	}
	clear(f.held[n:])
	f.held = f.held[:n]
}

// without takes the sends on a connection out.
func (h *heldSends) without(conn uint64) {
	left := h.b[:0]
	for b := h.b; len(b) > 0; {
		n := sendHeader + int(binary.LittleEndian.Uint32(b[sendHeader-4:]))
		if math.Float64frombits(binary.LittleEndian.Uint64(b)) == float64(conn) {
			h.sends--
		} else {
			left = append(left, b[:n]...)
		}
		b = b[n:]
	}
	if h.b = left; h.sends == 0 {
		h.b = nil
	}
}

// release hands out the sends that need not wait any longer.
func (f *followers) release(out *output) {
	n := 0
	for _, h := range f.held {
		if !f.d1.has(h.seq) {
			f.held[n] = h
			n++
			continue
		}
		out.b = append(out.b, h.b...)
		out.sends += h.sends
	}
	clear(f.held[n:])
	f.held = f.held[:n]
}
