package engine

import (
	"math"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A geoQuery is a parsed GEOSEARCH or GEORADIUS.
type geoQuery struct {
	lon, lat      float64
	box           bool
	radius        float64 // in unit
	width, height float64 // of a box, in unit
	unit          float64 // in metres

	withDist, withHash, withCoord bool
	any                           bool
	count                         int64
	order                         int // 1: nearest first, -1: farthest first
	store                         string
	stores, storeDist             bool
}

// A geoHit is a member that lies in the area of a query.
type geoHit struct {
	m        *zmember
	lon, lat float64
	dist     float64 // metres
}

// length reads a number and returns an error with what is needed.
func geoLength(s, need string) (float64, resp.Reply) {
	f, ok := parseFloat(s)
	if !ok {
		return 0, resp.NewError("ERR need numeric " + need)
	}
	return f, resp.Reply{}
}

// circle reads "radius unit".
func (q *geoQuery) circle(args []string) (bad resp.Reply) {
	if q.radius, bad = geoLength(args[0], "radius"); bad.Kind == resp.Error {
		return bad
	}
	if q.radius < 0 {
		return resp.NewError("ERR radius cannot be negative")
	}
	return q.setUnit(args[1])
}

// rectangle reads "width height unit".
func (q *geoQuery) rectangle(args []string) (bad resp.Reply) {
	if q.width, bad = geoLength(args[0], "width"); bad.Kind == resp.Error {
		return bad
	}
	if q.height, bad = geoLength(args[1], "height"); bad.Kind == resp.Error {
		return bad
	}
	if q.width < 0 || q.height < 0 {
		return resp.NewError("ERR height or width cannot be negative")
	}
	q.box = true
	return q.setUnit(args[2])
}

func (q *geoQuery) setUnit(name string) resp.Reply {
	if q.unit = geoUnits[strings.ToLower(name)]; q.unit == 0 {
		return errGeoUnit
	}
	return resp.Reply{}
}

func cmdGeoSearch(c *call) resp.Reply { return c.geoSearch(1, 2, geoQuery{}, false) }

func cmdGeoSearchStore(c *call) resp.Reply {
	return c.geoSearch(2, 3, geoQuery{store: c.args[1], stores: true}, false)
}

func cmdGeoRadius(c *call) resp.Reply {
	var q geoQuery
	if _, _, ok := c.zset(c.args[1]); !ok {
		return errWrongType
	}
	var bad resp.Reply
	if q.lon, q.lat, bad = position(c.args[2:]); bad.Kind == resp.Error {
		return bad
	}
	if bad = q.circle(c.args[4:]); bad.Kind == resp.Error {
		return bad
	}
	return c.geoSearch(1, 6, q, true)
}

func cmdGeoRadiusByMember(c *call) resp.Reply {
	var q geoQuery
	_, z, ok := c.zset(c.args[1])
	if !ok {
		return errWrongType
	}
	if z != nil {
		if q.lon, q.lat, ok = z.positionOf(c.args[2]); !ok {
			return errGeoMember
		}
		if bad := q.circle(c.args[3:]); bad.Kind == resp.Error {
			return bad
		}
	}
	return c.geoSearch(1, 5, q, true)
}

// geoSearch reads the options from args[at] on, runs the query and answers or
// stores. old says that it is GEORADIUS, whose area was read before.
func (c *call) geoSearch(key, at int, q geoQuery, old bool) resp.Reply {
	_, z, ok := c.zset(c.args[key])
	if !ok {
		return errWrongType
	}
	if bad := c.geoOptions(&q, z, c.args[at:], old); bad.Kind == resp.Error {
		return bad
	}
	var hits []geoHit
	if z != nil {
		if q.count != 0 && q.order == 0 && !q.any {
			q.order = 1
		}
		hits = q.run(z)
		if q.order != 0 {
			slices.SortStableFunc(hits, func(a, b geoHit) int {
				switch {
				case a.dist < b.dist:
					return -q.order
				case a.dist > b.dist:
					return q.order
				}
				return 0
			})
		}
		if q.count != 0 && int64(len(hits)) > q.count {
			hits = hits[:q.count]
		}
	}
	if q.stores {
		return c.geoStore(&q, hits)
	}
	elems := make([]resp.Reply, 0, len(hits))
	for _, h := range hits {
		item := []resp.Reply{resp.NewBulk(h.m.key)}
		if q.withDist {
			item = append(item, distanceReply(h.dist/q.unit))
		}
		if q.withHash {
			item = append(item, intReply(int64(h.m.score)))
		}
		if q.withCoord {
			item = append(item, c.coordinates(h.lon, h.lat))
		}
		if len(item) == 1 {
			elems = append(elems, item[0])
		} else {
			elems = append(elems, resp.Reply{Kind: resp.Array, Elems: item})
		}
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func (c *call) geoStore(q *geoQuery, hits []geoHit) resp.Reply {
	result := newCollection(TypeZSet, !c.e.volatile).(*zset)
	result.loose = true
	for _, h := range hits {
		score := h.m.score
		if q.storeDist {
			score = h.dist / q.unit
		}
		result.set(h.m.key, score)
	}
	result.settle()
	c.replace(q.store, result)
	return intReply(int64(len(hits)))
}

// geoOptions reads the options.
func (c *call) geoOptions(q *geoQuery, z *zset, args []string, old bool) (bad resp.Reply) {
	readonly := strings.HasSuffix(c.cmd.name, "_ro")
	var fromMember, fromPlace, byRadius, byBox bool
	for i := 0; i < len(args); i++ {
		left := len(args) - i - 1
		switch word := strings.ToUpper(args[i]); {
		case word == "WITHDIST":
			q.withDist = true
		case word == "WITHHASH":
			q.withHash = true
		case word == "WITHCOORD":
			q.withCoord = true
		case word == "ANY":
			q.any = true
		case word == "ASC":
			q.order = 1
		case word == "DESC":
			q.order = -1
		case word == "COUNT" && left >= 1:
			n, ok := parseInt(args[i+1])
			if !ok {
				return errNotInt
			}
			if n <= 0 {
				return resp.NewError("ERR COUNT must be > 0")
			}
			q.count = n
			i++
		case (word == "STORE" || word == "STOREDIST") && left >= 1 && old && !readonly:
			q.store, q.stores, q.storeDist = args[i+1], true, word == "STOREDIST"
			i++
		case word == "STOREDIST" && !old && q.stores:
			q.storeDist = true
		case word == "FROMMEMBER" && left >= 1 && !old && !fromPlace:
			if z != nil {
				var ok bool
				if q.lon, q.lat, ok = z.positionOf(args[i+1]); !ok {
					return errGeoMember
				}
			}
			fromMember = true
			i++
		case word == "FROMLONLAT" && left >= 2 && !old && !fromMember:
			if q.lon, q.lat, bad = position(args[i+1:]); bad.Kind == resp.Error {
				return bad
			}
			fromPlace = true
			i += 2
		case word == "BYRADIUS" && left >= 2 && !old && !byBox:
			if bad = q.circle(args[i+1:]); bad.Kind == resp.Error {
				return bad
			}
			byRadius = true
			i += 2
		case word == "BYBOX" && left >= 3 && !old && !byRadius:
			if bad = q.rectangle(args[i+1:]); bad.Kind == resp.Error {
				return bad
			}
			byBox = true
			i += 3
		default:
			return errSyntax
		}
	}
	name := oneLine(clip(c.args[0]))
	switch {
	case q.stores && (q.withDist || q.withHash || q.withCoord):
		what := "GEOSEARCHSTORE"
		if old {
			what = "STORE option in GEORADIUS"
		}
		return resp.NewError("ERR " + what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case !old && !fromMember && !fromPlace:
		return resp.NewError("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name)
	case !old && !byRadius && !byBox:
		return resp.NewError("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name)
	case q.any && q.count == 0:
		return resp.NewError("ERR the ANY argument requires COUNT argument")
	}
	return resp.Reply{}
}

// run gathers the members in the area, in the order of the nine cells that
// cover it.
func (q *geoQuery) run(z *zset) (hits []geoHit) {
	limit := int64(math.MaxInt64)
	if q.any {
		limit = q.count
	}
	last := geoCell{}
	for i, cell := range q.cells() {
		if cell == (geoCell{}) || i > 1 && cell == last {
			continue // great areas have the same cell twice
		}
		if int64(len(hits)) >= limit {
			break
		}
		if i > 0 {
			last = cell
		}
		shift := 2 * (geoSteps - cell.steps)
		low, high := float64(cell.bits<<shift), float64((cell.bits+1)<<shift)
		z.from(low, func(k zkey) bool {
			if k.score >= high {
				return false
			}
			if h, ok := q.hit(k.m); ok {
				hits = append(hits, h)
			}
			return int64(len(hits)) < limit
		})
	}
	return hits
}

// hit reports whether a member lies in the area.
func (q *geoQuery) hit(m *zmember) (h geoHit, ok bool) {
	h.m = m
	h.lon, h.lat = geoDecode(m.score)
	if q.box {
		if latDistance(h.lat, q.lat) > q.height*q.unit/2 ||
			geoDistance(h.lon, h.lat, q.lon, h.lat) > q.width*q.unit/2 {
			return h, false
		}
		h.dist = geoDistance(q.lon, q.lat, h.lon, h.lat)
		return h, true
	}
	h.dist = geoDistance(q.lon, q.lat, h.lon, h.lat)
	return h, h.dist <= q.radius*q.unit
}

// cells are the cell of the middle and its neighbours, as large as the area
// needs; those that the area does not reach are the zero value.
func (q *geoQuery) cells() [9]geoCell {
	width, height, reach := q.radius, q.radius, q.radius
	if q.box {
		width, height = q.width/2, q.height/2
		reach = math.Sqrt(width*width + height*height)
	}
	width, height, reach = width*q.unit, height*q.unit, reach*q.unit
	degrees := func(r float64) float64 { return r / (math.Pi / 180) }
	latDelta := degrees(height / earthRadius)
	edge := q.lat + latDelta
	if q.lat < 0 {
		edge = q.lat - latDelta
	}
	lonDelta := degrees(width / earthRadius / math.Cos(radians(edge)))
	bounds := geoArea{q.lon - lonDelta, q.lon + lonDelta, q.lat - latDelta, q.lat + latDelta}

	steps := q.steps(reach)
	middle := geoCell{geoEncode(q.lon, q.lat, geoMaxLat, steps), steps}
	if steps > 1 && (middle.moved(0, 1).area().maxLat < bounds.maxLat || middle.moved(0, -1).area().minLat > bounds.minLat ||
		middle.moved(1, 0).area().maxLon < bounds.maxLon || middle.moved(-1, 0).area().minLon > bounds.minLon) {
		steps--
		middle = geoCell{geoEncode(q.lon, q.lat, geoMaxLat, steps), steps}
	}
	area := middle.area()
	var cells [9]geoCell
	for i, d := range [9][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}} {
		dx, dy := d[0], d[1]
		if steps >= 2 && (dy < 0 && area.minLat < bounds.minLat || dy > 0 && area.maxLat > bounds.maxLat ||
			dx < 0 && area.minLon < bounds.minLon || dx > 0 && area.maxLon > bounds.maxLon) {
			continue
		}
		cells[i] = middle.moved(dx, dy)
	}
	return cells
}

// steps is how fine the cells may be for nine of them to cover a circle.
func (q *geoQuery) steps(reach float64) uint {
	if reach == 0 {
		return geoSteps
	}
	steps := 1
	for ; reach < mercatorMax; reach *= 2 {
		steps++
	}
	steps -= 2
	if lat := math.Abs(q.lat); lat > 66 {
		steps--
		if lat > 80 {
			steps--
		}
	}
	return uint(min(max(steps, 1), geoSteps))
}
