package engine

import (
	"fmt"
	"math"
	"math/big"
	"math/rand"
	"strings"
	"testing"
	"time"
)

const precision = 64 // of a long double, in bits

// exact is the number of a text, of any size; ok is false when it has none.
func exact(s string) (*big.Rat, bool) {
	t := s
	if lower := strings.ToLower(strings.TrimLeft(s, "+-")); strings.HasPrefix(lower, "0x") && !strings.Contains(lower, "p") {
		t += "p0"
	}
	return new(big.Rat).SetString(t)
}

// nearest is what a long double is of an exact number, where it has all its bits.
func nearest(r *big.Rat) *big.Float { return new(big.Float).SetPrec(precision).SetRat(r) }

// fixed17 is what C prints with %.17Lf, without trailing zeros.
func fixed17(f *big.Float) string {
	s := strings.TrimSuffix(strings.TrimRight(f.Text('f', 17), "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// someNumber is a text that is a number, of the kinds that people and rounding have.
func someNumber(rnd *rand.Rand, exponent int) string {
	digits := func(n int) string {
		b := make([]byte, 1+rnd.Intn(n))
		for i := range b {
			b[i] = "0123456789"[rnd.Intn(10)]
		}
		return string(b)
	}
	sign := []string{"", "-", "+"}[rnd.Intn(3)]
	switch rnd.Intn(7) {
	case 0:
		return sign + digits(22)
	case 1:
		return sign + digits(12) + "." + digits(20)
	case 2:
		return sign + digits(40) + "." + digits(60) + fmt.Sprintf("e%d", rnd.Intn(2*exponent)-exponent)
	case 3: // between two numbers, and just beside
		f := new(big.Float).SetPrec(precision+1).SetMantExp(new(big.Float).SetUint64(rnd.Uint64()|1<<63), rnd.Intn(120)-100)
		f.Add(f, new(big.Float).SetPrec(precision+1).SetMantExp(big.NewFloat(1), f.MantExp(nil)-precision-1))
		return sign + f.Text('f', 200)[:1+rnd.Intn(100)] + []string{"", "0001", "e1"}[rnd.Intn(3)]
	case 4:
		return sign + fmt.Sprintf("0x%x.%xp%d", rnd.Uint64(), rnd.Uint64(), rnd.Intn(400)-200)
	case 5:
		return sign + fmt.Sprint(math.Float64frombits(rnd.Uint64()&^(1<<62)))
	}
	return sign + []string{".5", "5.", "0.1", "1e2", "0x.8", "0X1P-3", "00012", "0.00000000000000000500", "1E+05", "0e999999"}[rnd.Intn(10)]
}

func TestLongDoublesAreThoseOfBigNumbers(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewSource(seed))
	var last longDouble
	lastBig := new(big.Float).SetPrec(precision)
	for i := 0; i < 60000; i++ {
		s := someNumber(rnd, []int{4800, 400, 20}[min(rnd.Intn(200), 2)])
		r, ok := exact(s)
		f, good := parseLongDouble(s)
		if !good || !ok {
			if ok {
				t.Fatalf("%s is refused", s)
			}
			continue // such as 1..5
		}
		want := nearest(r)
		if got := f.text(); got != fixed17(want) {
			t.Fatalf("%s is %s, not %s", s, got, fixed17(want))
		}
		// A double without all its bits is rounded twice, which no timeout shows.
		if v, _ := want.Float64(); v != f.float64() && math.Abs(v) > 0x1p-1021 {
			t.Fatalf("%s is the double %g, not %g", s, f.float64(), v)
		}
		sum := new(big.Float).SetPrec(precision).Add(want, lastBig)
		if got := f.add(last).text(); got != fixed17(sum) {
			t.Fatalf("%s and %s are %s, not %s", s, lastBig.Text('p', 0), got, fixed17(sum))
		}
		if last, lastBig = f, want; f.mant != 0 && rnd.Intn(3) == 0 { // what cancels nearly all of the next one
			last.neg = !last.neg
			last.mant ^= uint64(rnd.Intn(4))
			lastBig = new(big.Float).SetPrec(precision).SetMantExp(new(big.Float).SetPrec(precision).SetUint64(last.mant), last.exp)
			if last.neg {
				lastBig.Neg(lastBig)
			}
		}
	}
}

func TestDoublesBecomeLongDoubles(t *testing.T) {
	for _, v := range []float64{0, 1, -1, 0.1, 13.361389338970184, -85.05112878, 1e-300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Pi} {
		want := new(big.Float).SetPrec(precision).SetFloat64(v)
		if f := longDoubleOf(v); f.text() != fixed17(want) || f.float64() != v {
			t.Errorf("%g is %s, not %s", v, f.text(), fixed17(want))
		}
	}
}

// The limits are those that strtold has on a machine with the x87, and what is beyond
// them is refused as Redis does: before, 1e999999999 was a number, whose text no memory
// has room for.
func TestLongDoublesHaveLimits(t *testing.T) {
	for _, s := range []string{
		"", "+", "-", ".", "e1", "1e", "1e+", "1.2.3", " 1", "1 ", "1_0", "nan", "-nan", "nan(1)", "0x", "0x.", "0xp1", "0x1p", "0x1e1p", "1p1", "0b1", "0o7",
		"--1", "+-1", "infinit", "1e5000", "-1e5000", "1e999999999", "1e99999999999999999999", "1.18973149535723176506e4932", "0x1p16384", "0xFFFFFFFFFFFFFFFF8p16316",
		"1e-5000", "1e-999999999", "1e-4951", "1.82e-4951", "0x1p-16446", strings.Repeat("1", 5000), "0." + strings.Repeat("0", 5117) + "1", strings.Repeat("1", 5120),
	} {
		if f, ok := parseLongDouble(s); ok {
			t.Errorf("%q is %+v", s, f)
		}
	}
	for s, want := range map[string]longDouble{
		"inf": {inf: true}, "-INFINITY": {inf: true, neg: true}, "+Inf": {inf: true},
		"0": {}, "-0.0e9": {neg: true}, "0x0p0": {}, "0e5000": {},
		"1.18973149535723176502e4932":           {mant: 1<<64 - 1, exp: mostExp},
		"0x1.fffffffffffffffep16383":            {mant: 1<<64 - 1, exp: mostExp},
		"3.6451995318824746025e-4951":           {mant: 1, exp: leastExp},
		"1.83e-4951":                            {mant: 1, exp: leastExp},
		"0x1p-16445":                            {mant: 1, exp: leastExp},
		"0x1.8p-16445":                          {mant: 2, exp: leastExp},
		"0x2.8p-16445":                          {mant: 2, exp: leastExp},
		"3.36210314311209350626e-4932":          {mant: 1 << 63, exp: leastExp},
		"0." + strings.Repeat("0", 40) + "1e41": {mant: 1 << 63, exp: -63},
	} {
		f, ok := parseLongDouble(s)
		if !ok || f != want {
			t.Errorf("%s is %+v, %v, not %+v", s, f, ok, want)
		}
	}
	most, _ := parseLongDouble("1.18973149535723176502e4932")
	if sum := most.add(most); !sum.inf {
		t.Errorf("twice the most is %+v", sum)
	}
	if text := most.text(); len(text) != 4933 || !strings.HasPrefix(text, "118973149535723176502") {
		t.Errorf("the most is %s", text)
	}
	least, _ := parseLongDouble("-0x1p-16445")
	if sum := least.add(least); sum != (longDouble{neg: true, mant: 2, exp: leastExp}) || sum.text() != "0" {
		t.Errorf("twice the least is %+v, %s", sum, sum.text())
	}
	// The longest that is taken.
	if f, ok := parseLongDouble("0." + strings.Repeat("3", 5117)); !ok || f.mant != 0xaaaaaaaaaaaaaaab {
		t.Errorf("a third is %+v, %v", f, ok)
	}
}

func BenchmarkIncrByFloat(b *testing.B) {
	for _, s := range []string{"0.1", "10.59999999999999999645", "1e4900", "1e-4900"} {
		b.Run(s, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				if _, bad := addLongDouble("3.5", s); bad.Str != "" {
					b.Fatal(bad)
				}
			}
		})
	}
}
