// Package smalljson reads and writes JSON for programs that have little room: it does
// what the object and its followers need of encoding/json, in a tenth of the code. It
// knows structs with tags, pointers to them, slices, maps with string keys, bytes (as
// base64), strings, numbers, booleans and any; nothing else, and no methods of types.
//
// Integers are exact; where the type is any, numbers are float64s. It differs from
// encoding/json in this: names of fields must be in the case of their tags, an embedded
// struct is a field like any other, values stand in each other 1,000 deep at most, and
// what is null stays as it was.
package smalljson
