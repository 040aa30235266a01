// Package smallre tells whether a text matches a regular expression, in the syntax of
// the standard library's regexp and in linear time as there. It exists because that
// package, with the tables of Unicode that it brings, is a twentieth of what the engine
// takes as WebAssembly.
//
// # Limits
//
// It only tells whether there is a match, not where. Of the classes \p{…} it knows the
// general categories L, Lu, Ll, N, Nd, P, S, Z and M; others are an error, as an unknown
// one is.
package smallre
