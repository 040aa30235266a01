// Package redislua runs Lua scripts as Redis does: Redis's sandbox, number
// formatting and conversions between Lua values and replies, on gopher-lua. It
// knows no command; what redis.call does is handed in.
//
// gopher-lua writes numbers its own way wherever a number turns into a string.
// Redis's Lua writes "%.14g" there. The places are the functions of the base,
// string and table libraries, which are wrapped, and the operator "..", which
// Compile rewrites into a call.
//
// # The budget
//
// A script may take only so many steps and make only so many bytes; see Budget.
// Patterns have a matcher of their own for it, and Compile puts calls into the
// blocks that make tables. Not counted are comparisons of strings that are
// equal over a great length, and what commands do inside the engine.
package redislua
