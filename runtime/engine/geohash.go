package engine

import "math"

// Positions are kept as scores: the interleaved bits of latitude and longitude,
// 26 each, as in Redis.
const (
	geoSteps    = 26
	geoMaxLon   = 180.0
	geoMaxLat   = 85.05112878
	earthRadius = 6372797.560856 // metres, as Redis has it
	mercatorMax = 20037726.37    // metres
)

// spread puts the lower 32 bits of a number at the even places.
func spread(v uint64) uint64 {
	v &= 0xffffffff
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & 0x5555555555555555
}

// gather is the inverse of spread.
func gather(v uint64) uint64 {
	v &= 0x5555555555555555
	v = (v | v>>1) & 0x3333333333333333
	v = (v | v>>2) & 0x0f0f0f0f0f0f0f0f
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return (v | v>>16) & 0xffffffff
}

// geoEncode is the cell of a position among 4^steps cells.
func geoEncode(lon, lat, maxLat float64, steps uint) uint64 {
	cells := float64(uint64(1) << steps)
	y := (lat + maxLat) / (2 * maxLat) * cells
	x := (lon + geoMaxLon) / (2 * geoMaxLon) * cells
	return spread(uint64(y)) | spread(uint64(x))<<1
}

// A geoCell is a cell with its size. The zero value is no cell.
type geoCell struct {
	bits  uint64
	steps uint
}

// A geoArea is the positions of a cell.
type geoArea struct{ minLon, maxLon, minLat, maxLat float64 }

func (c geoCell) area() geoArea {
	cells := float64(uint64(1) << c.steps)
	y, x := float64(gather(c.bits)), float64(gather(c.bits>>1))
	return geoArea{
		minLat: -geoMaxLat + float64(y/cells*(2*geoMaxLat)), maxLat: -geoMaxLat + float64((y+1)/cells*(2*geoMaxLat)),
		minLon: -geoMaxLon + float64(x/cells*(2*geoMaxLon)), maxLon: -geoMaxLon + float64((x+1)/cells*(2*geoMaxLon)),
	}
}

// geoDecode is the middle of the cell that a score names.
func geoDecode(score float64) (lon, lat float64) {
	a := geoCell{uint64(score), geoSteps}.area()
	lon = min(max((a.minLon+a.maxLon)/2, -geoMaxLon), geoMaxLon)
	lat = min(max((a.minLat+a.maxLat)/2, -geoMaxLat), geoMaxLat)
	return lon, lat
}

// moved is the cell some columns to the east and rows to the north. It goes
// round at the edges.
func (c geoCell) moved(dx, dy int) geoCell {
	const lonBits, latBits = 0xaaaaaaaaaaaaaaaa, 0x5555555555555555
	shift := 64 - 2*c.steps
	x, y := c.bits&lonBits, c.bits&latBits
	if gap := uint64(latBits) >> shift; dx > 0 {
		x += gap + 1
	} else if dx < 0 {
		x = (x | gap) - (gap + 1)
	}
	if gap := uint64(lonBits) >> shift; dy > 0 {
		y += gap + 1
	} else if dy < 0 {
		y = (y | gap) - (gap + 1)
	}
	return geoCell{x&(lonBits>>shift) | y&(latBits>>shift), c.steps}
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

// latDistance is the distance in metres along a meridian.
func latDistance(lat1, lat2 float64) float64 {
	return earthRadius * math.Abs(radians(lat2)-radians(lat1))
}

// geoDistance is the distance in metres by the haversine formula. The functions
// are those of package math, or exact ones where each bit is kept.
func geoDistance(f *trigonometry, lon1, lat1, lon2, lat2 float64) float64 {
	v := f.sin((radians(lon2) - radians(lon1)) / 2)
	if v == 0 {
		return latDistance(lat1, lat2)
	}
	y1, y2 := radians(lat1), radians(lat2)
	u := f.sin((y2 - y1) / 2)
	a := float64(u*u) + float64(float64(float64(f.cos(y1)*f.cos(y2))*v)*v)
	return 2 * earthRadius * f.asin(math.Sqrt(a))
}

// trigonometry is the functions that a distance is reckoned with.
type trigonometry struct{ sin, cos, asin func(float64) float64 }

var (
	fastTrigonometry  = &trigonometry{math.Sin, math.Cos, math.Asin}
	exactTrigonometry = &trigonometry{exactSin, exactCos, exactAsin}
)

// A double2 is a number with twice a double's precision: the sum of its parts.
type double2 struct{ hi, lo float64 }

func (a double2) plus(b double2) double2 {
	s := a.hi + b.hi
	t := s - a.hi
	e := (a.hi - (s - t)) + (b.hi - t) + a.lo + b.lo
	hi := s + e
	return double2{hi, e - (hi - s)}
}

func (a double2) times(b double2) double2 {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p)
	e = math.FMA(a.hi, b.lo, e)
	e = math.FMA(a.lo, b.hi, e)
	hi := p + e
	return double2{hi, e - (hi - p)}
}

func (a double2) over(n float64) double2 {
	q := a.hi / n
	r := (math.FMA(-q, n, a.hi) + a.lo) / n
	hi := q + r
	return double2{hi, r - (hi - q)}
}

// series sums x^k/k! with alternating signs from a first term on.
func series(x, first double2, k float64) double2 {
	square := x.times(x)
	square = double2{-square.hi, -square.lo}
	sum, term := first, first
	for math.Abs(term.hi) > 1e-34 {
		term = term.times(square).over((k + 1) * (k + 2))
		sum = sum.plus(term)
		k += 2
	}
	return sum
}

// The C library that Redis is built with rounds these functions correctly, or
// all but; package math does not. Angles are at most a half turn.

func exactSin(x float64) float64 { return series(double2{x, 0}, double2{x, 0}, 1).hi }
func exactCos(x float64) float64 { return series(double2{x, 0}, double2{1, 0}, 0).hi }

func exactAsin(x float64) float64 {
	y := math.Asin(x)
	s, c := series(double2{y, 0}, double2{y, 0}, 1), exactCos(y)
	if c == 0 {
		return y
	}
	return y + (x-s.hi-s.lo)/c
}
