package cfstore

import "github.com/dave/jennifer/jen"

// DualFile is the file that is there while the program's data moves.
const DualFile = "dual.go"

// DualPath is the package that opens Redis and a store behind each other.
const DualPath = RuntimePath + "/dual"

// dual links Redis beside the store. It is a file of its own so that taking it away is all
// that a program needs to be without go-redis.
func (g *generator) dual() *jen.File {
	f := g.file()
	for i, line := range []string{
		"This file is here while the data moves: its import is what understands",
		"",
		"\tCFSTORE_URL=dual:STORE-URL        such as dual:https://shop.example.workers.dev",
		"\tCFSTORE_REDIS=redis://HOST:PORT   the Redis that the program has used so far",
		"",
		"One of the two is the truth, and the other follows; redis2cf phase shows and switches",
		"which. Without dual: in front nothing changes. When the phase is only, redis2cf cleanup",
		"removes this file, and with it what it links of go-redis.",
	} {
		if i == 0 {
			f.HeaderComment("")
		}
		if line == "" {
			line = "//" // jennifer writes it as it is
		}
		f.HeaderComment(line)
	}
	f.Anon(DualPath)
	return f
}
