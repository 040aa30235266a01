package difftest

import (
	"strconv"
)

// Shapes of the groups that have makers of their own.
func init() {
	makers["lon"] = func(g *Gen) string {
		if g.chance(4) {
			return pickOf(g.rnd, "180", "-180", "0", "181", "abc", "", "nan", "1e3")
		}
		return strconv.FormatFloat(g.rnd.Float64()*360-180, 'f', 1+g.rnd.Intn(8), 64)
	}
	makers["lat"] = func(g *Gen) string {
		if g.chance(4) {
			return pickOf(g.rnd, "85.05112878", "-85.05112878", "0", "86", "-90", "abc", "")
		}
		return strconv.FormatFloat(g.rnd.Float64()*170-85, 'f', 1+g.rnd.Intn(8), 64)
	}
	makers["dist"] = func(g *Gen) string {
		if g.chance(5) {
			return pickOf(g.rnd, "0", "-1", "abc", "1e9", "inf")
		}
		return strconv.FormatFloat(g.rnd.ExpFloat64()*4000, 'f', 2, 64)
	}
	// Members of equal distance come in any order, so that COUNT has keys of its
	// own, and distances that are stored differ in their last bits.
	makers["gk"] = func(g *Gen) string { return "geo:" + strconv.Itoa(g.rnd.Intn(5)) }
	makers["gd"] = func(g *Gen) string { return "distance:" + strconv.Itoa(g.rnd.Intn(5)) }
	makers["unit"] = func(g *Gen) string { return pickOf(g.rnd, "km", "km", "KM", "mi", "m", "ft", "furlong") }
	shapes = append(shapes,
		shape{"hll", 4, everywhere, "PFADD k m+"},
		shape{"hll", 1, everywhere, "PFADD k m*"},
		shape{"hll", 1, everywhere, "PFADD k"},
		shape{"hll", 3, everywhere, "PFCOUNT k+"},
		shape{"hll", 2, everywhere, "PFMERGE k k+"},

		shape{"geo", 6, everywhere, "GEOADD gk lon lat m lon lat m lon lat m"},
		shape{"geo", 2, everywhere, "GEOADD gk ( NX | XX | CH | XX CH | NX XX | INCR ) lon lat m"},
		shape{"geo", 1, everywhere, "GEOADD k lon lat m"},
		shape{"geo", 2, everywhere, "GEODIST k m m ( | unit )"},
		shape{"geo", 1, everywhere, "GEOHASH k m+"},
		shape{"geo", 2, everywhere, "GEOPOS k m+"},
		shape{"geo", 3, everywhere, "GEOSEARCH gk ( FROMLONLAT lon lat | FROMMEMBER m | ) ( BYRADIUS dist unit | BYBOX dist dist unit | ) ( ASC | DESC | COUNT n | COUNT n ANY ASC | ANY | ) ( | WITHDIST | WITHCOORD | WITHHASH WITHDIST WITHCOORD | STOREDIST )"},
		shape{"geo", 2, everywhere, "GEOSEARCHSTORE gd ( gk | gk | o ) ( FROMLONLAT lon lat | FROMMEMBER m ) ( BYRADIUS dist unit | BYBOX dist dist unit ) ( ASC | ) ( | WITHDIST )"},
		shape{"geo", 1, everywhere, "GEOSEARCHSTORE gd gk FROMLONLAT lon lat BYRADIUS dist unit COUNT n"},
		shape{"geo", 2, everywhere, "GEORADIUS gk lon lat dist unit ( ASC | DESC | COUNT n | ) ( | WITHDIST | WITHCOORD WITHHASH | STORE gd | STORE gd WITHDIST )"},
		shape{"geo", 1, everywhere, "GEORADIUS_RO gk lon lat dist unit ( ASC | COUNT n ) ( | WITHDIST | STORE k )"},
		shape{"geo", 2, everywhere, "GEORADIUSBYMEMBER gk m dist unit ( ASC | DESC | COUNT n | ) ( | WITHDIST | WITHCOORD | STORE gd )"},
		shape{"geo", 1, everywhere, "GEORADIUSBYMEMBER_RO gk m dist unit ASC ( | WITHDIST | STORE k )"},
	)
}
