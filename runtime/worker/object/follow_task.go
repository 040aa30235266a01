package object

import (
	"encoding/binary"
	"errors"
	"math"
)

// The kinds of a task, see worker/doc.go.
const (
	followNone = 0
	followD1   = 1
	followKV   = 2
)

// taskWait is nothing to do until a time in Unix microseconds; 0: until an output
// says so.
func taskWait(until int64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{followNone}, math.Float64bits(float64(until)))
}

func taskD1(p *Program) []byte { return append([]byte{followD1}, p.Bytes()...) }

func taskKV(ops []kvOp) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{followKV}, uint32(len(ops)))
	for i := range ops {
		op := &ops[i]
		b = addBytes(append(b, op.op), op.name)
		switch op.op {
		case kvPut:
			b = addBytes(b, op.value)
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(op.expires)))
			b = addBytes(b, op.meta)
		case kvList:
			b = addBytes(b, op.value)
		}
	}
	return b
}

func addBytes(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// A receiptD1 is what became of a batch.
type receiptD1 struct {
	fault   string
	changes []int       // of each statement
	rows    [][]float64 // of the only one that asks: our queries have numbers alone
}

// A kvResult is what became of an operation of KV.
type kvResult struct {
	failed bool
	text   string
}

var errReceipt = errors.New("object: a follower's receipt is damaged")

// faultBytes is how much is kept of an error's text.
const faultBytes = 512

func clipFault(s string) string {
	if s == "" {
		s = "unknown error"
	}
	if len(s) > faultBytes {
		s = s[:faultBytes]
	}
	return s
}

func readReceiptD1(b []byte) (*receiptD1, error) {
	if len(b) == 0 {
		return nil, errReceipt
	}
	r := result{b: b[1:]}
	if b[0] != 0 {
		raw := r.chunk()
		if r.err != nil {
			return nil, errReceipt
		}
		return &receiptD1{fault: clipFault(string(raw))}, nil
	}
	out := &receiptD1{}
	n := int(r.number(4))
	for i := 0; i < n && r.err == nil; i++ {
		out.changes = append(out.changes, int(math.Float64frombits(r.number(8))))
		rows, columns := int(r.number(4)), int(r.number(2))
		if rows > 0 && columns == 0 {
			r.fail() // four billion rows of nothing fit into six bytes
		}
		for j := 0; j < rows && r.err == nil; j++ {
			row := make([]float64, 0, min(columns, 16))
			for c := 0; c < columns && r.err == nil; c++ {
				row = append(row, r.float())
			}
			out.rows = append(out.rows, row)
		}
	}
	if r.err != nil {
		return nil, errReceipt
	}
	return out, nil
}

func readReceiptKV(b []byte) ([]kvResult, error) {
	r := result{b: b}
	n := int(r.number(4))
	var list []kvResult
	for i := 0; i < n && r.err == nil; i++ {
		failed := r.number(1) != 0
		list = append(list, kvResult{failed, string(r.chunk())})
	}
	if r.err != nil {
		return nil, errReceipt
	}
	return list, nil
}

// number reads n bytes, little endian.
func (r *result) number(n int) (v uint64) {
	if len(r.b) < n {
		r.fail()
		return 0
	}
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(r.b[i])
	}
	r.b = r.b[n:]
	return v
}

// chunk reads bytes with their length.
func (r *result) chunk() []byte {
	n := r.number(4)
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	raw := r.b[:n]
	r.b = r.b[n:]
	return raw
}

// follow makes a follower's next task.
func (f *followers) follow(follower int, now int64) ([]byte, error) {
	switch {
	case follower == followerD1 && f.routes.d1:
		return f.d1.task(now)
	case follower == followerKV && f.routes.kv:
		return f.kv.task(now)
	}
	return taskWait(0), nil
}

// followed takes a receipt.
func (f *followers) followed(follower int, receipt []byte, now int64) error {
	switch {
	case follower == followerD1 && f.routes.d1:
		r, err := readReceiptD1(receipt)
		if err != nil {
			return err
		}
		return f.d1.followed(r, now)
	case follower == followerKV && f.routes.kv:
		r, err := readReceiptKV(receipt)
		if err != nil {
			return err
		}
		return f.kv.followed(r, now)
	}
	return nil
}
