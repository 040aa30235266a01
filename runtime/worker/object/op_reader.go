package object

import (
	"encoding/binary"
	"math"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// An opReader reads operations as the outbox and the journal hold them. What it returns
// shares the memory of s. After damage s is empty and bad is set.
type opReader struct {
	s   string
	bad bool
}

func (r *opReader) fail() { r.bad, r.s = true, "" }

func (r *opReader) byte() byte {
	if len(r.s) == 0 {
		r.fail()
		return 0
	}
	c := r.s[0]
	r.s = r.s[1:]
	return c
}

// uint reads what binary.AppendUvarint wrote.
func (r *opReader) uint() (v uint64) {
	for i := 0; i < len(r.s) && i < binary.MaxVarintLen64; i++ {
		c := r.s[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.s = r.s[i+1:]
			return v
		}
	}
	r.fail()
	return 0
}

// int reads what binary.AppendVarint wrote.
func (r *opReader) int() int64 {
	u := r.uint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *opReader) string() string {
	n := r.uint()
	if n > uint64(len(r.s)) {
		r.fail()
		return ""
	}
	s := r.s[:n]
	r.s = r.s[n:]
	return s
}

// item reads what addItem wrote.
func (r *opReader) item(typ engine.Type, it *engine.Item, all bool) {
	t, err := tableOf(typ)
	if err != nil {
		r.fail()
		return
	}
	for i, c := range t.all {
		if !all && !t.identifies(i) {
			continue
		}
		switch c {
		case colField:
			it.Field = r.string()
		case colValue:
			it.Value = r.string()
		case colPos:
			it.Pos = r.int()
		case colScore:
			if len(r.s) < 8 {
				r.fail()
				return
			}
			it.Score = math.Float64frombits(binary.LittleEndian.Uint64([]byte(r.s[:8])))
			r.s = r.s[8:]
		case colKind:
			it.Kind = r.byte()
		case colExpires:
			it.ExpireAt = r.int()
		}
	}
}
