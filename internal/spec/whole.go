package spec

// wholeValues are the commands of plain strings that KV can follow without
// losing what a program relies on: they read a value or write it whole.
var wholeValues = map[string]bool{
	"GET": true, "MGET": true, "SET": true, "MSET": true, "SETEX": true, "PSETEX": true, "GETEX": true,
	"GETRANGE": true, "SUBSTR": true, "STRLEN": true,
}

// conditional are the methods that send SET or its kin with a condition, or for
// the old value, which the command's name does not show.
var conditional = map[string]bool{
	"SetNX": true, "SetXX": true, "SetArgs": true, "SetIFEQ": true, "SetIFEQGet": true, "SetIFNE": true,
	"SetIFNEGet": true, "SetIFDEQ": true, "SetIFDEQGet": true, "SetIFDNE": true, "SetIFDNEGet": true,
	"GetSet": true, "GetDel": true, "MSetNX": true,
}

// WholeValue reports whether a command on a string, sent by a method, reads or
// writes a value whole, so that a store without compare-and-set can follow it.
func WholeValue(command, method string) bool { return wholeValues[command] && !conditional[method] }
