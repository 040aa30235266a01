// Package cfotel traces and measures a client of the facade with OpenTelemetry. Its
// functions and options are those of go-redis's redisotel; spans and instruments have
// the same names and attributes, so that dashboards and alerts go on.
//
// # Differences
//
// A client of the facade opens no connections. There are no spans "redis.dial", no
// histogram of the time to connect, and no handshake among the commands; the numbers of
// connections are those of sessions with the store. WithDialFilter is accepted for that
// reason and does nothing.
//
// The instrumentation's name is this package's. The caller in code.function, code.filepath
// and code.lineno is the first function outside of the runtime.
package cfotel
