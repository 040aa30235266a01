package redislua

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
)

// toBits rounds a number to an integer and keeps its low 32 bits, by the
// addition that Redis's bit library does it with: numbers beyond 2^51 come out
// as there.
func toBits(a *lua.Thread, i int) uint32 {
	return uint32(math.Float64bits(a.CheckNumber(i) + 3<<51))
}

func pushBits(a *lua.Thread, n uint32) int {
	a.Push(lua.Int(int(int32(n))))
	return 1
}

// bitLib is the library bit: operations on signed 32-bit integers.
func (s *State) bitLib() *lua.Table {
	fold := func(op func(x, y uint32) uint32) func(*lua.Thread) int {
		return func(a *lua.Thread) int {
			n := toBits(a, 1)
			for i := 2; i <= a.Args(); i++ {
				n = op(n, toBits(a, i))
			}
			return pushBits(a, n)
		}
	}
	shift := func(op func(x uint32, by int) uint32) func(*lua.Thread) int {
		return func(a *lua.Thread) int {
			x := toBits(a, 1)
			return pushBits(a, op(x, int(toBits(a, 2)&31)))
		}
	}
	return s.library(12, []function{
		{"tobit", func(a *lua.Thread) int { return pushBits(a, toBits(a, 1)) }},
		{"bnot", func(a *lua.Thread) int { return pushBits(a, ^toBits(a, 1)) }},
		{"band", fold(func(x, y uint32) uint32 { return x & y })},
		{"bor", fold(func(x, y uint32) uint32 { return x | y })},
		{"bxor", fold(func(x, y uint32) uint32 { return x ^ y })},
		{"lshift", shift(func(x uint32, by int) uint32 { return x << by })},
		{"rshift", shift(func(x uint32, by int) uint32 { return x >> by })},
		{"arshift", shift(func(x uint32, by int) uint32 { return uint32(int32(x) >> by) })},
		{"rol", shift(func(x uint32, by int) uint32 { return bits.RotateLeft32(x, by) })},
		{"ror", shift(func(x uint32, by int) uint32 { return bits.RotateLeft32(x, -by) })},
		{"bswap", func(a *lua.Thread) int { return pushBits(a, bits.ReverseBytes32(toBits(a, 1))) }},
		{"tohex", bitHex},
	})
}

// bitHex writes the low hexadecimal digits of a number, in capitals when their
// count is negative.
func bitHex(a *lua.Thread) int {
	x, digits, format := toBits(a, 1), int32(8), "%08x"
	if a.Args() > 1 {
		digits = int32(toBits(a, 2))
	}
	if digits < 0 {
		digits, format = -digits, "%08X"
	}
	if digits < 0 || digits > 8 {
		digits = 8
	}
	a.PushText(fmt.Sprintf(format, x)[8-digits:])
	return 1
}
