package redislua

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// drand is the generator behind Redis's math.random: drand48's, which goes on
// from one script to the next.
type drand struct{ x uint64 }

// firstRandom is the state that a new server starts with.
const firstRandom = 0x1234abcd330e

func (d *drand) seed(n int32) { d.x = uint64(uint32(n))<<16 | 0x330e }

// next returns 31 bits.
func (d *drand) next() int64 {
	d.x = (d.x*0x5deece66d + 0xb) & (1<<48 - 1)
	return int64(d.x >> 17)
}

func (s *State) mathRandom(l *lua.LState) int {
	r := float64(s.random.next()%math.MaxInt32) / math.MaxInt32
	switch l.GetTop() {
	case 0:
		l.Push(lua.LNumber(r))
	case 1:
		u := l.CheckInt64(1)
		if u < 1 {
			l.ArgError(1, "interval is empty")
		}
		l.Push(lua.LNumber(math.Floor(r*float64(u)) + 1))
	case 2:
		lo, hi := l.CheckInt64(1), l.CheckInt64(2)
		if lo > hi {
			l.ArgError(2, "interval is empty")
		}
		l.Push(lua.LNumber(math.Floor(r*float64(hi-lo+1)) + float64(lo)))
	default:
		l.RaiseError("wrong number of arguments")
	}
	return 1
}

func (s *State) mathRandomSeed(l *lua.LState) int {
	s.random.seed(int32(l.CheckInt64(1)))
	return 0
}
