package runtime

import (
	"context"
	"errors"
)

// GeoLocation is a member with its position. Dist and GeoHash are set where a
// query asked for them.
type GeoLocation struct {
	Name                      string
	Longitude, Latitude, Dist float64
	GeoHash                   int64
}

// GeoRadiusQuery is a circle with the options of GEORADIUS.
type GeoRadiusQuery struct {
	Radius      float64
	Unit        string // m, km, ft or mi; empty: km
	WithCoord   bool
	WithDist    bool
	WithGeoHash bool
	Count       int
	Sort        string // ASC or DESC; empty: none
	Store       string
	StoreDist   string
}

// GeoSearchQuery is a circle, or a box, around a member or a position.
type GeoSearchQuery struct {
	Member string // empty: Longitude and Latitude

	Longitude float64
	Latitude  float64

	Radius     float64 // 0: a box
	RadiusUnit string  // m, km, ft or mi; empty: km

	BoxWidth  float64
	BoxHeight float64
	BoxUnit   string // m, km, ft or mi; empty: km

	Sort     string // ASC or DESC; empty: none
	Count    int
	CountAny bool
}

// GeoSearchLocationQuery is a query that says what to answer of each member.
type GeoSearchLocationQuery struct {
	GeoSearchQuery

	WithCoord bool
	WithDist  bool
	WithHash  bool
}

// GeoSearchStoreQuery is a query whose result is stored, with the distances as
// scores when StoreDist is set.
type GeoSearchStoreQuery struct {
	GeoSearchQuery

	StoreDist bool
}

func (q *GeoRadiusQuery) args(args []interface{}) []interface{} {
	unit := q.Unit
	if unit == "" {
		unit = "km"
	}
	args = append(args, q.Radius, unit)
	for _, with := range []struct {
		on   bool
		word string
	}{{q.WithCoord, "withcoord"}, {q.WithDist, "withdist"}, {q.WithGeoHash, "withhash"}} {
		if with.on {
			args = append(args, with.word)
		}
	}
	if q.Count > 0 {
		args = append(args, "count", q.Count)
	}
	if q.Sort != "" {
		args = append(args, q.Sort)
	}
	if q.Store != "" {
		args = append(args, "store", q.Store)
	}
	if q.StoreDist != "" {
		args = append(args, "storedist", q.StoreDist)
	}
	return args
}

// args appends the query. Like go-redis it fills in the unit that it uses.
func (q *GeoSearchQuery) args(args []interface{}) []interface{} {
	if q.Member != "" {
		args = append(args, "frommember", q.Member)
	} else {
		args = append(args, "fromlonlat", q.Longitude, q.Latitude)
	}
	if q.Radius > 0 {
		if q.RadiusUnit == "" {
			q.RadiusUnit = "km"
		}
		args = append(args, "byradius", q.Radius, q.RadiusUnit)
	} else {
		if q.BoxUnit == "" {
			q.BoxUnit = "km"
		}
		args = append(args, "bybox", q.BoxWidth, q.BoxHeight, q.BoxUnit)
	}
	if q.Sort != "" {
		args = append(args, q.Sort)
	}
	if q.Count > 0 {
		args = append(args, "count", q.Count)
		if q.CountAny {
			args = append(args, "any")
		}
	}
	return args
}

func (q *GeoSearchLocationQuery) args(args []interface{}) []interface{} {
	args = q.GeoSearchQuery.args(args)
	if q.WithCoord {
		args = append(args, "withcoord")
	}
	if q.WithDist {
		args = append(args, "withdist")
	}
	if q.WithHash {
		args = append(args, "withhash")
	}
	return args
}

// GeoAdd adds members with their positions.
func (c cmdable) GeoAdd(ctx context.Context, key string, geoLocation ...*GeoLocation) *IntCmd {
	args := append(make([]interface{}, 0, 2+3*len(geoLocation)), "geoadd", key)
	for _, l := range geoLocation {
		args = append(args, l.Longitude, l.Latitude, l.Name)
	}
	cmd := NewIntCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// GeoRadius answers the members in a circle. See GeoRadiusStore for storing
// them.
func (c cmdable) GeoRadius(ctx context.Context, key string, longitude, latitude float64, query *GeoRadiusQuery) *GeoLocationCmd {
	cmd := NewGeoLocationCmd(ctx, query, "georadius_ro", key, longitude, latitude)
	if query.Store != "" || query.StoreDist != "" {
		cmd.SetErr(errors.New("GeoRadius does not support Store or StoreDist"))
		return cmd
	}
	_ = c(ctx, cmd)
	return cmd
}

// GeoRadiusStore stores the members in a circle.
func (c cmdable) GeoRadiusStore(ctx context.Context, key string, longitude, latitude float64, query *GeoRadiusQuery) *IntCmd {
	cmd := NewIntCmd(ctx, query.args([]interface{}{"georadius", key, longitude, latitude})...)
	if query.Store == "" && query.StoreDist == "" {
		cmd.SetErr(errors.New("GeoRadiusStore requires Store or StoreDist"))
		return cmd
	}
	_ = c(ctx, cmd)
	return cmd
}

// GeoRadiusByMember answers the members in a circle around one of them.
func (c cmdable) GeoRadiusByMember(ctx context.Context, key, member string, query *GeoRadiusQuery) *GeoLocationCmd {
	cmd := NewGeoLocationCmd(ctx, query, "georadiusbymember_ro", key, member)
	if query.Store != "" || query.StoreDist != "" {
		cmd.SetErr(errors.New("GeoRadiusByMember does not support Store or StoreDist"))
		return cmd
	}
	_ = c(ctx, cmd)
	return cmd
}

// GeoRadiusByMemberStore stores the members in a circle around one of them.
func (c cmdable) GeoRadiusByMemberStore(ctx context.Context, key, member string, query *GeoRadiusQuery) *IntCmd {
	cmd := NewIntCmd(ctx, query.args([]interface{}{"georadiusbymember", key, member})...)
	if query.Store == "" && query.StoreDist == "" {
		cmd.SetErr(errors.New("GeoRadiusByMemberStore requires Store or StoreDist"))
		return cmd
	}
	_ = c(ctx, cmd)
	return cmd
}

// GeoSearch answers the names of the members in an area.
func (c cmdable) GeoSearch(ctx context.Context, key string, q *GeoSearchQuery) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, q.args([]interface{}{"geosearch", key})...)
	_ = c(ctx, cmd)
	return cmd
}

// GeoSearchLocation answers the members in an area with what the query asks for.
func (c cmdable) GeoSearchLocation(ctx context.Context, key string, q *GeoSearchLocationQuery) *GeoSearchLocationCmd {
	args := q.args([]interface{}{"geosearch", key})
	cmd := NewGeoSearchLocationCmd(ctx, q, args...)
	_ = c(ctx, cmd)
	return cmd
}

// GeoSearchStore stores the members in an area.
func (c cmdable) GeoSearchStore(ctx context.Context, key, store string, q *GeoSearchStoreQuery) *IntCmd {
	args := q.GeoSearchQuery.args([]interface{}{"geosearchstore", store, key})
	if q.StoreDist {
		args = append(args, "storedist")
	}
	cmd := NewIntCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// GeoDist is the distance of two members; the unit is m, km, ft or mi, and km
// when empty.
func (c cmdable) GeoDist(ctx context.Context, key string, member1, member2, unit string) *FloatCmd {
	if unit == "" {
		unit = "km"
	}
	cmd := NewFloatCmd(ctx, "geodist", key, member1, member2, unit)
	_ = c(ctx, cmd)
	return cmd
}
