package object

import (
	"encoding/binary"
	"math"
)

// The flags of an output.
const (
	FlagCollect = 1
	FlagSweep   = 2
	FlagBlocked = 4
	FlagD1      = 8
	FlagKV      = 16
	FlagHold    = 32
)

// The kinds of a send.
const (
	sendMessage    = 0
	sendClose      = 1
	sendAttachment = 2
)

const outputHeader = 4 + 8 + 8 + 4 + 4

// output is what a call returns, as worker/doc.go describes it. Its memory is used
// again for the next call.
type output struct {
	b     []byte
	sends uint32
}

// keptOutput bounds the memory that an output keeps from one call to the next.
const keptOutput = 256 << 10

func (o *output) reset() {
	if cap(o.b) > keptOutput {
		o.b = nil
	}
	if cap(o.b) < outputHeader {
		o.b = make([]byte, outputHeader, 4096)
	}
	o.b, o.sends = o.b[:outputHeader], 0
}

// sendHeader is how many bytes stand before those of a send.
const sendHeader = 8 + 1 + 2 + 4

// begin starts a send; what is appended to b until end is its bytes.
func (o *output) begin(conn uint64, kind byte, code uint16) (at int) {
	o.sends++
	o.b = binary.LittleEndian.AppendUint64(o.b, math.Float64bits(float64(conn)))
	o.b = append(o.b, kind)
	o.b = binary.LittleEndian.AppendUint16(o.b, code)
	o.b = append(o.b, 0, 0, 0, 0)
	return len(o.b)
}

func (o *output) end(at int) {
	binary.LittleEndian.PutUint32(o.b[at-4:], uint32(len(o.b)-at))
}

func (o *output) send(conn uint64, kind byte, code uint16, message []byte) {
	at := o.begin(conn, kind, code)
	o.b = append(o.b, message...)
	o.end(at)
}

// mark and back take sends back.
type mark struct {
	n     int
	sends uint32
}

func (o *output) mark() mark  { return mark{len(o.b), o.sends} }
func (o *output) back(m mark) { o.b, o.sends = o.b[:m.n], m.sends }

// finish fills in the header.
func (o *output) finish(status int32, timer, alarm int64, flags uint32) []byte {
	binary.LittleEndian.PutUint32(o.b, uint32(status))
	binary.LittleEndian.PutUint64(o.b[4:], math.Float64bits(float64(timer)))
	binary.LittleEndian.PutUint64(o.b[12:], math.Float64bits(float64(alarm)))
	binary.LittleEndian.PutUint32(o.b[20:], flags)
	binary.LittleEndian.PutUint32(o.b[24:], o.sends)
	return o.b
}
