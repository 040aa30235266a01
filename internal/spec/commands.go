package spec

import (
	"strconv"
	"strings"
	"sync"
)

// A Command is one Redis command, as the engine and the RESP front know it.
type Command struct {
	Name  string // upper case, sub-command after a space: "CONFIG GET"
	Arity int    // Redis's: the command's name counts, negative is a minimum
	// FirstKey, LastKey and Step are Redis's positions: the name is 0, a
	// negative LastKey counts from the end. All are 0 without fixed keys.
	FirstKey, LastKey, Step int
	Movable                 Movable // where keys are that the positions miss
	Write                   bool
	Block                   bool
	Flags                   []string // Redis's, in its own spelling: "write", "denyoom"
	Group                   string   // as in Row
	Type                    Type     // of the keys
	Verdict                 Verdict  // of the engine, today
	Code, Advice            string   // when not served
	// Answered says that the engine answers the command although it is not
	// served: see answered.
	Answered bool
	Since    string // "" for Redis 7.0 and older, else "7.2", "7.4", "8.0", "json" or "later"
}

// Movable says how to find keys that stand at no fixed position.
type Movable string

// The kinds of movable keys. A command can have fixed keys too.
const (
	MovableNone    Movable = ""
	MovableNum1    Movable = "numkeys 1" // argument 1 counts the keys that follow it
	MovableNum2    Movable = "numkeys 2" // argument 2 counts the keys that follow it
	MovableStreams Movable = "streams"   // the first half of what follows STREAMS
	MovableSort    Movable = "sort"      // behind STORE
	MovableStore   Movable = "store"     // behind STORE or STOREDIST, the last one wins
	MovableMigrate Movable = "migrate"   // behind KEYS when the third argument is empty
)

// A cmdRow is a Command on one line: name, arity, first key, last key, step,
// movable keys, Redis's flags, fate, and the version that brought it.
type cmdRow struct {
	name              string
	arity             int
	first, last, step int
	movable           Movable
	flags             string
	fate              fate
	since             string
}

var commandGroups = []struct {
	name string
	typ  Type
	rows []cmdRow
}{
	{"string", String, stringCommands},
	{"bitmap", String, bitmapCommands},
	{"generic", Any, genericCommands},
	{"hash", Hash, hashCommands},
	{"list", List, listCommands},
	{"set", Set, setCommands},
	{"zset", ZSet, zsetCommands},
	{"geo", ZSet, geoCommands},
	{"stream", Stream, streamCommands},
	{"hyperloglog", HyperLogLog, hyperloglogCommands},
	{"json", JSON, jsonCommands},
	{"pubsub", PubSub, pubsubCommands},
	{"script", Script, scriptCommands},
	{"tx", Any, txCommands},
	{"connection", None, connectionCommands},
	{"server", Any, serverCommands},
	{"cluster", None, clusterCommands},
	{"acl", None, aclCommands},
}

var (
	commands      []Command
	commandByName = map[string]int{}
)

var loadCommands = sync.OnceFunc(func() {
	for _, g := range commandGroups {
		for _, r := range g.rows {
			c := Command{
				Name: r.name, Arity: r.arity, FirstKey: r.first, LastKey: r.last, Step: r.step, Movable: r.movable,
				Flags: strings.Fields(r.flags), Group: g.name, Type: g.typ, Since: r.since,
				Verdict: r.fate.verdict, Code: r.fate.code, Advice: r.fate.advice, Answered: r.fate.answered,
			}
			for _, f := range c.Flags {
				c.Write = c.Write || f == "write"
				c.Block = c.Block || f == "blocking"
			}
			if c.FirstKey == 0 && c.Movable == MovableNone && g.typ != PubSub {
				c.Type = None
			}
			commandByName[c.Name] = len(commands)
			commands = append(commands, c)
		}
	}
	loadForeign()
})

// Commands is the table of Redis commands: all of Redis 7.0 and what the engine
// has beyond it, group by group. Containers ("CONFIG") stand beside their
// sub-commands ("CONFIG GET"). The slice is the package's own: do not change it.
func Commands() []Command {
	loadCommands()
	return commands
}

