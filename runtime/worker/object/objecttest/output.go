package objecttest

import (
	"encoding/binary"
	"fmt"
	"math"
)

// An Output is what a call of an object returned.
type Output struct {
	Status       int
	Timer, Alarm int64 // Unix microseconds
	Flags        uint32
	Sends        []Send
}

// A Send is what is to be done with a connection: 0 a message, 1 closing, 2 an attachment.
type Send struct {
	Conn uint64
	Kind byte
	Code int
	Data []byte
}

// ReadOutput reads an output, whose memory it does not keep.
func ReadOutput(b []byte) (o Output, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("objecttest: an output is cut off: %v", p)
		}
	}()
	float := func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
	o.Status = int(int32(binary.LittleEndian.Uint32(b)))
	o.Timer, o.Alarm = int64(float(b[4:])), int64(float(b[12:]))
	o.Flags = binary.LittleEndian.Uint32(b[20:])
	n := int(binary.LittleEndian.Uint32(b[24:]))
	b = b[28:]
	for ; n > 0; n-- {
		s := Send{Conn: uint64(float(b)), Kind: b[8], Code: int(binary.LittleEndian.Uint16(b[9:]))}
		size := binary.LittleEndian.Uint32(b[11:])
		s.Data = append([]byte{}, b[15:15+size]...)
		b = b[15+size:]
		o.Sends = append(o.Sends, s)
	}
	if len(b) > 0 {
		return o, fmt.Errorf("objecttest: %d bytes follow an output", len(b))
	}
	return o, nil
}
