package spec

// Positions, which live in sorted sets. Columns: see row.
var geoRows = []row{
	{"GeoAdd", "GEOADD", "w", "key", "key string, geoLocation ...*GeoLocation", "*IntCmd", "", served},
	{"GeoRadius", "GEORADIUS_RO", "r", "key", "key string, longitude float64, latitude float64, query *GeoRadiusQuery", "*GeoLocationCmd", "", served},
	{"GeoRadiusStore", "GEORADIUS", "w", "key,query.Store,query.StoreDist", "key string, longitude float64, latitude float64, query *GeoRadiusQuery", "*IntCmd", "", served},
	{"GeoRadiusByMember", "GEORADIUSBYMEMBER_RO", "r", "key", "key string, member string, query *GeoRadiusQuery", "*GeoLocationCmd", "", served},
	{"GeoRadiusByMemberStore", "GEORADIUSBYMEMBER", "w", "key,query.Store,query.StoreDist", "key string, member string, query *GeoRadiusQuery", "*IntCmd", "", served},
	{"GeoSearch", "GEOSEARCH", "r", "key", "key string, q *GeoSearchQuery", "*StringSliceCmd", "", served},
	{"GeoSearchLocation", "GEOSEARCH", "r", "key", "key string, q *GeoSearchLocationQuery", "*GeoSearchLocationCmd", "", served},
	{"GeoSearchStore", "GEOSEARCHSTORE", "w", "key,store", "key string, store string, q *GeoSearchStoreQuery", "*IntCmd", "", served},
	{"GeoDist", "GEODIST", "r", "key", "key string, member1 string, member2 string, unit string", "*FloatCmd", "", served},
	{"GeoHash", "GEOHASH", "r", "key", "key string, members ...string", "*StringSliceCmd", `"geohash" key each(members)`, served},
	{"GeoPos", "GEOPOS", "r", "key", "key string, members ...string", "*GeoPosCmd", `"geopos" key each(members)`, served},
}
