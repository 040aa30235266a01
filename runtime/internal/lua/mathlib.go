package lua

import "math"

func (g *State) openMath() {
	lib := g.NewTable(0, 32)
	one := func(f func(float64) float64) func(*Thread) int {
		return func(t *Thread) int {
			t.Push(Number(f(t.CheckNumber(1))))
			return 1
		}
	}
	two := func(f func(a, b float64) float64) func(*Thread) int {
		return func(t *Thread) int {
			a := t.CheckNumber(1)
			t.Push(Number(f(a, t.CheckNumber(2))))
			return 1
		}
	}
	g.Register(lib, []string{
		"abs", "acos", "asin", "atan2", "atan", "ceil", "cosh", "cos", "deg", "exp", "floor", "fmod", "frexp", "ldexp",
		"log10", "log", "max", "min", "modf", "pow", "rad", "random", "randomseed", "sinh", "sin", "sqrt", "tanh", "tan",
	}, map[string]func(*Thread) int{
		"abs": one(math.Abs), "acos": one(undefined(math.Acos)), "asin": one(undefined(math.Asin)), "atan": one(math.Atan),
		"atan2": two(math.Atan2), "ceil": one(math.Ceil), "cos": one(undefined(math.Cos)), "cosh": one(math.Cosh),
		"deg": one(func(f float64) float64 { return f / (math.Pi / 180) }), "exp": one(math.Exp), "floor": one(math.Floor),
		"fmod": two(remainder), "frexp": mathFrexp, "ldexp": mathLdexp, "log": one(undefined(math.Log)),
		"log10": one(undefined(math.Log10)), "max": mathMax, "min": mathMin, "modf": mathModf, "pow": two(power),
		"rad":    one(func(f float64) float64 { return f * (math.Pi / 180) }),
		"random": mathRandom, "randomseed": mathRandomSeed, "sin": one(undefined(math.Sin)), "sinh": one(math.Sinh),
		"sqrt": one(undefined(math.Sqrt)), "tan": one(undefined(math.Tan)), "tanh": one(math.Tanh),
	})
	lib.SetText("pi", Number(math.Pi))
	lib.SetText("huge", Number(math.Inf(1)))
	lib.SetText("mod", lib.GetText("fmod"))
	g.Globals.SetText("math", lib.Value())
}

// undefined gives NaN the sign that C's functions give it on Linux.
func undefined(f func(float64) float64) func(float64) float64 {
	return func(x float64) float64 {
		r := f(x)
		if math.IsNaN(r) {
			if math.IsNaN(x) {
				return x
			}
			return math.Copysign(r, -1)
		}
		return r
	}
}

func remainder(a, b float64) float64 {
	r := math.Mod(a, b)
	if math.IsNaN(r) && !math.IsNaN(a) && !math.IsNaN(b) {
		return math.Copysign(r, -1)
	}
	return r
}

func mathFrexp(t *Thread) int {
	f, e := math.Frexp(t.CheckNumber(1))
	t.Push(Number(f))
	t.Push(Int(e))
	return 2
}

func mathLdexp(t *Thread) int {
	f := t.CheckNumber(1)
	t.Push(Number(math.Ldexp(f, t.CheckInt(2))))
	return 1
}

func mathModf(t *Thread) int {
	f := t.CheckNumber(1)
	whole := math.Trunc(f)
	part := math.Copysign(f-whole, f)
	if math.IsInf(f, 0) {
		part = math.Copysign(0, f)
	}
	t.Push(Number(whole))
	t.Push(Number(part))
	return 2
}

func mathMax(t *Thread) int {
	most := t.CheckNumber(1)
	for i := 2; i <= t.Args(); i++ {
		if f := t.CheckNumber(i); f > most {
			most = f
		}
	}
	t.Push(Number(most))
	return 1
}

func mathMin(t *Thread) int {
	least := t.CheckNumber(1)
	for i := 2; i <= t.Args(); i++ {
		if f := t.CheckNumber(i); f < least {
			least = f
		}
	}
	t.Push(Number(least))
	return 1
}

// drand is the generator behind Redis's math.random: drand48's, which goes on
// from one program to the next.
type drand struct{ x uint64 }

// firstRandom is the state that a new server starts with.
const firstRandom = 0x1234abcd330e

func (d *drand) seed(n int32) { d.x = uint64(uint32(n))<<16 | 0x330e }

// next returns 31 bits.
func (d *drand) next() int64 {
	d.x = (d.x*0x5deece66d + 0xb) & (1<<48 - 1)
	return int64(d.x >> 17)
}

func mathRandom(t *Thread) int {
	r := float64(t.g.random.next()%math.MaxInt32) / math.MaxInt32
	switch t.Args() {
	case 0:
		t.Push(Number(r))
	case 1:
		u := t.CheckInt(1)
		if u < 1 {
			t.BadArg(1, "interval is empty")
		}
		t.Push(Number(math.Floor(r*float64(u)) + 1))
	case 2:
		lo, hi := t.CheckInt(1), t.CheckInt(2)
		if lo > hi {
			t.BadArg(2, "interval is empty")
		}
		t.Push(Number(math.Floor(r*float64(int32(hi-lo+1))) + float64(lo)))
	default:
		t.Errorf("wrong number of arguments")
	}
	return 1
}

func mathRandomSeed(t *Thread) int {
	t.g.random.seed(int32(t.CheckInt(1)))
	return 0
}
