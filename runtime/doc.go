// Package runtime is what a migrated program imports instead of go-redis v9:
// the same names, signatures and result types over an engine that may live in
// the process, in a file or on Cloudflare. It never speaks Redis's wire
// protocol and never knows what a command does: a method builds a command, a
// store's session answers it.
package runtime
