package analyzer

import "github.com/redis2cf/redis2cf/internal/spec"

// Place gives the store word of a site's message. Callers that have a plan set
// it before the first use; without one the data type and the command decide.
var Place = place

// plain are the commands on strings that a store of whole values can follow.
var plain = map[string]bool{
	"GET": true, "MGET": true, "SET": true, "MSET": true, "SETEX": true, "PSETEX": true, "GETEX": true,
	"GETRANGE": true, "STRLEN": true, "DEL": true, "UNLINK": true, "EXISTS": true, "TOUCH": true,
	"EXPIRE": true, "PEXPIRE": true, "EXPIREAT": true, "PEXPIREAT": true, "PERSIST": true,
	"TTL": true, "PTTL": true, "EXPIRETIME": true, "PEXPIRETIME": true, "TYPE": true, "DUMP": true,
}

// conditional are the methods that send SET with a condition or an answer,
// which its name does not show.
var conditional = map[string]bool{
	"SetNX": true, "SetXX": true, "SetArgs": true, "GetSet": true, "GetDel": true, "MSetNX": true,
}

// place is the rule of thumb for one site on its own: what reads and writes in
// one step, waits or runs a script stays in the object; whole values go to KV;
// rows go to D1.
func place(s *Site) string {
	switch {
	case s.Row.Block, s.Tx != "" && s.Command == "WATCH":
		return "do"
	case s.Type == spec.String || s.Type == spec.Any:
		if plain[s.Command] && !conditional[s.Row.Method] {
			return "kv"
		}
	case s.Type == spec.List || s.Type == spec.Hash || s.Type == spec.Set || s.Type == spec.ZSet:
		return "d1"
	}
	return "do"
}
