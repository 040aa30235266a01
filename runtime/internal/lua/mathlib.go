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
			b := t.CheckNumber(2) // C looks at the last argument first
			t.Push(Number(f(t.CheckNumber(1), b)))
			return 1
		}
	}
	g.Register(lib, []string{
		"abs", "acos", "asin", "atan2", "atan", "ceil", "cosh", "cos", "deg", "exp", "floor", "fmod", "frexp", "ldexp",
		"log10", "log", "max", "min", "modf", "pow", "rad", "random", "randomseed", "sinh", "sin", "sqrt", "tanh", "tan",
	}, map[string]func(*Thread) int{
		"abs": one(math.Abs), "acos": one(undefined(math.Acos, 1)), "asin": one(undefined(math.Asin, 1)), "atan": one(undefined(math.Atan, 1)),
		"atan2": two(atan2), "ceil": one(math.Ceil), "cos": one(undefined(math.Cos, -1)), "cosh": one(undefined(math.Cosh, 1)),
		"deg": one(func(f float64) float64 { return f / (math.Pi / 180) }), "exp": one(undefined(math.Exp, 1)), "floor": one(math.Floor),
		"fmod": two(remainder), "frexp": mathFrexp, "ldexp": mathLdexp, "log": one(undefined(math.Log, -1)),
		"log10": one(undefined(log10, 1)), "max": mathMax, "min": mathMin, "modf": mathModf, "pow": two(power),
		"rad":    one(func(f float64) float64 { return f * (math.Pi / 180) }),
		"random": mathRandom, "randomseed": mathRandomSeed, "sin": one(undefined(math.Sin, -1)), "sinh": one(undefined(math.Sinh, 1)),
		"sqrt": one(undefined(math.Sqrt, -1)), "tan": one(undefined(math.Tan, -1)), "tanh": one(undefined(math.Tanh, 1)),
	})
	lib.SetText("pi", Number(math.Pi))
	lib.SetText("huge", Number(math.Inf(1)))
	lib.SetText("mod", lib.GetText("fmod"))
	g.Globals.SetText("math", lib.Value())
}

// undefined gives the NaN of a function the sign that the C library's has; that
// of an argument passes.
func undefined(f func(float64) float64, sign float64) func(float64) float64 {
	return func(x float64) float64 {
		if math.IsNaN(x) {
			return x
		}
		if r := f(x); !math.IsNaN(r) {
			return r
		}
		return math.Copysign(math.NaN(), sign)
	}
}

func remainder(a, b float64) float64 {
	switch {
	case math.IsNaN(a):
		return a
	case math.IsNaN(b):
		return b
	}
	return negativeNaN(math.Mod(a, b))
}

func atan2(a, b float64) float64 {
	switch {
	case math.IsNaN(b):
		return b
	case math.IsNaN(a):
		return a
	}
	return math.Atan2(a, b)
}

func mathFrexp(t *Thread) int {
	f, e := math.Frexp(t.CheckNumber(1))
	t.Push(Number(f))
	t.Push(Int(e))
	return 2
}

func mathLdexp(t *Thread) int {
	e := t.CheckInt(2)
	t.Push(Number(math.Ldexp(t.CheckNumber(1), e)))
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
