package spec

// GoRedisVersion is the version of go-redis that the table was written for. A
// later one may have methods that have no row.
const GoRedisVersion = "v9.22.0"