// CommandOf finds the command of a raw command line, sub-command included
// where there is one: {"config", "get", "*"} is "CONFIG GET". A container with
// an unknown sub-command gives the container. It also finds the commands that
// are not among Commands because only newer servers and modules have them.
func CommandOf(cmd []string) (*Command, bool) {
	loadCommands()
	if len(cmd) == 0 {
		return nil, false
	}
	name := strings.ToUpper(cmd[0])
	if len(cmd) > 1 {
		if c := commandNamed(name + " " + strings.ToUpper(cmd[1])); c != nil {
			return c, true
		}
	}
	c := commandNamed(name)
	return c, c != nil
}

func commandNamed(name string) *Command {
	if i, ok := commandByName[name]; ok {
		return &commands[i]
	}
	return foreign[name]
}

// Keys gives the positions of the keys in a raw command line, in order, as
// Redis's COMMAND GETKEYS does: the name is position 0. Channels are no keys.
// An unknown or malformed command has none.
func Keys(cmd []string) []int {
	c, ok := CommandOf(cmd)
	if !ok || c.Group == "pubsub" || !c.takes(len(cmd)) {
		return nil
	}
	moved := c.movableKeys(cmd)
	if c.Movable == MovableMigrate && moved != nil {
		return moved // in place of the one key that the position names
	}
	var out []int
	if c.FirstKey > 0 {
		last := c.LastKey
		if last < 0 {
			last += len(cmd)
		}
		for i := c.FirstKey; i <= last && i < len(cmd); i += c.Step {
			out = append(out, i)
		}
	}
	return append(out, moved...)
}

// takes says whether a command line of n words satisfies the arity.
func (c *Command) takes(n int) bool {
	if c.Arity >= 0 {
		return n == c.Arity
	}
	return n >= -c.Arity
}

func (c *Command) movableKeys(cmd []string) []int {
	switch c.Movable {
	case MovableNum1:
		return counted(cmd, 1)
	case MovableNum2:
		return counted(cmd, 2)
	case MovableStreams:
		return streamKeys(cmd)
	case MovableSort:
		return lastBehind(cmd, 2, sortSkips, "STORE")
	case MovableStore:
		from := 6
		if c.Name == "GEORADIUSBYMEMBER" {
			from = 5
		}
		return lastBehind(cmd, from, nil, "STORE", "STOREDIST")
	case MovableMigrate:
		return migrateKeys(cmd)
	}
	return nil
}

// counted gives the keys behind a number of keys. A number that does not fit
// the line gives none: the command fails before it touches a key.
func counted(cmd []string, at int) []int {
	if at >= len(cmd) {
		return nil
	}
	n, err := strconv.Atoi(cmd[at])
	if err != nil || n < 1 || n > len(cmd)-at-1 {
		return nil
	}
	return span(at+1, at+1+n)
}

// streamKeys gives the first half of what follows STREAMS in XREAD and
// XREADGROUP; a stream or consumer named "streams" does not mislead it.
func streamKeys(cmd []string) []int {
	for i := 1; i < len(cmd); i++ {
		switch strings.ToUpper(cmd[i]) {
		case "BLOCK", "COUNT":
			i++
		case "GROUP":
			i += 2
		case "NOACK":
		case "STREAMS":
			return span(i+1, i+1+(len(cmd)-i-1)/2)
		default:
			return nil
		}
	}
	return nil
}

// sortSkips are the words that belong to an option of SORT.
var sortSkips = map[string]int{"LIMIT": 2, "GET": 1, "BY": 1}

// lastBehind gives the word behind the last of the given options, from a
// position on: Redis lets a repeated option win.
func lastBehind(cmd []string, from int, skips map[string]int, options ...string) []int {
	var out []int
	for i := from; i < len(cmd); i++ {
		word := strings.ToUpper(cmd[i])
		i += skips[word]
		for _, o := range options {
			if word == o && i+1 < len(cmd) {
				i++
				out = []int{i}
				break
			}
		}
	}
	return out
}

// migrateKeys gives what follows KEYS; the single key at position 3 is fixed,
// and empty when KEYS is used, as Redis wants it.
func migrateKeys(cmd []string) []int {
	for i := 6; i < len(cmd); i++ {
		switch strings.ToUpper(cmd[i]) {
		case "AUTH":
			i++
		case "AUTH2":
			i += 2
		case "KEYS":
			if cmd[3] == "" {
				return span(i+1, len(cmd))
			}
			return nil
		}
	}
	return nil
}

func span(from, to int) []int {
	var out []int
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}
