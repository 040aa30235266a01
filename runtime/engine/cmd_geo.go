package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var geoHandlers = map[string]handler{
	"geoadd": cmdGeoAdd, "geodist": cmdGeoDist, "geohash": cmdGeoHash, "geopos": cmdGeoPos,
	"geosearch": cmdGeoSearch, "geosearchstore": cmdGeoSearchStore,
	"georadius": cmdGeoRadius, "georadius_ro": cmdGeoRadius,
	"georadiusbymember": cmdGeoRadiusByMember, "georadiusbymember_ro": cmdGeoRadiusByMember,
}

// geoUnits are the units in metres.
var geoUnits = map[string]float64{"m": 1, "km": 1000, "ft": 0.3048, "mi": 1609.34}

var (
	errGeoUnit   = resp.NewError("ERR unsupported unit provided. please use M, KM, FT, MI")
	errGeoMember = resp.NewError("ERR could not decode requested zset member")
)

// position reads "longitude latitude".
func position(args []string) (lon, lat float64, bad resp.Reply) {
	lon, ok1 := parseFloat(args[0])
	lat, ok2 := parseFloat(args[1])
	if !ok1 || !ok2 {
		return 0, 0, errNotFloat
	}
	if lon < -geoMaxLon || lon > geoMaxLon || lat < -geoMaxLat || lat > geoMaxLat {
		return 0, 0, resp.NewError(fmt.Sprintf("ERR invalid longitude,latitude pair %s,%s", fixed(lon, 6), fixed(lat, 6)))
	}
	return lon, lat, resp.Reply{}
}

// fixed is C's "%.<digits>f".
func fixed(f float64, digits int) string {
	s := strconv.FormatFloat(f, 'f', digits, 64)
	return strings.ToLower(strings.TrimPrefix(s, "+"))
}

func cmdGeoAdd(c *call) resp.Reply {
	var o zaddOptions
	at := 2
loop:
	for ; at < len(c.args); at++ {
		switch strings.ToUpper(c.args[at]) {
		case "NX":
			o.nx = true
		case "XX":
			o.xx = true
		case "CH":
			o.ch = true
		default:
			break loop
		}
	}
	if (len(c.args)-at)%3 != 0 || o.nx && o.xx {
		return errSyntax
	}
	zadd := append(resp.Command{"zadd", c.args[1]}, c.args[2:at]...)
	for ; at < len(c.args); at += 3 {
		lon, lat, bad := position(c.args[at:])
		if bad.Kind == resp.Error {
			return bad
		}
		bits := geoEncode(lon, lat, geoMaxLat, geoSteps)
		zadd = append(zadd, strconv.FormatUint(bits, 10), c.args[at+2])
	}
	inner := *c
	inner.args = zadd
	return inner.zadd(zaddOptions{})
}

// positionOf is a member's position.
func (z *zset) positionOf(name string) (lon, lat float64, ok bool) {
	m := z.find(name)
	if m == nil {
		return 0, 0, false
	}
	lon, lat = geoDecode(m.score)
	return lon, lat, true
}

// distanceReply writes a distance as Redis does, with four digits.
func distanceReply(d float64) resp.Reply { return resp.NewBulk(fixed(d, 4)) }

// coordinates is a position as a reply, with Redis's 17 digits behind the point.
func (c *call) coordinates(lon, lat float64) resp.Reply {
	one := func(f float64) resp.Reply {
		text := longDoubleOf(f).text()
		if c.s.proto == 2 {
			return resp.NewBulk(text)
		}
		f, _ = strconv.ParseFloat(text, 64)
		r := resp.NewDouble(f)
		r.Str = text
		return r
	}
	return resp.NewArray(one(lon), one(lat))
}

func cmdGeoDist(c *call) resp.Reply {
	unit := 1.0
	if len(c.args) > 4 {
		if unit = geoUnits[strings.ToLower(c.args[4])]; unit == 0 && len(c.args) == 5 {
			return errGeoUnit
		}
		if len(c.args) > 5 {
			return errSyntax
		}
	}
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	lon1, lat1, ok1 := z.positionOf(c.args[2])
	lon2, lat2, ok2 := z.positionOf(c.args[3])
	if !ok1 || !ok2 {
		return nilReply
	}
	return distanceReply(geoDistance(lon1, lat1, lon2, lat2) / unit)
}

// geoAlphabet is the alphabet of geohash.org.
const geoAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

func cmdGeoHash(c *call) resp.Reply {
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := make([]resp.Reply, len(c.args)-2)
	for i, name := range c.args[2:] {
		lon, lat, ok := z.positionOf(name)
		if !ok {
			continue
		}
		// geohash.org divides all of the latitudes, Redis those that Mercator shows.
		bits := geoEncode(lon, lat, 90, geoSteps)
		var text [11]byte
		for j := range text {
			text[j] = geoAlphabet[0]
			if j < 10 {
				text[j] = geoAlphabet[bits>>(52-5*(j+1))&31]
			}
		}
		elems[i] = resp.NewBulk(string(text[:]))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdGeoPos(c *call) resp.Reply {
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	elems := make([]resp.Reply, len(c.args)-2)
	for i, name := range c.args[2:] {
		elems[i] = nilArray
		if lon, lat, ok := z.positionOf(name); ok {
			elems[i] = c.coordinates(lon, lat)
		}
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}
