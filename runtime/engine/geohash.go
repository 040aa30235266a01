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
	// A position on the eastern or northern edge is in a cell beyond the last; only
	// what moves comes back.
	if dx != 0 {
		x &= lonBits >> shift
	}
	if dy != 0 {
		y &= latBits >> shift
	}
	return geoCell{x | y, c.steps}
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

// latDistance is the distance in metres along a meridian.
func latDistance(lat1, lat2 float64) float64 {
	return earthRadius * math.Abs(radians(lat2)-radians(lat1))
}

// geoDistance is the distance in metres by the haversine formula. Its last bits
// are not those of the C library: they show where distances become scores.
func geoDistance(lon1, lat1, lon2, lat2 float64) float64 {
	v := math.Sin((radians(lon2) - radians(lon1)) / 2)
	if v == 0 {
		return latDistance(lat1, lat2)
	}
	y1, y2 := radians(lat1), radians(lat2)
	u := math.Sin((y2 - y1) / 2)
	a := float64(u*u) + float64(float64(float64(math.Cos(y1)*math.Cos(y2))*v)*v)
	return 2 * earthRadius * math.Asin(math.Sqrt(a))
}
