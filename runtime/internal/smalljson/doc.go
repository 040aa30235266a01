// Package smalljson reads and writes JSON for programs that have little room: it does
// what the object and its followers need of encoding/json, in a tenth of the code. It
// knows structs with tags, pointers to them, slices, maps with string keys, bytes (as
// base64), strings, numbers and booleans; nothing else, and no methods of types.
//
// Numbers are read as float64, so integers are exact up to 2^53.
package smalljson
