package kvprimary

import "strings"

// A Command is one row of the table: what the command is, what it does on KV, what it
// answers, and in what Redis differs.
type Command struct {
	Name    string
	Syntax  string
	Does    string
	Answers string
	Redis   string // what Redis does otherwise
	// First and Last are the places of the first and last key in the command line;
	// Last -1 is its end.
	First, Last int

	compile func(f *frame, args []string) step
}

// Commands are the commands of a family with consistency: primary. There are no
// others.
var Commands = []Command{
	{Name: "GET", Syntax: "GET key", First: 1, Last: 1, compile: compileGet,
		Does:    "Reads the key, from the client's own recent writes or from KV.",
		Answers: "The value, or nil.",
		Redis:   "Never answers an older value, nor nil for a key that another client has written."},
	{Name: "MGET", Syntax: "MGET key [key ...]", First: 1, Last: -1, compile: compileMGet,
		Does:    "Reads the keys, a hundred in one request.",
		Answers: "The values in the order of the keys; nil for each that is not there.",
		Redis:   "Reads all keys at one moment. Here each may be of another age."},
	{Name: "SET", Syntax: "SET key value [EX seconds | PX milliseconds | EXAT seconds | PXAT milliseconds]", First: 1, Last: 1, compile: compileSet,
		Does:    "Writes the key whole, with its expiry or without one.",
		Answers: "OK once KV has it.",
		Redis:   "Has NX, XX, GET and KEEPTTL as well; they are refused here, because they read before they write. Keeps expiries below 60 s, and to the millisecond: here they are rounded up to a second."},
	{Name: "SETEX", Syntax: "SETEX key seconds value", First: 1, Last: 1, compile: compileSetEx,
		Does:    "Writes the key whole with its expiry.",
		Answers: "OK once KV has it.",
		Redis:   "Keeps expiries below 60 s."},
	{Name: "DEL", Syntax: "DEL key [key ...]", First: 1, Last: -1, compile: compileDel,
		Does:    "Removes the keys.",
		Answers: "How many different keys were named: KV does not say which of them were there.",
		Redis:   "Answers how many keys there were."},
}

// Limits of KV, in bytes, seconds and requests (Cloudflare's, 2026-07).
const (
	MaxName      = 512         // bytes of a key's name in KV, see Name
	MaxValue     = 25 << 20    // bytes of a value
	MinExpiry    = 60          // seconds
	MaxExpiryAt  = 1<<31 - 1   // Unix seconds, 2038-01-19: KV on workerd keeps a time in 32 bits
	BulkGet      = 100         // keys that one request reads
	BulkPut      = 10_000      // keys that one request of the REST API writes
	BulkPutBytes = 100_000_000 // bytes of such a request: "100 megabytes", read as the smaller ones
)

var table = func() map[string]*Command {
	m := make(map[string]*Command, len(Commands))
	for i := range Commands {
		m[Commands[i].Name] = &Commands[i]
	}
	return m
}()

// Lookup finds the row of a command by its name in any case.
func Lookup(name string) (*Command, bool) {
	if c, ok := table[name]; ok { // as the facade writes it
		return c, true
	}
	c, ok := table[strings.ToUpper(name)]
	return c, ok
}

// Keys are the keys of a command line, which share its memory; nil when it is too
// short to have any.
func (c *Command) Keys(line []string) []string {
	last := c.Last
	if last < 0 {
		last = len(line) - 1
	}
	if last >= len(line) || last < c.First {
		return nil
	}
	return line[c.First : last+1]
}

// Names are the commands in one line, for messages: "GET, MGET, SET, SETEX and DEL".
func Names() string {
	names := make([]string, len(Commands))
	for i, c := range Commands {
		names[i] = c.Name
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
