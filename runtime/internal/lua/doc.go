// Package lua is Lua 5.1 as Redis 7 embeds it: the same results, the same texts
// of errors, the same order of pairs, the same limits. It knows nothing of
// Redis; the sandbox and Redis's libraries are in package redislua.
//
// A program is parsed into a syntax tree, which is compiled for a machine with
// registers. Variables that closures share live in cells. Calls from Lua to Lua
// do not use Go's stack, so that a coroutine can stop anywhere but below a Go
// function, as in Lua 5.1.
//
// # The budget
//
// A Meter counts what a program does: each instruction is a step, and what
// strings, tables, closures and the stack take is counted in bytes as it is
// made. Library functions that may work long count steps of their own. A program
// that passes its budget is ended by a panic that no pcall of the program
// catches.
//
// # Where it differs from Lua 5.1
//
// There is no garbage collector to be told anything: collectgarbage answers as
// if there were, weak tables keep what they hold, and __gc is not called.
// string.dump answers that it is unable to. Addresses that tostring writes are
// numbers in the order of making. The error of a function that needs too many
// registers does not say near what.
package lua
