package redislua

import (
	"fmt"
	"math"
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

// toBits rounds a number to an integer and keeps its low 32 bits, by the
// addition that Redis's bit library does it with: numbers beyond 2^51 come out
// as there.
func (a args) toBits(i int) uint32 {
	return uint32(math.Float64bits(a.number(i) + 3<<51))
}

func (a args) pushBits(n uint32) int {
	a.Push(lua.LNumber(int32(n)))
	return 1
}

// bitLib is the library bit: operations on signed 32-bit integers.
func (s *State) bitLib() *lua.LTable {
	fold := func(op func(x, y uint32) uint32) func(args) int {
		return func(a args) int {
			n := a.toBits(1)
			for i := 2; i <= a.GetTop(); i++ {
				n = op(n, a.toBits(i))
			}
			return a.pushBits(n)
		}
	}
	shift := func(op func(x uint32, by int) uint32) func(args) int {
		return func(a args) int {
			x := a.toBits(1)
			return a.pushBits(op(x, int(a.toBits(2)&31)))
		}
	}
	return s.library(map[string]func(args) int{
		"tobit":   func(a args) int { return a.pushBits(a.toBits(1)) },
		"bnot":    func(a args) int { return a.pushBits(^a.toBits(1)) },
		"bswap":   func(a args) int { return a.pushBits(bits.ReverseBytes32(a.toBits(1))) },
		"band":    fold(func(x, y uint32) uint32 { return x & y }),
		"bor":     fold(func(x, y uint32) uint32 { return x | y }),
		"bxor":    fold(func(x, y uint32) uint32 { return x ^ y }),
		"lshift":  shift(func(x uint32, by int) uint32 { return x << by }),
		"rshift":  shift(func(x uint32, by int) uint32 { return x >> by }),
		"arshift": shift(func(x uint32, by int) uint32 { return uint32(int32(x) >> by) }),
		"rol":     shift(func(x uint32, by int) uint32 { return bits.RotateLeft32(x, by) }),
		"ror":     shift(func(x uint32, by int) uint32 { return bits.RotateLeft32(x, -by) }),
		"tohex":   bitHex,
	})
}

// bitHex writes the low hexadecimal digits of a number, in capitals when their
// count is negative.
func bitHex(a args) int {
	x, digits, format := a.toBits(1), int32(8), "%08x"
	if a.GetTop() > 1 {
		digits = int32(a.toBits(2))
	}
	if digits < 0 {
		digits, format = -digits, "%08X"
	}
	if digits < 0 || digits > 8 {
		digits = 8
	}
	a.Push(lua.LString(fmt.Sprintf(format, x)[8-digits:]))
	return 1
}
