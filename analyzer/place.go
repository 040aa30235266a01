package analyzer

import "github.com/redis2cf/redis2cf/internal/spec"

// onAnyKey are the commands on a key of any type that a store of whole values
// can follow.
var onAnyKey = map[string]bool{
	"DEL": true, "UNLINK": true, "EXISTS": true, "TOUCH": true,
	"EXPIRE": true, "PEXPIRE": true, "EXPIREAT": true, "PEXPIREAT": true, "PERSIST": true,
	"TTL": true, "PTTL": true, "EXPIRETIME": true, "PEXPIRETIME": true, "TYPE": true, "DUMP": true,
}

// place is where a site goes, for its's message: the rule of thumb for one site on
// its own, since a package does not show the plan: what reads and writes in
// one step, waits or runs a script stays in the object; whole values go to KV;
// rows go to D1.
func place(s *Site) string {
	switch {
	case s.Row.Block, s.Tx != "" && s.Command == "WATCH":
		return "goes to a Durable Object"
	case s.Type == spec.String || s.Type == spec.Any:
		if onAnyKey[s.Command] || spec.WholeValue(s.Command, s.Row.Method) {
			return "goes to Workers KV"
		}
	case s.Type == spec.List || s.Type == spec.Hash || s.Type == spec.Set || s.Type == spec.ZSet:
		return "goes to D1"
	}
	return "goes to a Durable Object"
}
